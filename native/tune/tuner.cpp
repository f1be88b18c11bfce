#include "tune/tuner.h"

#include <algorithm>
#include <utility>

#include "base/bounded_json.h"
#include "config/parse.h"
#include "tune/limits.h"

namespace remora {
namespace {

using nlohmann::json;

constexpr std::size_t kSeenMax = 1'000;
constexpr std::size_t kRestsMax = 200;
constexpr double kMillis = 1e3;

// Why changes of these kinds are not allowed; empty when they are.
std::string why_forbidden(const std::vector<std::string>& kinds, const OptimizerConfig& config) {
    for (const std::string& kind : kinds) {
        if (std::find(config.may.begin(), config.may.end(), kind) == config.may.end()) {
            return "optimizer.may has no " + kind;
        }
    }
    return "";
}

// The operator's text with one more edit.
std::string with_edit(const std::string& text, const Config& config, const Edit& edit) {
    json document = json::parse(text, nullptr, false);
    if (!document.is_object()) {
        return text;
    }
    const json patch = patch_of(document, config, edit);
    if (patch.is_null()) {
        return text;
    }
    document.merge_patch(patch);
    return json_text(document);
}

}  // namespace

Tuner::Tuner(TuningState state, std::int64_t now_wall_ms) : state_(std::move(state)) {
    end_trial(now_wall_ms, "the agent ended before it was judged");
}

void Tuner::record(std::int64_t wall_ms, const char* what, json facts) {
    facts["wall_ms"] = wall_ms;
    facts["what"] = what;
    events_.push_back(std::move(facts));
}

void Tuner::decide(std::int64_t wall_ms, const Change& change, const char* verdict,
                   const std::string& why) {
    record(wall_ms, "decided",
           {{"id", change.id},
            {"kinds", change.kinds},
            {"subject", change.subject},
            {"verdict", verdict},
            {"why", why},
            {"figure", change.figure},
            {"before", change.before},
            {"after", change.after},
            {"noise", change.noise}});
}

std::vector<json> Tuner::take_events() {
    return std::exchange(events_, {});
}

std::string Tuner::text() const {
    if (!is_on_) {
        return written_.text;
    }
    std::string text = written_.text;
    for (const Change& change : state_.kept) {
        text = with_edit(text, config_, change.edit);
    }
    if (trial_ && trial_->is_with()) {
        text = with_edit(text, config_, state_.trial[0].edit);
    }
    return text;
}

std::size_t Tuner::rules() const {
    const auto is_rule = [](const Change& change) { return change.edit.section == "rules"; };
    const auto kept = std::count_if(state_.kept.begin(), state_.kept.end(), is_rule);
    const bool is_tried = trial_ && trial_->is_with() && is_rule(state_.trial[0]);
    return is_on_ ? static_cast<std::size_t>(kept) + (is_tried ? 1 : 0) : 0;
}

void Tuner::configure(const Written& written, std::int64_t now_wall_ms) {
    ParseOutcome outcome =
        parse_config(written.text, written.file, written.environment, written.arguments);
    written_ = written;
    if (outcome.config == config_ && outcome.is_ok()) {
        return;
    }
    config_ = std::move(outcome.config);
    is_on_ = outcome.is_ok() && config_.optimizer.mode == OptimizerMode::kApply;
    if (trial_) {
        decide(now_wall_ms, state_.trial[0], "taken back", "the configuration changed meanwhile");
        state_.trial.clear();
        trial_.reset();
    }
    if (is_on_) {
        drop_what_does_not_fit(now_wall_ms);
    }
}

// What is kept, one after the other, under what the operator says now.
void Tuner::drop_what_does_not_fit(std::int64_t wall_ms) {
    Written so_far = written_;
    Config meant = config_;
    drop_kept(wall_ms, [&](const Change& change) -> std::string {
        if (change.ground != ground_of(config_, change.edit)) {
            return "it was judged under another configuration, or by another version";
        }
        const json document = json::parse(so_far.text, nullptr, false);
        const json patch = patch_of(document, config_, change.edit);
        Result<Config> held = hold_fixed_limits(so_far, meant, patch);
        if (!held) {
            return held.status().message();
        }
        std::string why = why_forbidden(kinds_of(meant, held.value()), config_.optimizer);
        if (why.empty()) {
            so_far.text = with_edit(so_far.text, config_, change.edit);
            meant = std::move(held).value();
        }
        return why;
    });
}

// `why_of`: why a change is dropped; empty: it stays.
std::size_t Tuner::drop_kept(std::int64_t wall_ms,
                             const std::function<std::string(const Change&)>& why_of) {
    return std::erase_if(state_.kept, [&](const Change& change) {
        const std::string why = why_of(change);
        if (!why.empty()) {
            decide(wall_ms, change, "dropped", why);
        }
        return !why.empty();
    });
}

void Tuner::take(const AgentProfile& profile, const std::vector<Finding>& findings) {
    if (!is_on_) {
        return;
    }
    const std::int64_t wall_ms = profile.written_wall_ms;
    mend_rests(wall_ms);
    see(findings, wall_ms);
    drop_outgrown(profile);
    if (trial_) {
        go_on(profile);
    } else {
        begin(findings, wall_ms);
    }
    last_.clear();
    for (const Finding& finding : findings) {
        last_.insert(key_of(finding));
    }
}

void Tuner::drop_outgrown(const AgentProfile& profile) {
    const std::size_t dropped = drop_kept(profile.written_wall_ms, [&](const Change& change) {
        std::string why = outgrown_limit(profile, change.edit);
        if (!why.empty()) {
            rest(change.subject, profile.written_wall_ms, kRestMinS);
        }
        return why;
    });
    if (dropped > 0) {
        end_trial(profile.written_wall_ms, "what it was tried beside was dropped");
        drop_what_does_not_fit(profile.written_wall_ms);
    }
}

// Why it is not tried; empty when it may be.
std::string Tuner::why_left(const Finding& finding, std::int64_t wall_ms) const {
    if (finding.patch.is_null()) {
        return finding.left_alone.empty() ? "there is no change for it" : finding.left_alone;
    }
    const std::string forbidden = why_forbidden(finding.kinds, config_.optimizer);
    if (!forbidden.empty()) {
        return forbidden;
    }
    const bool rests = std::any_of(state_.rests.begin(), state_.rests.end(), [&](const Rest& one) {
        return one.subject == finding.subject && one.until_wall_ms > wall_ms;
    });
    if (rests) {
        return "it was decided about and rests";
    }
    return state_.kept.size() < kKeptMax ? "" : "too many changes are kept";
}

// Whether it may be made beside what is kept. It was found under what was in force then.
bool Tuner::fits(const Edit& edit) const {
    Written so_far = written_;
    so_far.text = text();
    const Config meant =
        parse_config(so_far.text, so_far.file, so_far.environment, so_far.arguments).config;
    const json patch = patch_of(json::parse(so_far.text, nullptr, false), config_, edit);
    return hold_fixed_limits(so_far, meant, patch).is_ok();
}

// Records each once, when it lasts.
void Tuner::see(const std::vector<Finding>& findings, std::int64_t wall_ms) {
    for (const Finding& finding : findings) {
        const std::string key = key_of(finding);
        if (last_.count(key) > 0 && seen_.size() < kSeenMax && seen_.insert(key).second) {
            record(wall_ms, "seen",
                   {{"rule", finding.rule},
                    {"subject", finding.subject},
                    {"problem", finding.problem},
                    {"evidence", finding.evidence},
                    {"left_alone", why_left(finding, wall_ms)}});
        }
    }
}

// One that does not last is noise.
void Tuner::begin(const std::vector<Finding>& findings, std::int64_t wall_ms) {
    const auto next = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
        return last_.count(key_of(finding)) > 0 && why_left(finding, wall_ms).empty() &&
               fits(finding.edit);
    });
    if (next == findings.end()) {
        return;
    }
    Change change;
    change.id = state_.next_id++;
    change.rule = next->rule;
    change.subject = next->subject;
    change.kinds = next->kinds;
    change.edit = next->edit;
    change.ground = ground_of(config_, next->edit);
    change.figure = measure_name(next->measure);
    change.since_wall_ms = wall_ms;
    change.window = 1;
    record(wall_ms, "proposed",
           {{"id", change.id},
            {"rule", change.rule},
            {"subject", change.subject},
            {"kinds", change.kinds},
            {"advice", next->advice},
            {"patch", next->patch},
            {"figure", change.figure},
            {"price_age_s", next->price.age_s},
            {"price_error", next->price.error},
            {"price_series", next->price.series}});
    state_.trial = {std::move(change)};
    trial_.emplace(next->measure, next->price.age_s);
}

