// The core thread: takes messages into the cache, decides rates, and at each tick hands the cache
// to the outputs.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/log.h"
#include "base/runner.h"
#include "cache/cache.h"
#include "config/config.h"
#include "engine/agent_report.h"
#include "engine/audit_draw.h"
#include "engine/broker_watch.h"
#include "engine/ceiling_control.h"
#include "engine/channels.h"
#include "engine/cpu_account.h"
#include "engine/output_set.h"
#include "engine/profiler.h"
#include "engine/recording.h"
#include "engine/shown_units.h"
#include "engine/tick_grid.h"
#include "engine/unit_directory.h"
#include "engine/value_watch.h"
#include "engine/wake_list.h"
#include "model/intervals.h"
#include "sample/ceiling.h"
#include "sample/sampler.h"

namespace remora {

// The loop, the drain of ring 1 and the order of a tick. What is known and decided belongs to the
// owners below; the core says when it is their turn.
//
// Thread safety: the core thread calls everything but the constructor. The constructor runs on the
// thread that watches the collector from then on, whose CPU is counted (CpuAccount).
//
// A message costs no memory and no virtual call; only registrations do.
class Core final : public Worker {
 public:
    struct Options {
        std::int64_t start_ns = 0;  // monotonic time of tick 0; ticks follow every base interval
        Config config;
        std::string version;
        std::int64_t stop_encode_ns = 300 * kNanosPerMilli;  // for the last tick's encoding
        std::int64_t values_interval_ms = 0;  // last values are handed over not more often
        // They were (Channels::values). Core thread; may be empty.
        std::function<void()> on_values;
    };

    // All references outlive the core.
    Core(const Options& options, Channels& channels, IntervalTable& intervals, Sampler& sampler,
         Ceiling& ceiling, OutputSet& outputs, const Clock& clock, CounterTable& counters,
         Log& log);

    std::int64_t do_work() override;
    // The last tick, for every output.
    void on_stop() override;

 private:
    // When the values that follow in ring 1 were read.
    struct Batch {
        std::int64_t read_ns = 0;  // monotonic
        std::int64_t wall_ms = 0;
    };

    // What the housekeeping thread writes for people who look.
    struct ForPeople {
        Profiler profiler;
        ValueWatch values;
    };

    void drain();
    bool handle_all(std::span<const Message> messages);
    void handle(const Message& message);
    void begin_batch(const Message& message);
    void end_unit(const Message& message);
    void handle_control();
    void end_sweep(const ControlItem& item);
    void begin_reload();
    void answer_reads(std::int64_t read_until_ns);
    void tick(std::int64_t now_ns, bool is_last);
    void restart_grid();

    Options options_;  // the configuration is the one in force
    Channels& channels_;
    Sampler& sampler_;
    OutputSet& outputs_;
    const Clock& clock_;
    CounterTable& counters_;

    Cache cache_;
    WakeList wakes_;
    ShownUnits shown_;
    BrokerWatch watch_;
    AuditDraw audit_;
    Recording recording_;
    ForPeople for_people_;
    UnitDirectory units_;
    AgentReport report_;
    TickGrid grid_;
    CpuAccount cpu_;
    CeilingControl ceiling_;
    std::vector<Message> inbox_;
    Batch batch_;
};

}  // namespace remora
