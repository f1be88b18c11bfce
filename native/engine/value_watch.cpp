#include "engine/value_watch.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace remora {
namespace {

// A tick is never exactly on time.
constexpr std::int64_t kSlackNs = 100 * kNanosPerMilli;

// What `remora status` and `remora doctor` ask for.
constexpr std::array kEvents = {
    Counter::kReadsBlocked, Counter::kRingFullDropped, Counter::kSeriesRefused,
    Counter::kLogLinesLost, Counter::kConfigReloads,   Counter::kConfigReloadsFailed,
};

// The slot whose series tells that attribute; `series.size()` when none does.
std::size_t slot_of(const std::vector<Series>& series, std::string_view attribute) {
    return static_cast<std::size_t>(
        std::find_if(series.begin(), series.end(),
                     [attribute](const Series& one) { return one.attribute == attribute; }) -
        series.begin());
}

// What `by` makes of the keys other than `type` and `name`. False: it is another bean.
bool take_other_keys(const ObjectName& name, const WatchedValue& watched, std::string& suffix) {
    std::size_t others = 0;
    for (const KeyProperty& property : name.properties()) {
        const bool is_own = property.key == "type" || (property.key == "name");
        others += is_own ? 0 : 1;
    }
    if (watched.by == "*") {
        return true;
    }
    if (watched.by.empty()) {
        return others == 0;
    }
    suffix = "/" + unquote(name.get(watched.by));
    return others == 1 && name.has(watched.by);
}

bool is_bean_of(const WatchedValue& watched, const ObjectName& name) {
    return name.domain() == watched.domain && name.get("type") == watched.type &&
           (watched.name.empty() || name.get("name") == watched.name);
}

}  // namespace

ValueWatch::ValueWatch(const Sources& sources, std::int64_t every_ms,
                       std::atomic<LastValues*>& handed, std::function<void()> on_handed)
    : sources_(sources),
      every_ns_(every_ms * kNanosPerMilli - kSlackNs),
      handed_(handed),
      on_handed_(std::move(on_handed)) {}

void ValueWatch::add(const Registration& registration) {
    if (registration.made_by != Aggregate::kNone) {
        return;
    }
    const ObjectName& name = registration.name.get();
    if (name.has("topic")) {
        add_topic(registration);
        return;
    }
    for (const WatchedValue& watched : watched_values()) {
        if (is_bean_of(watched, name)) {
            follow(watched, registration);
        }
    }
}

void ValueWatch::follow(const WatchedValue& watched, const Registration& registration) {
    const std::size_t slot = slot_of(registration.series, watched.attribute);
    std::string suffix;
    if (slot == registration.series.size() ||
        !take_other_keys(registration.name.get(), watched, suffix)) {
        return;
    }
    const std::string name = std::string(watched.key) + suffix;
    const Member member{registration.unit, static_cast<std::uint16_t>(slot)};
    const auto known = std::find_if(entries_.begin(), entries_.end(),
                                    [&name](const Entry& entry) { return entry.name == name; });
    const bool is_of_a_kind = !suffix.empty();
    if (known == entries_.end() && is_of_a_kind && entries_.size() >= kEntriesMax) {
        return;
    }
    followed_.insert(registration.unit);
    if (known == entries_.end()) {
        entries_.push_back({name, {member}, {}});
        return;
    }
    known->members.push_back(member);
    known->track = {};  // a sum of more is not growth
}

void ValueWatch::add_topic(const Registration& registration) {
    const ObjectName& name = registration.name.get();
    if (name.domain() != "kafka.server" || name.get("type") != "BrokerTopicMetrics" ||
        name.has("partition")) {
        return;
    }
    const std::size_t slot = slot_of(registration.series, "Count");
    const auto* const known =
        std::find(std::begin(kTopicValueNames), std::end(kTopicValueNames), name.get("name"));
    if (known != std::end(kTopicValueNames) && slot < registration.series.size()) {
        topics_.add(registration.unit, static_cast<std::uint16_t>(slot),
                    static_cast<TopicValue>(known - std::begin(kTopicValueNames)),
                    unquote(name.get("topic")));
    }
}

void ValueWatch::remove(UnitId unit) {
    topics_.remove(unit);
    if (followed_.erase(unit) == 0) {
        return;
    }
    for (Entry& entry : entries_) {
        const auto is_of_unit = [unit](const Member& member) { return member.unit == unit; };
        if (std::erase_if(entry.members, is_of_unit) > 0) {
            entry.track = {};
        }
    }
    std::erase_if(entries_, [](const Entry& entry) { return entry.members.empty(); });
}

