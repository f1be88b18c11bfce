// Tries what is suggested, one change at a time, and keeps what helps.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "tune/finding.h"
#include "tune/profile.h"
#include "tune/trial.h"
#include "tune/tuning_state.h"

namespace remora {

// Example: `costly_family` is found in two profiles in a row, and the operator allows changes of
// kind "interval". Four minutes are measured without the change, four with it, and the same again.
// It helped both times: it is kept. From then on it belongs to the configuration in force.
//
// What was decided about rests for kRestMinS, and twice as long after each decision: nothing
// swings.
//
// A machine of states without a clock, a file or a thread: times come with each call. Thread
// safety: one thread.
class Tuner {
 public:
    static constexpr double kRestMinS = 6 * 3'600.0;

    Tuner() = default;
    // Goes on from what was written down. What was under trial then was not judged: it is not made,
    // and rests.
    Tuner(TuningState state, std::int64_t now_wall_ms);

    // What the operator has configured by now, at the start and after each change. It is valid.
    // What is kept stays as far as it fits; a trial ends when the configuration means another one.
    void configure(const Written& written, std::int64_t now_wall_ms);

    // A profile that was measured under text(), and what is found in it. Nothing of the
    // configuration is on its way.
    void take(const AgentProfile& profile, const std::vector<Finding>& findings);

    // Takes back what is kept or tried as number `which`, or "all". Returns how many. What is taken
    // back so rests for kRestMaxS.
    std::size_t revert(std::string_view which, std::int64_t now_wall_ms);

    // The configuration that should be in force: the operator's, with what is kept and perhaps what
    // is tried.
    std::string text() const;

    // How many rules of text(), the last ones, are not the operator's.
    std::size_t rules() const;

    const TuningState& state() const { return state_; }

    // What happened since the last call, for the record: objects with `wall_ms` and `what`, which
    // is "seen", "proposed", "done", "measured" or "decided".
    std::vector<nlohmann::json> take_events();

 private:
    void record(std::int64_t wall_ms, const char* what, nlohmann::json facts);
    void decide(std::int64_t wall_ms, const Change& change, const char* verdict,
                const std::string& why);
    std::size_t drop_kept(std::int64_t wall_ms,
                          const std::function<std::string(const Change&)>& why_of);
    void drop_what_does_not_fit(std::int64_t wall_ms);
    void drop_outgrown(const AgentProfile& profile);
    void see(const std::vector<Finding>& findings, std::int64_t wall_ms);
    void begin(const std::vector<Finding>& findings, std::int64_t wall_ms);
    void go_on(const AgentProfile& profile);
    void conclude(const TrialVerdict& verdict, std::int64_t wall_ms);
    void end_trial(std::int64_t wall_ms, const std::string& why);
    std::string why_left(const Finding& finding, std::int64_t wall_ms) const;
    bool fits(const Edit& edit) const;
    void rest(const std::string& subject, std::int64_t wall_ms, double least_s);
    void mend_rests(std::int64_t wall_ms);

    TuningState state_;
    Written written_;
    Config config_;       // what the operator has configured
    bool is_on_ = false;  // mode apply
    std::optional<Trial> trial_;
    std::set<std::string> last_;  // findings of the profile before
    std::set<std::string> seen_;  // recorded
    std::vector<nlohmann::json> events_;
};

}  // namespace remora
