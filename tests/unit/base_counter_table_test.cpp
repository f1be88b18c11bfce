#include "base/counter_table.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "support/temporary_directory.h"

namespace remora {
namespace {

TEST(CounterFileTest, IsReadBackAsWritten) {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/counters";
    CounterTable counters;
    counters.add(Counter::kTicks, 7);
    counters.set(Counter::kUnits, 9);
    CounterFileHead head{{7, 8, 9}, 100,  200,
                         5'000,     true, {{"prometheus", "full", "/a b/kafka.prom"}}};
    head.outputs.push_back({"statsd", "off", "127.0.0.1:8125"});
    ASSERT_TRUE(write_counter_file(path, counters, head));
    const Result<CounterFile> file = read_counter_file(path);
    ASSERT_TRUE(file) << file.status().message();
    EXPECT_EQ(file.value().process, head.process);
    EXPECT_EQ(file.value().start_wall_ms, 100);
    EXPECT_EQ(file.value().written_wall_ms, 200);
    EXPECT_EQ(file.value().interval_ms, 5'000);
    EXPECT_TRUE(file.value().is_over);
    EXPECT_EQ(file.value().outputs, head.outputs);
    ASSERT_EQ(file.value().readings.size(), kCounterCount);
    EXPECT_EQ(file.value().readings[static_cast<std::size_t>(Counter::kTicks)].value, 7U);
    EXPECT_TRUE(file.value().readings[static_cast<std::size_t>(Counter::kUnits)].is_gauge);
}

TEST(CounterFileTest, RefusesAnotherFile) {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/other";
    std::ofstream(path) << "something else";
    EXPECT_EQ(read_counter_file(path).status().code(), Code::kCorrupt);
    std::remove(path.c_str());
    EXPECT_EQ(read_counter_file(path).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace remora
