// A scraper that asks for OpenMetrics gets what the encoder of that format would have written.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "sink/openmetrics_text.h"
#include "support/dice.h"
#include "support/encode_rig.h"

namespace remora {
namespace {

EncoderOptions options_of(OutputFormat format) {
    EncoderOptions options;
    options.format = format;
    options.labels = {{"env", "test"}};
    return options;
}

// Each family of `page`, in order of their texts: the two encoders sort by names of their own.
std::vector<std::string> sorted_families(const std::string& page) {
    std::vector<std::string> all;
    for (const TextFamily& family : families_of(page)) {
        all.emplace_back(family.text);
    }
    std::sort(all.begin(), all.end());
    return all;
}

std::vector<Series> summary(const std::string& name) {
    std::vector<Series> all;
    for (const char* suffix : {"", "_sum", "_count"}) {
        Series series = make_series(name + suffix, MetricType::kSummary, {{"topic", "a \"b\""}});
        series.metric_family = name;
        series.help = "Some \"help\"\\\nof it";
        if (*suffix == '\0') {
            series.labels.push_back({"quantile", "0.99"});
        }
        all.push_back(series);
    }
    return all;
}

TEST(ScrapedPageTest, OpenMetricsOfAPageIsWhatItsEncoderWrites) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const std::vector<double> odd = {
        0,     -0.0,  1,         -1,         0.25,
        -0.25, 1e300, kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN()};
    const std::vector<MetricType> types = {MetricType::kGauge, MetricType::kCounter,
                                           MetricType::kUntyped, MetricType::kUpDownCounter};
    Dice dice(1);
    for (int round = 0; round < 50; ++round) {
        EncodeRig text(options_of(OutputFormat::kPrometheus));
        EncodeRig open(options_of(OutputFormat::kOpenMetrics));
        for (std::uint32_t i = 0; i < 40; ++i) {
            const std::string name = "m" + std::to_string(i) + (dice.below(2) == 0 ? "_total" : "");
            const std::string bean = "a:type=T" + std::to_string(i);
            std::vector<Series> series;
            if (dice.below(5) == 0) {
                series = summary(name);
            } else {
                const MetricType type = types[dice.below(static_cast<std::uint32_t>(types.size()))];
                series = {make_series(name, type, {{"t", "x y{} 1"}}), make_series(name, type)};
            }
            std::vector<double> values;
            for (std::size_t j = 0; j < series.size(); ++j) {
                values.push_back(odd[dice.below(static_cast<std::uint32_t>(odd.size()))]);
            }
            text.add(bean, series, values);
            open.add(bean, series, values);
        }
        std::size_t left_out = 0;
        const std::string made = openmetrics_of(text.tick(), left_out);
        EXPECT_EQ(sorted_families(made), sorted_families(open.tick()));
        EXPECT_EQ(left_out, 0U);
        EXPECT_TRUE(made.ends_with("\n# EOF\n"));
    }
}

}  // namespace
}  // namespace remora
