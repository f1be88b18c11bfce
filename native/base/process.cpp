#include "base/process.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/words.h"

namespace remora {
namespace {

// Of the fields of /proc/PID/stat behind the name, which may hold anything.
constexpr std::size_t kState = 0;
constexpr std::size_t kStartTicks = 19;

struct Seen {
    char state = 0;  // 0: cannot be seen
    std::uint64_t start_ticks = 0;
};

Seen look_at(std::int64_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat", std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    text.erase(0, text.rfind(')') + 1);
    const std::vector<std::string_view> words = split_words(text);
    if (words.size() <= kStartTicks) {
        return {};
    }
    Seen seen{words[kState][0], 0};
    const std::string_view ticks = words[kStartTicks];
    std::from_chars(ticks.data(), ticks.data() + ticks.size(), seen.start_ticks);
    return seen;
}

std::uint64_t own_namespace() {
    struct ::stat found {};
    return ::stat("/proc/self/ns/pid", &found) == 0 ? found.st_ino : 0;
}

}  // namespace

ProcessMark own_process() {
    return {::getpid(), own_namespace(), look_at(::getpid()).start_ticks};
}

bool has_ended(const ProcessMark& process) {
    if (process.pid <= 0 || process.pid_namespace == 0 ||
        process.pid_namespace != own_namespace()) {
        return false;
    }
    if (::kill(static_cast<::pid_t>(process.pid), 0) != 0 && errno == ESRCH) {
        return true;
    }
    const Seen seen = look_at(process.pid);
    const bool is_dead = seen.state == 'Z' || seen.state == 'X';  // nobody has asked how it ended
    const bool is_another = seen.start_ticks != 0 && process.start_ticks != 0 &&
                            seen.start_ticks != process.start_ticks;
    return is_dead || is_another;
}

}  // namespace remora
