// What the log says of changed configurations that are not used.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/counter_table.h"
#include "engine/reload.h"
#include "support/fake_clock.h"
#include "support/kept_log.h"

namespace remora {
namespace {

TEST(ReloadRefusalTest, EachHasItsHeadingAndAllItsProblemsAlsoWithinAMinute) {
    FakeClock clock;
    CounterTable counters;
    KeptLog lines;
    Log log(lines, clock, counters);
    ReloadHandover handover;
    Reloader reloader(
        {}, handover, clock, counters, log,
        [](const OutputConfig&, const Config&) { return std::unique_ptr<OutputPipe>(); }, [] {});
    const auto refuse = [&](const std::vector<Problem>& problems) {
        ParseOutcome outcome;
        outcome.errors = problems;
        reloader.changed(std::move(outcome));
    };
    const std::string heading = "the changed configuration is not used, the one before stays: ";
    refuse({{"a: wrong"}, {"b: wrong"}});
    refuse({{"b: wrong"}});
    EXPECT_EQ(lines.lines(),
              (std::vector<std::string>{heading + "2 error(s)", "a: wrong", "b: wrong",
                                        heading + "1 error(s)", "b: wrong"}));
    refuse({{"b: wrong"}});
    EXPECT_EQ(lines.lines().size(), 5U) << "the same again is not said again";
    clock.now_ns += 61 * kNanosPerSecond;
    refuse({{"b: wrong"}});
    ASSERT_EQ(lines.lines().size(), 7U);
    EXPECT_TRUE(lines.lines()[5].starts_with(heading + "1 error(s)")) << lines.lines()[5];
    EXPECT_TRUE(lines.lines()[6].starts_with("b: wrong")) << lines.lines()[6];
    EXPECT_EQ(counters.get(Counter::kConfigReloadsFailed), 4U);
}

}  // namespace
}  // namespace remora
