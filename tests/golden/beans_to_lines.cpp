// Names the beans of a listing (kind, ObjectName, attributes, separated by tabs), encodes them in
// one format and writes what a sink would get: beans_to_lines FORMAT LISTING. Says the losses on
// stderr.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "name/namer.h"
#include "support/encode_rig.h"

namespace remora {
namespace {

const std::map<std::string, OutputFormat> kFormats = {
    {"prometheus", OutputFormat::kPrometheus}, {"openmetrics", OutputFormat::kOpenMetrics},
    {"ndjson", OutputFormat::kNdjson},         {"otlp", OutputFormat::kOtlpJson},
    {"influx", OutputFormat::kInflux},         {"graphite", OutputFormat::kGraphite},
    {"statsd", OutputFormat::kStatsd},         {"dogstatsd", OutputFormat::kDogstatsd}};

const std::map<std::string, BeanKind> kKinds = {
    {"gauge", BeanKind::kGauge}, {"counter", BeanKind::kCounter},
    {"meter", BeanKind::kMeter}, {"histogram", BeanKind::kHistogram},
    {"timer", BeanKind::kTimer}, {"mbean", BeanKind::kMBean}};

ValueType type_of(const std::string& text) {
    return text == "text"      ? ValueType::kText
           : text == "boolean" ? ValueType::kBoolean
                               : ValueType::kNumber;
}

// A bean as read from the listing; owns what Bean only views.
struct Listed {
    BeanKind kind = BeanKind::kMBean;
    std::string name;
    std::vector<std::pair<std::string, ValueType>> attributes;
};

bool parse(const std::string& line, Listed& listed) {
    std::istringstream fields(line);
    std::string kind;
    std::string attributes;
    std::getline(fields, kind, '\t');
    std::getline(fields, listed.name, '\t');
    std::getline(fields, attributes, '\t');
    const auto found = kKinds.find(kind);
    if (found == kKinds.end()) {
        return false;
    }
    listed.kind = found->second;
    std::istringstream all(attributes);
    for (std::string one; std::getline(all, one, ',');) {
        const std::size_t colon = one.find(':');
        const std::string type = colon == std::string::npos ? "" : one.substr(colon + 1);
        listed.attributes.emplace_back(one.substr(0, colon), type_of(type));
    }
    return true;
}

void add(EncodeRig& rig, const Listed& listed, double& next) {
    const Result<ObjectName> name = ObjectName::parse(listed.name);
    if (!name.is_ok()) {
        return;
    }
    Bean bean{listed.kind, name.value(), {}};
    std::vector<Slot> slots;
    std::vector<double> values;
    const auto want = [&](std::uint16_t selector, ValueType type, std::string_view path) {
        bean.attributes.push_back({path, type});
        slots.push_back({selector, type, path});
        // Counts are whole, as they are in a broker.
        next += path.ends_with("Count") ? 1 : 0.25;
        const double whole = static_cast<double>(static_cast<std::int64_t>(next));
        values.push_back(type == ValueType::kText ? 1 : path.ends_with("Count") ? whole : next);
    };
    if (listed.kind == BeanKind::kMBean) {
        for (const auto& [path, type] : listed.attributes) {
            want(static_cast<std::uint16_t>(slots.size()), type, path);
        }
    } else {
        for (const Stat stat : stats_of(listed.kind)) {
            const bool text = listed.kind == BeanKind::kGauge && !listed.attributes.empty() &&
                              listed.attributes[0].second == ValueType::kText;
            want(static_cast<std::uint16_t>(stat), text ? ValueType::kText : ValueType::kNumber,
                 stat_attribute(stat));
        }
    }
    rig.add(listed.name, Namer().name(bean, slots), values);
}

int run(const std::string& format, const char* path) {
    const auto found = kFormats.find(format);
    std::ifstream listing(path);
    if (found == kFormats.end() || !listing) {
        std::cerr << "usage: beans_to_lines FORMAT LISTING\n";
        return 2;
    }
    EncoderOptions options;
    options.format = found->second;
    options.labels = {{"cluster", "golden"}};
    EncodeRig rig(options);
    rig.cache.texts() = {"", "a \"text\""};
    double next = 0;
    std::size_t beans = 0;
    for (std::string line; std::getline(listing, line);) {
        Listed listed;
        if (parse(line, listed)) {
            add(rig, listed, next);
            ++beans;
        }
    }
    // Counters of the StatsD formats say how they grew: nothing at their first sight.
    rig.tick();
    std::cout << rig.tick();
    std::cerr << "beans " << beans << " unencodable "
              << rig.counters.get(Counter::kValuesUnencodable) << " too_long "
              << rig.counters.get(Counter::kLinesTooLongDropped) << " clashing "
              << rig.counters.get(Counter::kOutputSeriesClashing) << "\n";
    return 0;
}

}  // namespace
}  // namespace remora

int main(int argc, char** argv) {
    return argc == 3 ? remora::run(argv[1], argv[2]) : remora::run("", "");
}
