// What the agent tells people who look: the file of last values, made at ticks.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/counter_table.h"
#include "cache/cache.h"
#include "engine/output_pipe.h"
#include "engine/topic_watch.h"
#include "engine/unit_part.h"
#include "kafka/watched_values.h"
#include "model/last_values.h"
#include "sample/audit.h"

namespace remora {

// Remembers which units have the values of kafka/watched_values.h, whatever they are called in an
// output and whether there is one. Hands them to the housekeeping thread, which writes them.
//
// Thread safety: core thread only, except for the constructor.
class ValueWatch final : public UnitPart {
 public:
    // With so many no kind of request is added, for kinds have no end. What has one name always is.
    static constexpr std::size_t kEntriesMax = 300;

    // What is looked at. All outlive the watch.
    struct Sources {
        const Cache& cache;
        const AccuracyAudit& accuracy;
        const CounterTable& counters;
    };

    // `every_ms`: not more often. `handed`: gets the values; what nobody has taken is deleted.
    // `on_handed`: called after that; may be empty.
    ValueWatch(const Sources& sources, std::int64_t every_ms, std::atomic<LastValues*>& handed,
               std::function<void()> on_handed);

    void add(const Registration& registration) override;
    void remove(UnitId unit) override;

    // To be called at each tick, after Cache::close_tick().
    void tick(std::int64_t now_ns, std::int64_t wall_ms,
              const std::vector<std::unique_ptr<OutputPipe>>& outputs);

 private:
    struct Member {
        UnitId unit = kNoUnit;
        std::uint16_t slot = 0;
    };
    // One value; the sum of its members.
    struct Entry {
        std::string name;
        std::vector<Member> members;
        Track track;
    };
    // A counter, and when it grew last.
    struct Growth {
        std::uint64_t total = 0;
        std::int64_t grown_ns = 0;  // monotonic; 0: it has not
        std::int64_t note(std::uint64_t now, std::int64_t now_ns);
    };
    struct Output {
        Track bytes;
        Growth trouble;
    };

    void follow(const WatchedValue& watched, const Registration& registration);
    void add_topic(const Registration& registration);
    void add_entries(std::int64_t now_ns, LastValues& values);
    void add_classes(LastValues& values) const;
    void add_outputs(std::int64_t now_ns, const std::vector<std::unique_ptr<OutputPipe>>& outputs,
                     LastValues& values);
    void add_events(std::int64_t now_ns, LastValues& values);

    const Sources sources_;
    const std::int64_t every_ns_;
    std::atomic<LastValues*>& handed_;
    const std::function<void()> on_handed_;
    std::int64_t last_ns_ = 0;
    std::vector<Entry> entries_;
    std::unordered_set<UnitId> followed_;  // units that entries have
    TopicWatch topics_;
    std::map<std::string, Output, std::less<>> outputs_;
    std::map<Counter, Growth> events_;
};

}  // namespace remora
