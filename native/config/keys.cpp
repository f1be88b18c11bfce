#include "config/keys.h"

#include <array>
#include <optional>

#include "base/limits.h"

namespace remora {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::uint64_t kKibi = 1024;
constexpr std::uint64_t kMebi = 1024 * kKibi;
constexpr std::uint64_t kTebi = 1024 * 1024 * kMebi;

constexpr std::array<const char*, 17> kStatistics = {"value",
                                                     "count",
                                                     "mean_rate",
                                                     "one_minute_rate",
                                                     "five_minute_rate",
                                                     "fifteen_minute_rate",
                                                     "min",
                                                     "max",
                                                     "mean",
                                                     "stddev",
                                                     "sum",
                                                     "p50",
                                                     "p75",
                                                     "p95",
                                                     "p98",
                                                     "p99",
                                                     "p999"};
constexpr std::array<const char*, 3> kPolicies = {"adaptive", "variance", "fixed"};
constexpr std::array<const char*, 3> kActions = {"keep", "include", "exclude"};
constexpr std::array<const char*, 4> kImportances = {"keep", "low", "normal", "high"};
constexpr std::array<const char*, 6> kClasses = {"keep",  "alert",  "broker",
                                                 "topic", "client", "partition"};
constexpr std::array<const char*, 4> kRuleAggregates = {"keep", "none", "sum", "max"};
constexpr std::array<const char*, 3> kAggregates = {"none", "sum", "max"};
constexpr std::array<const char*, 3> kProfiles = {"default", "minimal", "all"};
constexpr std::array<const char*, 4> kTopicModes = {"none", "list", "all", "regex"};
constexpr std::array<const char*, 4> kTypes = {"file", "udp", "unixgram", "http"};
constexpr std::array<const char*, 8> kFormats = {"prometheus", "openmetrics", "ndjson",
                                                 "otlp_json",  "influx",      "graphite",
                                                 "statsd",     "dogstatsd"};
constexpr std::array<const char*, 3> kEmits = {"all", "fresh", "changed"};
constexpr std::array<const char*, 2> kTimes = {"tick", "read"};
constexpr std::array<const char*, 6> kNames = {"upstream",         "otel",      "strimzi",
                                               "strimzi-reporter", "confluent", "mixin"};
constexpr std::array<const char*, 2> kDialects = {"1.x", "0.20"};
constexpr std::array<const char*, 3> kAtEnds = {"down", "remove", "keep"};
constexpr std::array<const char*, 3> kSelfLevels = {"off", "basic", "full"};
constexpr std::array<const char*, 3> kFsyncs = {"never", "rotate", "tick"};
constexpr std::array<const char*, 3> kModes = {"off", "suggest", "apply"};
constexpr std::array<const char*, 9> kChanges = {"base_interval", "bounds",     "interval",
                                                 "exclude",       "statistics", "top",
                                                 "emit",          "spread",     "output_interval"};
constexpr std::array<const char*, 3> kLevels = {"info", "warn", "error"};

template <typename E>
void choose(ConfigVisitor& visitor, Key key, E& value, std::span<const char* const> names) {
    auto index = static_cast<std::size_t>(value);
    visitor.choice(key, index, names);
    value = static_cast<E>(index);
}

// The first name stands for "no value".
template <typename E>
void choose(ConfigVisitor& visitor, Key key, std::optional<E>& value,
            std::span<const char* const> names) {
    std::size_t index = value ? static_cast<std::size_t>(*value) + 1 : 0;
    visitor.choice(key, index, names);
    value = index == 0 ? std::nullopt : std::optional(static_cast<E>(index - 1));
}

template <typename T, typename VisitItem>
void visit_list(ConfigVisitor& visitor, Key key, std::vector<T>& items, std::size_t count_max,
                VisitItem visit_item) {
    const std::size_t count = visitor.begin_list(key, items.size(), count_max);
    items.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        visitor.begin_item(i);
        visit_item(visitor, items[i]);
        visitor.end_item();
    }
    visitor.end_list();
}

