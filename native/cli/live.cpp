#include "cli/live.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include "base/clock.h"
#include "base/files.h"
#include "watch/agent_state.h"

namespace remora {
namespace {

constexpr int kLiveSeconds = 60;

}  // namespace

Result<CounterFile> live_agent(const std::string& directory) {
    Result<CounterFile> counters = read_counter_file(directory + "/remora.counters");
    if (!counters) {
        return Status(counters.status().code(),
                      counters.status().message() + "; is " + directory +
                          " the directory of a running agent? The broker's log names it in the "
                          "line `started`");
    }
    const std::string old = why_old(counters.value(), SystemClock().wall_ms());
    if (!old.empty()) {
        return Status(Code::kUnavailable, directory + "/remora.counters is " + old);
    }
    return counters;
}

Status ask_agent(const std::string& directory, const std::string& request, std::string_view text,
                 const std::function<bool()>& is_done) {
    const std::string path = directory + "/" + request;
    std::error_code ignored;
    // The directory is another user's, who may have put a link there, and this may be root.
    const Status asked = replace_file(path, text, "request");
    if (!asked) {
        return asked;
    }
    for (int i = 0; i < 10 * kLiveSeconds; ++i) {
        if (is_done()) {
            return Status::ok();
        }
        const Result<CounterFile> agent = live_agent(directory);
        if (!agent) {
            std::filesystem::remove(path, ignored);
            return agent.status();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    std::filesystem::remove(path, ignored);
    return Status(Code::kUnavailable, directory + ": no agent has answered within " +
                                          std::to_string(kLiveSeconds) + " s");
}

Status ask_for_beans(const std::string& directory) {
    const std::string path = directory + "/remora.beans";
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    return ask_agent(directory, "remora.beans.request", "",
                     [&] { return std::filesystem::exists(path, ignored); });
}

}  // namespace remora
