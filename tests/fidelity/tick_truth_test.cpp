// How true the values of a tick are: planner, cache, sampler and audit together, as the engine has
// them, without its threads and under a clock that jumps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "base/counter_table.h"
#include "cache/cache.h"
#include "model/intervals.h"
#include "plan/plan_reader.h"
#include "plan/planner.h"
#include "sample/audit.h"
#include "sample/sampler.h"
#include "support/dice.h"

namespace remora {
namespace {

class Rooms {
 public:
    // `audit_units`: drawn for each tick.
    explicit Rooms(std::uint32_t audit_units = 0) : planner_(options(audit_units), intervals_) {}

    static PlanOptions options(std::uint32_t audit_units) {
        PlanOptions options;
        options.audit_units = audit_units;
        return options;
    }

    UnitId add(UnitClass unit_class, FamilyId family, double cost_ns, double value = 0) {
        const auto unit = static_cast<UnitId>(truth.size());
        UnitTraits traits;
        traits.unit_class = unit_class;
        traits.family = family;
        EXPECT_TRUE(intervals_.reserve(unit));
        EXPECT_TRUE(sampler.add_unit(unit, traits));
        EXPECT_TRUE(planner_.add(unit, family));
        EXPECT_TRUE(cache.add_unit(unit, 1, family));
        for (int group = 0; group < 5; ++group) {
            sampler.on_cost(family, 1, cost_ns);
        }
        planner_.on_cost(family, 1, static_cast<std::int64_t>(cost_ns));
        truth.push_back(value);
        scales_.emplace_back();
        is_audited_.push_back(0);
        return unit;
    }

