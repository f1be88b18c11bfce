// The `remora` executable: looks at a running agent's files, tells a JVM to start or end the agent,
// checks configurations, replays traces.
#include <remora/abi.h>
#include <remora/version.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <iostream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "cli/attach.h"
#include "cli/check.h"
#include "cli/doctor.h"
#include "cli/migrate.h"
#include "cli/names.h"
#include "cli/plan.h"
#include "cli/profile.h"
#include "cli/replay.h"
#include "cli/report.h"
#include "cli/stat.h"
#include "cli/status.h"
#include "cli/top.h"
#include "cli/tune.h"
#include "config/quantity.h"

namespace {

constexpr int kUsage = 2;

// A first word that is no command, with the nearest one.
bool report_unknown(const CLI::App& app, const std::string& word) {
    std::vector<std::string> commands;
    for (const CLI::App* command : app.get_subcommands({})) {
        commands.push_back(command->get_name());
    }
    if (word.empty() || word[0] == '-' ||
        std::find(commands.begin(), commands.end(), word) != commands.end()) {
        return false;
    }
    const std::string near = remora::nearest(word, commands);
    std::cerr << "remora: unknown command \"" << word << "\"" << remora::did_you_mean(near) << "\n";
    return true;
}

}  // namespace

namespace {

// A command and what it does.
using Command = std::pair<const CLI::App*, std::function<int()>>;

constexpr const char* kWhere = "the agent's directory, or the process id of its broker";

Command add_top(CLI::App& app, remora::TopOptions& top) {
    CLI::App* command = app.add_subcommand("top", "follow a broker and its agent on a screen");
    command->add_option("where", top.where,
                        std::string(kWhere) + "; without it the agent that runs here");
    command->add_flag("--once", top.once, "one screen, as text");
    command->add_flag("--plain", top.plain, "text below text at each tick: for logs and pipes");
    command->add_flag("--json", top.json, "a line of JSON at each tick");
    command->add_option("--seconds", top.seconds, "end after so long; 0: when told to")
        ->check(CLI::Range(0, 1'000'000));
    return {command, [&top] { return remora::run_top(top); }};
}

Command add_status(CLI::App& app, remora::StatusOptions& status) {
    CLI::App* command =
        app.add_subcommand("status", "say whether all is well: exit status 0, 1 or 2");
    command->add_option("where", status.where,
                        std::string(kWhere) + "; without it all agents that run here");
    command->add_flag("--json", status.json, "a line of JSON for each agent");
    return {command, [&status] { return remora::run_status(status); }};
}

Command add_doctor(CLI::App& app, remora::DoctorOptions& doctor) {
    CLI::App* command = app.add_subcommand("doctor", "find what is wrong, and say what to do");
    command->add_option("where", doctor.where,
                        std::string(kWhere) + "; without it the agent that runs here");
    command->add_option("config", doctor.config,
                        "configuration file; without it the one that the agent has");
    command->add_option("--user", doctor.user, "the user that reads the outputs");
    command
        ->add_option("--scrape-interval", doctor.scrape_interval_s,
                     "seconds between two scrapes of the output")
        ->check(CLI::Range(0.1, 3600.0));
    command->add_flag("--json", doctor.json, "as JSON");
    return {command, [&doctor] { return remora::run_doctor(doctor); }};
}

Command add_stat(CLI::App& app, remora::StatOptions& stat) {
    CLI::App* command = app.add_subcommand("stat", "print the counters of an agent");
    command->add_option("where", stat.where, kWhere)->required();
    command->add_flag("--json", stat.json, "one JSON object instead of a table");
    command->add_flag("--all", stat.all, "also the counters that are zero");
    return {command, [&stat] { return remora::run_stat(stat); }};
}

CLI::App* add_profile(CLI::App& app, const char* name, const char* text,
                      remora::ProfileOptions& profile) {
    CLI::App* command = app.add_subcommand(name, text);
    command->add_option("where", profile.directory, "the agent's directory")->required();
    command->add_flag("--json", profile.json, "as JSON");
    return command;
}

CLI::App* add_report(CLI::App& app, remora::ReportOptions& report) {
    CLI::App* command =
        app.add_subcommand("report", "profile, suggestions, trials and history as one page");
    command->add_option("where", report.directory, "the agent's directory")->required();
    command
        ->add_option("--html", report.html, "file to write; nothing in it is loaded from elsewhere")
        ->required();
    return command;
}

// What it changed by itself, and the command below it that takes that back.
CLI::App* add_tune(CLI::App& app, remora::TuneOptions& tune) {
    CLI::App* command = app.add_subcommand("tune", "show what the optimizer has changed");
    command->add_option("where", tune.directory, "the agent's directory");
    command->add_flag("--json", tune.json, "as JSON");
    CLI::App* revert = command->add_subcommand("revert", "have the agent take changes back");
    revert->add_option("where", tune.directory, "the agent's directory")->required();
    revert->add_option("which", tune.which, "number of a change, or all")->required();
    revert->callback([&tune] { tune.reverts = true; });
    return command;
}

struct OwnParser {
    const char* name;
    const char* text;
    int (*run)(int argc, char** argv);
};

// Its options are for a parser of its own.
CLI::App* add_with_own_parser(CLI::App& app, const char* name, const char* text) {
    CLI::App* command = app.add_subcommand(name, text);
    command->prefix_command();
    command->set_help_flag();
    return command;
}

CLI::App* add_attach(CLI::App& app, const char* name, const char* text,
                     remora::AttachOptions& options) {
    CLI::App* command = app.add_subcommand(name, text);
    command->add_option("pid", options.pid, "process id of the JVM")
        ->required()
        ->check(CLI::Range(1, std::numeric_limits<pid_t>::max()));
    command->add_option("--jar", options.jar,
                        "the agent; without it remora.jar beside this program, or of its package");
    command->add_option("--timeout", options.timeout_s, "seconds to wait for an answer")
        ->check(CLI::Range(1, 3600));
    return command;
}

CLI::App* add_start(CLI::App& app, remora::AttachOptions& options) {
    CLI::App* command = add_attach(app, "attach", "start the agent in a broker that runs", options);
    command->add_option("arguments", options.arguments,
                        "configuration file, or what stands behind -javaagent:remora.jar=");
    return command;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"remora: metrics agent for Kafka brokers"};
    app.require_subcommand(1);
    app.set_version_flag("--version", REMORA_VERSION);