void visit(ConfigVisitor& v, SamplingConfig& c) {
    v.begin_section({"sampling", "How often what is read."});
    choose(v,
           {"policy",
            "How often beans are read that need not be read for every tick: adaptive (more often "
            "the more they move and the less they cost), variance (between two thresholds), fixed "
            "(every tick)."},
           c.policy, kPolicies);
    v.number({"cpu_budget_percent",
              "Ceiling of the CPU of the whole agent, in percent of one core. A quiet broker takes "
              "a fraction of it."},
             c.cpu_budget_percent, {0.01, 100.0});
    v.duration(
        {"base_interval",
         "Time between two output ticks; classes alert and broker are read for each of them."},
        c.base_interval_ms, {kSecond, kHour});
    v.duration({"min_interval",
                "Shortest time between two reads of one bean; 0s means the base interval, which "
                "`remora check --print` then shows."},
               c.min_interval_ms, {100, kHour, true});
    v.duration({"topic_max_interval", "Longest time between two reads of a bean of a topic."},
               c.topic_max_interval_ms, {kSecond, kHour});
    v.duration({"client_max_interval",
                "Longest time between two reads of a bean of a client, user or group."},
               c.client_max_interval_ms, {kSecond, kHour});
    v.duration(
        {"partition_max_interval", "Longest time between two reads of a bean of a partition."},
        c.partition_max_interval_ms, {kSecond, kHour});
    v.number({"variance_low",
              "Policy variance: at and below this variance the longest interval is used."},
             c.variance_low, {0.0, 1e9});
    v.number({"variance_high",
              "Policy variance: at and above this variance the shortest interval is used."},
             c.variance_high, {0.0, 1e9});
    v.number({"decay",
              "Policy adaptive: share by which a read without change lowers a bean's volatility."},
             c.decay, {0.001, 1.0});
    v.end_section();
}

void visit_rule(ConfigVisitor& v, RuleConfig& c) {
    v.text({"match", "ObjectName pattern of the beans that the rule is about."}, c.match,
           TextKind::kPattern);
    v.pairs({"where",
             "Key property to regular expression on its whole value; a bean must have them all."},
            c.where, PairKind::kRegexes);
    choose(v,
           {"action",
            "include: wanted whatever profile, lists and filters say; exclude: not wanted; keep: "
            "decided elsewhere."},
           c.action, kActions);
    choose(v,
           {"class",
            "Moves the bean to another class: alert and broker are read for every tick, the others "
            "within their bounds on age."},
           c.unit_class, kClasses);
    choose(v, {"importance", "Weight of the bean against others of its class."}, c.importance,
           kImportances);
    v.duration({"interval", "Fixed time between two reads; 0s means not set."}, c.interval_ms,
               {100, kDay, true});
    v.duration({"min_interval", "Shortest time between two reads; 0s means not set."},
               c.min_interval_ms, {100, kDay, true});
    v.duration({"max_interval",
                "Longest time between two reads, in place of the bound of its class; 0s means not "
                "set."},
               c.max_interval_ms, {100, kDay, true});
    v.texts({"attributes",
             "Globs of JMX attribute or statistic names: take just these of a matching bean, "
             "instead of the profile's choice."},
            c.attributes, TextKind::kGlob, 64);
    v.whole({"top",
             "Show only the N largest of the matching beans of each family, by value (counters: by "
             "growth); 0 means not set."},
            c.top, {0, kUnitsMax});
    choose(v,
           {"aggregate",
            "For beans by partition: sum or max over a topic's partitions in their place; none: "
            "each by itself; keep: as topics.aggregate says."},
           c.aggregate, kRuleAggregates);
}

