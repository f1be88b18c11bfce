// Runs through what goes wrong, and says what to do.
#pragma once

#include <string>
#include <vector>

#include "doctor/patient.h"

namespace remora {

// Something wrong.
struct Ailment {
    std::string check;   // name of the check that found it
    std::string what;    // what is wrong, with names and numbers
    std::string remedy;  // what to do
};

// Everything that the checks of checks.h find, in their order. Nothing on a healthy broker.
std::vector<Ailment> diagnose(const Patient& patient);

}  // namespace remora
