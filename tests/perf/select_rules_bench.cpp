// Registration: 100,000 units against 50 rules. The goal is below one second of CPU.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "config/parse.h"
#include "select/bean_list.h"
#include "select/selector.h"

namespace remora {
namespace {

// The beans of 10,000 partitions, ten each, as a broker registers them.
const BeanList& partition_beans() {
    static const Result<BeanList> list = [] {
        const std::vector<std::string> heads = {
            "kafka.log:type=Log,name=Size",
            "kafka.log:type=Log,name=LogEndOffset",
            "kafka.log:type=Log,name=LogStartOffset",
            "kafka.log:type=Log,name=NumLogSegments",
            "kafka.cluster:type=Partition,name=UnderReplicated",
            "kafka.cluster:type=Partition,name=UnderMinIsr",
            "kafka.cluster:type=Partition,name=AtMinIsr",
            "kafka.cluster:type=Partition,name=ReplicasCount",
            "kafka.cluster:type=Partition,name=InSyncReplicasCount",
            "kafka.cluster:type=Partition,name=LastStableOffsetLag"};
        std::string text;
        for (int topic = 0; topic < 1000; ++topic) {
            for (int partition = 0; partition < 10; ++partition) {
                for (const std::string& head : heads) {
                    text += "gauge\t" + head + ",topic=team-" + std::to_string(topic % 37) +
                            ".orders-" + std::to_string(topic) +
                            ",partition=" + std::to_string(partition) + "\n";
                }
            }
        }
        return BeanList::parse(text);
    }();
    return list.value();
}

Config rules_config(int rules) {
    Config config = parse_config("{}", "", {}, "").config;
    config.topics.mode = TopicMode::kRegex;
    config.topics.regex = "(team-[0-9]+|common)\\.[a-z]+-[0-9]*";
    const std::vector<std::string> shapes = {
        "kafka.log:type=Log,name=Size,*", "kafka.cluster:type=Partition,name=U*,*",
        "kafka.log:type=Log,*", "kafka.*:name=Log*,*", "kafka.network:type=RequestMetrics,*"};
    for (int i = 0; i < rules; ++i) {
        RuleConfig rule;
        rule.match = shapes[static_cast<std::size_t>(i) % shapes.size()];
        rule.where = {{"topic", "team-" + std::to_string(i) + "\\..*[13579]"}};
        rule.importance = Importance::kHigh;
        config.rules.push_back(rule);
    }
    return config;
}

void BM_Select100kUnits(benchmark::State& state) {
    const Selector selector(rules_config(static_cast<int>(state.range(0))));
    const std::vector<Bean>& beans = partition_beans().beans();
    std::size_t wanted = 0;
    for (auto _ : state) {
        wanted = 0;
        for (const Bean& bean : beans) {
            wanted += selector.select(bean).wanted ? 1U : 0U;
        }
    }
    state.counters["units"] = static_cast<double>(beans.size());
    state.counters["wanted"] = static_cast<double>(wanted);
}
BENCHMARK(BM_Select100kUnits)->Arg(0)->Arg(50)->Arg(500)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace remora
