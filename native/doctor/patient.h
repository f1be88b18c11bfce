// All that is known of an agent before anybody says what is wrong with it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/parse.h"
#include "watch/snapshot.h"
#include "watch/verdict.h"

namespace remora {

// Who reads a file.
struct Person {
    std::string name;
    uid_t user = 0;
    std::vector<gid_t> groups;
};

// A file system, as it is seen at a path.
struct Space {
    std::uint64_t free_bytes = 0;  // for those who are not root
    std::uint64_t total_files = 0;
    std::uint64_t free_files = 0;
    bool is_read_only = false;
    bool is_noexec = false;
};

// The broker's process.
struct BrokerProcess {
    std::int64_t pid = 0;
    std::string folder;                // of /proc
    std::optional<Person> person;      // as which it runs
    std::vector<std::string> command;  // words of its command line; empty: it has none or is gone
    // Whether the agent's library is mapped; nothing when that may not be looked at.
    std::optional<bool> has_library;
    std::vector<std::string> environment;  // NAME=VALUE; empty: not to be seen
};

struct Patient {
    Snapshot snapshot;
    Verdict verdict;
    std::optional<BrokerProcess> process;
    std::optional<ParseOutcome> config;  // as it would be read now
    std::string beans;                   // list of the broker's; empty: not known
    std::optional<Person> shipper;       // who reads the outputs
    double scrape_interval_s = 0;        // 0: not known
    std::string proc = "/proc";
    std::function<std::optional<Space>(const std::string& path)> space_of;
};

// The value of a variable of the process; empty: not set, or not to be seen.
std::string variable_of(const BrokerProcess& process, const std::string& name);

// A path of the broker's as this process reaches it: below the root of its container, if it is in
// one. Asks the kernel.
std::string reached(const Patient& patient, const std::string& path);

// What can be known of the agent of `snapshot`, or of process `pid` when that is not 0; and the
// configuration `config_path`, or else the one that its command line or its values name. Asks the
// disk and the kernel. `proc`: where processes are shown.
Patient examine(Snapshot snapshot, std::int64_t pid, const std::string& config_path,
                const std::string& proc = "/proc");

// Of the file system of `path`, or of its nearest parent that is there.
std::optional<Space> space_of(const std::string& path);

// Why `person` cannot read `path`: a sentence that names the folder or file; empty: it can. Looks
// at permission bits alone.
std::string why_unreadable(const std::string& path, const Person& person);

// The user of that name; nothing when there is none.
std::optional<Person> person_named(const std::string& name);

// The text behind "=" of the first argument that starts the agent; nothing when there is none.
std::optional<std::string> agent_arguments(const std::vector<std::string>& command);

}  // namespace remora
