// The screen of `remora top` as lines of text with tones, without a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "watch/figures.h"
#include "watch/snapshot.h"
#include "watch/verdict.h"

namespace remora {

enum class Tone : std::uint8_t { kPlain, kTitle, kDim, kGood, kWarn, kBad };

struct Span {
    std::string text;  // UTF-8, a column a character
    Tone tone = Tone::kPlain;
};
using ScreenLine = std::vector<Span>;

enum class TopicOrder : std::uint8_t { kBytesIn, kBytesOut, kMessagesIn, kName };

// What a person has chosen.
struct ScreenOptions {
    std::size_t columns = 80;
    std::size_t rows = 24;
    bool is_unicode = true;  // else sparklines are made of ASCII
    TopicOrder order = TopicOrder::kBytesIn;
    std::string filter;  // topics whose name contains it
    bool is_typing = false;
    bool is_help = false;
    std::size_t first_topic = 0;  // of those that are shown
};

// What is to be shown.
struct ScreenInput {
    const Snapshot& snapshot;
    const Verdict& verdict;
    const Figures& figures;  // of the snapshot; empty when the agent does not run
    const History& history;
};

// Exactly options.rows lines of at most options.columns columns. Topics stop at the last ones:
// options.first_topic beyond them becomes the first that is shown.
std::vector<ScreenLine> screen_of(const ScreenInput& input, ScreenOptions& options);

// The text alone.
std::string text_of(const ScreenLine& line);

// Columns that UTF-8 text takes, one for each character.
std::size_t columns_of(const std::string& text);

// The last `columns` values, each as a bar between 0 and the largest; a blank for what is not
// known. Empty when fewer than two are known.
std::string sparkline(const std::deque<double>& values, std::size_t columns, bool is_unicode);

}  // namespace remora
