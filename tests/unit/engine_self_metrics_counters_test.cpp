// Counters of the agent itself never fall, and keep their places among the samples.
#include "engine/self_metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>

#include "support/encode_rig.h"

namespace remora {
namespace {

constexpr std::size_t kFamiliesMax = 4;

class SelfCountersTest : public testing::Test {
 protected:
    const std::vector<SelfSample>& collect() {
        quarantined_.clear();
        // Gauges that come and go.
        for (std::size_t i = 0; i < ticks_ % 3; ++i) {
            quarantined_.push_back({"kafka.server:type=Bad", "threw"});
        }
        ++ticks_;
        std::vector<FamilyCost> families;
        for (const auto& [name, cost] : costs_) {
            families.push_back(cost);
            families.back().family = name;
        }
        return metrics_.collect(SelfLevel::kFull, {wall_ms_, ages_, accuracy_, outputs_, families,
                                                   refusals_, hidden_, quarantined_});
    }
    void read(const std::string& family, std::uint64_t reads, double total_ns) {
        FamilyCost& cost = costs_[family];
        cost.reads += reads;
        cost.total_ns += total_ns;
        cost.cached.misses += reads;
        counters_.add(Counter::kUnitsRead, reads);
    }
    static std::string key_of(const SelfSample& sample) {
        std::string key = sample.series.name;
        for (const Label& label : sample.series.labels) {
            key += "|" + label.name + "=" + label.value;
        }
        return key;
    }

    CounterTable counters_;
    SelfMetrics metrics_{counters_, "1.0", kFamiliesMax};
    Ages ages_;
    AccuracyAudit accuracy_;
    std::map<std::string, FamilyCost> costs_;
    std::vector<OutputCounts> outputs_;
    std::vector<FamilySeries> refusals_;
    std::vector<FamilySeries> hidden_;
    std::vector<QuarantinedUnit> quarantined_;
    std::int64_t wall_ms_ = 1'700'000'000'000;
    std::size_t ticks_ = 0;
};

// Twenty families come one after another, each more expensive than those before: the rank of each
// changes.
TEST_F(SelfCountersTest, CountersNeverFallComeTwiceOrChangePlaces) {
    std::map<std::string, double> last;
    std::map<std::string, std::size_t> places;
    for (int tick = 0; tick < 200; ++tick) {
        for (int i = 0; i <= std::min(tick / 5, 19); ++i) {
            read("family" + std::to_string(i), 1, 1000.0 * i * i * i);
        }
        accuracy_.add(static_cast<UnitClass>(tick / 40), 0.5);
        ages_.clear();
        if (tick % 4 != 0) {
            ages_.add(UnitClass::kTopic, 1, 1);
        }
        const std::vector<SelfSample>& samples = collect();
        std::map<std::string, double> now;
        for (std::size_t i = 0; i < samples.size(); ++i) {
            if (samples[i].series.type != MetricType::kCounter) {
                continue;
            }
            const std::string key = key_of(samples[i]);
            EXPECT_TRUE(now.emplace(key, samples[i].value).second) << key << " twice";
            EXPECT_EQ(places.emplace(key, i).first->second, i) << key << " moved, tick " << tick;
        }
        for (const auto& [key, value] : last) {
            ASSERT_EQ(now.count(key), 1U) << key << " has left, tick " << tick;
            EXPECT_GE(now[key], value) << key << ", tick " << tick;
        }
        last = std::move(now);
    }
    const auto families = std::count_if(last.begin(), last.end(), [](const auto& one) {
        return one.first.rfind("remora_family_reads_total", 0) == 0;
    });
    EXPECT_EQ(families, 2 * static_cast<std::ptrdiff_t>(kFamiliesMax));
}

// The sum of what DogStatsD is sent is what the counters grew by since they were first seen.
TEST_F(SelfCountersTest, GrowthThatIsSentLosesNothing) {
    EncoderOptions options;
    options.format = OutputFormat::kDogstatsd;
    EncodeRig rig(options);
    std::map<std::string, double> first;
    std::map<std::string, double> grown;
    for (int tick = 0; tick < 60; ++tick) {
        for (int i = 0; i <= std::min(tick / 5, 7); ++i) {
            read("family" + std::to_string(i), 3, 1000.0 * i * i * i);
        }
        for (const SelfSample& sample : collect()) {
            if (sample.series.name == "remora_family_reads_total") {
                first.emplace(sample.series.labels[0].value, sample.value);
            }
        }
        std::istringstream lines(rig.tick(wall_ms_ += 10'000, collect()));
        for (std::string line; std::getline(lines, line);) {
            const std::string name = "remora_family_reads_total:";
            const std::size_t tag = line.find("family:");
            if (line.rfind(name, 0) == 0 && tag != std::string::npos) {
                grown[line.substr(tag + 7, 7)] += std::stod(line.substr(name.size()));
            }
        }
    }
    EXPECT_EQ(first.size(), 8U);
    for (const auto& [family, value] : first) {
        EXPECT_EQ(grown[family], static_cast<double>(costs_[family].reads) - value) << family;
    }
}

}  // namespace
}  // namespace remora
