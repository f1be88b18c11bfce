// The registry of checks: each file of this folder has a list of its own.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "doctor/doctor.h"

namespace remora {

// Where a check leaves what it finds.
class Findings {
 public:
    void add(std::string what, std::string remedy) {
        found_.push_back({name_, std::move(what), std::move(remedy)});
    }
    void begin(const char* name) { name_ = name; }
    std::vector<Ailment> take() { return std::move(found_); }

 private:
    const char* name_ = "";
    std::vector<Ailment> found_;
};

// Adds what it finds.
using Check = void (*)(const Patient& patient, Findings& findings);

struct NamedCheck {
    const char* name;
    Check run;
};

// A check is a function and a line in the list of its file. Static.
std::span<const NamedCheck> agent_checks();    // is it there, and loaded?
std::span<const NamedCheck> output_checks();   // does what it writes arrive?
std::span<const NamedCheck> config_checks();   // is what is configured what is meant?
std::span<const NamedCheck> measure_checks();  // is what it tells true and affordable?

}  // namespace remora
