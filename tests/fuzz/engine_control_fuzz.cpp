// Any bytes as control records, call after call: they are answered or refused, channels and units
// stay in order, and what was registered can be unregistered.
#include <remora/code.h>
#include <remora/wire.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "engine/channels.h"
#include "engine/registrar.h"
#include "model/intervals.h"
#include "plan/planner.h"
#include "select/selector.h"

namespace remora {
namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

class SilentSink final : public LogSink {
 public:
    void write(LogLevel, std::string_view) noexcept override {}
};

Config config_of(std::uint8_t choice) {
    Config config;
    config.select.profile = Profile::kAll;
    if ((choice & 1U) != 0) {
        config.limits.units_max = 3;
        config.limits.series_max = 20;
    }
    if ((choice & 2U) != 0) {
        config.limits.series_per_family_max = 4;
    }
    if ((choice & 4U) != 0) {
        config.topics.aggregate = Aggregate::kSum;
    }
    return config;
}

class Rig {
 public:
    explicit Rig(std::uint8_t choice)
        : planner_({}, intervals_),
          log_(sink_, clock_, counters_),
          registrar_(settings(choice), channels_, planner_, intervals_, counters_, log_),
          answer_(wire::kAnswerBytes) {}

    void handle(std::span<const std::uint8_t> control) {
        const std::int32_t answered = registrar_.handle(control, answer_);
        require(answered >= 0 || answered == negative(Code::kInvalidArgument) ||
                answered == negative(Code::kFull));
        require(answered <= static_cast<std::int32_t>(answer_.size()));
        check_answers(std::max(answered, 0));
        drain();
        require(counters_.get(Counter::kUnits) == units_.size());
        require(planner_.units() <= units_.size());
    }

    void sweep() { registrar_.begin_refill(); }

    void end() {
        std::vector<std::uint8_t> bytes;
        for (const auto& [unit, slots] : units_) {
            wire::UnregisterRecord record{};
            record.header = {sizeof(record),
                             static_cast<std::uint8_t>(wire::ControlKind::kUnregister), 0, 0};
            record.unit = unit;
            const auto* raw = reinterpret_cast<const std::uint8_t*>(&record);
            bytes.insert(bytes.end(), raw, raw + sizeof(record));
        }
        registrar_.handle(bytes, answer_);
        drain();
        require(units_.empty());
        require(counters_.get(Counter::kUnits) == 0 && counters_.get(Counter::kSeries) == 0);
    }

 private:
    static Registrar::Settings settings(std::uint8_t choice) {
        Registrar::Settings made;
        const Config config = config_of(choice);
        made.limits = config.limits;
        made.base_interval_ms = 10'000;
        made.selector = std::make_shared<const Selector>(config);
        return made;
    }

    void check_answers(std::int32_t bytes) const {
        for (std::int32_t at = 0; at < bytes;) {
            wire::BeanAnswer answer{};
            require(bytes - at >= static_cast<std::int32_t>(sizeof(answer)));
            std::memcpy(&answer, answer_.data() + at, sizeof(answer));
            require(answer.bytes >= sizeof(answer) + 2U * answer.slot_count &&
                    answer.bytes <= bytes - at && answer.bytes % 8 == 0);
            require((answer.unit >= 0) == (answer.slot_count > 0));
            at += answer.bytes;
        }
    }

    // What the core does: takes units over, and gives the ids of those that left back.
    void drain() {
        Message message{};
        while (channels_.samples.try_pop(message)) {
            if (message.kind == MessageKind::kUnregistered) {
                require(units_.erase(message.unit) == 1);
                require(channels_.freed.try_push(message.unit));
                continue;
            }
            require(message.kind == MessageKind::kControl);
            ControlItem* raw = nullptr;
            require(channels_.control.try_pop(raw));
            const std::unique_ptr<ControlItem> item(raw);
            if (item->kind == ControlItem::Kind::kUnit) {
                take(item->registration);
            }
        }
        require(channels_.control.filled() == 0);
    }

    void take(const Registration& registration) {
        if (registration.is_kept) {
            require(units_.count(registration.unit) == 1);
            return;
        }
        require(!registration.series.empty());
        require(units_.emplace(registration.unit, registration.series.size()).second);
    }

    SystemClock clock_;
    SilentSink sink_;
    CounterTable counters_;
    IntervalTable intervals_;
    Channels channels_;
    Planner planner_;
    Log log_;
    Registrar registrar_;
    std::vector<std::uint8_t> answer_;
    std::map<UnitId, std::size_t> units_;
};

}  // namespace
}  // namespace remora

// First byte: limits and visibility. Then calls, each a length of two bytes and so many bytes; a
// length of 0 begins a sweep.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    remora::Rig rig(data[0]);
    std::span<const std::uint8_t> rest(data + 1, size - 1);
    while (rest.size() > 2) {
        const std::size_t wanted = rest[0] + 256U * rest[1];
        rest = rest.subspan(2);
        if (wanted == 0) {
            rig.sweep();
            continue;
        }
        const auto call = rest.first(std::min(wanted, rest.size()));
        rig.handle(call);
        rest = rest.subspan(call.size());
    }
    rig.end();
    return 0;
}
