// What runs on the shim's collector thread: registration, the plan, and the samples.
#pragma once

#include <remora/abi.h>
#include <remora/wire.h>

#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/log.h"
#include "config/config.h"
#include "engine/channels.h"
#include "engine/collector_cpu.h"
#include "engine/registrar.h"
#include "engine/reload.h"
#include "engine/sample_decoder.h"
#include "model/intervals.h"
#include "plan/planner.h"

namespace remora {

// Answers the three calls of a cycle and follows what the core and the housekeeping thread want of
// the collector: units to be woken, another pace of the ticks, a reload, a list of beans.
//
// Thread safety: collector thread only, but for the constructor.
class CollectorSide {
 public:
    // `config`: in force at the start. `start_ns`: monotonic time of tick 0. `buffers` and the
    // references outlive this. `wake_core`: any thread.
    CollectorSide(const Config& config, std::int64_t start_ns, const remora_buffers& buffers,
                  Channels& channels, IntervalTable& intervals, const Clock& clock,
                  CounterTable& counters, Log& log, std::function<void()> wake_core);

    // Each returns what the function of its name in remora/abi.h does.
    std::int32_t control(std::int32_t bytes);
    std::int32_t plan(std::int64_t now_ns);
    std::int32_t submit(std::int32_t bytes, std::int64_t since_ns);

 private:
    std::int32_t stop_shim();
    void take_wakes();
    void begin_sweep_if_due(std::int64_t now_ns);
    void take_reload();
    void follow_stride();
    void set_grid();
    void publish_progress();
    void ask_for_beans();
    // CPU of the calling thread since the last call.
    std::int64_t account_cpu();

    const remora_buffers buffers_;
    Channels& channels_;
    const Clock& clock_;
    CounterTable& counters_;
    const std::function<void()> wake_core_;
    const std::int64_t start_ns_;
    Planner planner_;
    Registrar registrar_;
    SampleDecoder decoder_;

    CollectorCpu cpu_;
    std::int64_t cycle_begun_ns_ = 0;
    bool rediscover_ = false;   // the shim is to offer every bean again
    Config grid_config_;        // that the planner's grid was made of
    std::uint32_t stride_ = 1;  // of the planner's grid
};

}  // namespace remora
