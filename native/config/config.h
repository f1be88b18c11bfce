// What an operator can say, as plain data. Value-initialised it holds the defaults, which suit a
// production broker. Keys, ranges and meanings: docs/reference/configuration.md. Durations are
// milliseconds, sizes are bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file_policy.h"
#include "base/limits.h"
#include "base/log_level.h"
#include "kafka/importance.h"
#include "model/output_format.h"
#include "model/unit_class.h"
#include "model/visibility.h"

namespace remora {

// Name and value of a label, a fact or the like, in the order of the file.
using TextPair = std::pair<std::string, std::string>;

enum class SamplingPolicy : std::uint8_t {
    kAdaptive,  // the square-root law within the bounds of each class
    kVariance,  // by the variance of the last deviations: from the least interval to the bound
    kFixed,     // everything at the base interval
};

struct SamplingConfig {
    SamplingPolicy policy = SamplingPolicy::kAdaptive;
    double cpu_budget_percent = 1.0;  // of one core: a ceiling, not an aim
    std::int64_t base_interval_ms = 10'000;
    std::int64_t min_interval_ms = 0;  // 0: the base interval; parsing fills it in
    // Nothing of a topic, client or partition gets older.
    std::int64_t topic_max_interval_ms = 30'000;
    std::int64_t client_max_interval_ms = 30'000;
    std::int64_t partition_max_interval_ms = 60'000;
    double variance_low = 0.0001;  // of deviations in units of the series' own scale, squared
    double variance_high = 0.01;
    double decay = 0.1;  // share by which a quiet read lowers the volatility

    bool operator==(const SamplingConfig&) const = default;
};

// kKeep leaves the decision to the next matching rule and in the end to the profile.
enum class RuleAction : std::uint8_t { kKeep, kInclude, kExclude };

// For each of its settings the first rule that matches and sets it decides. 0, empty and no value
// mean "not set", which is "keep" in the file.
struct RuleConfig {
    std::string match = "*:*";    // ObjectName pattern
    std::vector<TextPair> where;  // label -> regex on the whole unquoted value; all must match
    RuleAction action = RuleAction::kKeep;
    std::optional<UnitClass> unit_class;
    std::optional<Importance> importance;  // not kAlert, which is a class in the file
    std::int64_t interval_ms = 0;          // fixed
    std::int64_t min_interval_ms = 0;
    std::int64_t max_interval_ms = 0;
    std::vector<std::string> attributes;  // globs: of a matching bean only these attributes
    std::uint32_t top = 0;                // the N largest of each family; 0: not set
    std::optional<Aggregate> aggregate;

    bool operator==(const RuleConfig&) const = default;
};

enum class Profile : std::uint8_t { kDefault, kMinimal, kAll };

struct SelectConfig {
    Profile profile = Profile::kDefault;
    std::vector<std::string>
        domains;  // globs; empty: kafka.*, org.apache.kafka.*, java.lang, java.nio
    std::vector<std::string> include;             // ObjectName patterns, beyond the profile
    std::vector<std::string> exclude;             // ObjectName patterns
    std::vector<std::string> attributes_include;  // globs; empty: what the profile wants
    std::vector<std::string> attributes_exclude;  // globs
    bool texts = false;  // attributes that are texts, beside the few that are states
    std::vector<TextPair> label_include;  // label -> regex; a bean with that label must match
    std::vector<TextPair> label_exclude;  // label -> regex; a bean with that label must not match
    std::vector<std::string> meter;       // statistics of meters; empty: the profile's
    std::vector<std::string>
        histogram;  // statistics of histograms and timers; empty: the profile's

    bool operator==(const SelectConfig&) const = default;
};

enum class TopicMode : std::uint8_t { kNone, kList, kAll, kRegex };

struct TopicsConfig {
    TopicMode mode = TopicMode::kAll;
    std::vector<std::string> list;
    std::string regex;               // whole topic name
    std::uint32_t bucket_index = 1;  // "i/n": keep a topic when FNV-1 32 of its name mod n + 1 == i
    std::uint32_t bucket_count = 1;
    bool internal = true;                // __consumer_offsets, __transaction_state and the like
    bool broker_topic_data = true;       // BrokerTopicMetrics with a topic label
    bool partitions = true;              // beans with a partition label
    std::uint32_t partition_sample = 0;  // partitions shown of each topic; 0: all, or none beside
                                         // an aggregate
    Aggregate aggregate = Aggregate::kNone;  // of partitions into their topic
    std::uint32_t top = 0;                   // the N largest of each family by topic; 0: all

    bool operator==(const TopicsConfig&) const = default;
};

struct ClientsConfig {
    bool enabled = true;      // beans by user or client id (quotas)
    std::string group_regex;  // whole value; empty: every one
    std::string client_regex;
    std::string user_regex;
    std::uint32_t top = 0;  // the N largest of each family by client; 0: all

    bool operator==(const ClientsConfig&) const = default;
};

struct LimitsConfig {
    std::uint32_t units_max = 262'144;
    std::uint32_t series_max = 524'288;
    std::uint32_t series_per_family_max = 100'000;
    std::uint32_t attributes_per_bean_max = 256;

