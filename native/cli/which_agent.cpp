#include "cli/which_agent.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace remora {
namespace {

constexpr std::size_t kPidDigitsMax = 10;

bool is_pid(const std::string& where) {
    return !where.empty() && where.size() <= kPidDigitsMax &&
           std::all_of(where.begin(), where.end(),
                       [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::string listed(const std::vector<std::int64_t>& pids) {
    std::string text;
    for (const std::int64_t pid : pids) {
        text += (text.empty() ? "" : ", ") + std::to_string(pid);
    }
    return text;
}

Status none(const std::string& where, const FoundAgents& found) {
    const std::string hidden =
        found.hidden.empty()
            ? ""
            : "what process " + listed(found.hidden) +
                  " has open is hidden from this user: run this as root or as the broker's user, "
                  "or name the directory";
    if (where.empty()) {
        return Status(Code::kNotFound,
                      "no agent was found on this machine" + (hidden.empty() ? "" : "; " + hidden));
    }
    if (!hidden.empty()) {
        return Status(Code::kNotFound, hidden);
    }
    std::error_code ignored;
    const bool is_there = std::filesystem::exists("/proc/" + where, ignored);
    return Status(Code::kNotFound,
                  is_there ? "process " + where + " holds no remora.lock: no agent runs in it"
                           : "there is no process " + where);
}

}  // namespace

Result<std::vector<FoundAgent>> agents_meant(const std::string& where) {
    if (!where.empty() && !is_pid(where)) {
        std::error_code ignored;
        const std::filesystem::path path(where);
        const bool is_file = path.filename() == "remora.counters";
        std::string directory = is_file ? path.parent_path().string() : where;
        return std::vector<FoundAgent>{{0, directory.empty() ? "." : directory}};
    }
    const FoundAgents found = where.empty() ? find_agents() : find_agents_of(std::stoll(where));
    if (found.agents.empty()) {
        return none(where, found);
    }
    return found.agents;
}

Result<FoundAgent> agent_meant(const std::string& where) {
    const Result<std::vector<FoundAgent>> found = agents_meant(where);
    if (!found) {
        return found.status();
    }
    const std::vector<FoundAgent>& agents = found.value();
    if (agents.size() == 1) {
        return agents[0];
    }
    std::string all;
    for (const FoundAgent& agent : agents) {
        all += "\n  " + agent.directory + "  (process " + std::to_string(agent.pid) + ")";
    }
    return Status(Code::kInvalidArgument, "several agents run; name one of" + all);
}

}  // namespace remora