void ValueWatch::tick(std::int64_t now_ns, std::int64_t wall_ms,
                      const std::vector<std::unique_ptr<OutputPipe>>& outputs) {
    if (last_ns_ != 0 && now_ns - last_ns_ < every_ns_) {
        return;
    }
    last_ns_ = now_ns;
    auto values = std::make_unique<LastValues>();
    values->tick_wall_ms = wall_ms;
    values->tick_interval_ms =
        std::max(static_cast<std::int64_t>(sources_.counters.get(Counter::kTickIntervalMillis)),
                 (every_ns_ + kSlackNs) / kNanosPerMilli);
    add_entries(now_ns, *values);
    topics_.tick(sources_.cache, now_ns, *values);
    add_classes(*values);
    add_outputs(now_ns, outputs, *values);
    add_events(now_ns, *values);
    delete handed_.exchange(values.release(), std::memory_order_acq_rel);
    if (on_handed_) {
        on_handed_();
    }
}

void ValueWatch::add_entries(std::int64_t now_ns, LastValues& values) {
    const Cache& cache = sources_.cache;
    values.values.reserve(entries_.size());
    for (Entry& entry : entries_) {
        double sum = 0;
        std::int64_t read_ns = std::numeric_limits<std::int64_t>::max();
        bool is_known = true;
        for (const Member& member : entry.members) {
            is_known = is_known && cache.is_emitted(member.unit) &&
                       !is_no_value(cache.values(member.unit)[member.slot]);
            if (is_known) {
                sum += cache.values(member.unit)[member.slot];
                read_ns = std::min(read_ns, cache.read_ns(member.unit));
            }
        }
        if (is_known) {
            entry.track.note(sum, read_ns);
            values.values.push_back({entry.name, entry.track.at(now_ns)});
        }
    }
}

void ValueWatch::add_classes(LastValues& values) const {
    for (std::size_t i = 0; i < kUnitClasses; ++i) {
        const auto unit_class = static_cast<UnitClass>(i);
        const Ages& ages = sources_.cache.ages();
        if (ages.series(unit_class) == 0) {
            continue;
        }
        const AccuracyAudit::Estimate estimate = sources_.accuracy.estimate(unit_class);
        values.classes.push_back({unit_class_name(unit_class), ages.series(unit_class),
                                  static_cast<double>(ages.seconds(unit_class, 0.99)),
                                  static_cast<double>(ages.seconds(unit_class, 1)),
                                  estimate.samples, estimate.error, estimate.margin});
    }
}

// Returns how long ago it last grew, in milliseconds; -1: not while it was watched.
std::int64_t ValueWatch::Growth::note(std::uint64_t now, std::int64_t now_ns) {
    if (now > total) {
        grown_ns = now_ns;
    }
    total = now;
    return grown_ns == 0 ? -1 : (now_ns - grown_ns) / kNanosPerMilli;
}

void ValueWatch::add_outputs(std::int64_t now_ns,
                             const std::vector<std::unique_ptr<OutputPipe>>& outputs,
                             LastValues& values) {
    for (const std::unique_ptr<OutputPipe>& output : outputs) {
        const CounterTable& counters = output->counters();
        Output& known = outputs_[output->name()];
        OutputReadings one;
        one.name = output->name();
        known.bytes.note(static_cast<double>(counters.get(Counter::kSinkBytes)), now_ns);
        one.bytes = known.bytes.at(now_ns);
        one.tick_ms = counters.get(Counter::kSinkTickMillis);
        one.errors = counters.get(Counter::kSinkErrors);
        one.dropped = counters.get(Counter::kSinkFramesDropped);
        one.skipped = counters.get(Counter::kTicksSkipped);
        one.trouble_age_ms = known.trouble.note(one.errors + one.dropped + one.skipped, now_ns);
        values.outputs.push_back(std::move(one));
    }
}

void ValueWatch::add_events(std::int64_t now_ns, LastValues& values) {
    for (const Counter counter : kEvents) {
        const std::uint64_t total = sources_.counters.get(counter);
        const std::int64_t age_ms = events_[counter].note(total, now_ns);
        values.events.push_back({counter_info(counter).metric, total, age_ms});
    }
}

}  // namespace remora
