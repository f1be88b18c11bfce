#include "sample/audit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "support/dice.h"

namespace remora {
namespace {

constexpr std::int64_t kTickNs = 10 * kNanosPerSecond;
constexpr UnitClass kClass = UnitClass::kPartition;

// Units that are read every so many ticks and drift meanwhile, some steadily and some in rare
// jumps. At each tick some are drawn by chance: a unit that is due has no error, another one the
// error that is read for the audit, which also ends its rest.
class Population {
 public:
    Population(std::uint32_t units, unsigned seed) : dice_(seed) {
        for (std::uint32_t i = 0; i < units; ++i) {
            Unit unit;
            unit.every = 1 + dice_.below(6);
            unit.rest = dice_.below(unit.every);
            unit.drift = dice_.one_in(5) ? 0 : dice_.power(-4, -1);
            unit.jumps = dice_.one_in(10);
            units_.push_back(unit);
        }
    }

    // The true error of the tick, the mean over all units; `draws` of them go into the audit.
    double tick(AccuracyAudit& audit, std::uint32_t draws) {
        double truth = 0;
        for (Unit& unit : units_) {
            unit.error += unit.drift;
            unit.error += unit.jumps && dice_.one_in(100) ? 3 : 0;
            if (++unit.rest >= unit.every) {
                unit.rest = 0;
                unit.error = 0;
            }
            truth += std::min(unit.error, 1.0);
        }
        for (std::uint32_t i = 0; i < draws; ++i) {
            std::swap(units_[i],
                      units_[i + dice_.below(static_cast<std::uint32_t>(units_.size()) - i)]);
            audit.add(kClass, units_[i].error);
            units_[i].error = 0;
            units_[i].rest = 0;
        }
        return truth / static_cast<double>(units_.size());
    }

