// Durations, sizes and names as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remora {

// "10s", "250ms", "1m30s", "0s": whole numbers each with one of ms, s, m, h, d, largest unit first.
// Milliseconds.
std::optional<std::int64_t> parse_duration(std::string_view text);
std::string format_duration(std::int64_t milliseconds);

// "64MB", "512 KiB", "1432": a whole number and an optional B, KB, MB, GB, TB or KiB ... TiB; all
// of them count in 1024s. Bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);
std::string format_size(std::uint64_t bytes);

// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other;
// case is ignored.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `text`, when one is near enough to be what was meant; else empty.
std::string nearest(std::string_view text, const std::vector<std::string>& candidates);

// The end of an error that suggests `name`, "; did you mean \"top\"?"; empty without a name.
std::string did_you_mean(const std::string& name);

}  // namespace remora
