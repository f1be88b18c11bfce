#include "watch/verdict.h"

#include <algorithm>
#include <tuple>

#include "watch/figures.h"
#include "watch/units.h"

namespace remora {
namespace {

constexpr double kRunning = 3;  // BrokerState

// A figure that is above 0 when something is wrong.
struct Alarm {
    const char* figure;
    const char* one;   // behind the number 1
    const char* many;  // behind others
    const char* remedy;
};
constexpr Alarm kAlarms[] = {
    {"offline_partitions", "partition of the cluster has no leader",
     "partitions of the cluster have no leader",
     "bring back the brokers that have their replicas; kafka-topics.sh --describe "
     "--unavailable-partitions names them"},
    {"offline_log_dirs", "log directory is offline", "log directories are offline",
     "look at the disk: the broker's log names the directory and the error"},
    {"offline_replicas", "replica of this broker is offline", "replicas of this broker are offline",
     "look at the disk of their log directory"},
    {"under_min_isr", "partition is below min.insync.replicas: producers with acks=all fail",
     "partitions are below min.insync.replicas: producers with acks=all fail",
     "bring back their followers"},
    {"under_replicated", "partition is under-replicated", "partitions are under-replicated",
     "look at the brokers that have their followers: one may be down, slow or cut off"},
    {"fetcher_failed", "partition is not replicated any more by this follower",
     "partitions are not replicated any more by this follower",
     "the broker's log says why the fetcher gave them up; a restart begins anew"},
    {"fetcher_dead", "replica fetcher thread is dead", "replica fetcher threads are dead",
     "restart the broker, its log says why"},
    {"cleaner_dead", "log cleaner thread is dead: compacted topics grow",
     "log cleaner threads are dead: compacted topics grow", "restart the broker, its log says why"},
    {"metadata_errors", "metadata record could not be applied by the controller",
     "metadata records could not be applied by the controller", "the controller's log names them"},
    {"fenced_brokers", "broker is fenced: the controller does not hear of it",
     "brokers are fenced: the controller does not hear of them",
     "look at the broker, and at the network between"},
    {"deadlocked", "thread of the JVM is deadlocked", "threads of the JVM are deadlocked",
     "take a thread dump, restart the broker"},
    {"logs_to_recover", "log is being recovered", "logs are being recovered",
     "wait until the broker has checked what it has"},
};

std::string plural(double count, const char* one, const char* many) {
    return in_count(count) + " " + (count == 1 ? one : many);
}

std::string plural(std::uint64_t count, const char* one, const char* many) {
    return plural(static_cast<double>(count), one, many);
}

void add_broker(const Figures& figures, std::vector<Reason>& reasons) {
    for (const Alarm& alarm : kAlarms) {
        const double value = figure(figures, alarm.figure).value_or(0);
        if (value > 0) {
            reasons.push_back(
                {alarm.figure, true, plural(value, alarm.one, alarm.many), alarm.remedy});
        }
    }
    if (const double rate = figure(figures, "unclean_elections").value_or(0); rate > 0) {
        reasons.push_back(
            {"unclean_elections", true,
             "leaders were elected uncleanly (" + in_count(rate) + "/s): data is lost",
             "bring back in-sync replicas; look at unclean.leader.election.enable"});
    }
    const auto state = figure(figures, "broker_state");
    if (state && *state != kRunning) {
        constexpr const char* kStates[] = {
            "not running", "starting", "recovering logs",      "running",
            "?",           "?",        "waiting to shut down", "shutting down"};
        const auto index = static_cast<std::size_t>(std::max(0.0, *state));
        reasons.push_back({"broker_state", true,
                           std::string("the broker is ") + (index < 8 ? kStates[index] : "?"),
                           "wait; the broker's log says how far it is"});
    }
}

void add_cost(const CounterFile& counters, std::vector<Reason>& reasons) {
    const std::uint64_t step = count_of(counters, Counter::kWideningStep);
    const std::uint64_t shed = count_of(counters, Counter::kUnitsShed);
    if (step > 0 || shed > 0) {
        reasons.push_back(
            {"ceiling", false,
             "the CPU ceiling of " +
                 in_count(static_cast<double>(count_of(counters, Counter::kBudgetPpm)) / 1e4) +
                 " % of a core is too low: values are older than configured" +
                 (shed > 0 ? ", " + plural(shed, "bean is", "beans are") + " not read" : ""),
             "raise sampling.cpu_budget_percent, or collect less (remora suggest)"});
    }
    if (const std::uint64_t units = count_of(counters, Counter::kUnitsQuarantined); units > 0) {
        reasons.push_back(
            {"quarantine", false,
             plural(units, "bean is", "beans are") + " in quarantine: reads fail or hang",
             "the broker's log names each with its reason; leave out what is broken "
             "for good (select.exclude)"});
    }
    if (const std::uint64_t series = count_of(counters, Counter::kValuesExpired); series > 0) {
        reasons.push_back({"expired", false,
                           plural(series, "series is", "series are") +
                               " left out: not read for five times the bound on age",
                           "raise sampling.cpu_budget_percent, or look at the broker when the log "
                           "says that reads hang"});
    }
}

void add_events(const Snapshot& snapshot, std::vector<Reason>& reasons) {
    const LastValues& values = *snapshot.values;
    if (is_recent(snapshot, Counter::kReadsBlocked)) {
        reasons.push_back({"reads_blocked", false, "reads of beans hang",
                           "the broker's log names the beans; take a thread dump"});
    }
    if (is_recent(snapshot, Counter::kRingFullDropped)) {
        reasons.push_back({"ring", false, "values were lost: a ring was full",
                           "the broker's machine has no CPU left for the agent's core thread"});
    }
    const EventCount* const refused = find_event(values, Counter::kConfigReloadsFailed);
    const EventCount* const taken = find_event(values, Counter::kConfigReloads);
    const bool is_newer =
        refused != nullptr && refused->age_ms >= 0 &&
        (taken == nullptr || taken->age_ms < 0 || refused->age_ms < taken->age_ms);
    if (is_newer) {
        reasons.push_back({"reload", false,
                           "the configuration was changed and refused: the one before is in force",
                           "remora check with that file names the mistakes"});
    }
}

void add_outputs(const LastValues& values, std::vector<Reason>& reasons) {
    for (const OutputReadings& output : values.outputs) {
        if (!is_recent(output.trouble_age_ms)) {
            continue;
        }
        std::string what = "output " + output.name + " has trouble:";
        for (const auto& [count, one, many] :
             {std::tuple(output.errors, "error", "errors"),
              std::tuple(output.dropped, "tick given up", "ticks given up"),
              std::tuple(output.skipped, "tick skipped", "ticks skipped")}) {
            what += count > 0 ? " " + plural(count, one, many) + "," : "";
        }
        what.back() = ' ';
        reasons.push_back({"output", false, what + "so far",
                           "the broker's log names the reason; remora doctor looks at file, "
                           "directory, port and receiver"});
    }
}

}  // namespace

int Verdict::exit_status() const {
    if (!agent.is_running()) {
        return 2;
    }
    return reasons.empty() ? 0 : 1;
}

std::string Verdict::word() const {
    if (!agent.is_running()) {
        return agent.word;
    }
    return reasons.empty() ? "well" : "degraded";
}

Verdict verdict_of(const Snapshot& snapshot) {
    Verdict verdict;
    verdict.agent = judge(snapshot);
    if (!verdict.agent.is_running()) {
        return verdict;
    }
    if (!snapshot.values && verdict.agent.state == AgentState::kAlive) {
        verdict.reasons.push_back({"values", false,
                                   snapshot.values_trouble + "; what the broker does is not known",
                                   "the broker's log says why remora.values cannot be written"});
    }
    add_broker(figures_of(snapshot), verdict.reasons);
    if (snapshot.values) {
        add_outputs(*snapshot.values, verdict.reasons);
        add_events(snapshot, verdict.reasons);
    }
    add_cost(*snapshot.counters, verdict.reasons);
    return verdict;
}

std::string called(const Snapshot& snapshot) {
    std::string text;
    if (snapshot.values) {
        const std::string broker = fact_of(*snapshot.values, "broker.id");
        const std::string cluster = fact_of(*snapshot.values, "cluster.id");
        text = broker.empty() ? "" : "broker " + broker;
        text += cluster.empty() ? "" : (text.empty() ? "" : ", ") + ("cluster " + cluster);
    }
    if (text.empty() && snapshot.counters) {
        text = "process " + std::to_string(snapshot.counters->process.pid);
    }
    return text.empty() ? snapshot.directory : text;
}

}  // namespace remora
