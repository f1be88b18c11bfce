// A page in Prometheus text, said in OpenMetrics. Internal to the room.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace remora {

// The last line of a page in OpenMetrics.
inline constexpr std::string_view kOpenMetricsEnd = "# EOF\n";

// What the further names of a family end in, by its type: in OpenMetrics a counter `x` has the
// names `x_total` and `x_created` too.
inline constexpr std::string_view kTotalEnding = "_total";
inline constexpr std::array<std::string_view, 2> kCounterEndings = {kTotalEnding, "_created"};
inline constexpr std::array<std::string_view, 3> kSummaryEndings = {"_count", "_sum", "_created"};

// A metric family of a page: its header and the samples under it.
struct TextFamily {
    std::string_view name;
    std::string_view text;  // all of its lines, each with its end
};

// The families of a page in either format, in their order. Each line `# HELP` begins one; what
// stands before the first and a last line `# EOF` belong to none.
std::vector<TextFamily> families_of(std::string_view page);

// What `page`, as the encoder of format prometheus writes it, is in OpenMetrics: counters are
// called `_total`, what has no type is `unknown`, a counter or a summary's count that is negative
// or no number is left out, and so is a family whose names another one has. `left_out` counts such
// families. The encoder of format openmetrics makes the same of the same series.
std::string openmetrics_of(std::string_view page, std::size_t& left_out);

}  // namespace remora