    // Everything up to the next tick, when the values are those of `truth`.
    void tick(double budget_ns_per_s = 0.92e7, double ceiling_ns_per_s = 1e7) {
        const std::int64_t tick_ns = planner_.next_tick_ns(now_ns_);
        measure_errors(tick_ns);
        while (now_ns_ < tick_ns) {
            if (planner_.read_until_ns() >= tick_ns && answered_until_ns_ < tick_ns) {
                wake_surprised();
            }
            answered_until_ns_ = planner_.read_until_ns();
            planner_.note_answered(answered_until_ns_);
            const PlanResult result = planner_.plan(now_ns_, buffer_);
            take_audits();
            read_planned();
            now_ns_ = std::max(result.wake_ns, now_ns_ + 1'000);
        }
        now_ns_ = tick_ns;
        cache.close_tick(now_ns_, [this](UnitId unit) {
            return UnitAtTick{sampler.class_of(unit), intervals_.get(unit), sampler.bound_ms(unit)};
        });
        error_of_unaudited = mean(errors_);
        measure_errors(tick_ns);
        error_of_emitted = mean(errors_);
        judge_audited();
        audit.tick(now_ns_);
        sampler.solve(budget_ns_per_s, ceiling_ns_per_s);
    }

    double emitted(UnitId unit) const { return *cache.values(unit); }
    double age_s(UnitId unit) const {
        return static_cast<double>(now_ns_ - cache.read_ns(unit)) / kNanosPerSecond;
    }

    CounterTable counters;
    AccuracyAudit audit;
    std::vector<double> truth;  // by unit
    bool wakes = false;         // what the units that rest are surprised by
    // Of the last tick, the mean over the units: in what was emitted, and how it would have been
    // had no unit been read for the audit alone (known only without wakes).
    double error_of_emitted = 0;
    double error_of_unaudited = 0;

 private:
    IntervalTable intervals_;

 public:
    Sampler sampler{{}, intervals_};
    Cache cache{counters};

 private:
    static double mean(const std::vector<double>& errors) {
        double sum = 0;
        for (const double error : errors) {
            sum += error;
        }
        return sum / static_cast<double>(std::max<std::size_t>(errors.size(), 1));
    }

    // By how much each unit is wrong while it is not read; as the cache reckons it.
    void measure_errors(std::int64_t tick_ns) {
        errors_.assign(truth.size(), 0);
        for (UnitId unit = 0; unit < truth.size(); ++unit) {
            if (cache.values(unit) == nullptr) {
                continue;
            }
            SeriesScale scale = scales_[unit];
            const auto elapsed_s =
                static_cast<float>(static_cast<double>(tick_ns - cache.read_ns(unit)) / 1e9);
            errors_[unit] = std::min(1.0, static_cast<double>(take_deviation(
                                              scale, emitted(unit), truth[unit], elapsed_s)));
        }
    }

    void judge_audited() {
        for (const Audited& found : audited_) {
            const bool is_woken = wakes && sampler.would_wake(found.unit, found.interval_ms);
            audit.add(sampler.class_of(found.unit), is_woken ? 0.0 : found.deviation);
        }
        audited_.clear();
    }

    void wake_surprised() {
        judge_audited();
        if (!wakes) {
            return;
        }
        std::vector<UnitId> woken(truth.size());
        woken.resize(sampler.collect_wakes(woken));
        for (const UnitId unit : woken) {
            planner_.wake(unit, true);
        }
    }

    void take_audits() {
        for (const AuditSample& sample : planner_.audits()) {
            if (sample.is_due) {
                audit.add(sampler.class_of(sample.unit), 0);
            } else {
                is_audited_[sample.unit] = 1;
            }
        }
        planner_.forget_audits();
    }

    void read_planned() {
        PlanReader(buffer_).for_each_group([this](FamilyId, std::span<const UnitId> units) {
            for (const UnitId unit : units) {
                read(unit);
            }
        });
    }

    void read(UnitId unit) {
        const double before = cache.values(unit) == nullptr ? truth[unit] : emitted(unit);
        cache.stage(unit, 0, truth[unit]);
        const Applied applied = cache.take(unit, now_ns_, now_ns_ / kNanosPerMilli);
        if (applied.first) {
            start_scale(scales_[unit], truth[unit]);
        } else {
            take_deviation(scales_[unit], before, truth[unit],
                           static_cast<float>(applied.elapsed_ns) / 1e9F);
        }
        const bool is_audit = is_audited_[unit] != 0;
        if (is_audit) {
            is_audited_[unit] = 0;
            audited_.push_back({unit, intervals_.get(unit), applied.deviation});
        } else {
            errors_[unit] = 0;
        }
        sampler.observe(unit, static_cast<float>(applied.deviation), applied.elapsed_ns,
                        wire::ReadStatus::kOk, now_ns_, is_audit);
    }

    struct Audited {
        UnitId unit;
        std::uint32_t interval_ms;
        double deviation;
    };

    Planner planner_;
    std::vector<std::byte> buffer_ = std::vector<std::byte>(wire::kPlanBytes);
    std::vector<SeriesScale> scales_;  // as the cache has them
    std::vector<double> errors_;
    std::vector<std::uint8_t> is_audited_;
    std::vector<Audited> audited_;
    std::int64_t answered_until_ns_ = 0;
    std::int64_t now_ns_ = kNanosPerSecond;
};

TEST(TruthTest, AJumpAfterAThousandQuietTicksIsInTheNextOne) {
    Rooms rooms;
    const UnitId queue = rooms.add(UnitClass::kBroker, 0, 20'000);
    for (int i = 0; i < 100; ++i) {
        rooms.add(UnitClass::kPartition, 1, 400);
    }
    for (int tick = 0; tick < 1'000; ++tick) {
        rooms.tick();
        ASSERT_LT(rooms.age_s(queue), 3) << tick;
    }
    rooms.truth[queue] = 500;
    rooms.tick();
    EXPECT_EQ(rooms.emitted(queue), 500);
    rooms.truth[queue] = 0;
    rooms.tick();
    EXPECT_EQ(rooms.emitted(queue), 0) << "and back";
}

TEST(TruthTest, NothingGetsOlderThanItsBoundWhileTheCeilingDoesNotBind) {
    Dice dice(5);
    Rooms rooms;
    for (int i = 0; i < 400; ++i) {
        rooms.add(static_cast<UnitClass>(dice.below(kUnitClasses)), dice.below(8),
                  dice.power(2, 5));
    }
    std::uint64_t old = 0;
    for (int tick = 0; tick < 300; ++tick) {
        for (double& value : rooms.truth) {
            value += dice.one_in(10) ? dice.between(0, 5) : 0;
        }
        rooms.tick(1e18, 1e18);
        for (UnitId unit = 0; unit < rooms.truth.size(); ++unit) {
            // A read comes up to two seconds before its tick.
            const double bound_s = rooms.sampler.bound_ms(unit) / 1e3;
            ASSERT_LE(rooms.age_s(unit), bound_s - 10 + 2.1) << unit << ", tick " << tick;
            old += rooms.age_s(unit) > 20 ? 1 : 0;
        }
    }
    EXPECT_GT(old, 1'000U) << "or nothing rested";
    const Ages& ages = rooms.cache.ages();
    EXPECT_LE(ages.seconds(UnitClass::kAlert, 1), 2.1);
    EXPECT_LE(ages.seconds(UnitClass::kBroker, 1), 2.1);
    EXPECT_LE(ages.seconds(UnitClass::kTopic, 1), 2.1) << "while they cost little";
    EXPECT_LE(ages.seconds(UnitClass::kPartition, 1), 52.1);
    EXPECT_EQ(rooms.counters.get(Counter::kValuesExpired), 0U);
    EXPECT_EQ(rooms.counters.get(Counter::kCacheStale), 0U);
}

// Partitions that move by chance, some of them often.
class Movers {
 public:
    void add_to(Rooms& rooms) {
        Dice dice(11);
        paces_.resize(600);
        for (int i = 0; i < 600; ++i) {
            rooms.add(UnitClass::kPartition, dice.below(4), 20'000, dice.between(0, 100));
            paces_[static_cast<std::size_t>(i)] = dice.power(-5, 0);
        }
    }
    void move(std::vector<double>& truth, unsigned seed) const {
        Dice dice(seed);
        for (std::size_t unit = 0; unit < truth.size(); ++unit) {
            truth[unit] += dice.between(0, 1) < paces_[unit] ? dice.between(-3, 3) : 0;
        }
    }

 private:
    std::vector<double> paces_;
};

TEST(TruthTest, TheAuditTellsTheErrorThatThereIs) {
    Rooms rooms(48);
    Movers movers;
    movers.add_to(rooms);
    unsigned tick = 0;
    for (; tick < 20; ++tick) {
        movers.move(rooms.truth, tick);
        rooms.tick();
    }
    const AccuracyAudit::Sums before = rooms.audit.total(UnitClass::kPartition);
    constexpr unsigned kTicks = 1'500;
    double truth = 0;
    for (; tick < 20 + kTicks; ++tick) {
        movers.move(rooms.truth, tick);
        rooms.tick();
        truth += rooms.error_of_unaudited / kTicks;
    }
    const AccuracyAudit::Sums& sums = rooms.audit.total(UnitClass::kPartition);
    const auto n = static_cast<double>(sums.samples - before.samples);
    const double error = (sums.error - before.error) / n;
    const double square = (sums.error_square - before.error_square) / n;
    const double deviation = std::sqrt((square - error * error) / n);
    EXPECT_GT(n, 40 * kTicks);
    ASSERT_GT(truth, 0.002);
    EXPECT_NEAR(error, truth, 4 * deviation);
    EXPECT_LT(deviation, 0.1 * truth) << "or this says nothing";
}

// Against a twin without audits: what that emits, with all that it wakes, is what the audit is
// about. An audit changes a little of what it looks at, for it reads.
TEST(TruthTest, TheAuditTellsTheErrorThatIsLeftWhenSurprisesWakeOthers) {
    Rooms rooms(24);
    Rooms twin;
    rooms.wakes = true;
    twin.wakes = true;
    Movers movers;
    movers.add_to(rooms);
    movers.add_to(twin);
    double truth = 0;
    constexpr unsigned kTicks = 2'000;
    for (unsigned tick = 0; tick < kTicks; ++tick) {
        movers.move(rooms.truth, tick);
        movers.move(twin.truth, tick);
        rooms.tick();
        twin.tick();
        truth += twin.error_of_emitted / kTicks;
    }
    const AccuracyAudit::Sums& sums = rooms.audit.total(UnitClass::kPartition);
    ASSERT_GT(truth, 0.0005);
    EXPECT_NEAR(sums.error / static_cast<double>(sums.samples), truth, 0.25 * truth);
}

}  // namespace
}  // namespace remora
