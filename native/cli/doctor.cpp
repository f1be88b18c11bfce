#include "cli/doctor.h"

#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bounded_json.h"
#include "base/clock.h"
#include "base/files.h"
#include "cli/agent_files.h"
#include "cli/live.h"
#include "cli/which_agent.h"
#include "doctor/doctor.h"
#include "select/unmatched.h"

namespace remora {
namespace {

constexpr int kFound = 1;
constexpr int kNothing = 2;

// The broker's beans, from an agent that may be asked; empty otherwise.
std::string beans_of(const Patient& patient) {
    const std::string& directory = patient.snapshot.directory;
    const bool may_ask = patient.verdict.agent.state == AgentState::kAlive && patient.config &&
                         patient.config->is_ok() && ::access(directory.c_str(), W_OK) == 0 &&
                         !Unmatched(patient.config->config).is_empty();
    if (!may_ask || !ask_for_beans(directory)) {
        return {};
    }
    const Result<std::string> text = read_file(directory + "/remora.beans", kToolFileBytesMax);
    return text ? text.value() : "";
}

void print(const Patient& patient, const std::vector<Ailment>& ailments) {
    for (const Ailment& one : ailments) {
        std::cout << one.check << ": " << one.what << "\n    " << one.remedy << "\n";
    }
    std::cout << (ailments.empty() ? "nothing is wrong with "
                                   : std::to_string(ailments.size()) + " found with ")
              << called(patient.snapshot) << "\n";
}

void print_json(const std::vector<Ailment>& ailments) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Ailment& one : ailments) {
        list.push_back({{"check", one.check}, {"what", one.what}, {"remedy", one.remedy}});
    }
    std::cout << json_text(list) << "\n";
}

}  // namespace

int run_doctor(const DoctorOptions& options) {
    const std::optional<Person> shipper = person_named(options.user);
    if (!options.user.empty() && !shipper) {
        std::cerr << "remora doctor: there is no user " << options.user << "\n";
        return kNothing;
    }
    const Result<FoundAgent> agent = agent_meant(options.where);
    Snapshot snapshot;
    std::int64_t pid = 0;
    if (agent) {
        snapshot = AgentFiles(agent.value().directory).read(SystemClock().wall_ms());
        pid = agent.value().pid;
    } else if (agent.status().code() == Code::kInvalidArgument || options.where.empty()) {
        std::cerr << "remora doctor: " << agent.status().message() << "\n";
        return kNothing;
    } else {
        snapshot.directory = "process " + options.where;
        snapshot.trouble = agent.status().message();
        pid = std::stoll(options.where);
    }
    Patient patient = examine(std::move(snapshot), pid, options.config);
    patient.shipper = shipper;
    patient.scrape_interval_s = options.scrape_interval_s;
    patient.beans = beans_of(patient);
    const std::vector<Ailment> ailments = diagnose(patient);
    options.json ? print_json(ailments) : print(patient, ailments);
    return ailments.empty() ? 0 : kFound;
}

}  // namespace remora
