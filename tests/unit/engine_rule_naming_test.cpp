// Series of an output that are named by rules: what a page has, and what changes it.
#include "engine/rule_naming.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "name/namer.h"
#include "rules/rule_file.h"
#include "support/encode_rig.h"
#include "support/kept_log.h"

namespace remora {
namespace {

constexpr NamesDialect k1x = NamesDialect::kExporter1x;
constexpr NamesDialect k020 = NamesDialect::kExporter020;
constexpr ValueType kText = ValueType::kText;

std::shared_ptr<const NamingRules> rules_of(const std::string& text, NamesDialect dialect) {
    RuleFileOutcome outcome = parse_rule_file(text, "r.yml", dialect);
    EXPECT_TRUE(outcome.is_ok()) << outcome.errors.front().text;
    return std::make_shared<const NamingRules>(std::move(outcome.rules));
}

EncoderOptions options_of(OutputFormat format) {
    EncoderOptions options;
    options.format = format;
    return options;
}

// An output named by rules, and a cache with the values of its beans.
struct Named {
    explicit Named(const std::string& rules, NamesDialect dialect = k1x,
                   OutputFormat format = OutputFormat::kPrometheus)
        : rig(options_of(format)),
          naming(rules_of(rules, dialect), "test", *rig.encoder, rig.counters, log) {}

    struct Attribute {
        std::string path;
        ValueType type = ValueType::kNumber;
    };

    UnitId add(const std::string& bean_name, const std::vector<Attribute>& attributes,
               std::vector<double> values, BeanKind kind = BeanKind::kMBean) {
        const Result<ObjectName> name = ObjectName::parse(bean_name);
        Bean bean{kind, name.value(), {}};
        std::vector<Slot> slots;
        for (const Attribute& attribute : attributes) {
            bean.attributes.push_back({attribute.path, attribute.type});
            slots.push_back(
                {static_cast<std::uint16_t>(slots.size()), attribute.type, attribute.path});
        }
        Registration registration;
        registration.unit = rig.cache.add(std::move(values));
        registration.name = OwnedObjectName(name.value());
        registration.family_name = family_name(name.value());
        registration.kind = kind;
        registration.series = Namer().name(bean, slots);
        naming.add(registration);
        return registration.unit;
    }
    UnitId add_gauge(const std::string& bean_name, double value) {
        return add(bean_name, {{"Value"}}, {value}, BeanKind::kGauge);
    }

    // The page of a tick without its HELP lines.
    std::string page() {
        naming.rename(rig.cache.view());
        const std::string whole = rig.tick();
        std::string text;
        for (std::size_t at = 0; at < whole.size();) {
            const std::size_t end = whole.find('\n', at);
            if (whole.compare(at, 7, "# HELP ") != 0) {
                text += whole.substr(at, end - at + 1);
            }
            at = end + 1;
        }
        return text;
    }

