#include "cli/report.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "base/bounded_json.h"
#include "base/files.h"
#include "base/formatted.h"
#include "cli/agent_files.h"
#include "cli/html.h"
#include "cli/profile.h"
#include "tune/trial.h"

namespace remora {
namespace {

using nlohmann::json;

constexpr std::size_t kFamiliesShown = 30;
constexpr std::size_t kEventsShown = 500;

std::string number(const char* format, double value) {
    return "<td class=\"number\">" + formatted(format, value) + "</td>";
}

std::string name(const std::string& text) {
    return "<td class=\"name\">" + escaped(text) + "</td>";
}

std::string text_in(const json& event, const char* key) {
    const auto found = event.find(key);
    return found != event.end() && found->is_string() ? found->get<std::string>() : "";
}

std::int64_t number_in(const json& event, const char* key) {
    const auto found = event.find(key);
    return found != event.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

// "2026-01-31 23:59 UTC"
std::string time_text(std::int64_t wall_ms) {
    const std::time_t seconds = wall_ms / 1000;
    std::tm parts{};
    std::array<char, 32> text{};
    gmtime_r(&seconds, &parts);
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts);
    return text.data();
}

// --- the profile

std::string agent_part(const AgentProfile& profile) {
    HtmlTable table({"", "", ""});
    for (const Gauge& one : agent_gauges(profile)) {
        table.add({escaped(one.name), bar(one.share), escaped(one.text)});
    }
    return element("h2", "The agent") + table.html("");
}

std::string classes_part(const AgentProfile& profile) {
    HtmlTable table({"class", "of the CPU in use", "CPU, % of a core", "error"});
    for (const ClassProfile& one : profile.classes) {
        table.add(
            {escaped(one.name), bar(share_of(one.cpu_percent, profile.cpu_used_percent)),
             number("%.4f", one.cpu_percent),
             one.samples > 0 ? formatted("%.4f &#177; %.4f", one.error, one.margin) : "not known"});
    }
    return element("h2", "Reads by class") + table.html("None.");
}

std::string families_part(const AgentProfile& profile) {
    HtmlTable table({"family", "of the CPU in use", "CPU, % of a core", "a read, us",
                     "slow end, us", "reads/s", "series", "unchanged", "age, s"});
    const std::size_t shown = std::min(profile.families.size(), kFamiliesShown);
    for (std::size_t i = 0; i < shown; ++i) {
        const FamilyProfile& one = profile.families[i];
        table.add({name(one.name), bar(share_of(one.cpu_percent, profile.cpu_used_percent)),
                   number("%.4f", one.cpu_percent), number("%.1f", one.typical_us),
                   number("%.1f", one.tail_us), number("%.1f", one.reads_per_s),
                   number("%.0f", one.series), number("%.0f", one.unchanged),
                   number("%.1f", one.age_s)});
    }
    return element("h2", "Families whose reads cost most") + table.html("None.");
}

std::string outputs_part(const AgentProfile& profile) {
    HtmlTable table({"output", "bytes/s", "out after, ms", "unchanged, %", "ticks skipped, %",
                     "ticks lost, %", "dropped by the receiver, %"});
    for (const OutputProfile& one : profile.outputs) {
        table.add({name(one.name), number("%.0f", one.bytes_per_s), number("%.0f", one.tick_ms),
                   number("%.0f", 100 * one.repeated_share),
                   number("%.1f", 100 * one.skipped_share), number("%.1f", 100 * one.dropped_share),
                   one.receiver_drops_share < 0 ? std::string("<td>not known</td>")
                                                : number("%.1f", 100 * one.receiver_drops_share)});
    }
    HtmlTable quarantined({"bean", "its reads fail for, s"});
    for (const QuarantinedProfile& one : profile.quarantined) {
        quarantined.add({name(one.name), number("%.0f", one.since_s)});
    }
    return element("h2", "Outputs") + table.html("None.") + element("h2", "Quarantine") +
           quarantined.html("None.");
}

// --- suggestions

std::string suggestions_part(const std::vector<Finding>& findings) {
    std::string html = element("h2", "Suggestions");
    for (const Finding& finding : findings) {
        html += "<div class=\"card\">" + element("h3", finding.rule + ": " + finding.subject) +
                element("p", finding.problem + ". " + finding.advice + ".");
        HtmlTable evidence({"figure", "value"});
        for (const auto& [figure, value] : finding.evidence) {
            evidence.add({name(figure), number("%g", value)});
        }
        html += evidence.html("");
        const std::vector<std::string> words = prediction_texts(finding);
        for (const std::string& line : words) {
            html += element("p class=below", line);
        }
        if (!finding.patch.is_null()) {
            html += element("pre", json_text(finding.patch));
        }
        html += "</div>\n";
    }
    return findings.empty() ? html + element("p", "Nothing to suggest.") : html;
}

// --- trials

// The record, as far as it can be read.
struct Record {
    std::vector<json> events;
    std::size_t bad_lines = 0;
    std::vector<std::string> bad_files;  // why each cannot be read

