// Taking over a changed configuration while everything runs: see docs/internals/reload.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/log.h"
#include "config/config.h"
#include "config/parse.h"
#include "engine/output_pipe.h"
#include "engine/reload_handover.h"
#include "select/selector.h"

namespace remora {

// One configuration on its way through the threads. ReloadStage says who may touch it.
struct Reload {
    // An output of the new configuration: one of the old ones, or a new one.
    struct Output {
        std::size_t kept = 0;  // position in the old list, when `fresh` is empty
        std::unique_ptr<OutputPipe> fresh;
    };

    std::uint64_t generation = 0;
    Config config;  // with placeholders expanded
    std::shared_ptr<const Selector> selector;
    bool offers_beans = false;    // every bean is to be decided on anew
    bool needs_series = false;    // an output is new and has to learn what there is
    std::vector<Output> outputs;  // of the new configuration, in its order
    // Filled by the core when it swaps: to be stopped and forgotten.
    std::vector<std::unique_ptr<OutputPipe>> retired;
    std::vector<OutputPipe*> begun;  // new ones, in use by the core, whose sinks are to be started
};

// Compares and leads a change through the stages.
//
// Thread safety: changed(), knows_more(), step(), in_force() and generation() on the housekeeping
// thread; close() and conclude() on the engine's owner thread.
class Reloader {
 public:
    using MakeOutput =
        std::function<std::unique_ptr<OutputPipe>(const OutputConfig&, const Config&)>;

    // `config`: in force at the start. References outlive this.
    Reloader(Config config, ReloadHandover& handover, const Clock& clock, CounterTable& counters,
             Log& log, MakeOutput make_output, std::function<void()> wake_core);

    // The file changed; `outcome`: what it says, with placeholders expanded. Only while nothing is
    // under way.
    void changed(ParseOutcome outcome);
    // What was configured means `config`, now that more of the host is known. Only while nothing is
    // under way.
    void knows_more(Config config);
    // Continues a change that is under way. Returns whether one still is.
    bool step();

    // The configuration in force.
    const Config& in_force() const { return current_; }
    // Its number, see Reload; while a change is under way that one's.
    std::uint64_t generation() const { return generation_; }

    // From now on step() does nothing. False when one is at work and does not end within
    // `deadline_ms`.
    bool close(std::int64_t deadline_ms);
    // After close(), with the core stopped: stops what was retired and starts what is new.
    bool conclude(std::int64_t deadline_ms);

 private:
    void refuse(const std::vector<Problem>& problems);
    void report_what_waits(const Config& wanted);
    void prepare(Config wanted);
    void plan_outputs(Reload& reload);
    bool exchange_sinks(std::int64_t deadline_ms);
    void report_outcome();

    Config current_;
    ReloadHandover& handover_;
    const Clock& clock_;
    CounterTable& counters_;
    Log& log_;
    const MakeOutput make_output_;
    const std::function<void()> wake_core_;

    std::mutex mutex_;  // held while sinks are stopped and started
    bool closed_ = false;
    std::unique_ptr<Reload> reload_;
    std::uint64_t generation_ = 0;
    std::int64_t begun_ns_ = 0;
    std::uint64_t registered_before_ = 0;
    std::uint64_t unregistered_before_ = 0;
};

}  // namespace remora
