#include "engine/topic_watch.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"

namespace remora {
namespace {

double bytes_per_s(const TopicReadings& topic) {
    return rate(topic.bytes_in).value_or(0) + rate(topic.bytes_out).value_or(0);
}

}  // namespace

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
        return;
    }
    const std::size_t place = known == by_name_.end() ? topics_.size() : known->second;
    if (known == by_name_.end()) {
        topics_.push_back({topic, {}});
        by_name_.emplace(topic, place);
    }
    topics_[place].values[static_cast<std::size_t>(value)] = {unit, slot, {}};
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

void TopicWatch::tick(const Cache& cache, std::int64_t now_ns, LastValues& values) {
    std::vector<std::pair<TopicReadings, std::size_t>> found;  // and the place of the name
    found.reserve(topics_.size());
    for (std::size_t place = 0; place < topics_.size(); ++place) {
        TopicReadings topic;
        Reading* const readings[kTopicValues] = {&topic.bytes_in, &topic.bytes_out,
                                                 &topic.messages_in};
        bool is_known = false;
        for (std::size_t i = 0; i < kTopicValues; ++i) {
            Value& value = topics_[place].values[i];
            if (value.unit != kNoUnit && cache.is_emitted(value.unit)) {
                value.track.note(cache.values(value.unit)[value.slot], cache.read_ns(value.unit));
                *readings[i] = value.track.at(now_ns);
                is_known = true;
            }
        }
        if (is_known) {
            found.emplace_back(std::move(topic), place);
        }
    }
    values.topics_total = found.size();
    const std::size_t told = std::min(found.size(), kToldMax);
    const auto end = found.begin() + static_cast<std::ptrdiff_t>(told);
    std::partial_sort(found.begin(), end, found.end(), [](const auto& one, const auto& other) {
        return bytes_per_s(one.first) > bytes_per_s(other.first);
    });
    for (auto topic = found.begin(); topic != end; ++topic) {
        topic->first.topic = topics_[topic->second].name;
        values.topics.push_back(std::move(topic->first));
    }
}

}  // namespace remora
