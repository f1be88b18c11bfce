// What a rule finds in a profile.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace remora {

// What a change is expected to save. Negative: it costs that.
struct Saving {
    double cpu_percent = 0;  // of one core
    double bytes_per_s = 0;  // of all outputs
    double series = 0;       // in the outputs
};

// What a change is expected to take from the outputs.
struct Price {
    double age_s = 0;   // values may get so old
    double error = 0;   // more, in scales, of the values that it is about
    double series = 0;  // that are no longer there
};

struct Finding {
    std::string rule;                        // name of the rule
    std::string subject;                     // the family, output, class or bean that it is about
    std::string problem;                     // one sentence
    std::map<std::string, double> evidence;  // figures of the profile that show it, with units
    std::string advice;                      // one sentence: what to do
    // JSON merge patch (RFC 7386) of the operator's configuration that does it. Null: there is none
    // that may be proposed, see `left_alone`.
    nlohmann::json patch;
    std::string left_alone;  // why the patch of the rule is not proposed; empty: it had none
    Saving saving;
    Price price;
};

}  // namespace remora
