// What holds for every unit whatever there is and whatever happens.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/clock.h"
#include "sample/sampler.h"
#include "support/dice.h"

namespace remora {
namespace {

using wire::ReadStatus;

// A configuration, units and reads by chance. What a unit may be read at is reckoned here, not by
// AgeBounds.
class RandomSampler {
 public:
    RandomSampler(unsigned seed, IntervalTable& intervals)
        : dice_(seed),
          intervals_(intervals),
          options_(random_options()),
          sampler_(options_, intervals) {
        for (UnitId unit = 0; unit < 80; ++unit) {
            add(unit);
        }
        for (FamilyId family = 0; family < kFamilies; ++family) {
            cost_ns_[family] = dice_.power(1.5, 8);
        }
    }

    void round() {
        for (FamilyId family = 0; family < kFamilies; ++family) {
            if (dice_.one_in(10)) {
                cost_ns_[family] = dice_.power(1.5, 8);
            }
            for (int group = 0; group < 5; ++group) {
                sampler_.on_cost(family, 1 + dice_.below(3), cost_ns_[family]);
            }
        }
        if (dice_.one_in(8)) {
            budget_ = dice_.one_in(6) ? 0 : dice_.power(1, 10);
        }
        if (dice_.one_in(40)) {
            options_ = random_options();
            sampler_.configure(options_);
            sampler_.solve(budget_, budget_);
        }
        for (UnitId unit = 0; unit < traits_.size(); ++unit) {
            if (dice_.one_in(200)) {
                sampler_.remove_unit(unit);
                add(unit);
            }
            const std::int64_t elapsed_ns = kNanosPerMilli * (1 + dice_.below(100'000));
            const ReadStatus status = dice_.one_in(50) ? ReadStatus::kThrew : ReadStatus::kOk;
            const float deviation = dice_.one_in(3) ? 0 : static_cast<float>(dice_.power(-4, 1.2));
            if (dice_.one_in(2)) {
                sampler_.observe(unit, deviation, elapsed_ns, status, 0);
            }
        }
        check();
        std::array<UnitId, 16> woken{};
        sampler_.collect_wakes(woken);
        sampler_.solve(budget_, budget_ / 0.92);
        check();
        most_step_ = std::max(most_step_, sampler_.step());
    }

    std::uint32_t most_step() const { return most_step_; }

 private:
    static constexpr FamilyId kFamilies = 12;

    SamplerOptions random_options() {
        SamplerOptions options;
        SamplingConfig& sampling = options.sampling;
        const std::array<SamplingPolicy, 5> policies = {
            SamplingPolicy::kAdaptive, SamplingPolicy::kAdaptive, SamplingPolicy::kAdaptive,
            SamplingPolicy::kVariance, SamplingPolicy::kFixed};
        sampling.policy = policies[dice_.below(5)];
        sampling.base_interval_ms = 1'000 * (1 + dice_.below(60));
        sampling.min_interval_ms = sampling.base_interval_ms;
        if (dice_.one_in(3)) {
            sampling.base_interval_ms = 4 * sampling.min_interval_ms;
        }
        const auto least = sampling.base_interval_ms;
        sampling.topic_max_interval_ms = least + 1'000 * (dice_.below(60));
        sampling.client_max_interval_ms = least + 1'000 * (dice_.below(60));
        sampling.partition_max_interval_ms = least + 1'000 * (dice_.below(300));
        sampling.decay = dice_.power(-3, 0);
        options.quantum_ms = static_cast<std::uint32_t>(sampling.min_interval_ms);
        return options;
    }

    void add(UnitId unit) {
        UnitTraits traits;
        traits.family = dice_.below(kFamilies);
        traits.unit_class = static_cast<UnitClass>(dice_.below(kUnitClasses));
        traits.importance = static_cast<float>(dice_.power(-1, 1));
        traits.values = static_cast<std::uint16_t>(1 + dice_.below(20));
        if (dice_.one_in(6)) {
            traits.max_interval_ms = 1'000 * (1 + dice_.below(300));
            traits.min_interval_ms = dice_.one_in(2) ? traits.max_interval_ms : 0;
            traits.base_interval_ms = traits.min_interval_ms;
        }
        ASSERT_TRUE(intervals_.reserve(unit));
        ASSERT_TRUE(sampler_.add_unit(unit, traits));
        traits_.resize(std::max<std::size_t>(traits_.size(), unit + 1));
        traits_[unit] = traits;
    }

    std::int64_t class_bound_ms(UnitId unit) const {
        const SamplingConfig& sampling = options_.sampling;
        switch (traits_[unit].unit_class) {
            case UnitClass::kAlert:
                break;
            case UnitClass::kBroker: {
                const double cost =
                    static_cast<double>(sampler_.costs().typical_ns(traits_[unit].family)) +
                    60.0 * traits_[unit].values;
                // What is known at a solve holds until the next one.
                return cost <= 300'000 &&
                               sampler_.bound_ms(unit) <= std::uint64_t(sampling.base_interval_ms)
                           ? sampling.base_interval_ms
                           : std::max<std::int64_t>(30'000, sampling.base_interval_ms);
            }
            case UnitClass::kTopic:
                return sampling.topic_max_interval_ms;
            case UnitClass::kClient:
                return sampling.client_max_interval_ms;
            case UnitClass::kPartition:
                return sampling.partition_max_interval_ms;
        }
        return sampling.base_interval_ms;
    }

    std::uint64_t in_whole_rounds(std::uint32_t interval_ms) const {
        const std::uint32_t round_ms = options_.quantum_ms;
        return std::max(interval_ms / round_ms, 1U) * std::uint64_t{round_ms};
    }

    void check() const {
        const Widening widening = Shedding::widening(sampler_.step());
        const SamplingConfig& sampling = options_.sampling;
        for (UnitId unit = 0; unit < traits_.size(); ++unit) {
            const UnitTraits& traits = traits_[unit];
            const std::uint32_t ms = intervals_.get(unit);
            if (sampler_.health().is_failing(unit)) {
                ASSERT_LE(ms, HealthOptions{}.max_interval_ms);
                continue;
            }
            const bool is_lasting =
                traits.unit_class == UnitClass::kAlert || traits.unit_class == UnitClass::kBroker;
            const std::uint32_t factor = is_lasting || traits.max_interval_ms != 0 ? 1
                                         : traits.unit_class == UnitClass::kPartition
                                             ? widening.partition
                                             : widening.topic;
            if (ms == kIntervalNever) {
                ASSERT_FALSE(is_lasting);
                ASSERT_EQ(factor, 0U);
                ASSERT_TRUE(sampler_.is_shed(unit));
                continue;
            }
            const std::uint64_t min_ms = traits.min_interval_ms != 0
                                             ? in_whole_rounds(traits.min_interval_ms)
                                             : std::uint64_t(sampling.min_interval_ms);
            const std::uint64_t bound_ms = std::max(
                traits.max_interval_ms != 0 ? in_whole_rounds(traits.max_interval_ms)
                                            : static_cast<std::uint64_t>(class_bound_ms(unit)),
                min_ms);
            ASSERT_EQ(sampler_.bound_ms(unit) <= bound_ms, true)
                << sampler_.bound_ms(unit) << " > " << bound_ms;
            ASSERT_NE(factor, 0U) << "given up and still read";
            ASSERT_LE(ms, bound_ms * factor)
                << unit_class_name(traits.unit_class) << ", step " << sampler_.step();
            ASSERT_GE(ms, min_ms);
        }
    }

    Dice dice_;
    IntervalTable& intervals_;
    SamplerOptions options_;
    Sampler sampler_;
    std::vector<UnitTraits> traits_;
    std::array<double, kFamilies> cost_ns_{};
    double budget_ = 1e7;
    std::uint32_t most_step_ = 0;
};

TEST(SamplerPropertyTest, NoIntervalEverExceedsItsWidenedBoundAndNoAlertIsGivenUp) {
    std::uint32_t most_step = 0;
    for (unsigned seed = 1; seed <= 60; ++seed) {
        IntervalTable intervals;
        RandomSampler one(seed, intervals);
        for (int round = 0; round < 100; ++round) {
            one.round();
            ASSERT_FALSE(testing::Test::HasFatalFailure())
                << "seed " << seed << ", round " << round;
        }
        most_step = std::max(most_step, one.most_step());
    }
    EXPECT_EQ(most_step, Shedding::kSteps - 1) << "or this tried too little";
}

}  // namespace
}  // namespace remora
