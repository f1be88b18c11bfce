#include "engine/wake_list.h"

namespace remora {
namespace {

constexpr std::size_t kSurprisedMax = 32'768;  // at one tick

}  // namespace

WakeList::WakeList(SpscChannel<UnitId>& wakes, CounterTable& counters)
    : wakes_(wakes), counters_(counters), surprised_(kSurprisedMax) {}

void WakeList::remove(UnitId unit) {
    std::erase(waiting_, unit);
}

void WakeList::hand_out() {
    while (!waiting_.empty() && wakes_.try_push(waiting_.back())) {
        waiting_.pop_back();
    }
}

void WakeList::wake_surprised(Sampler& sampler) {
    const std::size_t count = sampler.collect_wakes(surprised_);
    for (std::size_t i = 0; i < count; ++i) {
        if (!wakes_.try_push(surprised_[i])) {
            return;
        }
    }
    counters_.add(Counter::kUnitsWoken, count);
}

}  // namespace remora
