// Units that the core wants to be read before their interval is over.
#pragma once

#include <vector>

#include "base/counter_table.h"
#include "engine/unit_part.h"
#include "model/ids.h"
#include "ring/spsc_channel.h"
#include "sample/sampler.h"

namespace remora {

// The core's end of the channel of wakes.
//
// Thread safety: core thread only.
class WakeList final : public UnitPart {
 public:
    // References outlive this. `wakes`: read by the collector, which reads these units at once.
    WakeList(SpscChannel<UnitId>& wakes, CounterTable& counters);

    void add(const Registration& /*registration*/) override {}
    void remove(UnitId unit) override;

    // The unit is to be read as soon as the channel has room for it.
    void read_soon(UnitId unit) { waiting_.push_back(unit); }
    // Moves what waits into the channel, as far as there is room. At each turn of the core.
    void hand_out();
    // Wakes the units whose family surprised the sampler. Once a tick, when all that is due has
    // been read and before wakes are answered. A full channel drops the rest: they wait for their
    // interval, as without a surprise. Takes no memory.
    void wake_surprised(Sampler& sampler);

 private:
    SpscChannel<UnitId>& wakes_;
    CounterTable& counters_;
    std::vector<UnitId> waiting_;
    std::vector<UnitId> surprised_;  // room for what the sampler finds
};

}  // namespace remora
