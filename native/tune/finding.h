// What a rule finds in a profile.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tune/edit.h"
#include "tune/figures.h"

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
    Edit edit;                               // that does it; empty: none that a rule may propose
    Measure measure;                         // what `edit` is to make less
    // The edit as JSON merge patch (RFC 7386) of the configuration in force. Null: there is none
    // that may be proposed, see `left_alone`.
    nlohmann::json patch;
    std::vector<std::string> kinds;  // of what the patch changes, see change_kind_names()
    std::string left_alone;  // why the patch of the rule is not proposed; empty: it had none
    Saving saving;
    Price price;
};

// The same for a finding that was there in the profile before.
inline std::string key_of(const Finding& finding) {
    return finding.rule + " " + finding.subject;
}

}  // namespace remora
