// `remora profile` shows what the agent's own collection costs, `remora suggest` what could be
// better. Both read the file that the agent writes once a minute.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "tune/report.h"

namespace remora {

struct ProfileOptions {
    std::string directory;
    bool json = false;
};

// Returns what the agent of that directory wrote last. kNotFound: nothing; kCorrupt: another
// version wrote it.
Result<Report> read_report(const std::string& directory);

// "written 12 s ago", or why that is not of now.
std::string profile_age(const std::string& directory, std::int64_t written_wall_ms);

// `part` of `whole`; 0 of nothing.
double share_of(double part, double whole);

// "rates are of 60 s, known for 900 s"
std::string rates_text(const AgentProfile& profile);

// One figure of the agent as a bar.
struct Gauge {
    std::string name;
    double share = 0;  // of a full bar, 1
    std::string text;
};
// CPU, series that do not change, ticks.
std::vector<Gauge> agent_gauges(const AgentProfile& profile);

// What the finding saves and costs, and why nothing is proposed where that is so; a line each.
std::vector<std::string> prediction_texts(const Finding& finding);

// Each prints to stdout; problems to stderr. Exit status: 0, or 1 when there is no profile of this
// version.
int run_profile(const ProfileOptions& options);
int run_suggest(const ProfileOptions& options);

}  // namespace remora
