// Names, labels and values that nobody should choose and somebody will, in one format, for the
// format's real parsers: hostile_lines FORMAT SEED. Or clients that look alike: hostile_lines
// FORMAT alike. Lines go to stdout; on stderr how many series there were and how many were refused.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "support/encode_rig.h"

namespace remora {
namespace {

constexpr int kSeries = 600;

const std::vector<std::string>& bits() {
    static const std::vector<std::string> all = {"a",
                                                 "B9",
                                                 "_",
                                                 "__",
                                                 "__name__",
                                                 "time",
                                                 "name",
                                                 "le",
                                                 "quantile",
                                                 "job",
                                                 "instance",
                                                 "value",
                                                 "NaN",
                                                 " ",
                                                 ",",
                                                 "=",
                                                 "\"",
                                                 "'",
                                                 "\\",
                                                 "\\n",
                                                 "\n",
                                                 "\r\n",
                                                 "\t",
                                                 std::string(1, '\0'),
                                                 "\x01",
                                                 "\x1b[31m",
                                                 "\x7f",
                                                 "{",
                                                 "}",
                                                 "#",
                                                 "|",
                                                 ":",
                                                 "@",
                                                 ";",
                                                 "~",
                                                 "/",
                                                 "..",
                                                 "../../etc",
                                                 "*",
                                                 "?",
                                                 "%s%n",
                                                 "$",
                                                 "\xC3\xA9",
                                                 "\xE2\x82\xAC",
                                                 "\xF0\x9F\x98\x80",
                                                 "\xFF",
                                                 "\xC3",
                                                 "\xED\xA0\x80",
                                                 "\xC0\x80",
                                                 "0",
                                                 "-1",
                                                 "1e9",
                                                 "+Inf",
                                                 "_total",
                                                 "_count",
                                                 "_sum",
                                                 "_bucket",
                                                 ".",
                                                 "-",
                                                 "\xE2\x80\xA8",
                                                 "</script>",
                                                 "a\"b\\c",
                                                 "&amp;",
                                                 "\xEF\xBB\xBF",
                                                 "\xE2\x80\x8B",
                                                 "x"};
    return all;
}

const std::vector<double>& values() {
    using Limits = std::numeric_limits<double>;
    static const std::vector<double> all = {0.0,
                                            -0.0,
                                            1.0,
                                            -1.0,
                                            0.1,
                                            -2.5,
                                            1e-7,
                                            123456789.125,
                                            9007199254740991.0,
                                            9007199254740993.0,
                                            1.8446744073709552e19,
                                            Limits::max(),
                                            Limits::lowest(),
                                            Limits::min(),
                                            Limits::denorm_min(),
                                            -Limits::denorm_min(),
                                            Limits::epsilon(),
                                            Limits::quiet_NaN(),
                                            Limits::infinity(),
                                            -Limits::infinity()};
    return all;
}

class Maker {
 public:
    explicit Maker(unsigned seed) : random_(seed) {}

    std::string text(std::size_t parts_max) {
        if (below(40) == 0) {
            return std::string(64 * 1024, "x\n\"\xFF"[below(4)]);
        }
        std::string made;
        for (std::size_t i = below(parts_max) + 1; i > 0; --i) {
            made += bits()[below(bits().size())];
        }
        return made;
    }
    double value() { return values()[below(values().size())]; }
    std::size_t below(std::size_t count) { return random_() % count; }

