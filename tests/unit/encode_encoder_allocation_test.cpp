// Its own operator new counts what a steady tick allocates.
#include <gtest/gtest.h>

#include "support/counted_new.h"
#include "support/encode_rig.h"

namespace remora {
namespace {

TEST(AllocationTest, ASteadyTickAllocatesNothingInAnyFormat) {
    for (const OutputFormat format :
         {OutputFormat::kPrometheus, OutputFormat::kOpenMetrics, OutputFormat::kNdjson,
          OutputFormat::kOtlpJson, OutputFormat::kInflux, OutputFormat::kGraphite,
          OutputFormat::kStatsd, OutputFormat::kDogstatsd}) {
        for (const EmitMode emit : {EmitMode::kAll, EmitMode::kChanged}) {
            EncoderOptions options;
            options.format = format;
            options.emit = emit;
            options.keyframe_ms = 180'000;
            EncodeRig rig(options, 4096, 64);
            for (int i = 0; i < 200; ++i) {
                Series state =
                    make_series("s_info", MetricType::kGauge, {{"i", std::to_string(i)}});
                state.rule = ValueRule::kState;
                state.state_label = "state";
                rig.add("a:type=X",
                        {make_series("a", MetricType::kGauge, {{"i", std::to_string(i)}}),
                         make_series("b_total", MetricType::kCounter, {{"i", std::to_string(i)}}),
                         state},
                        {i * 0.37, static_cast<double>(i), 1});
            }
            rig.cache.texts() = {"", "leader"};
            std::vector<SelfSample> self;
            for (int i = 0; i < 20; ++i) {
                self.push_back({make_series("remora_" + std::to_string(i)), 1.0 * i});
            }
            rig.tick(1, self);
            rig.tick(2, self);
            const Values values = rig.cache.view();
            for (int tick = 3; tick < 6; ++tick) {
                self[3].value = tick;
                rig.cache.value(5) = tick;
                const std::size_t before = allocations;
                rig.encoder->begin_tick(tick, self);
                const bool complete = rig.encoder->encode_some(values, rig.channel);
                EXPECT_EQ(allocations, before) << static_cast<int>(format);
                EXPECT_TRUE(complete);
                rig.drain();
            }
        }
    }
}

}  // namespace
}  // namespace remora
