// The text of fractions is kept between ticks. What is written must be as if it were not.
#include <gtest/gtest.h>

#include <random>

#include "support/encode_rig.h"

namespace remora {
namespace {

// But for OTLP, whose families remember that they have fractions.
constexpr OutputFormat kFormats[] = {OutputFormat::kPrometheus, OutputFormat::kOpenMetrics,
                                     OutputFormat::kNdjson,     OutputFormat::kInflux,
                                     OutputFormat::kGraphite,   OutputFormat::kStatsd,
                                     OutputFormat::kDogstatsd};

EncoderOptions options_of(OutputFormat format) {
    EncoderOptions options;
    options.format = format;
    return options;
}

void add(EncodeRig& rig, int id, double value) {
    rig.add("a:type=X,id=" + std::to_string(id),
            {make_series(id % 2 == 0 ? "even" : "odd", MetricType::kGauge,
                         {{"id", std::to_string(id)}})},
            {value});
}

// Values that an encoder without a past writes.
std::string fresh_text(OutputFormat format, EncodeRig& rig, int first, int count) {
    EncodeRig fresh(options_of(format), 32 * 1024, 64);
    for (int id = 0; id < count; ++id) {
        add(fresh, id, rig.cache.value(static_cast<UnitId>(id)));
        if (id < first) {
            fresh.encoder->remove_unit(static_cast<UnitId>(id));
        }
    }
    return fresh.tick();
}

TEST(KeptNumbersTest, LinesAreThoseOfAnEncoderWithoutAPast) {
    for (const OutputFormat format : kFormats) {
        std::mt19937_64 random(7);
        const double hostile[] = {
            -1.7976931348623157e+308, -2.2250738585072014e-308, 5e-324, -0.0, 0.1, 1e22,
            9007199254740993.0,       -1234567.890123456};
        EncodeRig rig(options_of(format), 32 * 1024, 64);
        int count = 0;
        int first = 0;
        for (int tick = 0; tick < 12; ++tick) {
            for (const int until = count + 100; count < until; ++count) {
                add(rig, count, count * 0.37);
            }
            // From the sixth tick on old ones go, until the store closes their gaps.
            for (const int until = tick < 6 ? 0 : (tick - 5) * 100; first < until; ++first) {
                rig.encoder->remove_unit(static_cast<UnitId>(first));
            }
            for (int id = 0; id < count; id += 3) {
                const std::uint64_t dice = random();
                rig.cache.value(static_cast<UnitId>(id)) =
                    dice % 2 == 0 ? hostile[dice / 2 % std::size(hostile)]
                                  : static_cast<double>(dice) / 1e13;
            }
            ASSERT_EQ(rig.tick(), fresh_text(format, rig, first, count))
                << static_cast<int>(format) << " tick " << tick;
        }
    }
}

}  // namespace
}  // namespace remora
