// The panels of the screen: which figures they have, in which order and words.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "watch/screen.h"

namespace remora {

struct PanelRow {
    std::string label;
    std::string value;
    Tone tone = Tone::kPlain;                     // of the value
    const std::deque<double>* history = nullptr;  // may be null
};

// The most important row first. Rows of what is not known say "-", or are left out where they are
// of no use then.
std::vector<PanelRow> throughput_rows(const ScreenInput& input);
// What is wrong comes first.
std::vector<PanelRow> health_rows(const ScreenInput& input);
std::vector<PanelRow> request_rows(const ScreenInput& input);
std::vector<PanelRow> saturation_rows(const ScreenInput& input);
std::vector<PanelRow> jvm_rows(const ScreenInput& input);
std::vector<PanelRow> agent_rows(const ScreenInput& input);

// Whether broker and controller count the idle time of their handlers into one meter, whose whole
// is 200 % then.
bool has_shared_meter(const ScreenInput& input);

// In that order, of those whose name contains the filter.
std::vector<TopicReadings> topics_shown(const Snapshot& snapshot, const ScreenOptions& options);

}  // namespace remora