    bool operator==(const LimitsConfig&) const = default;
};

enum class OutputType : std::uint8_t { kFile, kUdp, kUnixgram, kHttp };
enum class OutputTime : std::uint8_t { kTick, kRead };
// Whose names a page by a rule file has: those of jmx_exporter 0.20, or of its 1.x line.
enum class NamesDialect : std::uint8_t { kExporter1x, kExporter020 };
// How much of the agent's own metrics an output carries.
enum class SelfLevel : std::uint8_t { kOff, kBasic, kFull };

struct RotateConfig {
    std::uint64_t bytes = 64ULL << 20;  // of the file being written
    std::int64_t age_ms = 0;            // 0: by size alone
    std::uint32_t files = 4;            // rotated files kept
    bool compress = false;
    std::uint64_t total_bytes = 512ULL << 20;  // of all files of the output

    bool operator==(const RotateConfig&) const = default;
};

// Of an output of type http. Empty: everybody may scrape.
struct AuthenticationConfig {
    std::string username;
    std::string password_hash;

    bool operator==(const AuthenticationConfig&) const = default;
};

struct OutputConfig {
    std::string name;  // empty: the type and the position
    OutputType type = OutputType::kFile;
    OutputFormat format = OutputFormat::kPrometheus;
    std::string path = "${dir}/remora.prom";  // file, or socket of unixgram
    std::string host = "127.0.0.1";           // of a receiver, or to listen at
    std::uint32_t port = 8125;
    AuthenticationConfig authentication;
    EmitMode emit = EmitMode::kAll;
    OutputTime time = OutputTime::kTick;  // of a line of influx and graphite
    std::int64_t interval_ms = 0;         // 0: the base interval
    // Of emit "changed": a full tick after so long. Prometheus and its kin forget a series after
    // five minutes, and a value may be a minute old when it is written.
    std::int64_t keyframe_interval_ms = 180'000;
    // One of output_names_names(), or the path of a rule file.
    std::string names = "upstream";
    NamesDialect names_dialect = NamesDialect::kExporter1x;  // of a rule file
    std::string rule_text;             // of the file that `names` tells, no key of its own
    std::vector<TextPair> labels;      // beside the global ones; wins over them
    std::vector<std::string> include;  // ObjectName patterns; empty: everything selected
    std::vector<std::string> exclude;
    RotateConfig rotate;
    FsyncMode fsync = FsyncMode::kNever;
    FileEnd at_end = FileEnd::kDown;
    std::uint32_t packet_bytes = kDatagramBytes;
    double spread = 0.5;        // share of the interval that a tick's datagrams are spread over
    std::uint32_t mode = 0644;  // permission bits of files ("0644")
    SelfLevel self_metrics = SelfLevel::kBasic;  // parsing fills in the global one

    bool operator==(const OutputConfig&) const = default;
};

struct LogConfig {
    LogLevel level = LogLevel::kInfo;

    bool operator==(const LogConfig&) const = default;
};

struct TraceConfig {
    std::string path;  // empty: no trace
    std::uint64_t bytes_max = 256ULL << 20;
    std::int64_t duration_ms = 600'000;
    std::int64_t interval_ms = 1'000;

    bool operator==(const TraceConfig&) const = default;
};

struct ReloadConfig {
    bool enabled = true;
    std::int64_t check_interval_ms = 5'000;

    bool operator==(const ReloadConfig&) const = default;
};

struct CollectorConfig {
    std::int64_t slice_ms = 20;  // read time at a stretch

    bool operator==(const CollectorConfig&) const = default;
};

enum class OptimizerMode : std::uint8_t {
    kOff,      // nothing is profiled
    kSuggest,  // a profile is written, and what it suggests is logged
    kApply,    // what is suggested is tried too, and kept when it helps
};

// What a suggestion changes. In the file by its name, change_kind_names().
enum class ChangeKind : std::uint8_t {
    kBaseInterval,    // sampling.base_interval
    kBounds,          // bounds on the age of a class
    kInterval,        // how often a family is read
    kExclude,         // a family or bean is left out
    kStatistics,      // of a family only some statistics
    kTop,             // of a family only the largest
    kEmit,            // an output writes what changed
    kSpread,          // datagrams are spread over more of the interval
    kOutputInterval,  // an output is written less often
};

struct OptimizerConfig {
    OptimizerMode mode = OptimizerMode::kSuggest;
    // Kinds of changes that mode "apply" may make: those by which no series leaves an output.
    std::vector<std::string> may = {"bounds", "interval", "spread"};

    bool operator==(const OptimizerConfig&) const = default;
};

struct Config {
    SamplingConfig sampling;
    std::vector<RuleConfig> rules;
    std::size_t tuned_rules = 0;  // the last so many are the optimizer's; of no file
    SelectConfig select;
    TopicsConfig topics;
    ClientsConfig clients;
    LimitsConfig limits;
    std::vector<OutputConfig> outputs = {OutputConfig{}};
    std::string directory;         // what "${dir}" stands for; empty: chosen by the agent
    std::vector<TextPair> labels;  // on every series of every output
    LogConfig log;
    TraceConfig trace;
    ReloadConfig reload;
    CollectorConfig collector;
    OptimizerConfig optimizer;
    SelfLevel self_metrics = SelfLevel::kBasic;  // of outputs that do not say

    bool operator==(const Config&) const = default;
};

}  // namespace remora