void Tuner::go_on(const AgentProfile& profile) {
    // Something of it was measured before the last change.
    if (profile.known_s < profile.window_s) {
        return;
    }
    const std::int64_t wall_ms = profile.written_wall_ms;
    const std::size_t stage = trial_->stage();
    const std::optional<TrialVerdict> verdict = trial_->take(profile);
    if (!verdict && trial_->stage() == stage) {
        return;
    }
    Change& change = state_.trial[0];
    record(wall_ms, "measured",
           {{"id", change.id},
            {"with", stage % 2 == 1},
            {"figure", change.figure},
            {"values", trial_->windows()[stage]}});
    if (verdict) {
        conclude(*verdict, wall_ms);
    } else {
        change.window = static_cast<std::uint32_t>(trial_->stage()) + 1;
        record(wall_ms, "done", {{"id", change.id}, {"in_force", trial_->is_with()}});
    }
}

void Tuner::conclude(const TrialVerdict& verdict, std::int64_t wall_ms) {
    Change change = std::move(state_.trial[0]);
    change.before = verdict.before;
    change.after = verdict.after;
    change.noise = verdict.noise;
    change.since_wall_ms = wall_ms;
    change.window = 0;
    state_.trial.clear();
    trial_.reset();
    rest(change.subject, wall_ms, kRestMinS);
    decide(wall_ms, change, verdict.is_kept ? "kept" : "taken back", verdict.why);
    if (verdict.is_kept) {
        state_.kept.push_back(std::move(change));
    }
}

