// The outputs: those in use, and beside them those that a reload is about to put in their place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "cache/cache.h"
#include "engine/agent_report.h"
#include "engine/output_pipe.h"
#include "engine/reload.h"
#include "engine/reload_handover.h"
#include "engine/unit_part.h"

namespace remora {

// Tells every output of units, begins ticks on those that are due, encodes, and swaps outputs
// between two ticks, so that no tick is written by an output that knows only a part.
//
// Thread safety: core thread, but for append() and outputs(), which the owner of the engine calls
// before the core begins and after it has ended.
//
// Invariant: outputs in use have different places for their flags in the cache.
class OutputSet final : public UnitPart {
 public:
    // Both outlive this.
    OutputSet(ReloadHandover& handover, const Clock& clock) : handover_(handover), clock_(clock) {}

    // One more output in use. REQUIRES: fewer than kOutputsMax are.
    void append(std::unique_ptr<OutputPipe> output);
    const std::vector<std::unique_ptr<OutputPipe>>& outputs() const { return outputs_; }

    void add(const Registration& registration) override;
    void keep(const Registration& registration) override;
    void remove(UnitId unit) override;

    // The outputs of `reload` are filled from now on beside those in use, which go on until then.
    // REQUIRES: the reload is at kForCollector or about to be.
    void begin_filling(Reload& reload);
    bool is_filling() const { return filling_ != nullptr; }
    // Everything was offered under the configuration of that generation. Returns whether that is
    // what the new outputs wait for.
    bool note_swept(std::uint64_t generation);
    // Puts the new outputs in place once everything was offered, and hands the reload on. False
    // while an output that goes is still amid a tick; it has two seconds for that.
    bool try_swap();

    // Which tick, and what goes out with it.
    struct Tick {
        std::uint64_t last_interval = 0;  // number of the base interval emitted last
        std::uint64_t interval = 0;       // of the base interval that the tick is of
        bool is_last = false;             // for all outputs, whatever their interval
    };
    // Begins the tick on every output that is due. One that cannot begin it skips it, or with
    // is_last waits for finish().
    void begin_tick(const Tick& tick, Cache& cache, AgentReport& report);
    // Encodes what is due and fits. True when nothing is left to do.
    bool encode(const Cache& cache);
    // After the last tick: encodes until nothing is left or `deadline_ns`, monotonic, has passed.
    // What is left then is given up.
    void finish(Cache& cache, std::int64_t deadline_ns);

    // CPU of the sinks of all outputs that there ever were.
    std::int64_t sinks_cpu_ns() const;

 private:
    bool begin_on(OutputPipe& output, std::int64_t wall_ms, const std::vector<SelfSample>& samples,
                  Cache& cache);
    bool may_swap() const;
    void swap();

    ReloadHandover& handover_;
    const Clock& clock_;
    std::vector<std::unique_ptr<OutputPipe>> outputs_;
    std::vector<std::size_t> waiting_;  // whose last tick could not begin yet
    std::int64_t retired_cpu_ns_ = 0;   // of sinks whose output was taken out
    Reload* filling_ = nullptr;         // the reload whose outputs learn what there is
    bool is_swept_ = false;             // and have learnt all of it
    std::int64_t swept_ns_ = 0;
};

}  // namespace remora
