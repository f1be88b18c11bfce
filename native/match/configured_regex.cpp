#include "match/configured_regex.h"

#include <atomic>

namespace remora {

struct ConfiguredRegex::State {
    State(std::string named, std::string_view text, Regex compiled)
        : key(std::move(named)), pattern(text), regex(std::move(compiled)) {}

    const std::string key;
    const std::string pattern;
    const Regex regex;
    std::atomic<std::uint64_t> unanswered{0};
    std::uint64_t taken = 0;  // of the thread that takes
};

Result<ConfiguredRegex> ConfiguredRegex::compile(std::string key, std::string_view pattern) {
    Result<Regex> regex = Regex::compile(pattern);
    if (!regex) {
        return regex.status();
    }
    return ConfiguredRegex(
        std::make_shared<State>(std::move(key), pattern, std::move(regex).value()));
}

bool ConfiguredRegex::matches(std::string_view text) const {
    const bool is_tried = state_->unanswered.load(std::memory_order_relaxed) < kUnansweredMax;
    const Regex::Answer answer = is_tried ? state_->regex.match(text) : Regex::Answer::kUnknown;
    if (answer == Regex::Answer::kUnknown) {
        state_->unanswered.fetch_add(1, std::memory_order_relaxed);
    }
    return answer == Regex::Answer::kYes;
}

ConfiguredRegex::Unanswered ConfiguredRegex::take_unanswered() const {
    const std::uint64_t now = state_->unanswered.load(std::memory_order_relaxed);
    Unanswered result{now - state_->taken, {}};
    if (state_->taken == 0 && now > 0) {
        result.sentence = state_->key + ": the regular expression \"" + state_->pattern +
                          "\" needs too many steps for some names. They count as not matched, and "
                          "after " +
                          std::to_string(kUnansweredMax) +
                          " of them it is not tried again. Write it without repetitions inside "
                          "repetitions";
    }
    state_->taken = now;
    return result;
}

}  // namespace remora
