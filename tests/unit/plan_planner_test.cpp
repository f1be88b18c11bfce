#include "plan/planner.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <vector>

#include "base/limits.h"
#include "plan/plan_reader.h"

namespace remora {
namespace {

constexpr std::int64_t kBaseNs = 10 * kNanosPerSecond;

struct Group {
    FamilyId family;
    std::vector<UnitId> units;
};

std::vector<Group> decode(const std::vector<std::byte>& buffer) {
    const PlanReader reader(buffer);
    std::vector<Group> groups;
    const std::size_t bytes =
        reader.for_each_group([&groups](FamilyId family, std::span<const UnitId> units) {
            groups.push_back({family, {units.begin(), units.end()}});
        });
    EXPECT_EQ(bytes, reader.header().bytes);
    return groups;
}

// A planner under a clock that jumps to wherever the planner wants to be called next.
class PlannerTest : public ::testing::Test {
 protected:
    void make(PlanOptions options = {}) {
        planner = std::make_unique<Planner>(options, intervals);
        now_ns = options.start_ns + kNanosPerSecond;
    }

    void add(UnitId unit, FamilyId family, std::uint32_t interval_ms) {
        ASSERT_TRUE(intervals.reserve(unit));
        intervals.set(unit, interval_ms);
        ASSERT_TRUE(planner->add(unit, family));
    }

    // Runs until `until_ns`; notes for every unit when it was handed out.
    void run(std::int64_t until_ns) {
        while (now_ns < until_ns) {
            planner->note_answered(planner->read_until_ns());
            const PlanResult result = planner->plan(now_ns, buffer);
            ASSERT_GT(result.wake_ns, now_ns - 1);
            if (result.units > 0) {
                ++plans;
            }
            units_max = std::max(units_max, result.units);
            note_reads();
            now_ns = std::max(result.wake_ns, now_ns + 1000);
        }
    }

