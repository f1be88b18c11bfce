#include "encode/series_store.h"

#include <gtest/gtest.h>

#include <string>

namespace remora::encode {
namespace {

using Added = SeriesStore::Added;

class SeriesStoreTest : public ::testing::Test {
 protected:
    Added add(std::uint32_t unit, const std::string& name, const std::string& labels,
              const std::string& metric_family = {}) {
        Rendered rendered;
        rendered.metric_family = metric_family.empty() ? name : metric_family;
        rendered.variant.name = name;
        rendered.text = labels;
        return store.add(unit, 0, MetricType::kGauge, std::move(rendered), {});
    }

    Added add_unit(std::uint32_t unit, const std::string& name, const std::string& labels) {
        store.begin_unit(unit);
        return add(unit, name, labels);
    }

    SeriesStore store{{}};
};

TEST_F(SeriesStoreTest, ANameWithItsLabelsIsTakenOnce) {
    EXPECT_EQ(add_unit(0, "size", "{topic=\"a\"}"), Added::kOk);
    EXPECT_EQ(add_unit(1, "size", "{topic=\"b\"}"), Added::kOk);
    EXPECT_EQ(add_unit(2, "size", "{topic=\"a\"}"), Added::kDuplicate);
    EXPECT_EQ(add_unit(3, "end", "{topic=\"a\"}"), Added::kOk);
    EXPECT_EQ(add(3, "size", "{topic=\"a\"}", "another_family"), Added::kDuplicate);
}

TEST_F(SeriesStoreTest, WhatIsGoneLeavesItsNameToOthers) {
    EXPECT_EQ(add_unit(0, "size", "{topic=\"a\"}"), Added::kOk);
    store.remove_unit(0);
    EXPECT_EQ(add_unit(1, "size", "{topic=\"a\"}"), Added::kOk);
    EXPECT_EQ(add_unit(0, "size", "{topic=\"a\"}"), Added::kDuplicate);
    EXPECT_EQ(add_unit(1, "size", "{topic=\"a\"}"), Added::kOk) << "its own, registered anew";
}

TEST_F(SeriesStoreTest, NamesStayTakenWhileTheTableGrowsAndEntriesMove) {
    constexpr std::uint32_t kUnits = 3000;
    const auto name_of = [](std::uint32_t unit) { return "family_" + std::to_string(unit % 7); };
    const auto labels_of = [](std::uint32_t unit) { return std::to_string(unit); };
    for (std::uint32_t unit = 0; unit < kUnits; ++unit) {
        ASSERT_EQ(add_unit(unit, name_of(unit), labels_of(unit)), Added::kOk);
    }
    for (std::uint32_t unit = 0; unit < kUnits; unit += 2) {
        store.remove_unit(unit);
    }
    store.tidy();
    for (std::uint32_t unit = 0; unit < kUnits; ++unit) {
        EXPECT_EQ(add_unit(kUnits + unit, name_of(unit), labels_of(unit)),
                  unit % 2 == 0 ? Added::kOk : Added::kDuplicate)
            << unit;
    }
}

TEST_F(SeriesStoreTest, LabelsThatManyFamiliesShareAreKeptOnce) {
    constexpr std::uint32_t kFamilies = 10;
    constexpr std::uint32_t kPartitions = 500;
    const auto labels_of = [](std::uint32_t partition) {
        return "{topic=\"orders\",partition=\"" + std::to_string(partition) + "\"}";
    };
    for (std::uint32_t unit = 0; unit < kFamilies * kPartitions; ++unit) {
        const std::string name = "family_" + std::to_string(unit / kPartitions);
        ASSERT_EQ(add_unit(unit, name, labels_of(unit % kPartitions)), Added::kOk);
    }
    const auto check = [&](std::uint32_t families) {
        store.tidy();
        ASSERT_EQ(store.group_count(), families);
        for (std::size_t at = 0; at < families; ++at) {
            const Group& group = store.group(at);
            ASSERT_EQ(group.entries.size(), kPartitions);
            for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
                const Entry& entry = group.entries[partition];
                EXPECT_EQ(store.text_of(entry), labels_of(partition));
                EXPECT_EQ(entry.text_at, store.group(0).entries[partition].text_at);
            }
        }
    };
    check(kFamilies);
    for (std::uint32_t unit = 0; unit < 4 * kPartitions; ++unit) {
        store.remove_unit(unit);
    }
    check(kFamilies - 4);
}

// A number that a rule takes from the value makes a variant of its own at each change.
TEST_F(SeriesStoreTest, SeriesWhoseVariantsComeAndGoStay) {
    constexpr std::uint32_t kQuiet = 20'000;
    for (std::uint32_t unit = 0; unit < kQuiet; ++unit) {
        ASSERT_EQ(add_unit(unit, "quiet", std::to_string(unit)), Added::kOk);
    }
    double number = 0;
    for (int tick = 0; tick < 100; ++tick) {
        for (std::uint32_t unit = kQuiet; unit < kQuiet + 100; ++unit) {
            store.begin_unit(unit);
            Rendered rendered;
            rendered.metric_family = "state";
            rendered.variant.name = "state";
            rendered.variant.factor = ++number;
            rendered.text = std::to_string(unit);
            ASSERT_EQ(store.add(unit, 0, MetricType::kGauge, std::move(rendered), {}), Added::kOk)
                << "tick " << tick;
        }
        store.tidy();
    }
}

}  // namespace
}  // namespace remora::encode
