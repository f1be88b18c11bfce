// The labels that a format writes for a series: its own, then the output's extra ones.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "encode/escape.h"
#include "model/series.h"

namespace remora::encode {

// Makes the names of the output's labels safe and drops doubles, once at start.
std::vector<Label> safe_labels(const std::vector<Label>& labels, Dots dots);

// `series.labels`, names made safe, without doubles and empty values (no format can tell an empty
// label from none), and those of `extra` (safe already) whose names the series does not use, its
// state label included.
std::vector<Label> merge_labels(const Series& series, const std::vector<Label>& extra, Dots dots);

// `name` of a label of the series; when it is one that the format keeps for itself, with as many
// '_' behind it as no other label has.
std::string unreserved(std::string_view name, std::span<const std::string_view> reserved,
                       const std::vector<Label>& labels, std::string_view state_label);

}  // namespace remora::encode
