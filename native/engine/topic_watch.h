// What each topic of the broker moved last, and the topics that move most.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/cache.h"
#include "kafka/watched_values.h"
#include "model/ids.h"
#include "model/last_values.h"

namespace remora {

// A value as it was read last and before that. Noted at ticks: what was read several times in
// between counts once.
class Track {
 public:
    void note(double value, std::int64_t read_ns) {
        if (read_ns != read_ns_) {
            before_ = value_;
            before_ns_ = read_ns_;
            value_ = value;
            read_ns_ = read_ns;
        }
    }
    Reading at(std::int64_t now_ns) const;

 private:
    double value_ = 0;
    double before_ = 0;
    std::int64_t read_ns_ = 0;    // monotonic; 0: never
    std::int64_t before_ns_ = 0;  // likewise
};

// Thread safety: core thread only.
class TopicWatch {
 public:
    // So many are followed; of more, those that came first, and LastValues says that there are
    // more.
    static constexpr std::size_t kFollowedMax = 10'000;
    // So many are told of.
    static constexpr std::size_t kToldMax = 100;

    // `unit` has that value of that topic in `slot`. Of several units with it the first counts.
    void add(UnitId unit, std::uint16_t slot, TopicValue value, const std::string& topic);
    // Does nothing when the unit was not added.
    void remove(UnitId unit);
    // Adds the topics with most bytes in and out a second, most first, and how many there are.
    void tick(const Cache& cache, std::int64_t now_ns, LastValues& values);

 private:
    struct Value {
        UnitId unit = kNoUnit;
        std::uint16_t slot = 0;
        Track track;
    };
    struct Topic {
        std::string name;
        std::array<Value, kTopicValues> values;
    };

    static bool is_known(const Cache& cache, const Value& value);

    std::vector<Topic> topics_;
    bool has_more_ = false;  // a topic was once not followed: it does not come again
    std::unordered_map<std::string, std::size_t> by_name_;
    std::unordered_map<UnitId, std::size_t> by_unit_;
};

}  // namespace remora
