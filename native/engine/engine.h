// The whole core: assembles the rooms, owns their threads, and is what the C ABI talks to.
#pragma once

#include <remora/abi.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/counter_table.h"
#include "base/log.h"
#include "base/runner.h"
#include "base/status.h"
#include "config/config.h"
#include "engine/adviser.h"
#include "engine/channels.h"
#include "engine/collector_side.h"
#include "engine/config_source.h"
#include "engine/core.h"
#include "engine/environment.h"
#include "engine/output_set.h"
#include "engine/reload.h"
#include "engine/tuning.h"
#include "model/intervals.h"
#include "sample/ceiling.h"
#include "sample/sampler.h"

namespace remora {

// Thread safety: start and stop from one owner thread; control, plan and submit from the collector
// thread; the rest from any thread.
class Engine {
 public:
    // Threads run when this returns. kInvalidConfig carries every problem of the configuration,
    // kInvalidArgument: a buffer is smaller than the wire layout says. `environment`: what the
    // engine asks of the machine.
    static Result<std::unique_ptr<Engine>> start(std::string_view arguments, std::string_view facts,
                                                 const remora_buffers& buffers,
                                                 const Environment& environment);
    // Ends the files of an agent that is gone, so that nobody takes them for those of a live one.
    // Call it before start(), which writes them again.
    //  - A file that is configured ends as its output's `at_end` says. Of a configuration with
    //    mistakes, what can be read of it counts.
    //  - A textfile that is configured no longer is removed. Which ones there were, the counters
    //    file of the agent before tells.
    //  - When it is not known what is configured, such a textfile is reduced to `remora_up 0`.
    static void end_files(std::string_view arguments, std::string_view facts,
                          const Environment& environment);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine() = default;

    // What the functions of their names in remora/abi.h do.
    std::int32_t control(std::int32_t bytes) { return collector_.control(bytes); }
    std::int32_t plan(std::int64_t now_ns) { return collector_.plan(now_ns); }
    std::int32_t submit(std::int32_t bytes, std::int64_t since_ns) {
        return collector_.submit(bytes, since_ns);
    }

    // A last tick, then every thread ends. False when one did not end within `deadline_ms`: the
    // engine must then be leaked, for that thread still uses it.
    bool stop(std::int64_t deadline_ms);

    // The shim knows more of its host than at the start: all facts anew, and which are still
    // pending.
    void learn(std::string_view facts);

    // Has the configuration read again now, on the house thread.
    void reload();
    // What is wrong with it, one mistake a line, "" when it is taken over; nothing until it was
    // read, and after that until it is asked for again.
    std::optional<std::string> reload_outcome();

    // Counts and logs a contained fault, and switches the agent off.
    void fault(const char* where, const char* what) noexcept;

    const CounterTable& counters() const { return counters_; }

 private:
    friend class EngineInside;  // of a test: breaks an invariant

    struct Unfinished;

    Engine(ConfigSource::Opened opened, const remora_buffers& buffers,
           const Environment& environment);
    void make_core();
    void make_housekeeper();
    Status start_threads();
    void report_started();
    std::unique_ptr<OutputPipe> make_output(const OutputConfig& output, const Config& config,
                                            bool agent_begins);
    void take_facts(const std::string& facts);
    void take_config();
    void take_profile(const AgentProfile& profile);
    bool take_tuned();

    const Environment environment_;
    ConfigSource source_;  // the housekeeping thread's, once threads run
    const Config config_;  // as it was at the start
    CounterTable counters_;
    Log log_;
    const std::int64_t start_ns_;  // monotonic time of tick 0

    Channels channels_;
    IntervalTable intervals_;
    Sampler sampler_;
    Ceiling ceiling_;
    CollectorSide collector_;
    // By name of the output: they go on counting when a reload builds the output anew. Written
    // before the threads start, then by the housekeeping thread.
    std::map<std::string, std::unique_ptr<CounterTable>> output_counters_;
    std::mutex outcome_mutex_;
    std::optional<std::string> reload_outcome_;  // under outcome_mutex_
    OutputSet outputs_;                          // the core thread's while it runs
    Reloader reloader_;
    Adviser adviser_;
    Tuning tuning_;
    std::unique_ptr<Runner> core_;
    std::unique_ptr<Runner> housekeeper_;
};

}  // namespace remora
