// Housekeeping that may wait for the disk, on a thread of its own: the counters file, the last
// values, the configuration watch, the profile.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/log.h"
#include "base/runner.h"
#include "config/parse.h"
#include "engine/channels.h"
#include "model/last_values.h"

namespace remora {

// Does its duties at their intervals, one change of the configuration at a time. What a change
// takes of this thread's CPU is excused (Channels::excused_cpu_ns).
//
// Thread safety: the housekeeping thread calls do_work and on_stop.
class Housekeeper final : public Worker {
 public:
    struct Options {
        std::string counters_path;  // empty: not written
        // File of the last values. It is there while the agent runs. Empty: not written.
        std::string values_path;
        // File for the list of all beans. It is written when a file of this name plus ".request"
        // appears, which is then removed. Empty: requests are ignored.
        std::string beans_path;
        // File in which the operator asks for changes of the optimizer to be taken back. It is read
        // and removed. Empty: requests are ignored.
        std::string revert_path;
        std::string config_path;  // empty: nothing to watch
        FileMark config_mark;     // of what is in force
        std::int64_t config_interval_ms = 0;
    };

    struct Duties {
        // The file's time, size or inode differs from what the last call saw, or somebody asked for
        // it to be read.
        std::function<void()> on_config_changed;
        // The shim knows more of the host: all facts, as "key=value" lines.
        std::function<void(const std::string&)> on_facts;
        // Goes on with a change under way; while it returns true it is called again soon, and the
        // others are not.
        std::function<bool()> take_over;
        // The optimizer wants another configuration in force: takes it over. Returns whether it
        // does.
        std::function<bool()> take_tuned;
        // Whether the optimizer is on. While it is not, nobody looks for `revert_path`.
        std::function<bool()> may_revert;
        // The first line of the file `revert_path`.
        std::function<void(const std::string&)> on_revert;
        // The core has measured what the agent's own collection costs.
        std::function<void(const AgentProfile&)> on_profile;
        // Returns whether the agent's directory is there and still this agent's. Asked once before
        // the files of a tick are written.
        std::function<bool()> has_directory;
        // Between two writes of the counters now; with each tick that the core tells of, where
        // these come.
        std::function<std::int64_t()> counters_interval_ms;
        // The outputs now, for readers of the counters file.
        std::function<std::vector<OutputNote>()> outputs;
        // What is known of the host, for readers of the last values.
        std::function<std::vector<std::pair<std::string, std::string>>()> facts;
    };
    Housekeeper(Options options, Channels& channels, const Clock& clock, CounterTable& counters,
                Log& log, Duties duties);

    std::int64_t do_work() override;
    void on_stop() override;

 private:
    bool has_directory();
    void write_files(LastValues* values);
    void write_counters(bool is_over);
    std::int64_t watch_config(std::int64_t now_ns, bool is_tick);
    bool take_change(std::int64_t now_ns, bool is_tick);
    void excuse(std::int64_t begun_cpu_ns);
    std::int64_t watch_requests(std::int64_t now_ns);
    void watch_reverts(std::int64_t now_ns);
    void take_profile();
    void write_listing(const std::string& text);

    const Options options_;
    Channels& channels_;
    const Clock& clock_;
    CounterTable& counters_;
    Log& log_;
    const Duties duties_;
    const ProcessMark process_;
    const std::int64_t start_wall_ms_;
    std::int64_t counters_due_ns_ = 0;
    std::int64_t config_due_ns_ = 0;
    std::int64_t reverts_due_ns_ = 0;
    bool is_listing_ = false;
    FileMark config_mark_;
};

}  // namespace remora
