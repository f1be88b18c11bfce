// What an output carries of the agent itself, by level.
#include "engine/self_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <string>
#include <vector>

#include "support/golden.h"

namespace remora {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

class SelfMetricsTest : public ::testing::Test {
 protected:
    SelfMetricsTest() : self_(counters_, "1.2.3", 64) {
        for (std::size_t i = 0; i < kUnitClasses; ++i) {
            ages_.add(static_cast<UnitClass>(i), 1.5F, 10);
            accuracy_.add(static_cast<UnitClass>(i), 0.25);
        }
        families_.resize(200);
        for (std::size_t i = 0; i < families_.size(); ++i) {
            family_names_.push_back("family" + std::to_string(i));
        }
        for (std::size_t i = 0; i < families_.size(); ++i) {
            families_[i].family = family_names_[i];
            families_[i].total_ns = static_cast<double>(i);
        }
    }

    // "name{label=value,...}" -> value
    std::map<std::string, double> collect(SelfLevel level) {
        std::map<std::string, double> all;
        for (const SelfSample& sample :
             self_.collect(level, {1'700'000'000'500, ages_, accuracy_, outputs_, families_,
                                   refusals_, hidden_, quarantined_})) {
            std::string text = sample.series.name;
            for (const Label& label : sample.series.labels) {
                text += (text.back() == '}' ? "" : "{") + label.name + "=" + label.value + "}";
            }
            EXPECT_TRUE(all.emplace(text, sample.value).second) << text;
        }
        return all;
    }

    CounterTable counters_;
    CounterTable disk_{&counters_};
    CounterTable udp_{&counters_};
    Ages ages_;
    AccuracyAudit accuracy_;
    std::vector<OutputCounts> outputs_ = {{"disk", disk_}, {"udp-1", udp_}};
    std::vector<std::string> family_names_;
    std::vector<FamilyCost> families_;
    std::vector<FamilySeries> refusals_ = {{"f", 7}};
    std::vector<FamilySeries> hidden_ = {{"f", 8}};
    std::vector<QuarantinedUnit> quarantined_ = {{"a:type=X", "threw"}};
    SelfMetrics self_;
};

TEST_F(SelfMetricsTest, BasicTellsWhetherTheValuesCanBeBelievedInSomeThirtySeries) {
    const auto basic = collect(SelfLevel::kBasic);
    for (const char* wanted :
         {"remora_up", "remora_last_tick_timestamp_seconds", "remora_build_info{version=1.2.3}",
          "remora_value_age_seconds{class=alert}quantile=1}",
          "remora_accuracy_error_ratio{class=partition}", "remora_values_expired",
          "remora_cpu_used_ppm", "remora_faults_total", "remora_units_quarantined"}) {
        EXPECT_THAT(basic, Contains(Key(wanted)));
    }
    // Of two outputs and all five classes; most brokers have one and three.
    EXPECT_LE(basic.size(), 42U);
    outputs_.pop_back();
    EXPECT_LE(collect(SelfLevel::kBasic).size(), basic.size() - 4);
}

TEST_F(SelfMetricsTest, TheShippedAlertRulesNeedNoMoreThanBasic) {
    const auto basic = collect(SelfLevel::kBasic);
    const std::regex expression("expr: (.*)");
    const std::regex metric("remora_[a-z_]+");
    const std::string rules = read_source_file("alerts/remora.yml");
    std::size_t found = 0;
    for (std::sregex_iterator one(rules.begin(), rules.end(), expression), end; one != end; ++one) {
        const std::string text = (*one)[1];
        for (std::sregex_iterator name(text.begin(), text.end(), metric); name != end; ++name) {
            const auto at = basic.lower_bound(name->str());
            EXPECT_TRUE(at != basic.end() && at->first.starts_with(name->str())) << name->str();
            ++found;
        }
    }
    EXPECT_GT(found, 4U);
}

TEST_F(SelfMetricsTest, FullHoldsEveryCounterTheFamiliesAndBasic) {
    const auto full = collect(SelfLevel::kFull);
    for (const auto& [name, value] : collect(SelfLevel::kBasic)) {
        EXPECT_THAT(full, Contains(Pair(name, value)));
    }
    EXPECT_THAT(full, Contains(Pair("remora_unit_quarantined{mbean=a:type=X}reason=threw}", 1)));
    EXPECT_THAT(full, Contains(Pair("remora_family_series_refused{family=f}", 7)));
    EXPECT_THAT(full, Contains(Key("remora_family_reads_total{family=family199}")));
    std::size_t found = 0;
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        const std::string name =
            std::string("remora_") + counter_info(static_cast<Counter>(i)).metric;
        found += full.count(name) + full.count(name + "{output=disk}");
    }
    EXPECT_EQ(found, kCounterCount);
}

TEST_F(SelfMetricsTest, OffHoldsNothing) {
    collect(SelfLevel::kFull);
    EXPECT_THAT(collect(SelfLevel::kOff), IsEmpty());
}

TEST_F(SelfMetricsTest, WhatAnOutputCountsCarriesItsName) {
    disk_.add_shared(Counter::kSinkErrors, 3);
    udp_.add_shared(Counter::kSinkErrors, 4);
    udp_.add(Counter::kTicksSkipped, 5);
    EXPECT_EQ(counters_.get(Counter::kSinkErrors), 7U) << "the counters file has the sum";
    EXPECT_EQ(counters_.get(Counter::kTicksSkipped), 5U);
    for (const SelfLevel level : {SelfLevel::kBasic, SelfLevel::kFull}) {
        const auto all = collect(level);
        EXPECT_THAT(all, Contains(Pair("remora_sink_errors_total{output=disk}", 3)));
        EXPECT_THAT(all, Contains(Pair("remora_sink_errors_total{output=udp-1}", 4)));
        EXPECT_THAT(all, Contains(Pair("remora_ticks_skipped_total{output=udp-1}", 5)));
        EXPECT_THAT(all, Not(Contains(Key("remora_sink_errors_total"))));
    }
}

TEST_F(SelfMetricsTest, TheSamplesOfALevelOutliveACallForAnother) {
    const std::vector<SelfSample>& basic =
        self_.collect(SelfLevel::kBasic,
                      {1, ages_, accuracy_, outputs_, families_, refusals_, hidden_, quarantined_});
    const std::size_t size = basic.size();
    collect(SelfLevel::kFull);
    ASSERT_EQ(basic.size(), size);
    EXPECT_EQ(basic[0].series.name, "remora_up");
}

}  // namespace
}  // namespace remora
