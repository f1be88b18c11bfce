// The core thread: takes messages into the cache, decides rates, and at each tick hands the cache
// to the outputs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/log.h"
#include "base/runner.h"
#include "cache/cache.h"
#include "engine/channels.h"
#include "engine/output_pipe.h"
#include "engine/reload.h"
#include "engine/self_metrics.h"
#include "model/intervals.h"
#include "model/name_store.h"
#include "sample/audit.h"
#include "sample/ceiling.h"
#include "sample/governor.h"
#include "sample/sampler.h"
#include "trace/trace.h"
#include "visibility/visibility.h"

namespace remora {

// Thread safety: the core thread calls everything but the constructor.
class Core final : public Worker {
 public:
    struct Options {
        std::int64_t start_ns = 0;  // monotonic time of tick 0; ticks follow every base interval
        Config config;
        std::string version;
        std::int64_t stop_encode_ns = 300 * kNanosPerMilli;  // for the last tick's encoding
    };

    // All references outlive the core.
    Core(const Options& options, Channels& channels, IntervalTable& intervals, Sampler& sampler,
         Ceiling& ceiling, std::vector<std::unique_ptr<OutputPipe>>& outputs, const Clock& clock,
         CounterTable& counters, Log& log);

    std::int64_t do_work() override;
    void on_stop() override;

 private:
    void drain();
    bool handle_all(std::span<const Message> messages);
    void handle(const Message& message);
    void handle_control();
    void add_unit(Registration& registration);
    std::string name_of(UnitId unit) const;
    UnitId* place_of(std::string_view object_name);
    void name_family(FamilyId family, const std::string& name);
    void add_to_fresh_outputs(const Registration& registration);
    void remove_unit(UnitId unit);
    void end_unit(const Message& message);
    void give_back_ids();

    void tick(std::int64_t now_ns);
    bool is_tick_due(std::int64_t now_ns);
    void configure_governor();
    void take_audits();
    void end_draw();
    bool end_audit(UnitId unit, wire::ReadStatus status, const Applied& applied);
    void judge_audited();
    void govern(std::int64_t now_ns);
    void report_stride(bool is_longer);
    void restart_grid();
    void report_ceiling(const SolveResult& solved);
    void say_counts();
    UnitAtTick about(UnitId unit) const;
    std::int64_t interval_ns() const;
    // `now_interval`: number of the base interval that the tick is of.
    void begin_outputs(std::uint64_t now_interval);
    const std::vector<SelfSample>& self_samples(SelfLevel level, std::int64_t wall_ms);
    void collect_family_costs();
    // False while the output cannot begin one.
    bool begin_tick(OutputPipe& output, std::int64_t wall_ms,
                    const std::vector<SelfSample>& samples);
    // Encodes what is due and fits. True when nothing is left to do.
    bool encode();
    void begin_reload();
    // False while it is to be done and an output that goes is still amid a tick.
    bool swap_outputs();
    void collect_left_out();
    void list_quarantined();
    void on_undescribed(const ControlItem& item);
    void wake_surprised();
    void look_for_partitions();
    void read_soon();
    void apply_visibility();
    void begin_reading(UnitId unit, const UnitTraits& traits, std::string_view name);
    void begin_trace();
    void end_trace();
    std::int64_t agent_cpu_ns();
    std::int64_t next_tick_ns() const;

    Options options_;
    Channels& channels_;
    IntervalTable& intervals_;
    Sampler& sampler_;
    Ceiling& ceiling_;
    std::vector<std::unique_ptr<OutputPipe>>& outputs_;
    const Clock& clock_;
    CounterTable& counters_;
    Log& log_;

    Cache cache_;
    AccuracyAudit accuracy_;
    Visibility visibility_;
    std::unordered_map<UnitId, UnitTraits> sampled_;  // units whose reading may begin or end
    UnitId under_replicated_ = kNoUnit;  // the broker's own number of partitions in trouble
    UnitId under_min_isr_ = kNoUnit;
    std::vector<UnitId> read_soon_;  // to be read now, as far as the channel has room
    SelfMetrics self_;
    std::vector<Message> inbox_;
    NameStore unit_names_;
    std::vector<std::uint16_t> unit_families_;
    std::vector<std::string> family_names_;  // by family
    std::vector<FamilyCost> family_costs_;
    std::vector<OutputCounts> output_counts_;
    std::vector<QuarantinedUnit> quarantined_;
    std::vector<std::string> quarantined_names_;  // that those view
    std::vector<UnitId> freed_waiting_;           // ids that did not fit into the channel yet
    std::unique_ptr<TraceWriter> trace_;          // while one is recorded
    std::vector<UnitId> woken_;
    std::uint64_t ticks_ = 0;  // in tick intervals since the start
    Governor governor_;
    std::int64_t bounds_since_ns_ = 0;         // since when the bounds on age are these
    std::uint64_t noticed_tick_ = UINT64_MAX;  // the tick that is due was seen to be
    std::int64_t noticed_ns_ = 0;
    bool is_unfinished_ = false;          // the tick did not wait for all its reads
    std::uint64_t emitted_interval_ = 0;  // number of the base interval of the last tick
    // Of a unit that was drawn for the audit of the next tick.
    enum class Drawn : std::uint8_t {
        kNo,
        kResting,  // not due: read for the audit alone
        kDue,      // read for the tick anyway: no error, when that read comes in time
        kMissed,   // that read did not come in time: the next one tells the error of the tick
    };
    std::vector<Drawn> drawn_state_;  // by unit
    std::vector<UnitId> drawn_;       // kResting or kDue
    std::vector<UnitId> last_drawn_;  // for the last tick that any were drawn for
    // What the audit's reads for the next tick found. Whether they would have been woken anyway is
    // known when all that is due has been read.
    struct Audited {
        UnitId unit = kNoUnit;
        std::uint32_t interval_ms = 0;  // before the read
        float deviation = 0;
    };
    std::vector<Audited> audited_;
    std::uint32_t said_step_ = 0;
    bool said_expired_ = false;
    std::uint64_t ticks_made_ = 0;
    std::int64_t batch_ns_ = 0;
    std::int64_t batch_wall_ms_ = 0;
    const std::vector<SelfSample> no_samples_;
    // Since the last tick.
    std::int64_t last_tick_ns_ = 0;
    std::int64_t last_tick_cpu_ns_ = 0;
    std::int64_t retired_sinks_cpu_ns_ = 0;
    ThreadCpu supervisor_cpu_;  // whoever makes the core watches the collector from then on
    double window_read_ns_ = 0;
    std::int64_t excused_ns_ = 0;
    // The configuration that is being taken over, while its outputs learn what there is.
    Reload* reload_ = nullptr;
    bool is_swept_ = false;
    bool is_stopping_ = false;
    std::vector<std::size_t> waiting_outputs_;  // whose last tick could not begin yet
    std::int64_t swept_ns_ = 0;
    std::int64_t answered_until_ns_ = 0;
    std::vector<std::uint64_t> series_refused_;  // by family
    std::vector<FamilySeries> refusals_;
    std::vector<FamilySeries> hidden_;

    std::vector<UnitId> quarantine_said_;  // in the log, ascending
    struct Undescribed {
        std::string name;
        wire::ReadStatus status;
    };
    std::vector<Undescribed> undescribed_;
};

}  // namespace remora