void Tuner::end_trial(std::int64_t wall_ms, const std::string& why) {
    for (const Change& change : state_.trial) {
        rest(change.subject, wall_ms, kRestMinS);
        decide(wall_ms, change, "taken back", why);
    }
    state_.trial.clear();
    trial_.reset();
}

std::size_t Tuner::revert(std::string_view which, std::int64_t now_wall_ms) {
    std::size_t reverted = 0;
    for (std::vector<Change>* changes : {&state_.trial, &state_.kept}) {
        reverted += std::erase_if(*changes, [&](const Change& change) {
            const bool is_meant = which == "all" || which == std::to_string(change.id);
            if (is_meant) {
                rest(change.subject, now_wall_ms, kRestMaxS);
                decide(now_wall_ms, change, "reverted", "the operator asked for it");
            }
            return is_meant;
        });
    }
    if (state_.trial.empty()) {
        trial_.reset();
    } else if (reverted > 0) {
        end_trial(now_wall_ms, "what it was tried beside was reverted");
    }
    if (is_on_ && reverted > 0) {
        drop_what_does_not_fit(now_wall_ms);  // it may rest on what is gone
    }
    return reverted;
}

// For at least `least_s`, and twice as long as the last time.
void Tuner::rest(const std::string& subject, std::int64_t wall_ms, double least_s) {
    std::vector<Rest>& rests = state_.rests;
    const auto ends_first = [](const Rest& a, const Rest& b) {
        return a.until_wall_ms < b.until_wall_ms;
    };
    auto found = std::find_if(rests.begin(), rests.end(),
                              [&](const Rest& one) { return one.subject == subject; });
    if (found == rests.end()) {
        if (rests.size() >= kRestsMax) {
            rests.erase(std::min_element(rests.begin(), rests.end(), ends_first));
        }
        rests.push_back({subject, 0, 0});
        found = std::prev(rests.end());
    }
    found->rest_s = std::clamp(2 * found->rest_s, least_s, kRestMaxS);
    found->until_wall_ms = wall_ms + static_cast<std::int64_t>(found->rest_s * kMillis);
}

// After a clock that was set back, none is longer than it was meant to be.
void Tuner::mend_rests(std::int64_t wall_ms) {
    for (Rest& one : state_.rests) {
        one.until_wall_ms =
            std::min(one.until_wall_ms, wall_ms + static_cast<std::int64_t>(one.rest_s * kMillis));
    }
}

}  // namespace remora