    SystemClock clock;
    CounterTable log_counters;
    KeptLog lines;
    Log log{lines, clock, log_counters};
    EncodeRig rig;
    RuleNaming naming;
};

TEST(RuleNamingTest, APageHasWhatTheRulesMakeAndNothingElse) {
    Named named(R"(lowercaseOutputName: true
blacklistObjectNames: ["kafka.log:*"]
rules:
- pattern: kafka.(\w+)<type=(.+), name=(.+)PerSec, topic=(.+)><>Count
  name: kafka_$1_$2_$3_total
  type: COUNTER
  labels: {topic: "$4"}
- pattern: kafka.server<type=Pool, name=Free><>Value
  name: free_kilobytes
  valueFactor: 0.001
  type: GAUGE
)");
    const UnitId bytes = named.add("kafka.server:type=Topics,name=BytesPerSec,topic=a",
                                   {{"Count"}, {"OneMinuteRate"}}, {7, 1.5}, BeanKind::kMeter);
    named.add_gauge("kafka.server:type=Pool,name=Free", 1500);
    named.add_gauge("kafka.log:type=Log,name=Size,topic=a", 1);
    const std::string page =
        "# TYPE free_kilobytes gauge\nfree_kilobytes 1.5\n"
        "# TYPE kafka_server_topics_bytes_total counter\n"
        "kafka_server_topics_bytes_total{topic=\"a\"} 7\n";
    EXPECT_EQ(named.page(), page);
    EXPECT_EQ(named.page(), page) << "the same again";
    named.naming.remove(bytes);
    EXPECT_EQ(named.page(), "# TYPE free_kilobytes gauge\nfree_kilobytes 1.5\n");
}

TEST(RuleNamingTest, ATextIsALabelAndFollowsTheText) {
    Named named(R"yml(rules:
- pattern: "type=raft-metrics><>current-state: (.+)"
  name: state
  value: 1
  labels: {state: "$1"}
)yml");
    named.rig.cache.texts() = {"", "leader", "follower"};
    const UnitId raft =
        named.add("kafka.server:type=raft-metrics", {{"current-state", kText}}, {1});
    EXPECT_EQ(named.page(), "# TYPE state untyped\nstate{state=\"leader\"} 1\n");
    named.rig.cache.value(raft) = 2;
    EXPECT_EQ(named.page(), "# TYPE state untyped\nstate{state=\"follower\"} 1\n");
    EXPECT_EQ(named.page(), "# TYPE state untyped\nstate{state=\"follower\"} 1\n");
}

TEST(RuleNamingTest, ANumberOfTheRuleTakesThePlaceOfTheBeans) {
    Named named(R"(rules:
- pattern: "Uptime: (\\d+) s"
  name: uptime_ms
  value: $1
  valueFactor: 1000
- pattern: type=Half
  name: half
  value: 0.5
)");
    named.rig.cache.texts() = {"", "12 s", "13 s"};
    const UnitId up = named.add("d:type=X", {{"Uptime", kText}}, {1});
    named.add_gauge("d:type=Half", 7);
    EXPECT_EQ(named.page(),
              "# TYPE half untyped\nhalf 0.5\n# TYPE uptime_ms untyped\nuptime_ms 12000\n");
    named.rig.cache.value(up) = 2;
    EXPECT_EQ(named.page(),
              "# TYPE half untyped\nhalf 0.5\n# TYPE uptime_ms untyped\nuptime_ms 13000\n");
}

TEST(RuleNamingTest, NumbersThatARuleLooksAtAreNamedByTheValueOfTheTick) {
    Named named("rules:\n- pattern: \"type=State.*Value: (.+)\"\n  name: state_$1\n");
    const UnitId state = named.add_gauge("d:type=State", 0);
    EXPECT_EQ(named.page(), "# TYPE state_0 untyped\nstate_0 0\n");
    named.rig.cache.value(state) = 3;
    EXPECT_EQ(named.page(), "# TYPE state_3 untyped\nstate_3 3\n");
    named.rig.cache.value(state) = 0.25;
    EXPECT_EQ(named.page(), "# TYPE state_0_25 untyped\nstate_0_25 0.25\n");
}

TEST(RuleNamingTest, ARuleThatLooksAtOtherAttributesCostsNothing) {
    Named named(R"yml(rules:
- pattern: "type=raft-metrics><>current-state: (.+)"
  name: state
  value: 1
- pattern: type=raft-metrics><>([a-z-]+)
  name: raft_$1
)yml");
    const UnitId raft = named.add("kafka.server:type=raft-metrics", {{"current-epoch"}}, {5});
    EXPECT_EQ(named.rig.tick(),
              "# HELP raft_current_epoch kafka.server:name=null,type=raft-metrics,"
              "attribute=current-epoch\n# TYPE raft_current_epoch untyped\nraft_current_epoch 5\n")
        << "known before any value is";
    named.rig.cache.value(raft) = 6;
    EXPECT_EQ(named.page(), "# TYPE raft_current_epoch untyped\nraft_current_epoch 6\n");
}

constexpr const char* kTwins = R"(rules:
- pattern: name=(\w+), topic=.*><>Value
  name: size
  type: GAUGE
)";

TEST(RuleNamingTest, TwinsAreToldApartAsByVersion1) {
    Named named(kTwins);
    named.add_gauge("d:type=T,name=Size,topic=a", 1);
    named.add_gauge("d:type=T,name=Size,topic=b", 2);
    const std::string page =
        "# TYPE size gauge\n"
        "size{_objectname=\"d<type=T, name=Size, topic=a><>Value\"} 1\n"
        "size{_objectname=\"d<type=T, name=Size, topic=b><>Value\"} 2\n";
    EXPECT_EQ(named.page(), page);
    named.add_gauge("d:type=T,name=Size,topic=c", 3);
    EXPECT_EQ(named.page(),
              page + "size{_objectname=\"d<type=T, name=Size, topic=c><>Value\"} 3\n");
    EXPECT_EQ(named.rig.counters.get(Counter::kOutputSeriesClashing), 0U);
}

TEST(RuleNamingTest, OfTwinsOneIsLeftOutAsByVersion020UntilTheOtherLeaves) {
    Named named(kTwins, k020);
    const UnitId first = named.add_gauge("d:type=T,name=Size,topic=a", 1);
    named.add_gauge("d:type=T,name=Size,topic=b", 2);
    EXPECT_EQ(named.page(), "# TYPE size gauge\nsize 1\n");
    EXPECT_EQ(named.rig.counters.get(Counter::kOutputSeriesClashing), 1U);
    EXPECT_EQ(named.lines.count("size of d:type=T,name=Size,topic=b is left out"), 1);
    named.naming.remove(first);
    EXPECT_EQ(named.page(), "# TYPE size gauge\nsize 2\n");
    EXPECT_EQ(named.page(), "# TYPE size gauge\nsize 2\n");
}

TEST(RuleNamingTest, ATwinThatIsLeftOutComesWhenTheOtherIsNamedOtherwise) {
    Named named(R"yml(rules:
- pattern: "name=Size, topic=.*><>Value: (.+)"
  name: size
  labels: {value: "$1"}
)yml",
                k020);
    const UnitId first = named.add_gauge("d:type=T,name=Size,topic=a", 1);
    named.add_gauge("d:type=T,name=Size,topic=b", 1);
    EXPECT_EQ(named.page(), "# TYPE size untyped\nsize{value=\"1\"} 1\n");
    named.rig.cache.value(first) = 2;
    const std::string page = "# TYPE size untyped\nsize{value=\"2\"} 2\nsize{value=\"1\"} 1\n";
    EXPECT_EQ(named.page(), page);
    EXPECT_EQ(named.page(), page) << "the same again";
}