    // Runs past the next tick; `look(audits)` once the round for it was read.
    template <typename Look>
    void run_round(Look&& look) {
        const std::int64_t tick_ns = planner->next_tick_ns(now_ns);
        std::vector<AuditSample> audits;
        while (now_ns <= tick_ns) {
            planner->note_answered(planner->read_until_ns());
            const PlanResult result = planner->plan(now_ns, buffer);
            audits.insert(audits.end(), planner->audits().begin(), planner->audits().end());
            planner->forget_audits();
            note_reads();
            now_ns = std::max(result.wake_ns, now_ns + 1'000);
        }
        look(audits);
    }

    void note_reads() {
        for (const Group& group : decode(buffer)) {
            EXPECT_LE(group.units.size(), wire::kGroupUnitsMax);
            for (const UnitId unit : group.units) {
                times[unit].push_back(now_ns);
                trail.push_back(unit);
            }
        }
    }

    std::vector<FamilyId> families_of_a_round();

    // The tick that a read at `ns` belongs to: the next one.
    static std::int64_t tick_of(std::int64_t ns) { return (ns + kBaseNs - 1) / kBaseNs; }

    IntervalTable intervals;
    std::unique_ptr<Planner> planner;
    std::vector<std::byte> buffer = std::vector<std::byte>(wire::kPlanBytes);
    std::int64_t now_ns = 0;
    std::map<UnitId, std::vector<std::int64_t>> times;
    std::vector<UnitId> trail;
    std::uint32_t plans = 0;
    std::uint32_t units_max = 0;
};

TEST_F(PlannerTest, FiresAUnitExactlyOnceAnInterval) {
    make();
    for (UnitId unit = 0; unit < 300; ++unit) {
        add(unit, unit % 7, 10'000 * (1 + unit % 5));
    }
    run(400 * kNanosPerSecond);
    for (UnitId unit = 0; unit < 300; ++unit) {
        const std::int64_t n = 1 + unit % 5;
        const auto& reads = times[unit];
        ASSERT_GT(reads.size(), 3U);
        EXPECT_LT(reads[0], 2 * kNanosPerSecond) << "a new unit is read at once";
        EXPECT_LE(tick_of(reads[1]) - tick_of(reads[0]), n);
        for (std::size_t i = 2; i + 1 < reads.size(); ++i) {
            EXPECT_EQ(tick_of(reads[i + 1]) - tick_of(reads[i]), n) << "unit " << unit;
        }
    }
}

TEST_F(PlannerTest, ReadsForATickEndBeforeItAndBeginShortlyBefore) {
    PlanOptions options;
    make(options);
    for (UnitId unit = 0; unit < 2000; ++unit) {
        add(unit, unit % 20, 10'000);
    }
    for (FamilyId family = 0; family < 20; ++family) {
        planner->on_cost(family, 1, 10'000);
    }
    run(100 * kNanosPerSecond);
    for (const auto& [unit, reads] : times) {
        for (std::size_t i = 2; i < reads.size(); ++i) {
            const std::int64_t before_tick = tick_of(reads[i]) * kBaseNs - reads[i];
            EXPECT_GT(before_tick, 0);
            EXPECT_LE(before_tick, options.lead_ns_max);
        }
    }
}

TEST_F(PlannerTest, HandsOutNoMoreThanASliceAtOnce) {
    PlanOptions options;
    options.slice_ns = 2 * kNanosPerMilli;
    make(options);
    for (UnitId unit = 0; unit < 1000; ++unit) {
        add(unit, 0, 10'000);
    }
    add(1000, 1, 10'000);
    for (int i = 0; i < 100; ++i) {
        planner->on_cost(0, 1, 100'000);     // twenty fill a slice
        planner->on_cost(1, 1, 50'000'000);  // one alone is more than a slice: still read, alone
    }
    run(60 * kNanosPerSecond);
    EXPECT_LE(units_max, 20U);
    EXPECT_GE(times[1000].size(), 5U);
    EXPECT_GE(times[0].size(), 5U);
}

TEST_F(PlannerTest, GroupsAFamilyTogether) {
    make();
    for (UnitId unit = 0; unit < 900; ++unit) {
        add(unit, unit % 10, 10'000);
    }
    planner->plan(now_ns, buffer);
    const auto groups = decode(buffer);
    ASSERT_EQ(groups.size(), 10U);
    for (const Group& group : groups) {
        EXPECT_EQ(group.units.size(), 90U);
        for (const UnitId unit : group.units) {
            EXPECT_EQ(unit % 10, group.family);
        }
    }
}

// Units of ten families are the gauges of 1,000 objects, and one family has a tenth of them: in
// each turn all families come to the same objects.
TEST_F(PlannerTest, LargeFamiliesTakeTurns) {
    make();
    constexpr UnitId kObjects = 1000;
    for (UnitId unit = 0; unit < 10 * kObjects; ++unit) {
        add(unit, unit / kObjects, 10'000);
    }
    for (UnitId unit = 0; unit < kObjects / 10; ++unit) {
        add(10 * kObjects + unit, 10, 10'000);
    }
    std::vector<Group> groups;
    std::vector<UnitId> seen;
    while (planner->plan(now_ns, buffer).units > 0) {
        for (const Group& group : decode(buffer)) {
            seen.insert(seen.end(), group.units.begin(), group.units.end());
            // A slice may end within a turn.
            if (!groups.empty() && groups.back().family == group.family) {
                groups.back().units.insert(groups.back().units.end(), group.units.begin(),
                                           group.units.end());
            } else {
                groups.push_back(group);
            }
        }
    }
    std::sort(seen.begin(), seen.end());
    ASSERT_EQ(seen.size(), 10 * kObjects + kObjects / 10);
    EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
    ASSERT_EQ(groups.size(), 4U * 11U);
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const auto turn = static_cast<UnitId>(i / 11);
        const auto family = static_cast<FamilyId>(i % 11);
        EXPECT_EQ(groups[i].family, family);
        const UnitId size = family == 10 ? 25 : 250;
        ASSERT_EQ(groups[i].units.size(), size);
        EXPECT_EQ(groups[i].units.front(), family * kObjects + turn * size);
        EXPECT_EQ(groups[i].units.back(), family * kObjects + turn * size + size - 1);
    }
}

TEST_F(PlannerTest, FamiliesAreReadInTheOrderGiven) {
    make();
    for (UnitId unit = 0; unit < 50; ++unit) {
        add(unit, unit % 5, 10'000);
    }
    const std::vector<FamilyId> order = {3, 0, 4};
    planner->set_order(order);
    add(50, 7, 10'000);
    planner->plan(now_ns, buffer);
    std::vector<FamilyId> families;
    for (const Group& group : decode(buffer)) {
        families.push_back(group.family);
    }
    EXPECT_EQ(families, (std::vector<FamilyId>{3, 0, 4, 1, 2, 7}));
}

// What one round reads, by family.
std::vector<FamilyId> PlannerTest::families_of_a_round() {
    std::vector<FamilyId> families;
    const std::int64_t tick_ns = planner->next_tick_ns(now_ns);
    while (now_ns <= tick_ns) {
        const PlanResult result = planner->plan(now_ns, buffer);
        for (const Group& group : decode(buffer)) {
            families.insert(families.end(), group.units.size(), group.family);
        }
        now_ns = std::max(result.wake_ns, now_ns + 1'000);
    }
    return families;
}

TEST_F(PlannerTest, AFamilyThatHungIsReadLastUntilItsReadsAreShortAgain) {
    make();
    for (UnitId unit = 0; unit < 2; ++unit) {
        add(unit, 0, 10'000);
    }
    for (UnitId unit = 2; unit < 602; ++unit) {
        add(unit, 1, 10'000);
    }
    families_of_a_round();
    EXPECT_EQ(families_of_a_round().front(), 0U);
    planner->on_blocked(1);
    for (int round = 0; round < 3; ++round) {
        const std::vector<FamilyId> late = families_of_a_round();
        ASSERT_EQ(late.size(), 602U);
        EXPECT_EQ(std::count(late.begin(), late.begin() + 600, FamilyId{1}), 600);
    }
    for (int read = 0; read < 20; ++read) {
        planner->on_cost(0, 2, 2'000);
    }
    EXPECT_EQ(families_of_a_round().front(), 0U);
}

// What was read before it is handed over first.
TEST_F(PlannerTest, AUnitThatHungHasAPlanOfItsOwn) {
    make();
    for (UnitId unit = 0; unit < 40; ++unit) {
        add(unit, unit / 2 % 2, 10'000);
    }
    families_of_a_round();
    planner->on_blocked(0);
    std::uint32_t alone = 0;
    const std::int64_t tick_ns = planner->next_tick_ns(now_ns);
    while (now_ns <= tick_ns) {
        const PlanResult result = planner->plan(now_ns, buffer);
        for (const Group& group : decode(buffer)) {
            if (group.family == 0) {
                EXPECT_EQ(result.units, 1U);
                ++alone;
            }
        }
        now_ns = std::max(result.wake_ns, now_ns + 1'000);
    }
    EXPECT_EQ(alone, 20U);
}

TEST_F(PlannerTest, SlowFamiliesAloneAreReadAsEver) {
    make();
    for (UnitId unit = 0; unit < 6; ++unit) {
        add(unit, unit % 2, 10'000);
        planner->on_blocked(unit);
    }
    families_of_a_round();  // each twice: they are new
    EXPECT_EQ(families_of_a_round().size(), 6U);
    EXPECT_EQ(families_of_a_round().size(), 6U);
}

TEST_F(PlannerTest, NeverReadsAShedUnitAndTakesItUpAgain) {
    make();
    add(0, 0, kIntervalNever);
    add(1, 0, 10'000);
    run(60 * kNanosPerSecond);
    EXPECT_TRUE(times[0].empty());
    planner->wake(0);
    run(80 * kNanosPerSecond);
    EXPECT_TRUE(times[0].empty());
    intervals.set(0, 10'000);
    run(100 * kNanosPerSecond);
    EXPECT_FALSE(times[0].empty());
}

TEST_F(PlannerTest, FollowsAShortenedIntervalAtTheNextTick) {
    make();
    add(0, 0, 10'000);
    run(25 * kNanosPerSecond);
    intervals.set(0, 300'000);
    run(335 * kNanosPerSecond);  // read once in its new place
    const std::size_t before = times[0].size();
    intervals.set(0, 10'000);
    run(375 * kNanosPerSecond);
    EXPECT_GE(times[0].size(), before + 3);
}

TEST_F(PlannerTest, WokenUnitsAreReadInTheNextRoundOrAtOnce) {
    make();
    add(0, 0, 300'000);
    add(1, 0, 300'000);
    run(330 * kNanosPerSecond);
    times.clear();
    now_ns = 331 * kNanosPerSecond;
    planner->wake(0);
    planner->wake(1, true);
    run(332 * kNanosPerSecond);
    EXPECT_EQ(times[0].size(), 0U);
    EXPECT_EQ(times[1].size(), 1U);
    run(341 * kNanosPerSecond);
    EXPECT_EQ(times[0].size(), 1U);
}

TEST_F(PlannerTest, SpreadsUnitsWhoseIntervalGrew) {
    make();
    for (UnitId unit = 0; unit < 3000; ++unit) {
        add(unit, 0, 10'000);
    }
    run(15 * kNanosPerSecond);
    for (UnitId unit = 0; unit < 3000; ++unit) {
        intervals.set(unit, 300'000);
    }
    run(330 * kNanosPerSecond);
    times.clear();
    trail.clear();
    run(630 * kNanosPerSecond);
    std::map<std::int64_t, int> by_tick;
    for (const auto& [unit, reads] : times) {
        for (const std::int64_t read : reads) {
            ++by_tick[tick_of(read)];
        }
    }
    EXPECT_EQ(trail.size(), 3000U);
    for (const auto& [tick, units] : by_tick) {
        EXPECT_NEAR(units, 100, 5) << "tick " << tick;
    }
}

TEST_F(PlannerTest, ABackOffIsNotShortenedByChance) {
    PlanOptions options;
    options.audit_units = 100;
    make(options);
    for (UnitId unit = 0; unit < 300; ++unit) {
        add(unit, 0, 10'000);
    }
    run(15 * kNanosPerSecond);
    for (UnitId unit = 0; unit < 300; ++unit) {
        intervals.set_back_off(unit, 300'000);
        EXPECT_EQ(intervals.get(unit), 300'000U);
    }
    times.clear();
    planner->wake(7, true);
    run(301 * kNanosPerSecond);
    EXPECT_TRUE(times.empty()) << times.size() << " units were read before";
    run(325 * kNanosPerSecond);
    EXPECT_EQ(times.size(), 300U);
    intervals.set(0, 10'000);
    EXPECT_FALSE(intervals.is_back_off(0));
}

TEST_F(PlannerTest, ABackOffIsNotShortenedByChanceWithAFinerQuantum) {
    PlanOptions options;
    options.quantum_ns = kNanosPerSecond;
    make(options);
    for (UnitId unit = 0; unit < 300; ++unit) {
        add(unit, 0, 10'000);
    }
    run(15 * kNanosPerSecond);
    for (UnitId unit = 0; unit < 300; ++unit) {
        intervals.set_back_off(unit, 300'000);
    }
    times.clear();
    run(301 * kNanosPerSecond);
    EXPECT_TRUE(times.empty()) << times.size() << " units were read before";
}

// A family that was woken as a whole is looked at again at once, by some of it, and all of it
// within the interval.
TEST_F(PlannerTest, UnitsThatWereWokenTogetherPartAgain) {
    make();
    constexpr UnitId kUnits = 300;
    constexpr std::int64_t kTick = kBaseNs;
    for (UnitId unit = 0; unit < kUnits; ++unit) {
        add(unit, 0, 300'000);
    }
    run(25 * kTick);
    for (UnitId unit = 0; unit < kUnits; ++unit) {
        planner->wake(unit, true);
        times[unit].clear();
    }
    run(26 * kTick);
    for (const auto& [unit, reads] : times) {
        ASSERT_EQ(reads.size(), 1U);
    }
    std::map<std::int64_t, int> by_tick;
    run(56 * kTick);
    for (const auto& [unit, reads] : times) {
        ASSERT_GE(reads.size(), 2U);
        ++by_tick[(reads[1] - reads[0] + kTick / 2) / kTick];
    }
    EXPECT_EQ(by_tick.size(), 30U);
    for (const auto& [tick, units] : by_tick) {
        EXPECT_LE(units, 20) << "tick " << tick;
    }
}

TEST_F(PlannerTest, ReadsBetweenTicksWithAFinerQuantum) {
    PlanOptions options;
    options.quantum_ns = kNanosPerSecond;
    make(options);
    add(0, 0, 2'000);
    add(1, 0, 20'000);
    run(101 * kNanosPerSecond);
    EXPECT_NEAR(static_cast<double>(times[0].size()), 50, 2);
    for (std::size_t i = 2; i < times[1].size(); ++i) {
        EXPECT_LT(tick_of(times[1][i]) * kBaseNs - times[1][i], kNanosPerSecond)
            << "a long interval ends at a tick";
    }
}

TEST_F(PlannerTest, LeavesOutATickThatAPauseSwallowed) {
    make();
    add(0, 0, 10'000);
    run(25 * kNanosPerSecond);
    const std::size_t before = times[0].size();
    now_ns = 76 * kNanosPerSecond;
    run(81 * kNanosPerSecond);
    EXPECT_EQ(times[0].size(), before + 1);
}

TEST_F(PlannerTest, ReadsLateWhatADelayHasMissed) {
    make();
    add(0, 0, 10'000);
    run(65 * kNanosPerSecond);
    const std::size_t before = times[0].size();
    now_ns = 70 * kNanosPerSecond + 200 * kNanosPerMilli;
    run(81 * kNanosPerSecond);
    ASSERT_EQ(times[0].size(), before + 2);
    EXPECT_EQ(times[0][before], 70 * kNanosPerSecond + 200 * kNanosPerMilli);
    EXPECT_LT(times[0][before + 1], 80 * kNanosPerSecond);
}

TEST_F(PlannerTest, ForgetsARemovedUnitAlsoWithinARound) {
    PlanOptions options;
    options.units_per_plan_max = 1;
    make(options);
    add(0, 0, 10'000);
    add(1, 0, 10'000);
    planner->plan(now_ns, buffer);
    EXPECT_EQ(decode(buffer)[0].units[0], 0U);
    planner->remove(1);
    planner->plan(now_ns + kNanosPerMilli, buffer);
    EXPECT_TRUE(decode(buffer).empty());
    EXPECT_EQ(planner->units(), 1U);
}

TEST_F(PlannerTest, IsDeterministic) {
    std::vector<UnitId> first;
    for (int i = 0; i < 2; ++i) {
        make();
        std::mt19937 random(5);
        trail.clear();
        for (UnitId unit = 0; unit < 500; ++unit) {
            add(unit, unit % 9, 10'000 * (1 + static_cast<std::uint32_t>(random() % 30)));
        }
        run(500 * kNanosPerSecond);
        if (i == 0) {
            first = trail;
        }
    }
    EXPECT_EQ(first, trail);
}

TEST_F(PlannerTest, KeepsToASmallBuffer) {
    make();
    for (UnitId unit = 0; unit < 100; ++unit) {
        add(unit, unit % 3, 10'000);
    }
    buffer.resize(64);
    std::set<UnitId> seen;
    for (int i = 0; i < 200 && seen.size() < 100; ++i) {
        const PlanResult result = planner->plan(now_ns, buffer);
        EXPECT_LE(result.bytes, 64U);
        for (const Group& group : decode(buffer)) {
            seen.insert(group.units.begin(), group.units.end());
        }
        now_ns = result.wake_ns;
    }
    EXPECT_EQ(seen.size(), 100U);
}

// --- the audit

TEST_F(PlannerTest, EveryUnitIsDrawnForTheAuditAlikeWhetherItIsDueOrNot) {
    PlanOptions options;
    options.audit_units = 40;
    make(options);
    constexpr UnitId kUnits = 500;
    for (UnitId unit = 0; unit < kUnits; ++unit) {
        add(unit, unit % 9, 10'000 * (1 + unit % 6));
    }
    run(60 * kNanosPerSecond);
    std::vector<double> drawn(kUnits);
    double due = 0;
    double all = 0;
    for (int tick = 0; tick < 3'000; ++tick) {
        run_round([&](const std::vector<AuditSample>& audits) {
            EXPECT_GE(audits.size(), 30U);
            EXPECT_LE(audits.size(), options.audit_units);
            for (const AuditSample& sample : audits) {
                drawn[sample.unit] += 1;
                due += sample.is_due ? 1 : 0;
                all += 1;
            }
        });
    }
    const double expected = all / kUnits;
    ASSERT_GT(expected, 150);
    double square = 0;
    for (const double times_drawn : drawn) {
        square += (times_drawn - expected) * (times_drawn - expected) / expected;
    }
    // Chi squared with 499 degrees of freedom: 499 plus or minus 32.
    EXPECT_NEAR(square, kUnits - 1, 5 * 32);
    // Due are those whose interval has run out; an audit ends a rest as well.
    EXPECT_GT(due / all, 1.0 / 6);
    EXPECT_LT(due / all, 0.6);
}

// Against a twin without audits: what that hands out was due.
TEST_F(PlannerTest, AnAuditTellsWhetherTheUnitWasDueAnyway) {
    PlanOptions options;
    options.audit_units = 64;
    make(options);
    for (UnitId unit = 0; unit < 200; ++unit) {
        add(unit, unit % 3, 10'000 * (1 + unit % 7));
    }
    run(60 * kNanosPerSecond);
    std::uint32_t due = 0;
    std::uint32_t others = 0;
    for (int tick = 0; tick < 50; ++tick) {
        Planner twin = *planner;
        twin.set_grid({});
        std::set<UnitId> read;
        const std::int64_t tick_ns = planner->next_tick_ns(now_ns);
        for (std::int64_t at_ns = now_ns; at_ns <= tick_ns;) {
            twin.note_answered(twin.read_until_ns());
            const PlanResult result = twin.plan(at_ns, buffer);
            for (const Group& group : decode(buffer)) {
                read.insert(group.units.begin(), group.units.end());
            }
            at_ns = std::max(result.wake_ns, at_ns + 1'000);
        }
        run_round([&](const std::vector<AuditSample>& audits) {
            for (const AuditSample& sample : audits) {
                EXPECT_EQ(sample.is_due, read.count(sample.unit) != 0) << sample.unit;
                ++(sample.is_due ? due : others);
            }
        });
    }
    EXPECT_GT(due, 500U);
    EXPECT_GT(others, 500U);
}

TEST_F(PlannerTest, NoUnitIsAuditedOrReadTwiceForATick) {
    PlanOptions options;
    options.audit_units = 128;
    make(options);
    for (UnitId unit = 0; unit < 150; ++unit) {
        add(unit, unit % 4, 10'000 * (1 + unit % 3));
    }
    run(30 * kNanosPerSecond);
    for (int tick = 0; tick < 200; ++tick) {
        trail.clear();
        run_round([&](const std::vector<AuditSample>& audits) {
            std::set<UnitId> drawn;
            const std::set<UnitId> read(trail.begin(), trail.end());
            for (const AuditSample& sample : audits) {
                EXPECT_TRUE(drawn.insert(sample.unit).second) << sample.unit;
                EXPECT_EQ(read.count(sample.unit), 1U) << "drawn and not read";
            }
            EXPECT_EQ(read.size(), trail.size());
        });
    }
}

TEST_F(PlannerTest, AuditsAreDrawnForTicksOnlyAndNotOfWhatIsNotRead) {
    PlanOptions options;
    options.audit_units = 16;
    options.quantum_ns = kNanosPerSecond;
    make(options);
    for (UnitId unit = 0; unit < 60; ++unit) {
        add(unit, 0, unit < 20 ? 1'000 : unit < 40 ? 60'000 : kIntervalNever);
    }
    for (UnitId unit = 50; unit < 60; ++unit) {
        planner->remove(unit);
    }
    run(15 * kNanosPerSecond);
    std::uint32_t ticks = 0;
    const auto end_ns = now_ns + 30 * kBaseNs;
    while (now_ns < end_ns) {
        planner->note_answered(planner->read_until_ns());
        const PlanResult result = planner->plan(now_ns, buffer);
        if (!planner->audits().empty()) {
            ++ticks;
            EXPECT_LE(tick_of(now_ns) * kBaseNs - now_ns, options.quantum_ns / 2);
            for (const AuditSample& sample : planner->audits()) {
                EXPECT_LT(sample.unit, 40U) << "not read, or gone";
            }
            planner->forget_audits();
            EXPECT_TRUE(planner->audits().empty());
        }
        now_ns = std::max(result.wake_ns, now_ns + 1'000);
    }
    EXPECT_EQ(ticks, 30U);
}

TEST_F(PlannerTest, WithoutAuditsNothingIsReadThatIsNotDue) {
    make();
    for (UnitId unit = 0; unit < 100; ++unit) {
        add(unit, 0, 60'000);
    }
    run(125 * kNanosPerSecond);
    trail.clear();
    run(725 * kNanosPerSecond);
    EXPECT_EQ(trail.size(), 1'000U);
    EXPECT_TRUE(planner->audits().empty());
}

TEST_F(PlannerTest, AFewUnitsAreAuditedWithoutEnd) {
    PlanOptions options;
    options.audit_units = 128;
    make(options);
    add(0, 0, 60'000);
    add(1, 0, 60'000);
    run(200 * kNanosPerSecond);
    EXPECT_GE(times[0].size(), 10U);
    planner->remove(0);
    planner->remove(1);
    run(300 * kNanosPerSecond);
    EXPECT_TRUE(planner->audits().empty());
}

// --- what has been read

class ReadUntilTest : public PlannerTest {
 protected:
    // Ten units, of which a slice takes `in_slice`, shortly before the first tick.
    void make_round(std::uint32_t in_slice) {
        PlanOptions options;
        options.units_per_plan_max = in_slice;
        make(options);
        for (UnitId unit = 0; unit < 10; ++unit) {
            add(unit, 0, 10'000);
        }
        run(5 * kNanosPerSecond);
        ASSERT_EQ(planner->read_until_ns(), 0);
        ASSERT_EQ(planner->complete_until_ns(), 0);
        now_ns = kBaseNs - 60 * kNanosPerMilli;
    }

    // A call of the collector, a millisecond after the one before. A core that answers has looked
    // at what was read by then.
    std::uint32_t plan(bool core_answers = true) {
        if (core_answers) {
            planner->note_answered(planner->read_until_ns());
        }
        const PlanResult result = planner->plan(now_ns, buffer);
        wake_ns = result.wake_ns;
        now_ns += kNanosPerMilli;
        return result.units;
    }
    // As the collector calls it: when it is asked to. Returns until when all was read at `at_ns`.
    std::int64_t complete_at(std::int64_t at_ns) {
        for (; now_ns <= at_ns; now_ns = std::max(wake_ns, now_ns)) {
            plan();
        }
        return planner->complete_until_ns();
    }

    std::int64_t wake_ns = 0;
};

TEST_F(ReadUntilTest, ARoundIsReadWithTheCallThatFollowsItsLastSlice) {
    make_round(4);
    EXPECT_EQ(plan(), 4U);
    EXPECT_EQ(plan(), 4U);
    EXPECT_EQ(plan(), 2U);
    EXPECT_EQ(planner->read_until_ns(), 0) << "the last slice is still being read";
    EXPECT_EQ(plan(), 0U);
    EXPECT_EQ(planner->read_until_ns(), kBaseNs);
    EXPECT_EQ(planner->complete_until_ns(), 0) << "the core has not said yet what it wakes";
    EXPECT_EQ(plan(), 0U);
    EXPECT_EQ(planner->complete_until_ns(), kBaseNs);
    now_ns = 2 * kBaseNs - 60 * kNanosPerMilli;
    EXPECT_EQ(plan(), 4U);
    EXPECT_EQ(planner->read_until_ns(), kBaseNs) << "the next round has only begun";
    EXPECT_EQ(planner->complete_until_ns(), kBaseNs);
}

TEST_F(ReadUntilTest, WhatTheCoreWokeIsWaitedForWithOneCallMore) {
    make_round(100);
    EXPECT_EQ(plan(), 10U);
    EXPECT_EQ(plan(), 0U);
    ASSERT_EQ(planner->read_until_ns(), kBaseNs);
    planner->wake(3, true);  // with its answer
    EXPECT_EQ(plan(), 1U);
    EXPECT_EQ(planner->complete_until_ns(), 0) << "what was woken is being read";
    EXPECT_EQ(plan(), 0U);
    EXPECT_EQ(planner->complete_until_ns(), kBaseNs);
}

TEST_F(ReadUntilTest, WithoutAnAnswerOfTheCoreNothingIsSettledAndItIsAskedForSoon) {
    make_round(100);
    EXPECT_EQ(plan(), 10U);
    for (int call = 0; call < 20; ++call) {
        EXPECT_EQ(plan(false), 0U);
        EXPECT_EQ(planner->complete_until_ns(), 0);
        EXPECT_LE(wake_ns - now_ns, 20 * kNanosPerMilli);
    }
    plan();
    EXPECT_EQ(planner->complete_until_ns(), kBaseNs);
}

TEST_F(ReadUntilTest, ACoreThatHangsIsNotAskedForEver) {
    make_round(100);
    int calls = 0;
    for (; now_ns < 2 * kBaseNs - 2 * kNanosPerSecond; now_ns = std::max(wake_ns, now_ns)) {
        plan(false);
        ++calls;
    }
    EXPECT_LE(calls, 600);
    EXPECT_EQ(planner->complete_until_ns(), 0);
    EXPECT_EQ(complete_at(2 * kBaseNs), 2 * kBaseNs) << "the next round is complete as ever";
}

TEST_F(ReadUntilTest, WithoutATimeToSettleTheCoreIsNotWaitedFor) {
    PlanOptions options;
    options.answer_wait_ns = 0;
    make(options);
    add(0, 0, 10'000);
    run(5 * kNanosPerSecond);
    now_ns = kBaseNs - 40 * kNanosPerMilli;
    EXPECT_EQ(plan(false), 1U);
    EXPECT_EQ(plan(false), 0U);
    EXPECT_EQ(planner->complete_until_ns(), kBaseNs);
}

TEST_F(ReadUntilTest, UnitsThatAreRegisteredAllTheTimeDoNotHoldARoundBackForEver) {
    make_round(100);
    EXPECT_EQ(plan(), 10U);
    int calls = 0;
    UnitId unit = 10;
    while (planner->complete_until_ns() == 0 && calls < 10) {
        add(unit++, 0, 10'000);
        EXPECT_EQ(plan(), 1U);
        ++calls;
    }
    EXPECT_LE(calls, 3);
    EXPECT_EQ(planner->read_until_ns(), kBaseNs);
    EXPECT_EQ(planner->complete_until_ns(), kBaseNs);
}

TEST_F(ReadUntilTest, MoreNewUnitsThanASliceHoldARoundBackOnlyUntilTheyAreRead) {
    make_round(4);
    for (int slice = 0; slice < 3; ++slice) {
        plan();
    }
    for (UnitId unit = 10; unit < 20; ++unit) {
        add(unit, 0, 10'000);
    }
    int calls = 0;
    for (; planner->complete_until_ns() == 0 && calls < 20; ++calls) {
        plan();
    }
    EXPECT_LE(calls, 5);
}

TEST_F(ReadUntilTest, CalledAsItWantsToBeARoundSettlesBeforeItsTick) {
    make_round(4);
    for (std::int64_t tick = 1; tick <= 10; ++tick) {
        EXPECT_EQ(complete_at(tick * kBaseNs), tick * kBaseNs) << tick;
    }
}

TEST_F(ReadUntilTest, ARoundWithNothingToReadDoesNotMakeItsTickWait) {
    make();
    for (std::int64_t tick = 1; tick <= 5; ++tick) {
        EXPECT_EQ(complete_at(tick * kBaseNs), tick * kBaseNs) << tick;
    }
}

TEST_F(ReadUntilTest, ARoundThatIsReadLateDoesNotMakeItsTickWaitLongerThanThat) {
    make_round(100);
    now_ns = kBaseNs + 50 * kNanosPerMilli;
    EXPECT_EQ(complete_at(kBaseNs + 100 * kNanosPerMilli), kBaseNs);
}

TEST_F(ReadUntilTest, UnitsThatWereWokenDoNotMakeTheirTickWaitLongerThanTheirRead) {
    make_round(100);
    EXPECT_EQ(plan(), 10U);
    now_ns = wake_ns;
    EXPECT_EQ(plan(), 0U);
    planner->wake(3, true);
    now_ns = wake_ns;
    EXPECT_EQ(plan(), 1U);
    now_ns = wake_ns;
    EXPECT_EQ(complete_at(kBaseNs), kBaseNs);
}

TEST_F(ReadUntilTest, ARoundThatAPauseSwallowedIsOver) {
    make_round(100);
    EXPECT_EQ(complete_at(kBaseNs), kBaseNs);
    now_ns = 7 * kBaseNs + 6 * kNanosPerSecond;
    for (int call = 0; call < 3; ++call) {
        plan();
    }
    EXPECT_EQ(planner->complete_until_ns(), 7 * kBaseNs);
}

TEST_F(ReadUntilTest, AnotherGridKeepsTheTime) {
    make_round(100);
    EXPECT_EQ(complete_at(4 * kBaseNs), 4 * kBaseNs);
    PlanOptions longer;
    longer.base_interval_ns = 2 * kBaseNs;
    planner->set_grid(longer);
    EXPECT_EQ(planner->complete_until_ns(), 4 * kBaseNs);
    EXPECT_EQ(complete_at(5 * kBaseNs), 4 * kBaseNs);
    EXPECT_EQ(complete_at(6 * kBaseNs), 6 * kBaseNs);
    planner->set_grid({});
    now_ns = 6 * kBaseNs + kNanosPerSecond;
    EXPECT_EQ(planner->read_until_ns(), 6 * kBaseNs);
    EXPECT_EQ(planner->complete_until_ns(), 6 * kBaseNs);
    EXPECT_EQ(complete_at(7 * kBaseNs), 7 * kBaseNs);
}

TEST_F(PlannerTest, RefusesIdsOutOfRange) {
    make();
    EXPECT_FALSE(planner->add(kUnitsMax, 0));
    EXPECT_FALSE(planner->add(0, kFamiliesMax));
    planner->remove(77);
    planner->wake(77);
    planner->on_cost(77, 1, 1);
}

}  // namespace
}  // namespace remora
