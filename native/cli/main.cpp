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
#include "cli/migrate.h"
#include "cli/names.h"
#include "cli/plan.h"
#include "cli/profile.h"
#include "cli/replay.h"
#include "cli/report.h"
#include "cli/stat.h"
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

CLI::App* add_stat(CLI::App& app, remora::StatOptions& stat) {
    CLI::App* command = app.add_subcommand("stat", "print the counters of an agent");
    command->add_option("where", stat.where, "the agent's directory or its counters file")
        ->required();
    command->add_flag("--json", stat.json, "one JSON object instead of a table");
    command->add_flag("--all", stat.all, "also the counters that are zero");
    return command;
}

CLI::App* add_top(CLI::App& app, remora::TopOptions& top) {
    CLI::App* command = app.add_subcommand("top", "follow an agent: key metrics and its cost");
    command->add_option("where", top.directory, "the agent's directory")->required();
    command->add_option("--interval", top.interval_s, "seconds between two screens")
        ->check(CLI::Range(1, 3600));
    command->add_option("--count", top.count, "screens to show; 0: until interrupted");
    command->add_flag("--plain", top.plain, "no cursor movement: for logs and pipes");
    return command;
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

// Its options are for a parser of its own.
CLI::App* add_with_own_parser(CLI::App& app, const char* name, const char* text) {
    CLI::App* command = app.add_subcommand(name, text);
    command->prefix_command();
    command->set_help_flag();
    return command;
}

std::vector<std::pair<const CLI::App*, int (*)(int, char**)>> add_all_with_own_parser(
    CLI::App& app) {
    return {
        {add_with_own_parser(app, "check", "validate a configuration"), remora::run_check},
        {add_with_own_parser(app, "migrate",
                             "write a configuration for a rule file of jmx_exporter"),
         remora::run_migrate},
        {add_with_own_parser(app, "names", "print the rules of a dialect of names"),
         remora::run_names},
        {add_with_own_parser(app, "plan", "predict the agent's cost for a cluster of some size"),
         remora::run_plan},
        {add_with_own_parser(app, "replay", "replay a recorded trace"), remora::run_replay}};
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

    remora::StatOptions stat;
    remora::TopOptions top;
    remora::ProfileOptions profile;
    remora::ReportOptions report;
    remora::TuneOptions tune;
    const std::pair<const CLI::App*, std::function<int()>> commands[] = {
        {add_stat(app, stat), [&] { return remora::run_stat(stat); }},
        {add_top(app, top), [&] { return remora::run_top(top); }},
        {add_profile(app, "profile", "show what the agent's own collection costs", profile),
         [&] { return remora::run_profile(profile); }},
        {add_profile(app, "suggest", "show what could be better, with the configuration for it",
                     profile),
         [&] { return remora::run_suggest(profile); }},
        {add_report(app, report), [&] { return remora::run_report(report); }},
        {add_tune(app, tune), [&] { return remora::run_tune(tune); }}};

    remora::AttachOptions attach;
    CLI::App* attach_command = add_start(app, attach);
    CLI::App* detach_command =
        add_attach(app, "detach", "end the agent; the broker goes on", attach);
    CLI::App* reload_command =
        add_attach(app, "reload", "have the agent read its configuration again now", attach);

    const auto with_own_parser = add_all_with_own_parser(app);

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
    for (const CLI::App* command : {attach_command, detach_command, reload_command}) {
        if (command->parsed()) {
            return remora::run_attach(command->get_name(), attach);
        }
    }
    // argv[1] is the subcommand: it serves as the program name of its own parser.
    for (const auto& [command, run] : with_own_parser) {
        if (command->parsed()) {
            return run(argc - 1, argv + 1);
        }
    }
    return kUsage;
}