void visit(ConfigVisitor& v, SelectConfig& c) {
    v.begin_section({"select", "Which beans and attributes are collected."});
    choose(v,
           {"profile",
            "default: what operators watch; minimal: alerts and throughput; all: every number."},
           c.profile, kProfiles);
    v.texts(
        {"domains",
         "Globs of domains; an empty list means kafka.*, org.apache.kafka.*, java.lang, java.nio."},
        c.domains, TextKind::kGlob, 64);
    v.texts({"include", "ObjectName patterns of beans wanted beyond the profile."}, c.include,
            TextKind::kPattern, kRulesMax);
    v.texts({"exclude", "ObjectName patterns of beans not wanted; wins over include."}, c.exclude,
            TextKind::kPattern, kRulesMax);
    v.texts(
        {"attributes_include",
         "Globs of JMX attribute or statistic names: keep only these of what is wanted; an empty "
         "list means all of it."},
        c.attributes_include, TextKind::kGlob, 256);
    v.texts({"attributes_exclude", "Globs of JMX attribute or statistic names to leave out."},
            c.attributes_exclude, TextKind::kGlob, 256);
    v.boolean({"texts",
               "Attributes that are texts too: a series that is 1, with the text as a label. Rule "
               "files need it for rules with a value of their own."},
              c.texts);
    v.pairs({"label_include",
             "Key property to regular expression: a bean that has the property must match."},
            c.label_include, PairKind::kRegexes);
    v.pairs({"label_exclude",
             "Key property to regular expression: a bean that matches any is not wanted."},
            c.label_exclude, PairKind::kRegexes);
    v.texts({"meter", "Statistics of meters; an empty list means the profile's choice."}, c.meter,
            TextKind::kStatistic, kStatistics.size());
    v.texts({"histogram",
             "Statistics of histograms and timers; an empty list means the profile's choice."},
            c.histogram, TextKind::kStatistic, kStatistics.size());
    v.end_section();
}

