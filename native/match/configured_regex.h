// A regular expression with the configuration key that it comes from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "match/regex.h"

namespace remora {

// Example: the value of `rules.0.where.topic`. A text about which it has no answer within the
// limits counts as not matched; so many such texts end the attempts, which bounds the CPU that a
// bad expression costs.
//
// Copies share the count. Thread safety: any number of threads, but take_unanswered() one.
class ConfiguredRegex {
 public:
    static constexpr std::uint64_t kUnansweredMax = 100;

    // Errors: as Regex::compile().
    static Result<ConfiguredRegex> compile(std::string key, std::string_view pattern);

    bool matches(std::string_view text) const;

    // What happened since the last call; `sentence` is empty but the first time that `count` is
    // not 0.
    struct Unanswered {
        std::uint64_t count = 0;
        std::string sentence;
    };
    Unanswered take_unanswered() const;

 private:
    struct State;
    explicit ConfiguredRegex(std::shared_ptr<State> state) : state_(std::move(state)) {}

    std::shared_ptr<State> state_;
};

}  // namespace remora
