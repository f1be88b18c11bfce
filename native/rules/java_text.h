// Numbers as Java writes them.
#pragma once

#include <string>

namespace remora {

// Double.toString(), with the fewest digits that identify the value: "3.0", "1.0E-5", "NaN".
std::string java_double_text(double value);

// Long.toString() of a whole number below 2^53; other numbers as java_double_text() has them.
std::string java_number_text(double value);

}  // namespace remora