void visit(ConfigVisitor& v, TopicsConfig& c) {
    v.begin_section({"topics", "Which topics and partitions are collected."});
    choose(v, {"mode", "none, list (see list), all, or regex (see regex)."}, c.mode, kTopicModes);
    v.texts({"list", "Topic names of mode list."}, c.list, TextKind::kTopic, 100'000);
    v.text({"regex", "Regular expression on the whole topic name, of mode regex."}, c.regex,
           TextKind::kRegex);
    v.bucket({"bucket", "\"i/n\": of n equal shares of the topics, the i-th."}, c.bucket_index,
             c.bucket_count);
    v.boolean(
        {"internal", "Internal topics (__consumer_offsets, __transaction_state and the like)."},
        c.internal);
    v.boolean({"broker_topic_data", "BrokerTopicMetrics by topic."}, c.broker_topic_data);
    v.boolean({"partitions", "Beans by partition, as far as the profile wants them."},
              c.partitions);
    v.whole(
        {"partition_sample",
         "Number of partitions shown of each topic, evenly spread, beside every one in trouble; 0 "
         "means all, or with aggregate none."},
        c.partition_sample, {0, 1'000'000});
    choose(
        v,
        {"aggregate",
         "sum, max: one series by topic, over all its partitions, in place of those by partition; "
         "none: each partition by itself."},
        c.aggregate, kAggregates);
    v.whole(
        {"top",
         "Show only the N largest topics of each family by topic, by value (counters: by growth); "
         "0 means all."},
        c.top, {0, kUnitsMax});
    v.end_section();
}

void visit(ConfigVisitor& v, ClientsConfig& c) {
    v.begin_section({"clients", "Which users, clients and groups are collected."});
    v.boolean({"enabled", "Beans by user or client id."}, c.enabled);
    v.text(
        {"group_regex", "Regular expression on the whole consumer group; empty means every group."},
        c.group_regex, TextKind::kRegex);
    v.text({"client_regex", "Regular expression on the whole client id; empty means every client."},
           c.client_regex, TextKind::kRegex);
    v.text({"user_regex", "Regular expression on the whole user; empty means every user."},
           c.user_regex, TextKind::kRegex);
    v.whole({"top",
             "Show only the N largest of each family by client or user, by value (counters: by "
             "growth); 0 means all."},
            c.top, {0, kUnitsMax});
    v.end_section();
}

void visit(ConfigVisitor& v, LimitsConfig& c) {
    v.begin_section({"limits", "Caps; what is beyond them is counted, never dropped in silence."});
    v.whole({"units_max", "Beans collected at once."}, c.units_max, {1, kUnitsMax});
    v.whole({"series_max", "Series at once."}, c.series_max, {1, kSeriesMax});
    v.whole({"series_per_family_max",
             "Series at once of beans alike but for topic, partition, client and so on."},
            c.series_per_family_max, {1, kSeriesMax});
    v.whole({"attributes_per_bean_max", "Values of one bean."}, c.attributes_per_bean_max,
            {1, wire::kAttributesMax});
    v.end_section();
}

void visit_rotation(ConfigVisitor& v, RotateConfig& c) {
    v.begin_section({"rotate", "Rotation of appended files (ndjson, otlp_json, influx)."});
    v.size({"size", "Size at which the file is rotated."}, c.bytes, {4 * kKibi, kTebi});
    v.duration({"age", "Age at which the file is rotated; 0s means by size alone."}, c.age_ms,
               {kMinute, 365 * kDay, true});
    v.whole({"files", "Rotated files kept."}, c.files, {0, 1000});
    v.boolean({"compress", "Compress rotated files with gzip."}, c.compress);
    v.size({"total_size", "Size of all files of the output together; the oldest go first."},
           c.total_bytes, {8 * kKibi, 16 * kTebi});
    v.end_section();
}

void visit_port(ConfigVisitor& v, OutputConfig& c) {
    v.text({"host", "Name or address of the UDP receiver, or that http listens at."}, c.host,
           TextKind::kHost);
    v.whole({"port",
             "Port of the UDP receiver, or that http listens at. Not set: the usual one of the "
             "format, 9404 for http."},
            c.port, {1, 65535});
    v.begin_section({"authentication", "Who may scrape an output of type http."});
    v.text({"username", "Name that a scraper has to give; empty means that it need not."},
           c.authentication.username, TextKind::kAny);
    v.text({"password_hash",
            "Hash of its password: pbkdf2_sha256$ITERATIONS$SALT$HASH, the hash in base64."},
           c.authentication.password_hash, TextKind::kAny);
    v.end_section();
}

void visit_output(ConfigVisitor& v, OutputConfig& c) {
    v.text({"name", "Name in messages and self-metrics; empty means the type and the position."},
           c.name, TextKind::kName);
    choose(v, {"type", "To a file, UDP, a Unix datagram socket, or a port that is scraped (http)."},
           c.type, kTypes);
    choose(v,
           {"format",
            "How values are written. Not set: prometheus for file and http, statsd for udp, "
            "dogstatsd for unixgram."},
           c.format, kFormats);
    v.text({"path",
            "File, or socket of unixgram. Not set: ${dir}/remora with the suffix of the format."},
           c.path, TextKind::kPath);
    visit_port(v, c);
    choose(v,
           {"emit",
            "all: every series each tick; fresh: what was read since the last tick; changed: what "
            "changed since the last tick."},
           c.emit, kEmits);
    choose(v,
           {"time",
            "Time of a line of influx and graphite: of the tick, or of the read of its value. "
            "ndjson and otlp_json always carry the time of the read."},
           c.time, kTimes);
    v.duration({"interval",
                "Time between two ticks of this output, rounded up to base intervals; 0s means the "
                "base interval."},
               c.interval_ms, {kSecond, kDay, true});
    v.duration({"keyframe_interval",
                "With emit changed: time between two ticks that write everything. Prometheus shows "
                "nothing of a series that it has not heard of for five minutes."},
               c.keyframe_interval_ms, {kSecond, kDay});
    v.text({"names",
            "How series are called: upstream (the names of public Kafka dashboards), otel (for "
            "otlp_json: OpenTelemetry's conventions where they have a name), strimzi, "
            "strimzi-reporter, confluent, mixin (as the dashboards of these have it; remora names "
            "shows the rules), or the path of a rule file of jmx_exporter."},
           c.names, TextKind::kNames);
    choose(v,
           {"names_dialect",
            "With a rule file as names: the version of jmx_exporter whose names these are."},
           c.names_dialect, kDialects);
    v.pairs({"labels", "Labels on every series of this output, beside the global ones."}, c.labels,
            PairKind::kLabels);
    v.texts({"include", "ObjectName patterns; an empty list means everything that is collected."},
            c.include, TextKind::kPattern, kRulesMax);
    v.texts({"exclude", "ObjectName patterns left out of this output; wins over include."},
            c.exclude, TextKind::kPattern, kRulesMax);
    visit_rotation(v, c.rotate);
    choose(v, {"fsync", "When the file is forced to disk: never, at rotation, or every tick."},
           c.fsync, kFsyncs);
    choose(
        v,
        {"at_end",
         "What becomes of a prometheus or openmetrics file when the broker or the agent ends, "
         "and at the start of the broker until the agent writes: down (nothing but remora_up 0), "
         "remove, or keep (old values that look alive)."},
        c.at_end, kAtEnds);
    v.file_mode({"mode", "Permission bits of files, octal."}, c.mode);
    v.whole({"packet_bytes", "Bytes of one datagram at most."}, c.packet_bytes,
            {64, static_cast<std::uint32_t>(kDatagramBytesMax)});
    v.number({"spread", "Share of the interval that the datagrams of a tick are spread over."},
             c.spread, {0.0, 1.0});
    choose(v,
           {"self_metrics",
            "The agent's own metrics (remora_*) in this output: off, basic or full. Not set: as "
            "self_metrics says."},
           c.self_metrics, kSelfLevels);
}

void visit_rest(ConfigVisitor& v, Config& c) {
    v.text({"directory", "What ${dir} stands for; empty means chosen by the agent."}, c.directory,
           TextKind::kPath);
    v.pairs({"labels", "Labels on every series of every output."}, c.labels, PairKind::kLabels);
    v.begin_section({"log", "The agent's own lines on stderr."});
    choose(v, {"level", "Least severity that is logged."}, c.log.level, kLevels);
    v.end_section();
    v.begin_section({"trace", "Recording of every value at full rate, for replay."});
    v.text({"path", "File to record into; empty means no recording."}, c.trace.path,
           TextKind::kPath);
    v.size({"size_max", "Size at which the recording ends."}, c.trace.bytes_max,
           {64 * kKibi, kTebi});
    v.duration({"duration", "Time after which the recording ends."}, c.trace.duration_ms,
               {kSecond, 30 * kDay});
    v.duration({"interval", "Time between two reads of every bean while recording."},
               c.trace.interval_ms, {100, kHour});
    v.end_section();
    v.begin_section({"reload", "Taking over changes of the file without a restart."});
    v.boolean({"enabled", "Watch the file."}, c.reload.enabled);
    v.duration({"check_interval", "Time between two looks at the file."},
               c.reload.check_interval_ms, {100, kHour});
    v.end_section();
    v.begin_section({"collector", "The thread that reads beans."});
    v.duration({"slice", "Read time at a stretch before the thread pauses."}, c.collector.slice_ms,
               {1, 10 * kSecond});
    v.end_section();
    v.begin_section({"optimizer", "What the agent finds out about its own collection."});
    choose(v,
           {"mode",
            "suggest: profile the collection, write ${dir}/remora.profile.json once a minute and "
            "log what could be better; apply: also try it, one change at a time, and keep what "
            "helps; off: neither."},
           c.optimizer.mode, kModes);
    v.texts({"may",
             "Kinds of changes that mode apply may make: of base_interval, bounds, interval, "
             "exclude, statistics, top, emit, spread, output_interval."},
            c.optimizer.may, TextKind::kChange, kChanges.size());
    v.end_section();
    choose(v,
           {"self_metrics",
            "The agent's own metrics (remora_*) in outputs that do not say otherwise: off, basic "
            "(whether its values can be believed), full (every counter, and by family of beans)."},
           c.self_metrics, kSelfLevels);
}

}  // namespace