 private:
    struct Unit {
        std::uint32_t every = 1;
        std::uint32_t rest = 0;
        double drift = 0;
        bool jumps = false;
        double error = 0;
    };
    Dice dice_;
    std::vector<Unit> units_;
};

TEST(AccuracyAuditTest, TheEstimateIsUnbiased) {
    Population population(2'000, 1);
    AccuracyAudit audit;
    double truth = 0;
    constexpr int kTicks = 3'000;
    for (int tick = 0; tick < kTicks; ++tick) {
        truth += population.tick(audit, 64) / kTicks;
        audit.tick(tick * kTickNs);
    }
    const AccuracyAudit::Sums& sums = audit.total(kClass);
    ASSERT_EQ(sums.samples, 64U * kTicks);
    const auto n = static_cast<double>(sums.samples);
    const double error = sums.error / n;
    const double deviation = std::sqrt((sums.error_square / n - error * error) / n);
    ASSERT_GT(truth, 0.005);
    EXPECT_NEAR(error, truth, 4 * deviation);
    EXPECT_LT(deviation, 0.03 * truth) << "or this says nothing";
}

TEST(AccuracyAuditTest, TheMarginCoversTheTruthInNinetyFiveOfAHundredWindows) {
    int covered = 0;
    double margins = 0;
    for (unsigned window = 0; window < 100; ++window) {
        Population population(1'000, 100 + window);
        AccuracyAudit audit;
        double truth = 0;
        for (int tick = 1; tick <= 30; ++tick) {
            truth += population.tick(audit, 128) / 30;
        }
        const AccuracyAudit::Estimate estimate = audit.estimate(kClass);
        ASSERT_EQ(estimate.samples, 30U * 128U);
        covered += std::abs(estimate.error - truth) <= estimate.margin ? 1 : 0;
        margins += estimate.margin / 100;
    }
    EXPECT_GE(covered, 95);
    EXPECT_LT(margins, 0.02) << "a margin of 1 would cover everything";
}

// Of values that are wrong once in a while the classical margin covers far too little; this one
// holds for any distribution, also when no sample shows the error at all.
TEST(AccuracyAuditTest, TheMarginCoversRareErrorsThatFewSamplesShow) {
    Dice dice(9);
    for (const double rate : {0.001, 0.01, 0.1, 0.5}) {
        int covered = 0;
        for (int window = 0; window < 1'000; ++window) {
            AccuracyAudit audit;
            for (int i = 0; i < 300; ++i) {
                audit.add(kClass, dice.between(0, 1) < rate ? 1 : 0);
            }
            const AccuracyAudit::Estimate estimate = audit.estimate(kClass);
            covered += std::abs(estimate.error - rate) <= estimate.margin ? 1 : 0;
        }
        EXPECT_GE(covered, 950) << rate;
    }
}

TEST(AccuracyAuditTest, TheMarginShrinksWithTheNumberOfSamples) {
    double before = 1.1;
    for (const std::uint64_t samples : {1ULL, 10ULL, 100ULL, 10'000ULL, 1'000'000ULL}) {
        const auto n = static_cast<double>(samples);
        const AccuracyAudit::Estimate estimate =
            AccuracyAudit::estimate_of({samples, 0.1 * n, 0.02 * n});
        EXPECT_NEAR(estimate.error, 0.1, 1e-12);
        EXPECT_LE(estimate.margin, 1);
        EXPECT_LT(estimate.margin, before);
        before = samples == 1 ? 1.1 : estimate.margin;
    }
    EXPECT_LT(before, 0.001);
}

TEST(AccuracyAuditTest, WithoutSamplesNothingIsKnown) {
    const AccuracyAudit audit;
    const AccuracyAudit::Estimate estimate = audit.estimate(kClass);
    EXPECT_EQ(estimate.samples, 0U);
    EXPECT_EQ(estimate.error, 0);
    EXPECT_EQ(estimate.margin, 1);
}

TEST(AccuracyAuditTest, AnErrorIsAtMostOne) {
    AccuracyAudit audit;
    audit.add(kClass, 5.7);
    audit.add(kClass, -1);
    EXPECT_DOUBLE_EQ(audit.total(kClass).error, 1);
    EXPECT_DOUBLE_EQ(audit.total(kClass).error_square, 1);
}

TEST(AccuracyAuditTest, ClassesAreApart) {
    AccuracyAudit audit;
    audit.add(UnitClass::kBroker, 0);
    audit.add(UnitClass::kTopic, 1);
    EXPECT_EQ(audit.estimate(UnitClass::kBroker).error, 0);
    EXPECT_EQ(audit.estimate(UnitClass::kTopic).error, 1);
    EXPECT_EQ(audit.estimate(UnitClass::kBroker).samples, 1U);
    EXPECT_EQ(audit.estimate(kClass).samples, 0U);
}

TEST(AccuracyAuditTest, EstimatesAreOverTheLastFiveToTenMinutes) {
    AccuracyAudit audit;
    std::int64_t now_ns = 5 * kNanosPerSecond;
    const auto run = [&](std::int64_t seconds, double error) {
        for (std::int64_t s = 0; s < seconds; s += 10) {
            now_ns += kTickNs;
            audit.add(kClass, error);
            audit.tick(now_ns);
            // What is older than ten minutes is forgotten, what is younger than five is not.
            const std::uint64_t samples = audit.estimate(kClass).samples;
            EXPECT_LE(samples, 61U);
            EXPECT_GE(samples, std::min<std::uint64_t>(audit.total(kClass).samples, 29));
        }
    };
    run(1'200, 1);
    EXPECT_EQ(audit.estimate(kClass).error, 1);
    run(610, 0);
    EXPECT_EQ(audit.estimate(kClass).error, 0) << "of the errors before nothing is left";
    EXPECT_EQ(audit.total(kClass).samples, 181U);
    EXPECT_DOUBLE_EQ(audit.total(kClass).error, 120) << "the sums go on";
}

}  // namespace
}  // namespace remora
