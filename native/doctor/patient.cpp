#include "doctor/patient.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/process.h"
#include "rules/output_rules.h"
#include "watch/find_agents.h"
#include "watch/process_facts.h"

namespace remora {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kGroupsMax = 256;

// The effective user and group of a process, and its other groups.
std::optional<Person> person_of(const std::string& folder) {
    const std::string status = content_of(folder + "/status");
    const std::vector<std::string> users = words_of(status, "Uid");
    const std::vector<std::string> groups = words_of(status, "Gid");
    if (users.size() < 2 || groups.size() < 2) {
        return std::nullopt;
    }
    Person person;
    person.user = static_cast<uid_t>(std::stoul(users[1]));
    person.name = user_name(person.user);
    person.groups.push_back(static_cast<gid_t>(std::stoul(groups[1])));
    for (const std::string& group : words_of(status, "Groups")) {
        person.groups.push_back(static_cast<gid_t>(std::stoul(group)));
    }
    return person;
}

BrokerProcess look_at(std::int64_t pid, const std::string& proc) {
    BrokerProcess process;
    process.pid = pid;
    process.folder = proc + "/" + std::to_string(pid);
    process.command = command_of(pid, proc);
    process.person = person_of(process.folder);
    const std::string maps = content_of(process.folder + "/maps");
    if (!maps.empty()) {
        process.has_library = maps.find("libremora") != std::string::npos;
    }
    process.environment = texts_of(process.folder + "/environ");
    return process;
}

// Bits 4 (read) and 1 (enter).
bool may(const struct ::stat& facts, const Person& person, unsigned bits) {
    const bool is_of_group =
        std::find(person.groups.begin(), person.groups.end(), facts.st_gid) != person.groups.end();
    const unsigned shift = facts.st_uid == person.user ? 6 : is_of_group ? 3 : 0;
    return person.user == 0 || (facts.st_mode >> shift & bits) == bits;
}

// What the agent was told at its start, with the path of its configuration as this process reaches
// it.
std::string told(const Patient& patient, const std::string& config_path) {
    if (!config_path.empty()) {
        return "config=" + config_path;
    }
    std::string arguments = agent_arguments(patient.process->command).value_or("");
    const std::string known =
        patient.snapshot.values ? fact_of(*patient.snapshot.values, "config") : "";
    if (arguments.empty() && !known.empty() && known != kDefaultConfigFile) {
        arguments = "config=" + known;  // it was attached
    }
    std::string file = parse_arguments(arguments).file;
    if (file.empty()) {
        file = variable_of(*patient.process, "REMORA_CONFIG");
    }
    if (file.empty()) {
        return arguments;
    }
    // Of several the last one holds.
    return arguments + (arguments.empty() ? "" : ",") + "config=" +
           (file[0] == '/' ? reached(patient, file) : patient.process->folder + "/cwd/" + file);
}

// As the agent reads it.
ParseOutcome load(const Patient& patient, const std::string& arguments) {
    const std::vector<std::string> environment =
        patient.process ? patient.process->environment : std::vector<std::string>();
    const std::string default_file = reached(patient, kDefaultConfigFile);
    // The rule files that a file of a container names are not at these paths of this machine.
    const bool is_elsewhere = default_file != kDefaultConfigFile;
    return is_elsewhere && !parse_arguments(arguments).endpoint
               ? load_config(arguments, environment, default_file)
               : load_with_rules(arguments, environment, default_file);
}

// The process that wrote the counters, as it is numbered here; 0: it is over, or is numbered in
// another container and cannot be seen.
std::int64_t pid_seen(const Snapshot& snapshot) {
    const bool is_here = snapshot.counters && !snapshot.process_ended &&
                         snapshot.counters->process.pid_namespace == own_process().pid_namespace;
    return is_here ? snapshot.counters->process.pid : 0;
}

}  // namespace

std::string variable_of(const BrokerProcess& process, const std::string& name) {
    for (const std::string& variable : process.environment) {
        if (variable.starts_with(name + "=")) {
            return variable.substr(name.size() + 1);
        }
    }
    return {};
}

std::string reached(const Patient& patient, const std::string& path) {
    if (!patient.process) {
        return path;
    }
    const std::string root = patient.process->folder + "/root";
    std::error_code hidden;
    return fs::exists(root, hidden) && !is_same_file(root, "/") ? root + path : path;
}

std::optional<Space> space_of(const std::string& path) {
    struct ::statvfs found {};
    for (fs::path at = path; !at.empty(); at = at.parent_path()) {
        if (::statvfs(at.c_str(), &found) == 0) {
            return Space{std::uint64_t{found.f_bavail} * found.f_frsize, found.f_files,
                         found.f_favail, (found.f_flag & ST_RDONLY) != 0,
                         (found.f_flag & ST_NOEXEC) != 0};
        }
        if (at == at.parent_path()) {
            break;
        }
    }
    return std::nullopt;
}

std::string why_unreadable(const std::string& path, const Person& person) {
    std::string at;
    for (const fs::path& part : fs::path(path)) {
        at = (fs::path(at) / part).string();
        struct ::stat facts {};
        if (::stat(at.c_str(), &facts) != 0) {
            return {};  // that it is not there is another matter
        }
        const bool is_folder = S_ISDIR(facts.st_mode);
        if (!may(facts, person, is_folder ? 1U : 4U)) {
            return "the user " + person.name + (is_folder ? " may not enter " : " may not read ") +
                   at;
        }
    }
    return {};
}

std::optional<Person> person_named(const std::string& name) {
    const passwd* const entry = ::getpwnam(name.c_str());
    if (entry == nullptr) {
        return std::nullopt;
    }
    std::array<gid_t, kGroupsMax> groups{};
    auto count = static_cast<int>(groups.size());
    if (::getgrouplist(name.c_str(), entry->pw_gid, groups.data(), &count) < 0) {
        count = 0;
    }
    Person person{name, entry->pw_uid, {groups.begin(), groups.begin() + count}};
    person.groups.push_back(entry->pw_gid);
    return person;
}

std::optional<std::string> agent_arguments(const std::vector<std::string>& command) {
    const auto word = std::find_if(command.begin(), command.end(), is_agent_argument);
    if (word == command.end()) {
        return std::nullopt;
    }
    const std::size_t equals = word->find('=');
    return equals == std::string::npos ? "" : word->substr(equals + 1);
}

Patient examine(Snapshot snapshot, std::int64_t pid, const std::string& config_path,
                const std::string& proc) {
    Patient patient;
    patient.proc = proc;
    patient.space_of = [](const std::string& path) { return space_of(path); };
    const std::int64_t seen = pid == 0 ? pid_seen(snapshot) : pid;
    if (seen != 0) {
        patient.process = look_at(seen, proc);
    }
    patient.verdict = verdict_of(snapshot);
    patient.snapshot = std::move(snapshot);
    if (!config_path.empty() || patient.process) {
        patient.config = load(patient, told(patient, config_path));
    }
    return patient;
}

}  // namespace remora