std::span<const char* const> statistic_names() {
    return kStatistics;
}

std::span<const char* const> change_kind_names() {
    return kChanges;
}

std::span<const char* const> output_names_names() {
    return kNames;
}

bool is_rule_path(std::string_view names) {
    return names.starts_with('/');
}

bool has_rules(const OutputConfig& output) {
    return output.names != kNames[0] && output.names != kNames[1];
}

const char* output_format_name(OutputFormat format) {
    return kFormats[static_cast<std::size_t>(format)];
}

const char* self_level_name(SelfLevel level) {
    return kSelfLevels[static_cast<std::size_t>(level)];
}

const char* output_type_name(OutputType type) {
    return kTypes[static_cast<std::size_t>(type)];
}

void visit_config(ConfigVisitor& visitor, Config& config) {
    visit(visitor, config.sampling);
    visit_list(visitor,
               {"rules",
                "Exceptions by bean; for each setting the first rule that matches and sets it "
                "decides."},
               config.rules, kRulesMax, visit_rule);
    visit(visitor, config.select);
    visit(visitor, config.topics);
    visit(visitor, config.clients);
    visit(visitor, config.limits);
    visit_list(visitor, {"outputs", "Where values go; the list replaces the default output."},
               config.outputs, kOutputsMax, visit_output);
    visit_rest(visitor, config);
}

}  // namespace remora
