#include "engine/topic_watch.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "model/values.h"

namespace remora {
Reading Track::at(std::int64_t now_ns) const {
    Reading reading;
    reading.value = value_;
    reading.age_ms = (now_ns - read_ns_) / kNanosPerMilli;
    reading.before = before_;
    reading.span_ms = before_ns_ == 0 ? 0 : (read_ns_ - before_ns_) / kNanosPerMilli;
    return reading;
}

void TopicWatch::add(UnitId unit, std::uint16_t slot, TopicValue value, const std::string& topic) {
    const auto known = by_name_.find(topic);
    if (known == by_name_.end() && topics_.size() >= kFollowedMax) {
        has_more_ = true;
        return;
    }
    const std::size_t place = known == by_name_.end() ? topics_.size() : known->second;
    if (known == by_name_.end()) {
        topics_.push_back({topic, {}});
        by_name_.emplace(topic, place);
    }
    Value& held = topics_[place].values[static_cast<std::size_t>(value)];
    if (held.unit != kNoUnit) {
        return;  // another bean says the same of the topic
    }
    held = {unit, slot, {}};
    by_unit_[unit] = place;
}

void TopicWatch::remove(UnitId unit) {
    const auto known = by_unit_.find(unit);
    if (known == by_unit_.end()) {
        return;
    }
    const std::size_t place = known->second;
    by_unit_.erase(known);
    bool is_left = false;
    for (Value& value : topics_[place].values) {
        if (value.unit == unit) {
            value = {};
        }
        is_left = is_left || value.unit != kNoUnit;
    }
    if (is_left) {
        return;
    }
    by_name_.erase(topics_[place].name);
    if (place + 1 != topics_.size()) {
        topics_[place] = std::move(topics_.back());
        by_name_[topics_[place].name] = place;
        for (const Value& value : topics_[place].values) {
            if (value.unit != kNoUnit) {
                by_unit_[value.unit] = place;
            }
        }
    }
    topics_.pop_back();
}

bool TopicWatch::is_known(const Cache& cache, const Value& value) {
    return value.unit != kNoUnit && cache.is_emitted(value.unit) &&
           !is_no_value(cache.values(value.unit)[value.slot]);
}

void TopicWatch::tick(const Cache& cache, std::int64_t now_ns, LastValues& values) {
    struct Found {
        double bytes_per_s;
        std::size_t place;
    };
    std::vector<Found> found;
    found.reserve(topics_.size());
    for (std::size_t place = 0; place < topics_.size(); ++place) {
        bool is_any_known = false;
        double bytes_per_s = 0;
        for (std::size_t i = 0; i < kTopicValues; ++i) {
            Value& value = topics_[place].values[i];
            if (is_known(cache, value)) {
                value.track.note(cache.values(value.unit)[value.slot], cache.read_ns(value.unit));
                const bool is_bytes = static_cast<TopicValue>(i) != TopicValue::kMessagesIn;
                bytes_per_s += is_bytes ? rate(value.track.at(now_ns)).value_or(0) : 0;
                is_any_known = true;
            }
        }
        if (is_any_known) {
            found.push_back({bytes_per_s, place});
        }
    }
    values.topics_total = found.size();
    values.has_more_topics = has_more_;
    const std::size_t told = std::min(found.size(), kToldMax);
    const auto end = found.begin() + static_cast<std::ptrdiff_t>(told);
    std::partial_sort(found.begin(), end, found.end(), [](const Found& one, const Found& other) {
        return one.bytes_per_s > other.bytes_per_s;
    });
    for (auto one = found.begin(); one != end; ++one) {
        const Topic& topic = topics_[one->place];
        TopicReadings told_topic;
        told_topic.topic = topic.name;
        Reading* const readings[kTopicValues] = {&told_topic.bytes_in, &told_topic.bytes_out,
                                                 &told_topic.messages_in};
        for (std::size_t i = 0; i < kTopicValues; ++i) {
            if (is_known(cache, topic.values[i])) {
                *readings[i] = topic.values[i].track.at(now_ns);
            }
        }
        values.topics.push_back(std::move(told_topic));
    }
}

}  // namespace remora
