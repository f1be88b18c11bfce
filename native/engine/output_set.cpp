#include "engine/output_set.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "base/assert.h"

namespace remora {
namespace {

// An output that is being taken out may finish its tick for so long.
constexpr std::int64_t kSwapPatienceNs = 2 * kNanosPerSecond;

}  // namespace

void OutputSet::append(std::unique_ptr<OutputPipe> output) {
    REMORA_ASSERT(outputs_.size() < kOutputsMax);
    output->set_flags_place(outputs_.size());
    outputs_.push_back(std::move(output));
}

void OutputSet::add(const Registration& registration) {
    for (const auto& output : outputs_) {
        output->add_unit(registration);
    }
    keep(registration);
}

// Outputs in use know it already.
void OutputSet::keep(const Registration& registration) {
    if (filling_ == nullptr || registration.series.empty()) {
        return;
    }
    for (const Reload::Output& output : filling_->outputs) {
        if (output.fresh != nullptr) {
            output.fresh->add_unit(registration);
        }
    }
}

void OutputSet::remove(UnitId unit) {
    for (const auto& output : outputs_) {
        output->remove_unit(unit);
    }
    if (filling_ == nullptr) {
        return;
    }
    for (const Reload::Output& output : filling_->outputs) {
        if (output.fresh != nullptr) {
            output.fresh->remove_unit(unit);
        }
    }
}

void OutputSet::begin_filling(Reload& reload) {
    filling_ = &reload;
    is_swept_ = false;
}

bool OutputSet::note_swept(std::uint64_t generation) {
    if (filling_ == nullptr || generation != filling_->generation) {
        return false;
    }
    is_swept_ = true;
    swept_ns_ = clock_.monotonic_ns();
    return true;
}

bool OutputSet::try_swap() {
    if (filling_ == nullptr || !is_swept_) {
        return true;
    }
    if (!may_swap()) {
        return false;
    }
    swap();
    filling_ = nullptr;
    handover_.advance(ReloadStage::kFilling);
    return true;
}

bool OutputSet::may_swap() const {
    std::vector<bool> stays(outputs_.size());
    for (const Reload::Output& output : filling_->outputs) {
        if (output.fresh == nullptr) {
            stays[output.kept] = true;
        }
    }
    bool busy = false;
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
        busy = busy || (!stays[i] && outputs_[i]->busy());
    }
    return !busy || clock_.monotonic_ns() - swept_ns_ >= kSwapPatienceNs;
}

void OutputSet::swap() {
    Reload& reload = *filling_;
    std::vector<std::unique_ptr<OutputPipe>> next;
    std::vector<bool> taken(kOutputsMax);
    for (Reload::Output& output : reload.outputs) {
        if (output.fresh == nullptr) {
            next.push_back(std::move(outputs_[output.kept]));
            taken[next.back()->flags_place()] = true;
        } else {
            reload.begun.push_back(output.fresh.get());
            next.push_back(std::move(output.fresh));
        }
    }
    for (OutputPipe* begun : reload.begun) {
        const auto place = std::find(taken.begin(), taken.end(), false);
        REMORA_ASSERT(place != taken.end());
        *place = true;
        begun->set_flags_place(static_cast<std::size_t>(place - taken.begin()));
    }
    for (std::unique_ptr<OutputPipe>& old : outputs_) {
        if (old != nullptr) {
            retired_cpu_ns_ += old->sink_cpu_ns();
            reload.retired.push_back(std::move(old));
        }
    }
    outputs_ = std::move(next);
}

void OutputSet::begin_tick(const Tick& tick, Cache& cache, AgentReport& report) {
    const std::int64_t wall_ms = clock_.wall_ms();
    // By level, when the first output asks for it.
    std::array<const std::vector<SelfSample>*, kSelfLevels> samples{};
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
        OutputPipe& output = *outputs_[i];
        // What was read last goes to all of them, whatever their interval.
        if (!tick.is_last && !output.is_due(tick.last_interval, tick.interval)) {
            continue;
        }
        const std::vector<SelfSample>*& own =
            samples[static_cast<std::size_t>(output.self_level())];
        if (own == nullptr) {
            own = &report.samples(output.self_level(), wall_ms, outputs_);
        }
        if (!begin_on(output, wall_ms, *own, cache)) {
            tick.is_last ? waiting_.push_back(i) : output.skip_tick(is_filling());
        }
    }
}

bool OutputSet::begin_on(OutputPipe& output, std::int64_t wall_ms,
                         const std::vector<SelfSample>& samples, Cache& cache) {
    if (!output.can_begin_tick()) {
        return false;
    }
    cache.freeze_flags(output.flags_place());
    output.begin_tick(wall_ms, samples, cache.view(output.flags_place()));
    return true;
}

bool OutputSet::encode(const Cache& cache) {
    bool is_done = true;
    for (const std::unique_ptr<OutputPipe>& output : outputs_) {
        if (output->busy() && !output->go_on(cache.view(output->flags_place()))) {
            is_done = false;
        }
    }
    return is_done;
}

// The sinks are draining meanwhile, and at once: a frame that is spread over time would keep the
// last tick from beginning until nobody waits for it any more.
void OutputSet::finish(Cache& cache, std::int64_t deadline_ns) {
    for (const std::unique_ptr<OutputPipe>& output : outputs_) {
        output->hurry();
    }
    const std::vector<SelfSample> no_samples;
    while ((!encode(cache) || !waiting_.empty()) && clock_.monotonic_ns() < deadline_ns) {
        std::erase_if(waiting_, [&](std::size_t i) {
            return begin_on(*outputs_[i], clock_.wall_ms(), no_samples, cache);
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    for (const std::size_t i : waiting_) {
        outputs_[i]->skip_tick(false);
    }
}

std::int64_t OutputSet::sinks_cpu_ns() const {
    std::int64_t sinks_ns = retired_cpu_ns_;
    for (const auto& output : outputs_) {
        sinks_ns += output->sink_cpu_ns();
    }
    return sinks_ns;
}

}  // namespace remora
