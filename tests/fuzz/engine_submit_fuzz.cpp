// Any bytes as samples: what is taken comes out of ring 1 as whole units, what is not is counted.
#include <remora/code.h>
#include <remora/wire.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "engine/channels.h"
#include "engine/sample_decoder.h"
#include "model/intervals.h"
#include "plan/planner.h"

namespace remora {
namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

class Rig {
 public:
    Rig() : planner_({}, intervals_), decoder_(channels_, planner_, counters_) {
        for (UnitId unit = 0; unit < 8; ++unit) {
            require(intervals_.reserve(unit) && planner_.add(unit, unit % 2));
        }
    }

    void submit(std::span<const std::uint8_t> bytes) {
        const std::int32_t taken = decoder_.submit(bytes, ++now_ns_, 1'000);
        require(taken >= 0 || taken == negative(Code::kInvalidArgument));
        if ((now_ns_ & 1) != 0) {
            drain();
        }
    }

    void end() {
        drain();
        require(counters_.get(Counter::kValuesRead) ==
                values_ + counters_.get(Counter::kRingFullDropped));
        std::vector<std::uint64_t> plan(wire::kPlanBytes / 8);
        const PlanResult planned =
            planner_.plan(now_ns_, std::as_writable_bytes(std::span<std::uint64_t>(plan)));
        require(planned.bytes <= wire::kPlanBytes);
        require(planner_.expected_ns(0) >= 0 && planner_.expected_ns(1) >= 0);
    }

 private:
    // A unit's values are followed by its end, which says how many there were.
    void drain() {
        Message message{};
        std::uint64_t open = 0;
        while (channels_.samples.try_pop(message)) {
            switch (message.kind) {
                case MessageKind::kValue:
                    require(message.slot == open);
                    ++open;
                    break;
                case MessageKind::kUnitEnd:
                    require(message.unit_values() == open);
                    values_ += open;
                    open = 0;
                    break;
                case MessageKind::kCost:
                    require(open == 0 && std::isfinite(message.cpu_ns()) && message.cpu_ns() >= 0);
                    break;
                case MessageKind::kBatch:
                    require(open == 0 && message.read_ns() <= now_ns_);
                    break;
                default:
                    require(false);
            }
        }
        require(open == 0);
    }

    CounterTable counters_;
    IntervalTable intervals_;
    Channels channels_;
    Planner planner_;
    SampleDecoder decoder_;
    std::int64_t now_ns_ = 0;
    std::uint64_t values_ = 0;
};

}  // namespace
}  // namespace remora

// Submits, each a length of two bytes and so many bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    remora::Rig rig;
    std::span<const std::uint8_t> rest(data, size);
    while (rest.size() > 2) {
        const std::size_t wanted = rest[0] + 256U * rest[1];
        const auto call = rest.subspan(2, std::min(wanted, rest.size() - 2));
        rig.submit(call);
        rest = rest.subspan(2 + call.size());
    }
    rig.end();
    return 0;
}
