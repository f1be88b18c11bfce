// Has the optimizer's changes made: its files, counters and log lines around the Tuner.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/log.h"
#include "engine/tuning_record.h"
#include "sink/file_system.h"
#include "tune/finding.h"
#include "tune/profile.h"
#include "tune/tuner.h"

namespace remora {

// Reads no file and writes none until the operator's mode is "apply". What cannot be written down
// is not begun: then what is in force is what was last written down, without a trial, and without
// what was taken back meanwhile. A file that cannot be read stays as it is, and nothing is begun
// until it can.
//
// Thread safety: housekeeping thread only, but for the constructor.
class Tuning {
 public:
    struct Tools {
        const Clock& clock;
        CounterTable& counters;
        Log& log;
        FileSystem& files;
    };

    // `directory`: of its files; empty: there is none, and nothing is done. Tools outlive this.
    Tuning(std::string directory, const Tools& tools);

    // What the operator has configured, with the mode that it says, and is in force by itself, at
    // the start.
    void begin(const Written& written, OptimizerMode mode);
    // The same whenever it was read again.
    void configure(const Written& written, OptimizerMode mode);
    // A profile that was measured under text(), and what is found in it, while no change of the
    // configuration is under way.
    void take(const AgentProfile& profile, const std::vector<Finding>& findings);
    // The operator asks for it: "all", or the number of a change.
    void revert(const std::string& which);

    // The text of the configuration that should be in force: the operator's, with what is kept and
    // perhaps what is tried.
    const std::string& text() const { return text_; }
    // How many rules of it, the last ones, are not the operator's.
    std::size_t rules() const { return tuner_.rules(); }
    // Whether that is another one than take_text() gave last.
    bool has_news() const { return text_ != taken_; }
    const std::string& take_text() { return taken_ = text_; }

 private:
    bool is_ready();
    bool knows_state();
    void settle();
    bool write_state();
    std::vector<nlohmann::json> undo_what_is_not_written(std::vector<nlohmann::json> events);
    void say_what_is_kept();
    void tell(const nlohmann::json& event);

    const std::string directory_;
    const Tools tools_;
    TuningRecord record_;
    Tuner tuner_;
    Written written_;
    OptimizerMode mode_ = OptimizerMode::kOff;
    bool was_read_ = false;
    std::string saved_;  // the file, as it was read or written last; empty: there is none
    std::string text_;
    std::string taken_;  // by whoever has it in force
};

}  // namespace remora
