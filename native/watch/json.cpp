#include "watch/json.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "base/bounded_json.h"

namespace remora {
namespace {

using Json = nlohmann::ordered_json;

void set_rate(Json& object, const char* key, const Reading& reading) {
    if (const std::optional<double> by_second = rate(reading)) {
        object[key] = *by_second;
    }
}

Json topics_of(const LastValues& values) {
    Json topics = Json::array();
    for (const TopicReadings& one : values.topics) {
        Json topic = {{"topic", one.topic}};
        set_rate(topic, "bytes_in", one.bytes_in);
        set_rate(topic, "bytes_out", one.bytes_out);
        set_rate(topic, "messages_in", one.messages_in);
        topics.push_back(std::move(topic));
    }
    return topics;
}

Json classes_of(const LastValues& values) {
    Json classes = Json::object();
    for (const ClassTruth& one : values.classes) {
        Json about = {
            {"series", one.series}, {"age_p99_s", one.age_p99_s}, {"age_max_s", one.age_max_s}};
        if (one.samples > 0) {
            about["error"] = one.error;
            about["error_margin"] = one.margin;
        }
        classes[one.name] = std::move(about);
    }
    return classes;
}

Json outputs_of(const LastValues& values) {
    Json outputs = Json::object();
    for (const OutputReadings& one : values.outputs) {
        Json about = {{"errors", one.errors},
                      {"dropped", one.dropped},
                      {"skipped", one.skipped},
                      {"tick_ms", one.tick_ms}};
        set_rate(about, "bytes", one.bytes);
        outputs[one.name] = std::move(about);
    }
    return outputs;
}

}  // namespace

std::string json_of(const ScreenInput& input) {
    const Verdict& verdict = input.verdict;
    Json reasons = Json::array();
    for (const Reason& reason : verdict.reasons) {
        reasons.push_back({{"name", reason.name},
                           {"of", reason.is_brokers ? "broker" : "agent"},
                           {"what", reason.what},
                           {"remedy", reason.remedy}});
    }
    Json shown = {{"state", verdict.agent.word},
                  {"verdict", verdict.word()},
                  {"why", verdict.agent.why},
                  {"since_ms", verdict.agent.since_wall_ms},
                  {"now_ms", input.snapshot.now_wall_ms},
                  {"directory", input.snapshot.directory},
                  {"reasons", std::move(reasons)}};
    if (input.snapshot.counters) {
        shown["pid"] = input.snapshot.counters->process.pid;
    }
    if (input.snapshot.values) {
        const LastValues& values = *input.snapshot.values;
        shown["tick_ms"] = values.tick_wall_ms;
        for (const auto& [key, value] : values.facts) {
            shown["facts"][key] = value;
        }
        if (verdict.agent.is_running()) {
            shown["figures"] = input.figures;
            shown["topics"] = topics_of(values);
            shown[values.has_more_topics ? "topics_at_least" : "topics_total"] =
                values.topics_total;
            shown["classes"] = classes_of(values);
            shown["outputs"] = outputs_of(values);
        }
    }
    return json_text(shown);
}

}  // namespace remora