 private:
    std::mt19937 random_;
};

Series hostile(Maker& maker, int number) {
    Series series = make_series(maker.text(4) + "_n" + std::to_string(number));
    series.type = maker.below(4) == 0 ? MetricType::kCounter : MetricType::kGauge;
    series.help = maker.text(6);
    series.attribute = maker.text(2);
    for (std::size_t i = maker.below(4); i > 0; --i) {
        series.labels.push_back({maker.text(3), maker.text(5)});
    }
    return series;
}

std::vector<Series> summary(Maker& maker, int number) {
    std::vector<Series> all;
    const std::string metric_family = "s_" + std::to_string(number);
    const std::vector<Label> labels = {{maker.text(2), maker.text(4)}};
    for (const char* tail : {"0.5", "0.99", "_sum", "_count"}) {
        Series one = make_series(metric_family, MetricType::kSummary, labels);
        if (tail[0] == '_') {
            one.name += tail;
        } else {
            one.labels.push_back({"quantile", tail});
        }
        one.help = maker.text(3);
        all.push_back(one);
    }
    return all;
}

const std::map<std::string, OutputFormat>& formats() {
    static const std::map<std::string, OutputFormat> all = {
        {"prometheus", OutputFormat::kPrometheus}, {"openmetrics", OutputFormat::kOpenMetrics},
        {"ndjson", OutputFormat::kNdjson},         {"otlp", OutputFormat::kOtlpJson},
        {"influx", OutputFormat::kInflux},         {"graphite", OutputFormat::kGraphite},
        {"statsd", OutputFormat::kStatsd},         {"dogstatsd", OutputFormat::kDogstatsd}};
    return all;
}

// One metric of clients that look alike where a format cannot hold their names; the values are 1 to
// their number.
int run_alike(const std::string& name) {
    static const std::vector<std::string> clients = {
        "x_y",  "x|y",  "x;y",  "x y",  "x,y", "x.y", "x\\y",   "x#y",    "x/y",  "x=y", "x\ty",
        "日本", "中国", "北京", "上海", "é",   "e",   "москва", "Москва", "日札", "x-y"};
    EncoderOptions options;
    options.format = formats().at(name);
    EncodeRig rig(options, 1'400, 64);
    for (const std::string& client : clients) {
        rig.add("kafka.test:type=Alike,client-id=" + client,
                {make_series("alike", MetricType::kGauge, {{"clientId", client}})},
                {static_cast<double>(&client - clients.data() + 1)});
    }
    const std::string text = rig.tick(1'700'000'000'000);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fprintf(stderr, "{\"units\": %zu, \"lines\": %u}\n", clients.size(), rig.lines);
    return 0;
}

int run(const std::string& name, unsigned seed) {
    const bool datagrams =
        name == "statsd" || name == "dogstatsd" || name == "influx" || name == "graphite";
    Maker maker(seed);
    EncoderOptions options;
    options.format = formats().at(name);
    options.line_bytes_max = datagrams ? 1'400 : 16 * 1024;
    for (int i = 0; i < 3; ++i) {
        options.labels.push_back({maker.text(2), maker.text(3)});
    }
    EncodeRig rig(options, datagrams ? 1'400 : 32 * 1024, 4'096);
    std::vector<std::pair<UnitId, std::vector<double>>> units;
    for (int i = 0; i < kSeries; ++i) {
        const bool is_summary = i % 20 == 19;
        std::vector<Series> series =
            is_summary ? summary(maker, i) : std::vector{hostile(maker, i)};
        std::vector<double> wanted(series.size());
        for (double& one : wanted) {
            one = maker.value();
        }
        const std::vector<double> nothing(series.size(), 0.0);
        const std::string bean = "kafka.test:type=" + maker.text(3) + ",n=" + std::to_string(i);
        units.emplace_back(rig.add(bean, std::move(series), nothing), wanted);
    }
    // Where counters go out as growth the first sight says nothing.
    rig.tick(1'700'000'000'000);
    for (const auto& [unit, wanted] : units) {
        for (std::size_t slot = 0; slot < wanted.size(); ++slot) {
            rig.cache.value(unit, slot) = wanted[slot];
        }
    }
    const std::uint64_t too_long = rig.encoder->losses().too_long;
    const std::string text = rig.tick(1'700'000'010'000);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fprintf(stderr, "{\"units\": %zu, \"lines\": %u, \"too_long\": %llu}\n", units.size(),
                 rig.lines,
                 static_cast<unsigned long long>(rig.encoder->losses().too_long - too_long));
    return 0;
}

}  // namespace
}  // namespace remora

int main(int count, char** arguments) {
    if (count != 3) {
        std::fputs("usage: hostile_lines FORMAT SEED | hostile_lines FORMAT alike\n", stderr);
        return 2;
    }
    if (std::strcmp(arguments[2], "alike") == 0) {
        return remora::run_alike(arguments[1]);
    }
    return remora::run(arguments[1], static_cast<unsigned>(std::atoi(arguments[2])));
}
