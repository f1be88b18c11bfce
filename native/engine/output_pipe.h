// One output from the cache to its sink: encoder, ring 2, sink thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/runner.h"
#include "config/config.h"
#include "encode/encoder.h"
#include "engine/channels.h"
#include "engine/rule_naming.h"
#include "match/pattern.h"
#include "model/values.h"
#include "ring/block_channel.h"
#include "sink/sink_worker.h"

namespace remora {

// Thread safety: core thread, but start and stop (owner of the engine) and the accessors marked so.
class OutputPipe {
 public:
    struct Host {
        std::int64_t start_wall_ms = 0;  // since when the host counts; 0: not known
        bool agent_begins = false;       // with this output
        std::string agent_version;
    };
    // `common_labels` are overridden by the output's own. The directory in `${dir}` is expanded
    // already.
    OutputPipe(const OutputConfig& config, const std::vector<Label>& common_labels,
               std::int64_t base_interval_ms, const SinkEnvironment& environment,
               std::function<void(const char*)> on_fault, const Host& host);

    Status start() { return runner_->start(); }
    // The sink sends what is in the ring, and what comes, without spreading it over time.
    void hurry() {
        worker_->hurry();
        runner_->wake();
    }
    // Stops the sink after it has written what is in the ring. Returns false when its thread did
    // not end in time and is left behind.
    bool stop(std::int64_t deadline_ms) { return runner_->stop(deadline_ms); }

    void add_unit(const Registration& registration);
    void remove_unit(UnitId unit);

    // Whether one of the base intervals after `last` and up to `now` is one of this output's.
    bool is_due(std::uint64_t last, std::uint64_t now) const {
        return now / every_ticks_ != last / every_ticks_;
    }
    // Whether a tick can begin. Not while the one before is still on its way (it sends the newest
    // values with what it has not come to yet), or the format has to know first what became of it.
    bool can_begin_tick();
    // Counts a tick that could not begin. `is_leaving`: another output is about to take this one's
    // place. It may still be at the pace of an interval that is over, so its destination is not
    // blamed.
    void skip_tick(bool is_leaving);
    // Only after can_begin_tick().
    // `values`: as go_on() gets them.
    void begin_tick(std::int64_t wall_ms, const std::vector<SelfSample>& self,
                    const Values& values);
    // Encodes on. True when nothing is left to do.
    bool go_on(const Values& values);
    // The ring was full: the sink says when there is room (SinkEnvironment::on_room).
    bool busy() const { return encoding_; }

    const std::string& name() const { return name_; }
    const std::string& path() const { return path_; }
    SelfLevel self_level() const { return self_level_; }
    // Of ring 2, the share that the sink has not taken yet.
    double ring_share() const {
        return static_cast<double>(channel_.filled()) / static_cast<double>(channel_.block_count());
    }
    // Of the environment that it was made with.
    const CounterTable& counters() const { return counters_; }

    // Which of the cache's kOutputsMax sets of flags is this output's; kOutputsMax: none yet.
    std::size_t flags_place() const { return flags_place_; }
    void set_flags_place(std::size_t place) { flags_place_ = place; }

    // What becomes of its file when it stops, in place of what its configuration says. Any thread.
    void set_file_end(FileEnd file_end) { worker_->set_file_end(file_end); }

    // Any thread.
    std::int64_t sink_cpu_ns() const { return worker_->cpu_ns(); }

 private:
    bool wants(const ObjectName& name) const;
    bool knows_last_tick();
    void report_losses();

    const std::string name_;
    const std::string path_;
    const SelfLevel self_level_;
    const std::uint64_t every_ticks_;
    std::vector<ObjectNamePattern> include_;
    std::vector<ObjectNamePattern> exclude_;
    const bool has_otel_names_;
    CounterTable& counters_;
    Log& log_;
    BlockChannel channel_;
    std::unique_ptr<Encoder> encoder_;
    std::unique_ptr<RuleNaming> naming_;  // null: series keep the names that they come with
    SinkWorker* worker_ = nullptr;        // owned by runner_
    std::unique_ptr<Runner> runner_;

    std::size_t flags_place_ = kOutputsMax;
    bool encoding_ = false;
    SinkWorker::Fates fates_;  // as of the last tick
    struct {
        bool skipping = false;
        bool too_long = false;
        bool unencodable = false;
        bool clashing = false;
    } reported_;
};

// Ends the file of an output as its configuration says, where there is one. REQUIRES: nobody writes
// it any more. Any thread.
void end_output_file(const OutputConfig& config, const std::vector<Label>& common_labels,
                     const SinkEnvironment& environment);

}  // namespace remora
