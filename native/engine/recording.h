// The trace of every unit's values, while one is recorded.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/log.h"
#include "config/config.h"
#include "engine/unit_part.h"
#include "sample/sampler.h"
#include "trace/trace.h"

namespace remora {

// Begins a trace where the configuration names a path, writes to it what the core reads, and ends
// it when its time or its bytes are used up. Meanwhile the sampler reads every unit at the trace's
// interval. Without a path, and after the end, every call does nothing.
//
// Thread safety: core thread only, but for the constructor.
class Recording final : public UnitPart {
 public:
    // `start_ns`: monotonic time of tick 0. The references outlive this. A file that cannot be made
    // is logged, and nothing is recorded.
    Recording(const TraceConfig& config, std::int64_t start_ns, Sampler& sampler,
              CounterTable& counters, Log& log);

    bool is_on() const { return writer_ != nullptr; }

    void name_family(FamilyId family, const std::string& name) override;
    void add(const Registration& registration) override;
    void remove(UnitId unit) override;

    // Values that follow were read at `read_ns`, monotonic.
    void begin_batch(std::int64_t read_ns);
    void add_value(UnitId unit, std::uint16_t slot, double value) {
        if (writer_ != nullptr) {
            writer_->on_value(unit, slot, value);
        }
    }
    void add_cost(FamilyId family, std::uint32_t units, double nanos) {
        if (writer_ != nullptr) {
            writer_->on_cost(family, units, nanos);
        }
    }

    // At each tick: ends the trace when it is due to end.
    void tick(std::int64_t now_ns);
    // Ends the trace: the file is complete, and units are read as usual again.
    void end();

 private:
    const TraceConfig config_;
    const std::int64_t start_ns_;
    Sampler& sampler_;
    CounterTable& counters_;
    Log& log_;
    std::unique_ptr<TraceWriter> writer_;  // null: nothing is recorded
};

}  // namespace remora
