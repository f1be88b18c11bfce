// Makes of each profile the file that tells of it, and says in the log what could be better.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/config.h"
#include "tune/finding.h"
#include "tune/limits.h"
#include "tune/profile.h"
#include "tune/report.h"

namespace remora {

// Thread safety: housekeeping thread only, but for the constructor.
class Adviser {
 public:
    // Of what is new, so many lines at once: the rest follows with the next profiles.
    static constexpr int kLinesMax = 5;

    // `path`: of the file; empty: none is written. `log` outlives this.
    Adviser(std::string path, Log& log) : path_(std::move(path)), log_(log) {}

    // `outputs`: in force. `written`: what is configured. A finding is logged once, in the profile
    // after the one in which it came: one that does not last is noise. Returns the profile, with
    // what is known here alone, and what is found in it.
    Report take(AgentProfile profile, const std::vector<OutputConfig>& outputs,
                const Written& written);

 private:
    void add_receiver_drops(const std::vector<OutputConfig>& outputs, AgentProfile& profile);
    void log_new(const std::vector<Finding>& findings);

    const std::string path_;
    Log& log_;
    std::map<std::string, std::uint64_t> drops_before_;  // by output
    std::set<std::string> last_;                         // findings of the profile before
    std::set<std::string> logged_;
};

}  // namespace remora