TEST(RuleNamingTest, AFamilyOfSeveralTypesIsUntyped) {
    for (const OutputFormat format : {OutputFormat::kPrometheus, OutputFormat::kOpenMetrics}) {
        Named named(R"(rules:
- pattern: type=A, x=(.+)><>Value
  name: m_total
  type: COUNTER
  labels: {x: "$1"}
- pattern: type=B, x=(.+)><>Value
  name: m
  type: GAUGE
  labels: {x: "$1"}
)",
                    k1x, format);
        const bool is_open = format == OutputFormat::kOpenMetrics;
        named.add_gauge("d:type=A,x=1", 1);
        EXPECT_NE(named.page().find("m_total{x=\"1\"} 1\n"), std::string::npos);
        named.add_gauge("d:type=B,x=2", 2);
        EXPECT_EQ(named.page(), std::string("# TYPE m ") + (is_open ? "unknown" : "untyped") +
                                    "\nm{x=\"1\"} 1\nm{x=\"2\"} 2\n" + (is_open ? "# EOF\n" : ""));
    }
}

TEST(RuleNamingTest, ABadSampleIsCountedByItsRuleAndEndsNothing) {
    Named named(R"yml(rules:
- pattern: type=Twice, n=(.+)><>Value
  name: x
  labels: {a-b: "1", a_b: "2"}
- pattern: "type=Text.*: (.+)"
  name: t
  value: $1
- pattern: type=Good
  name: good
)yml");
    named.rig.cache.texts() = {"", "none"};
    named.add_gauge("d:type=Twice,n=1", 1);
    named.add_gauge("d:type=Twice,n=2", 1);
    named.add("d:type=Text", {{"A", kText}}, {1});
    named.add("d:type=Good", {{"Value"}, {"Name", kText}}, {4, 1});
    EXPECT_EQ(named.page(), "# TYPE good untyped\ngood 4\n");
    EXPECT_EQ(named.rig.counters.get(Counter::kOutputRuleFaults), 3U);
    EXPECT_EQ(named.lines.count("rule 1 (line 2) makes no series of the attribute Value of "
                                "d:type=Twice,n=1: two labels have one name"),
              1);
    EXPECT_EQ(named.lines.count("makes no series"), 2) << named.lines.text();
}

TEST(RuleNamingTest, TheJvmIsNamedAsClientsOfPrometheusDo) {
    Named named("includeObjectNames: [\"kafka.*:*\"]\nrules: []\n");
    named.add("java.lang:type=Threading", {{"ThreadCount"}, {"CurrentThreadCpuTime"}}, {20, 1});
    named.add_gauge("kafka.server:type=X,name=Y", 1);
    EXPECT_EQ(named.page(), "# TYPE jvm_threads_current gauge\njvm_threads_current 20\n");
    Named both("rules:\n- pattern: java.lang<type=Threading><>ThreadCount\n  name: threads\n");
    both.add("java.lang:type=Threading", {{"ThreadCount"}}, {20});
    EXPECT_EQ(both.page(),
              "# TYPE jvm_threads_current gauge\njvm_threads_current 20\n"
              "# TYPE threads untyped\nthreads 20\n");
}

TEST(RuleNamingTest, AttributesOfBeansAreNarrowedByTheFile) {
    Named named(R"(excludeObjectNameAttributes: {"d:type=A": [Max]}
rules:
- pattern: d<type=(.+)><>(\w+)
  name: $1_$2
)");
    named.add("d:type=A", {{"Max"}, {"Min"}}, {1, 2});
    named.add("d:type=H", {{"Count"}, {"Sum"}}, {3, 4}, BeanKind::kHistogram);
    EXPECT_EQ(named.page(), "# TYPE A_Min untyped\nA_Min 2\n# TYPE H_Count untyped\nH_Count 3\n")
        << "Sum is no attribute of the bean";
}

TEST(RuleNamingTest, UnitsThatComeAndGoLeaveNothing) {
    Named named(kTwins);
    for (int round = 0; round < 3; ++round) {
        std::vector<UnitId> units;
        for (int topic = 0; topic < 300; ++topic) {
            units.push_back(
                named.add_gauge("d:type=T,name=Size,topic=t" + std::to_string(topic), topic));
        }
        const std::string page = named.page();
        EXPECT_NE(page.find("topic=t299><>Value\"} 299\n"), std::string::npos);
        for (const UnitId unit : units) {
            named.naming.remove(unit);
        }
        EXPECT_EQ(named.page(), "");
    }
    named.add_gauge("d:type=T,name=Size,topic=a", 1);
    EXPECT_EQ(named.page(), "# TYPE size gauge\nsize 1\n") << "what was decided is forgotten";
}

}  // namespace
}  // namespace remora
