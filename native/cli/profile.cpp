#include "cli/profile.h"

#include <algorithm>
#include <iostream>
#include <string_view>

#include "base/bounded_json.h"
#include "base/clock.h"
#include "base/counter_table.h"
#include "base/files.h"
#include "base/formatted.h"
#include "cli/agent_files.h"
#include "watch/agent_state.h"

namespace remora {
namespace {

constexpr std::size_t kFamiliesShown = 12;
constexpr std::size_t kFamilyColumns = 52;
constexpr int kBarColumns = 20;

std::string file_of(const std::string& directory) {
    return directory + "/remora.profile.json";
}

Result<std::string> read_text(const std::string& directory) {
    Result<std::string> file = read_file(file_of(directory), kToolFileBytesMax);
    if (!file) {
        return Status(file.status().code(),
                      file.status().message() +
                          "; an agent with optimizer.mode \"suggest\" writes it a minute after "
                          "its start");
    }
    return file;
}

// As many columns as `share` of 1 is worth.
std::string bar(double share) {
    const int full = static_cast<int>(std::clamp(share, 0.0, 1.0) * kBarColumns + 0.5);
    return std::string(static_cast<std::size_t>(full), '#') +
           std::string(static_cast<std::size_t>(kBarColumns - full), '.');
}

std::string shortened(const std::string& name) {
    return name.size() <= kFamilyColumns ? name : name.substr(0, kFamilyColumns - 3) + "...";
}

void print_agent(const AgentProfile& profile) {
    for (const Gauge& one : agent_gauges(profile)) {
        std::cout << formatted("%-10s", one.name.c_str()) << bar(one.share) << " " << one.text
                  << "\n";
    }
}

void print_classes(const AgentProfile& profile) {
    for (const ClassProfile& one : profile.classes) {
        std::cout << formatted("  %-10s%s %.4f %%, error ", one.name.c_str(),
                               bar(share_of(one.cpu_percent, profile.cpu_used_percent)).c_str(),
                               one.cpu_percent)
                  << (one.samples > 0 ? formatted("%.4f +- %.4f", one.error, one.margin)
                                      : "not known")
                  << "\n";
    }
}

void print_families(const AgentProfile& profile) {
    const std::size_t shown = std::min(profile.families.size(), kFamiliesShown);
    for (std::size_t i = 0; i < shown; ++i) {
        const FamilyProfile& family = profile.families[i];
        std::cout << formatted("  %s %.4f %% %9.1f us (slow end %.1f) %8.1f/s %7u series  %s\n",
                               bar(share_of(family.cpu_percent, profile.cpu_used_percent)).c_str(),
                               family.cpu_percent, family.typical_us, family.tail_us,
                               family.reads_per_s, family.series, shortened(family.name).c_str());
    }
}

void print_outputs(const AgentProfile& profile) {
    for (const OutputProfile& output : profile.outputs) {
        std::cout << formatted(
            "  %-16s %.0f bytes/s, out after %.0f ms, %.0f %% of series unchanged",
            output.name.c_str(), output.bytes_per_s, output.tick_ms, 100 * output.repeated_share);
        if (output.skipped_share > 0 || output.dropped_share > 0) {
            std::cout << formatted(", skips %.1f %% of ticks, drops %.1f %%",
                                   100 * output.skipped_share, 100 * output.dropped_share);
        }
        if (output.receiver_drops_share >= 0) {
            std::cout << formatted(", the receiver drops %.1f %%",
                                   100 * output.receiver_drops_share);
        }
        std::cout << "\n";
    }
}

// The parts of a prediction that are not 0.
std::string prediction(const char* title,
                       std::initializer_list<std::pair<const char*, double>> all) {
    std::string line;
    for (const auto& [format, value] : all) {
        if (value != 0) {
            line += (line.empty() ? "" : ", ") + formatted(format, value);
        }
    }
    return title + (line.empty() ? "nothing that can be predicted" : line);
}

void print_finding(const Finding& finding) {
    std::cout << finding.rule << ": " << finding.subject << "\n  " << finding.problem << ": ";
    const char* separator = "";
    for (const auto& [name, value] : finding.evidence) {
        std::cout << separator << name << formatted(" %g", value);
        separator = ", ";
    }
    std::cout << "\n  " << finding.advice << "\n";
    for (const std::string& line : prediction_texts(finding)) {
        std::cout << "  " << line << "\n";
    }
    if (!finding.patch.is_null()) {
        std::cout << "  JSON merge patch: " << json_text(finding.patch) << "\n";
    }
}

}  // namespace

Result<Report> read_report(const std::string& directory) {
    const Result<std::string> found = read_text(directory);
    if (!found) {
        return found.status();
    }
    Result<Report> report = parse_report(found.value());
    if (!report) {
        return Status(report.status().code(), file_of(directory) + " " + report.status().message());
    }
    return report;
}

std::string profile_age(const std::string& directory, std::int64_t written_wall_ms) {
    const std::int64_t now_ms = SystemClock().wall_ms();
    const Result<CounterFile> counters = read_counter_file(directory + "/remora.counters");
    const std::string old = counters ? why_old(counters.value(), now_ms) : "missing";
    return "written " + std::to_string((now_ms - written_wall_ms) / 1000) + " s ago" +
           (old.empty() ? "" : "; the agent's counters are " + old);
}

double share_of(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

std::string rates_text(const AgentProfile& profile) {
    return formatted("rates are of %.0f s, known for %.0f s", profile.window_s, profile.known_s);
}

std::vector<Gauge> agent_gauges(const AgentProfile& profile) {
    return {
        {"CPU", share_of(profile.cpu_used_percent, profile.ceiling_percent),
         formatted("%.3f of %.3f %% of a core; %.2f ms a tick beside the reads",
                   profile.cpu_used_percent, profile.ceiling_percent, profile.tick_overhead_ms)},
        {"unchanged", share_of(profile.unchanged, profile.series),
         formatted("%u of %u series of %u beans", profile.unchanged, profile.series,
                   profile.units)},
        {"ticks", share_of(profile.base_interval_s, profile.tick_interval_s),
         formatted("every %g s, %g s configured; %.1f %% without all their reads; bounds on "
                   "age widened by step %u",
                   profile.tick_interval_s, profile.base_interval_s, 100 * profile.unfinished_share,
                   profile.widening_step)}};
}

std::vector<std::string> prediction_texts(const Finding& finding) {
    std::vector<std::string> lines = {
        prediction("saves: ", {{"%.4f %% of a core", finding.saving.cpu_percent},
                               {"%.0f bytes/s", finding.saving.bytes_per_s},
                               {"%.0f series", finding.saving.series}}),
        prediction("costs: ", {{"values up to %.0f s old", finding.price.age_s},
                               {"error %+.4f", finding.price.error},
                               {"%.0f series that are gone", finding.price.series}})};
    if (!finding.left_alone.empty()) {
        lines.push_back("not proposed: " + finding.left_alone);
    }
    return lines;
}

int run_profile(const ProfileOptions& options) {
    const Result<Report> report = read_report(options.directory);
    if (!report) {
        std::cerr << "remora profile: " << report.status().message() << "\n";
        return 1;
    }
    if (options.json) {
        std::cout << print_report(report.value());
        return 0;
    }
    const AgentProfile& profile = report.value().profile;
    std::cout << profile_age(options.directory, profile.written_wall_ms) << "; "
              << rates_text(profile) << "\n";
    print_agent(profile);
    std::cout << "reads by class, of the CPU in use\n";
    print_classes(profile);
    std::cout << "families whose reads cost most: CPU, one read, reads, series\n";
    print_families(profile);
    std::cout << "outputs\n";
    print_outputs(profile);
    for (const QuarantinedProfile& bean : profile.quarantined) {
        std::cout << formatted("in quarantine for %.0f s: ", bean.since_s) << bean.name << "\n";
    }
    std::cout << "suggestions: " << report.value().findings.size() << ", see remora suggest "
              << options.directory << "\n";
    return 0;
}

int run_suggest(const ProfileOptions& options) {
    const Result<Report> report = read_report(options.directory);
    if (!report) {
        std::cerr << "remora suggest: " << report.status().message() << "\n";
        return 1;
    }
    if (options.json) {
        std::cout << print_findings(report.value().findings);
        return 0;
    }
    const AgentProfile& profile = report.value().profile;
    std::cout << profile_age(options.directory, profile.written_wall_ms)
              << formatted(", known for %.0f s", profile.known_s)
              << (report.value().findings.empty() ? ": nothing to suggest" : "") << "\n";
    for (const Finding& finding : report.value().findings) {
        std::cout << "\n";
        print_finding(finding);
    }
    return 0;
}

}  // namespace remora