    // What stands where nothing is shown.
    std::string none(const std::string& of_all) const {
        return bad_lines == 0 && bad_files.empty() ? of_all : "None that can be read.";
    }
};

// What the record has of one change.
struct Tried {
    std::uint64_t id = 0;
    json proposed;
    std::vector<json> measured;
    json decided;  // the last one
};

// The first one first. Where the optimizer began anew, its numbers did too.
std::vector<Tried> trials_of(const std::vector<json>& events) {
    std::vector<Tried> all;
    std::map<std::uint64_t, std::size_t> places;  // of the latest with that number
    for (const json& event : events) {
        const auto id = event.find("id");
        if (id == event.end() || !id->is_number_unsigned()) {
            continue;
        }
        const std::string what = text_in(event, "what");
        const auto number = id->get<std::uint64_t>();
        if (what == "proposed" || places.count(number) == 0) {
            places[number] = all.size();
            all.emplace_back().id = number;
        }
        Tried& one = all[places[number]];
        if (what == "proposed") {
            one.proposed = event;
        } else if (what == "measured") {
            one.measured.push_back(event);
        } else if (what == "decided") {
            one.decided = event;
        }
    }
    return all;
}

std::vector<double> values_of(const json& measured) {
    std::vector<double> values;
    const auto found = measured.find("values");
    if (found != measured.end() && found->is_array()) {
        for (const json& value : *found) {
            values.push_back(value.is_number() ? value.get<double>() : 0);
        }
    }
    return values;
}

// A point each minute that was measured, and the mean of each window.
std::string windows_picture(const std::vector<json>& measured) {
    constexpr double kWidth = 120;  // of a window
    constexpr double kHigh = 90;
    constexpr double kTop = 10;
    double most = 0;
    for (const json& one : measured) {
        for (const double value : values_of(one)) {
            most = std::max(most, value);
        }
    }
    const auto y_of = [&](double value) { return kTop + kHigh * (1 - share_of(value, most)); };
    std::string html = formatted(
        "<svg class=\"trial\" viewBox=\"0 0 %.0f 130\" role=\"img\"><line x1=\"0\" x2=\"%.0f\" "
        "y1=\"100\" y2=\"100\" stroke=\"#57606a\"/>",
        kTrialWindows * kWidth, kTrialWindows * kWidth);
    for (std::size_t i = 0; i < measured.size(); ++i) {
        const bool is_with = measured[i].value("with", json()) == true;
        const char* color = is_with ? "#2a7f62" : "#8a6d3b";
        const std::vector<double> values = values_of(measured[i]);
        const double left = static_cast<double>(i) * kWidth;
        double sum = 0;
        for (std::size_t j = 0; j < values.size(); ++j) {
            sum += values[j];
            html += formatted("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>",
                              left + kWidth * (static_cast<double>(j) + 1) /
                                         (static_cast<double>(values.size()) + 1),
                              y_of(values[j]), color);
        }
        const double mean = values.empty() ? 0 : sum / static_cast<double>(values.size());
        html += formatted(
            "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
            "stroke-width=\"2\"/><text x=\"%.1f\" y=\"120\" font-size=\"12\" "
            "text-anchor=\"middle\">%s: %.4g</text>",
            left + 6, left + kWidth - 6, y_of(mean), y_of(mean), color, left + kWidth / 2,
            is_with ? "with" : "without", mean);
    }
    return measured.empty() ? "" : html + "</svg>\n";
}

std::string verdict_html(const json& decided) {
    if (decided.is_null()) {
        return element("p", "Not decided yet.");
    }
    const std::string verdict = text_in(decided, "verdict");
    return "<p><span class=\"" + std::string(verdict == "kept" ? "kept" : "back") + "\">" +
           escaped(verdict) + "</span> " + time_text(number_in(decided, "wall_ms")) + ": " +
           escaped(text_in(decided, "why")) + "</p>\n";
}

std::string trials_part(const Record& record) {
    std::string html = element("h2", "Changes that were tried");
    const std::vector<Tried> all = trials_of(record.events);
    for (auto at = all.rbegin(); at != all.rend(); ++at) {
        const Tried& one = *at;
        const json& known = one.proposed.is_null() ? one.decided : one.proposed;
        html +=
            "<div class=\"card\">" +
            element("h3", "Change " + std::to_string(one.id) + ": " + text_in(known, "subject")) +
            verdict_html(one.decided) + element("p", text_in(one.proposed, "advice")) +
            element("p class=below", text_in(known, "figure")) + windows_picture(one.measured);
        if (one.proposed.contains("patch")) {
            html += element("pre", json_text(one.proposed["patch"]));
        }
        html += "</div>\n";
    }
    return all.empty() ? html + element("p", record.none("None.")) : html;
}

// --- history

std::string history_part(const Record& record) {
    const std::vector<json>& events = record.events;
    HtmlTable table({"time", "what", "change", "about", ""});
    const std::size_t shown = std::min(events.size(), kEventsShown);
    for (std::size_t i = 0; i < shown; ++i) {
        const json& event = events[events.size() - 1 - i];
        std::string words;
        for (const char* key : {"problem", "left_alone", "advice", "verdict", "why", "figure"}) {
            const std::string text = text_in(event, key);
            words += (words.empty() || text.empty() ? "" : "; ") + text;
        }
        table.add({time_text(number_in(event, "wall_ms")), escaped(text_in(event, "what")),
                   event.contains("id") ? escaped(json_text(event["id"])) : "",
                   name(text_in(event, "subject")), name(words)});
    }
    std::string html = element("h2", "History") + table.html(record.none("Nothing was recorded."));
    if (shown < events.size()) {
        html += element("p class=below", "The last " + std::to_string(shown) + " of " +
                                             std::to_string(events.size()) + " events.");
    }
    if (record.bad_lines > 0) {
        html += element("p class=below",
                        std::to_string(record.bad_lines) + " lines of the record cannot be read.");
    }
    for (const std::string& why : record.bad_files) {
        html += element("p class=below", "A file of the record cannot be read: " + why);
    }
    return html;
}

// Adds what one file of it has.
void read_events(const std::string& path, Record& record) {
    const Result<std::string> text = read_file(path, kToolFileBytesMax);
    if (!text && text.status().code() != Code::kNotFound) {
        record.bad_files.push_back(text.status().message());
    }
    std::istringstream lines(text ? text.value() : "");
    for (std::string line; std::getline(lines, line);) {
        json event = parse_bounded(line);
        if (event.is_object()) {
            record.events.push_back(std::move(event));
        } else {
            ++record.bad_lines;
        }
    }
}

std::string page_of(const std::string& directory, const Report& report) {
    const AgentProfile& profile = report.profile;
    const std::string path = directory + "/remora.tuning.ndjson";
    Record record;
    read_events(path + ".1", record);
    read_events(path, record);
    return html_page(
        "Remora: " + directory,
        element("h1", "Remora's own collection") + element("p", directory) +
            element("p class=below", time_text(profile.written_wall_ms) + ", " +
                                         profile_age(directory, profile.written_wall_ms) + "; " +
                                         rates_text(profile)) +
            agent_part(profile) + suggestions_part(report.findings) + trials_part(record) +
            classes_part(profile) + families_part(profile) + outputs_part(profile) +
            history_part(record));
}

}  // namespace

int run_report(const ReportOptions& options) {
    const auto fail = [](const std::string& why) {
        std::cerr << "remora report: " << why << "\n";
        return 1;
    };
    const Result<Report> report = read_report(options.directory);
    if (!report) {
        return fail(report.status().message());
    }
    // Perhaps a pipe or the standard output: it is not replaced.
    std::ofstream out(options.html, std::ios::binary | std::ios::trunc);
    out << page_of(options.directory, report.value()) << std::flush;
    return out ? 0 : fail(options.html + ": cannot be written: " + std::strerror(errno));
}

}  // namespace remora
