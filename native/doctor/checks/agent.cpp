// Is the agent there, and loaded?
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "doctor/checks/checks.h"
#include "watch/find_agents.h"

namespace remora {
namespace {

bool has_flag(const Patient& patient) {
    return patient.process && agent_arguments(patient.process->command).has_value();
}

bool is_not_loaded(const Patient& patient) {
    return has_flag(patient) && !patient.process->has_library.value_or(true);
}

void check_files(const Patient& patient, Findings& findings) {
    const Snapshot& snapshot = patient.snapshot;
    // Of a library that is not loaded, check_library() speaks.
    if (snapshot.counters || is_not_loaded(patient)) {
        return;
    }
    if (snapshot.trouble.find("of this version") != std::string::npos) {
        findings.add(snapshot.trouble,
                     "the agent and this program are of two versions: use the `remora` that came "
                     "with the jar");
        return;
    }
    findings.add(
        snapshot.trouble,
        "an agent that began has named its directory in the line `started` of the broker's "
        "log; without such a line it never began, and the lines with `remora:` say why");
}

void check_state(const Patient& patient, Findings& findings) {
    const Judgement& agent = patient.verdict.agent;
    switch (agent.state) {
        case AgentState::kDead:
            findings.add(agent.why, "start the broker; do not believe its last values");
            return;
        case AgentState::kOff:
            findings.add(agent.why,
                         agent.since_wall_ms == 0
                             ? "report the line `fault in ...` of the broker's log; it begins "
                               "again with the broker's next start or `remora attach PID`"
                             : "`remora attach PID` starts it again in a broker that runs");
            return;
        case AgentState::kStalled:
            if (agent.since_wall_ms != 0) {
                findings.add(agent.why,
                             "take a thread dump of the broker (jcmd PID Thread.print); a process "
                             "in state T was stopped by a signal");
            }
            return;
        case AgentState::kAbsent:
        case AgentState::kStarting:
        case AgentState::kAlive:
            return;
    }
}

void check_two_agents(const Patient& patient, Findings& findings) {
    if (!patient.process) {
        return;
    }
    const std::vector<std::string>& command = patient.process->command;
    const auto flags = std::count_if(command.begin(), command.end(), is_agent_argument);
    if (flags > 1) {
        findings.add("process " + std::to_string(patient.process->pid) + " has " +
                         std::to_string(flags) + " -javaagent flags with remora.jar",
                     "keep one: KAFKA_OPTS may be set twice, such as in a unit of systemd and in "
                     "a script");
    }
}

// Process that holds a flock on the file, as the kernel lists it; 0: none, or not to be seen.
std::int64_t holder_of(const std::string& path, const std::string& proc) {
    struct ::stat facts {};
    if (::stat(path.c_str(), &facts) != 0) {
        return 0;
    }
    std::ostringstream place;
    place << std::hex;
    place.fill('0');
    place.width(2);
    place << major(facts.st_dev) << ':';
    place.width(2);
    place << minor(facts.st_dev) << ':' << std::dec << facts.st_ino;
    std::ifstream locks(proc + "/locks");
    for (std::string line; std::getline(locks, line);) {
        // "1: FLOCK  ADVISORY  WRITE 4711 fe:01:1234 0 EOF"
        std::istringstream words(line);
        std::string number;
        std::string kind;
        std::string advisory;
        std::string access;
        std::int64_t pid = 0;
        std::string where;
        if (words >> number >> kind >> advisory >> access >> pid >> where && kind == "FLOCK" &&
            where == place.str()) {
            return pid;
        }
    }
    return 0;
}

void check_shared_directory(const Patient& patient, Findings& findings) {
    if (!patient.process || patient.process->pid == 0 || !patient.snapshot.counters) {
        return;
    }
    const std::int64_t holder =
        holder_of(patient.snapshot.directory + "/remora.lock", patient.proc);
    if (holder > 0 && holder != patient.process->pid) {
        findings.add("process " + std::to_string(holder) + " has the directory " +
                         patient.snapshot.directory + ", and process " +
                         std::to_string(patient.process->pid) + " wrote its counters",
                     "give each node a directory of its own: \"directory\": "
                     "\"/var/lib/remora/${broker.id}\"");
    }
}

std::string property(const std::vector<std::string>& command, const std::string& name) {
    const std::string flag = "-D" + name + "=";
    for (const std::string& word : command) {
        if (word.starts_with(flag)) {
            return word.substr(flag.size());
        }
    }
    return "";
}

// Where the library may be unpacked, in the order in which the agent tries.
std::vector<std::string> library_places(const BrokerProcess& process) {
    std::vector<std::string> places = {variable_of(process, "REMORA_TMPDIR"),
                                       property(process.command, "java.io.tmpdir"),
                                       property(process.command, "kafka.logs.dir")};
    if (places[1].empty()) {
        places[1] = "/tmp";
    }
    std::erase(places, "");
    return places;
}

void check_library(const Patient& patient, Findings& findings) {
    if (!is_not_loaded(patient)) {
        return;
    }
    std::string why;
    for (const std::string& place : library_places(*patient.process)) {
        const auto space = patient.space_of(reached(patient, place));
        if (space && space->is_noexec) {
            why += ": " + place + " is mounted noexec";
            break;
        }
        if (space && space->is_read_only) {
            why += ": " + place + " is read-only";
            break;
        }
    }
    findings.add("process " + std::to_string(patient.process->pid) +
                     " has the flag -javaagent and the agent's library is not loaded" + why,
                 why.empty()
                     ? "the broker's log says why, in lines with `remora:`: a configuration that "
                       "is wrong, or `native library:`"
                     : "put libremora.so beside the jar, or set REMORA_TMPDIR to a directory from "
                       "which programs may be run");
}

void check_clock(const Patient& patient, Findings& findings) {
    const Snapshot& snapshot = patient.snapshot;
    if (!snapshot.counters) {
        return;
    }
    const std::int64_t ahead_ms = snapshot.counters->written_wall_ms - snapshot.now_wall_ms;
    if (ahead_ms > kClockStepMs) {
        findings.add("counters were written " + std::to_string(ahead_ms / 1000) +
                         " s in the future: the clock was set back, or the directory is of a "
                         "machine with another clock",
                     "synchronize the clocks (chronyc tracking); timestamps in outputs are as "
                     "wrong until then");
    }
}

constexpr NamedCheck kChecks[] = {
    {"files", check_files},           {"state", check_state},
    {"two-agents", check_two_agents}, {"directory", check_shared_directory},
    {"library", check_library},       {"clock", check_clock},
};

}  // namespace

std::span<const NamedCheck> agent_checks() {
    return kChecks;
}

}  // namespace remora
