#include "engine/adviser.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/files.h"
#include "base/formatted.h"
#include "engine/receiver_drops.h"
#include "tune/advise.h"

namespace remora {
namespace {

constexpr std::size_t kLoggedMax = 1'000;

// "saves 0.12 % of a core and 400 series", empty when nothing is predicted.
std::string saving_text(const Saving& saving) {
    std::string text;
    const auto add = [&text](const std::string& part) {
        text += (text.empty() ? "; saves " : ", ") + part;
    };
    if (saving.cpu_percent > 0) {
        add(formatted("%.3f", saving.cpu_percent) + " % of a core");
    }
    if (saving.bytes_per_s > 0) {
        add(formatted("%.0f", saving.bytes_per_s) + " bytes/s");
    }
    if (saving.series > 0) {
        add(formatted("%.0f", saving.series) + " series");
    }
    return text;
}

}  // namespace

Report Adviser::take(AgentProfile profile, const std::vector<OutputConfig>& outputs,
                     const Written& written) {
    add_receiver_drops(outputs, profile);
    Report report;
    report.findings = advise(profile, written);
    report.profile = std::move(profile);
    log_new(report.findings);
    const Status replaced =
        path_.empty() ? Status::ok() : replace_file(path_, print_report(report), "profile");
    if (!replaced) {
        log_.warn("profile", replaced.message());
    }
    return report;
}

// Other senders to that receiver count too: it is the receiver that has no room.
void Adviser::add_receiver_drops(const std::vector<OutputConfig>& outputs, AgentProfile& profile) {
    for (OutputProfile& output : profile.outputs) {
        const auto configured =
            std::find_if(outputs.begin(), outputs.end(),
                         [&](const OutputConfig& one) { return one.name == output.name; });
        if (configured == outputs.end() || configured->type != OutputType::kUdp) {
            continue;
        }
        const std::optional<std::uint64_t> drops =
            receiver_drops(configured->host, static_cast<std::uint16_t>(configured->port));
        const auto before = drops_before_.find(output.name);
        const double sent = output.packets_per_s * profile.window_s;
        // Fewer than before: it is another socket by now.
        if (drops && before != drops_before_.end() && *drops >= before->second && sent > 0) {
            const auto grown = static_cast<double>(*drops - before->second);
            output.receiver_drops_share = std::min(grown / sent, 1.0);
        }
        if (drops) {
            drops_before_[output.name] = *drops;
        }
    }
}

void Adviser::log_new(const std::vector<Finding>& findings) {
    std::set<std::string> now;
    int lines = 0;
    for (const Finding& finding : findings) {
        const std::string key = key_of(finding);
        now.insert(key);
        if (last_.count(key) == 0 || logged_.count(key) > 0 || lines == kLinesMax ||
            logged_.size() == kLoggedMax) {
            continue;
        }
        ++lines;
        logged_.insert(key);
        log_.info("suggestion " + finding.rule + ": " + finding.subject + ": " + finding.problem +
                  "; " + finding.advice + saving_text(finding.saving) +
                  (finding.left_alone.empty() ? "" : "; left alone: " + finding.left_alone));
    }
    last_ = std::move(now);
}

}  // namespace remora
