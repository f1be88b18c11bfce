#include "trace/trace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "support/temporary_directory.h"

namespace remora {
namespace {

class MemoryFile final : public TraceFile {
 public:
    explicit MemoryFile(std::vector<std::byte>& bytes) : bytes_(bytes) {}
    bool write(std::span<const std::byte> bytes) override {
        if (fails) {
            return false;
        }
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return true;
    }
    bool fails = false;

 private:
    std::vector<std::byte>& bytes_;
};

// Two units over three frames; the second goes, and its id is used again.
void write_example(TraceWriter& writer) {
    writer.add_family(0, "d:type=A,topic=*");
    writer.add_family(1, "d:type=B");
    writer.add_unit(
        0, {.family = 0, .unit_class = UnitClass::kTopic, .slots = 1, .name = "d:type=A,topic=x"});
    writer.add_unit(1, {.family = 1,
                        .kind = BeanKind::kHistogram,
                        .unit_class = UnitClass::kAlert,
                        .slots = 3,
                        .name = "d:type=B"});
    writer.on_time(5 * kNanosPerSecond);
    writer.on_value(0, 0, 41);
    writer.on_value(1, 0, 0.1);
    writer.on_value(1, 2, std::numeric_limits<double>::quiet_NaN());
    writer.on_cost(0, 2, 3000);
    writer.on_cost(0, 1, 500);
    writer.on_cost(0, 1, 9000);
    writer.on_time(6 * kNanosPerSecond);
    writer.on_value(0, 0, 41);
    writer.on_value(1, 0, -1e300);
    writer.remove_unit(1);
    writer.add_unit(1, {.family = 0, .slots = 1, .name = "d:type=A,topic=y"});
    writer.on_time(7 * kNanosPerSecond + 500 * kNanosPerMilli);
    writer.on_value(1, 0, 9007199254740993.0);
    writer.on_value(0, 0, -3);
    writer.finish();
}

TEST(TraceTest, ReadsBackWhatWasWritten) {
    std::vector<std::byte> bytes;
    TraceWriter writer(std::make_unique<MemoryFile>(bytes), 1 << 20);
    write_example(writer);
    const auto read = parse_trace(bytes);
    ASSERT_TRUE(read.is_ok()) << read.status().message();
    const Trace& trace = read.value();
    EXPECT_TRUE(trace.is_complete);
    ASSERT_EQ(trace.units.size(), 3U);
    EXPECT_EQ(trace.units[1].name, "d:type=B");
    EXPECT_EQ(trace.units[0].unit_class, UnitClass::kTopic);
    EXPECT_EQ(trace.units[1].unit_class, UnitClass::kAlert);
    EXPECT_EQ(trace.units[2].unit_class, UnitClass::kPartition);
    EXPECT_EQ(trace.units[1].kind, BeanKind::kHistogram);
    EXPECT_EQ(trace.units[1].gone, 1U);
    EXPECT_EQ(trace.units[2].born, 2U) << "from its first value on, not from registration";
    EXPECT_EQ(trace.units[2].gone, 3U);
    EXPECT_EQ(trace.slots, 5U);
    ASSERT_EQ(trace.frames.size(), 3U);
    EXPECT_EQ(trace.frames[2].ms, 2500);
    EXPECT_EQ(trace.families[0].name, "d:type=A,topic=*");
    EXPECT_EQ(trace.families[0].median_ns, 1500);
    ASSERT_EQ(trace.changes.size(), 6U) << "what did not change has no record";
    EXPECT_EQ(trace.changes[0].value, 41);
    EXPECT_EQ(trace.changes[1].value, 0.1);
    EXPECT_TRUE(std::isnan(trace.changes[2].value));
    EXPECT_EQ(trace.changes[3].value, -1e300);
    EXPECT_EQ(trace.changes[4].value, 9007199254740993.0);
    EXPECT_EQ(trace.changes[4].slot, 4U);
    EXPECT_EQ(trace.changes[5].value, -3);
}

TEST(TraceTest, AUnitIsThereFromItsFirstValueOnAlsoWhenThatIsZero) {
    std::vector<std::byte> bytes;
    TraceWriter writer(std::make_unique<MemoryFile>(bytes), 1 << 20);
    writer.add_unit(0, {.slots = 1, .name = "d:type=Zero"});
    writer.add_unit(1, {.slots = 1, .name = "d:type=Never"});
    writer.add_unit(2, {.slots = 1, .name = "d:type=GoneBefore"});
    writer.remove_unit(2);
    for (int second = 1; second <= 4; ++second) {
        writer.on_time(second * kNanosPerSecond);
        if (second >= 3) {
            writer.on_value(0, 0, 0.0);
        }
    }
    writer.finish();
    const auto read = parse_trace(bytes);
    ASSERT_TRUE(read.is_ok()) << read.status().message();
    const Trace& trace = read.value();
    ASSERT_EQ(trace.units.size(), 3U);
    EXPECT_EQ(trace.units[0].born, 2U);
    EXPECT_EQ(trace.units[0].gone, 4U);
    EXPECT_EQ(trace.units[1].born, trace.units[1].gone);
    EXPECT_EQ(trace.units[2].born, trace.units[2].gone);
    EXPECT_TRUE(trace.changes.empty());
}

TEST(TraceTest, NeverWritesMoreThanItsBound) {
    for (const std::uint64_t most : {0U, 8U, 9U, 50U, 200U, 5000U, 300'000U}) {
        std::vector<std::byte> bytes;
        {
            TraceWriter writer(std::make_unique<MemoryFile>(bytes), most);
            writer.add_unit(0, {.slots = 1, .name = "d:type=A"});
            for (int second = 1; second < 30'000; ++second) {
                writer.on_time(second * kNanosPerSecond);
                writer.on_value(0, 0, second * 0.37);
            }
        }
        EXPECT_LE(bytes.size(), most);
        if (most > 8) {
            const auto read = parse_trace(bytes);
            ASSERT_TRUE(read.is_ok());
            EXPECT_TRUE(read.value().is_complete);
        }
    }
}

TEST(TraceTest, EndsWhenTheDiskRefuses) {
    std::vector<std::byte> bytes;
    auto file = std::make_unique<MemoryFile>(bytes);
    file->fails = true;
    TraceWriter writer(std::move(file), 1 << 30);
    writer.add_unit(0, {.slots = 1, .name = "d:type=A"});
    for (int second = 1; second < 30'000; ++second) {
        writer.on_time(second * kNanosPerSecond);
        writer.on_value(0, 0, second * 0.37);
    }
    EXPECT_TRUE(writer.is_full());
}

TEST(TraceTest, ReadsATraceThatWasCutOffUpToTheLastWholeFrame) {
    std::vector<std::byte> bytes;
    TraceWriter writer(std::make_unique<MemoryFile>(bytes), 1 << 20);
    write_example(writer);
    for (std::size_t size = 8; size + 1 < bytes.size(); ++size) {
        const auto read = parse_trace({bytes.data(), size});
        ASSERT_TRUE(read.is_ok()) << size;
        EXPECT_FALSE(read.value().is_complete);
        for (const TraceFrame& frame : read.value().frames) {
            EXPECT_LE(frame.end_change, read.value().changes.size());
        }
    }
}

TEST(TraceTest, SurvivesDamagedBytes) {
    std::vector<std::byte> bytes;
    TraceWriter writer(std::make_unique<MemoryFile>(bytes), 1 << 20);
    write_example(writer);
    std::mt19937 random(9);
    for (int i = 0; i < 20'000; ++i) {
        std::vector<std::byte> damaged = bytes;
        for (unsigned k = 0; k <= random() % 3; ++k) {
            damaged[random() % damaged.size()] = static_cast<std::byte>(random());
        }
        const auto read = parse_trace(damaged);
        if (read.is_ok()) {
            for (const TraceChange& change : read.value().changes) {
                ASSERT_LT(change.slot, read.value().slots);
            }
        }
    }
    EXPECT_EQ(parse_trace({}).status().code(), Code::kCorrupt);
    EXPECT_EQ(read_trace("/nonexistent/trace").status().code(), Code::kNotFound);
}

TEST(TraceTest, OnlyATraceThatNobodyRecordsIsEmptied) {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/full.trace";
    const auto write = [&](const std::string& text) { std::ofstream(path) << text; };
    const auto size = [&] { return std::filesystem::file_size(path); };
    for (const std::string theirs : {"{}", "R", "RM\nand more"}) {
        write(theirs);
        const auto refused = create_trace_file(path);
        EXPECT_EQ(refused.status().code(), Code::kIo);
        EXPECT_NE(refused.status().message().find("another program wrote it"), std::string::npos);
        EXPECT_EQ(size(), theirs.size()) << theirs;
    }
    for (const std::string ours : {"", "RMRTRC1\nan older one", "RMRTRC3\nE"}) {
        write(ours);
        EXPECT_TRUE(create_trace_file(path)) << ours;
        EXPECT_EQ(size(), 0U) << ours;
    }
    const auto first = create_trace_file(path);
    ASSERT_TRUE(first);
    EXPECT_NE(create_trace_file(path).status().message().find("another process records into it"),
              std::string::npos);
    EXPECT_NE(create_trace_file(directory.path() + "/none/full.trace")
                  .status()
                  .message()
                  .find("No such file or directory"),
              std::string::npos);
}

}  // namespace
}  // namespace remora
