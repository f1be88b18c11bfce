// Does what the agent writes arrive?
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/words.h"
#include "doctor/checks/checks.h"
#include "watch/units.h"

namespace remora {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFreeBytesLeast = 4ULL << 20;
constexpr std::int64_t kStaleLeastMs = 60'000;

bool is_path(const OutputNote& output) {
    return output.where.starts_with('/');
}

// Calls `use(output, place)` for the outputs of an agent that runs. `place`: where its path is, as
// this process reaches it; empty: it has none, or it is in a container that cannot be seen.
template <typename Use>
void for_outputs(const Patient& patient, Use use) {
    if (!patient.snapshot.counters || !patient.verdict.agent.is_running()) {
        return;
    }
    for (const OutputNote& output : patient.snapshot.counters->outputs) {
        const bool has_place = is_path(output) && patient.process;
        use(output, has_place ? reached(patient, output.where) : std::string());
    }
}

bool has_ticked(const Patient& patient) {
    return patient.verdict.agent.state == AgentState::kAlive && patient.snapshot.values;
}

void check_there(const Patient& patient, Findings& findings) {
    for_outputs(patient, [&](const OutputNote& output, const std::string& place) {
        struct ::stat facts {};
        if (place.empty() || !has_ticked(patient) || ::stat(place.c_str(), &facts) == 0) {
            return;
        }
        findings.add("nothing is at " + output.where + ", where an output of format " +
                         output.format + " goes",
                     output.is_textfile()
                         ? "the broker's log says why it cannot be written; in a container look "
                           "where its volume is on this machine"
                         : "start the receiver that makes this socket, or see in the broker's log "
                           "why the file cannot be written");
    });
}

// Longest interval between two writes of the output.
std::int64_t interval_ms(const Patient& patient, const OutputNote& output) {
    std::int64_t interval = patient.snapshot.values->tick_interval_ms;
    if (patient.config && patient.config->is_ok()) {
        for (const OutputConfig& configured : patient.config->config.outputs) {
            const bool may_be =
                configured.path == output.where || configured.path.find("${") != std::string::npos;
            interval = may_be ? std::max(interval, configured.interval_ms) : interval;
        }
    }
    return interval;
}

void check_stale(const Patient& patient, Findings& findings) {
    for_outputs(patient, [&](const OutputNote& output, const std::string& place) {
        struct ::stat facts {};
        if (place.empty() || !has_ticked(patient) || ::stat(place.c_str(), &facts) != 0 ||
            !S_ISREG(facts.st_mode)) {
            return;
        }
        const std::int64_t age_ms = patient.snapshot.now_wall_ms - facts.st_mtim.tv_sec * 1000;
        if (age_ms > std::max(kStaleLeastMs, 3 * interval_ms(patient, output))) {
            findings.add(output.where + " was written " + in_duration_ms(age_ms) +
                             " ago, and the agent ticks",
                         "the broker's log says why the output cannot write; `remora status` has "
                         "its errors");
        } else if (age_ms < -kClockStepMs) {
            findings.add(
                output.where + " was written " + in_duration_ms(-age_ms) + " in the future",
                "synchronize the clocks of this machine and of the one that has the "
                "volume");
        }
    });
}

void check_shipper(const Patient& patient, Findings& findings) {
    if (!patient.shipper) {
        return;
    }
    for_outputs(patient, [&](const OutputNote&, const std::string& place) {
        const std::string why = place.empty() ? "" : why_unreadable(place, *patient.shipper);
        if (!why.empty()) {
            findings.add(why,
                         "\"mode\": \"0644\" of the output opens file and new folders; an "
                         "older folder needs chmod o+x, or add the user to its group");
        }
    });
}

void check_name(const Patient& patient, Findings& findings) {
    for_outputs(patient, [&](const OutputNote& output, const std::string&) {
        if (output.format == "prometheus" && is_path(output) && !output.where.ends_with(".prom")) {
            findings.add(output.where + " does not end in .prom",
                         "node_exporter's textfile collector looks at *.prom alone: rename it in "
                         "outputs.path");
        }
    });
}

void check_space(const Patient& patient, Findings& findings) {
    const auto look_at = [&](const std::string& folder) {
        const auto space = patient.space_of(folder);
        if (!space) {
            return;
        }
        if (space->is_read_only) {
            findings.add("the file system of " + folder + " is read-only",
                         "remount it for writing, or choose another path");
        } else if (space->free_bytes < kFreeBytesLeast) {
            findings.add("the file system of " + folder + " is full: " +
                             in_bytes(static_cast<double>(space->free_bytes)) + " free",
                         "make room: until then nothing new is written there; a textfile keeps its "
                         "last whole content");
        } else if (space->total_files > 0 && space->free_files == 0) {
            findings.add("the file system of " + folder + " has no inode left",
                         "remove small files there");
        }
    };
    if (!patient.snapshot.counters) {
        return;
    }
    std::vector<std::string> folders = {patient.snapshot.directory};
    for_outputs(patient, [&](const OutputNote&, const std::string& place) {
        if (!place.empty()) {
            folders.push_back(fs::path(place).parent_path().string());
        }
    });
    std::sort(folders.begin(), folders.end());
    folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
    std::for_each(folders.begin(), folders.end(), look_at);
}

// Behind the last colon; 0: none.
unsigned port_of(const std::string& where) {
    const std::size_t colon = where.rfind(':');
    unsigned port = 0;
    if (colon != std::string::npos) {
        std::from_chars(where.data() + colon + 1, where.data() + where.size(), port);
    }
    return port;
}

// Sockets of that kind and port in the network of the broker's process, as "socket:[INODE]";
// nothing when they are not to be seen. `kind`: "udp", or "tcp" for those that listen.
std::optional<std::vector<std::string>> sockets_at(const Patient& patient, const std::string& kind,
                                                   unsigned port) {
    constexpr std::size_t kLocal = 1;
    constexpr std::size_t kState = 3;
    constexpr std::size_t kInode = 9;
    bool is_seen = false;
    std::vector<std::string> found;
    for (const std::string& name : {kind, kind + "6"}) {
        std::ifstream file(patient.process->folder + "/net/" + name);
        std::string line;
        is_seen = static_cast<bool>(std::getline(file, line)) || is_seen;  // headings
        while (std::getline(file, line)) {
            // "0: 0100007F:1FBD 00000000:0000 0A 00000000:00000000 00:00000000 0 1000 0 4242 ..."
            const std::vector<std::string_view> words = split_words(line);
            if (words.size() <= kInode || (kind == "tcp" && words[kState] != "0A")) {
                continue;
            }
            const std::string_view local = words[kLocal];
            const std::size_t colon = local.rfind(':');
            unsigned at = 0;
            if (colon != std::string::npos) {
                std::from_chars(local.data() + colon + 1, local.data() + local.size(), at, 16);
            }
            if (at == port) {
                found.push_back("socket:[" + std::string(words[kInode]) + "]");
            }
        }
    }
    return is_seen ? std::optional(std::move(found)) : std::nullopt;
}

// Whether the broker's process has one of them open; true when that is not to be seen.
bool holds_one(const Patient& patient, const std::vector<std::string>& sockets) {
    std::error_code failed;
    fs::directory_iterator descriptors(patient.process->folder + "/fd", failed);
    if (failed) {
        return true;
    }
    for (const fs::directory_iterator end; descriptors != end; descriptors.increment(failed)) {
        std::error_code ignored;
        const std::string target = fs::read_symlink(descriptors->path(), ignored).string();
        if (std::find(sockets.begin(), sockets.end(), target) != sockets.end()) {
            return true;
        }
    }
    return static_cast<bool>(failed);
}

void check_receiver(const Patient& patient, Findings& findings) {
    if (!patient.process) {
        return;  // its network may be another one
    }
    for_outputs(patient, [&](const OutputNote& output, const std::string&) {
        const std::size_t colon = output.where.rfind(':');
        if (is_path(output) || colon == std::string::npos) {
            return;
        }
        const std::string host = output.where.substr(0, colon);
        const bool is_here = host == "localhost" || host == "::1" || host.starts_with("127.");
        const unsigned port = port_of(output.where);
        const auto receivers = is_here ? sockets_at(patient, "udp", port) : std::nullopt;
        if (receivers && receivers->empty()) {
            findings.add("nobody receives at UDP port " + std::to_string(port) + " of " + host +
                             ", where an output of format " + output.format + " goes",
                         "start the receiver, or set outputs.port; in a container 127.0.0.1 is the "
                         "container itself");
        }
    });
}

// Where Prometheus scrapes.
void check_scrape_port(const Patient& patient, Findings& findings) {
    if (!patient.process || !has_ticked(patient)) {
        return;
    }
    for_outputs(patient, [&](const OutputNote& output, const std::string&) {
        if (!output.where.starts_with("http://")) {
            return;
        }
        const unsigned port = port_of(output.where);
        const auto listeners = sockets_at(patient, "tcp", port);
        if (!listeners) {
            return;
        }
        if (listeners->empty()) {
            findings.add("nothing listens at " + output.where + ": scrapes are refused",
                         "the broker's log says why, in the line `cannot listen at`; a port below "
                         "1024 needs a right that brokers do not have");
        } else if (!holds_one(patient, *listeners)) {
            findings.add("another process listens at port " + std::to_string(port) +
                             ", and the agent does not listen at " + output.where,
                         "end that process (ss -ltnp names it), or set outputs.port");
        }
    });
}

void check_receiver_drops(const Patient& patient, Findings& findings) {
    if (!patient.snapshot.report || !patient.verdict.agent.is_running()) {
        return;
    }
    for (const OutputProfile& output : patient.snapshot.report->profile.outputs) {
        if (output.receiver_drops_share > 0) {
            findings.add("the receiver's socket dropped " +
                             in_count(100 * output.receiver_drops_share) + " % of what output " +
                             output.name + " sent",
                         "raise the receiver's SO_RCVBUF (net.core.rmem_max), or the output's "
                         "spread");
        }
    }
}

constexpr NamedCheck kChecks[] = {
    {"output-missing", check_there},
    {"output-stale", check_stale},
    {"shipper", check_shipper},
    {"file-name", check_name},
    {"disk", check_space},
    {"receiver", check_receiver},
    {"scrape-port", check_scrape_port},
    {"receiver-drops", check_receiver_drops},
};

}  // namespace

std::span<const NamedCheck> output_checks() {
    return kChecks;
}

}  // namespace remora