    remora::TopOptions top;
    remora::StatusOptions status;
    remora::DoctorOptions doctor;
    remora::StatOptions stat;
    remora::ProfileOptions profile;
    remora::ReportOptions report;
    remora::TuneOptions tune;
    remora::AttachOptions attach;
    std::vector<Command> commands = {add_top(app, top), add_status(app, status),
                                     add_doctor(app, doctor), add_stat(app, stat)};
    commands.emplace_back(
        add_profile(app, "profile", "show what the agent's own collection costs", profile),
        [&profile] { return remora::run_profile(profile); });
    commands.emplace_back(
        add_profile(app, "suggest", "show what could be better, with the configuration for it",
                    profile),
        [&profile] { return remora::run_suggest(profile); });
    commands.emplace_back(add_report(app, report),
                          [&report] { return remora::run_report(report); });
    commands.emplace_back(add_tune(app, tune), [&tune] { return remora::run_tune(tune); });
    for (CLI::App* command :
         {add_start(app, attach),
          add_attach(app, "detach", "end the agent; the broker goes on", attach),
          add_attach(app, "reload", "have the agent read its configuration again now", attach)}) {
        commands.emplace_back(command, [&attach, command] {
            return remora::run_attach(command->get_name(), attach);
        });
    }
    for (const auto& [name, text, run] :
         {OwnParser{"check", "validate a configuration", remora::run_check},
          OwnParser{"migrate", "write a configuration for a rule file of jmx_exporter",
                    remora::run_migrate},
          OwnParser{"names", "print the rules of a dialect of names", remora::run_names},
          OwnParser{"plan", "predict the agent's cost for a cluster of some size",
                    remora::run_plan},
          OwnParser{"replay", "replay a recorded trace", remora::run_replay}}) {
        // argv[1] is the subcommand: it serves as the program name of its own parser.
        commands.emplace_back(add_with_own_parser(app, name, text),
                              [run = run, argc, argv] { return run(argc - 1, argv + 1); });
    }

    if (argc > 1 && report_unknown(app, argv[1])) {
        return kUsage;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kUsage;
    }
    for (const auto& [command, run] : commands) {
        if (command->parsed()) {
            return run();
        }
    }
    return kUsage;
}
