// Alive or dead, well or not.
#include "watch/verdict.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/watched_agent.h"

namespace remora {
namespace {

std::vector<std::string> names(const Verdict& verdict) {
    std::vector<std::string> found;
    for (const Reason& reason : verdict.reasons) {
        found.push_back(reason.name);
        EXPECT_FALSE(reason.what.empty());
        EXPECT_FALSE(reason.remedy.empty());
    }
    return found;
}

TEST(Verdict, ABrokerThatIsWellHasNoReasons) {
    const Verdict verdict = verdict_of(well());
    EXPECT_EQ(verdict.agent.word, "ALIVE");
    EXPECT_EQ(verdict.agent.tick_age_ms, 3'000);
    EXPECT_EQ(verdict.agent.since_wall_ms, kNowMs - 86'400'000);
    EXPECT_EQ(names(verdict), std::vector<std::string>());
    EXPECT_EQ(verdict.exit_status(), 0);
    EXPECT_EQ(verdict.word(), "well");
}

TEST(Verdict, WhatDoesNotRunIsNeverAliveWhateverItsFilesSay) {
    const auto judged = [](void (*change)(Snapshot&)) {
        Snapshot snapshot = well();
        change(snapshot);
        const Verdict verdict = verdict_of(snapshot);
        EXPECT_EQ(verdict.exit_status(), 2);
        EXPECT_TRUE(verdict.reasons.empty());
        EXPECT_FALSE(verdict.agent.why.empty());
        return verdict.word();
    };
    EXPECT_EQ(judged([](Snapshot& s) { s.process_ended = true; }), "DEAD");
    EXPECT_EQ(judged([](Snapshot& s) { s.counters->is_over = true; }), "OFF");
    EXPECT_EQ(judged([](Snapshot& s) { set_counter(s, Counter::kFaults, 1); }), "OFF");
    EXPECT_EQ(judged([](Snapshot& s) { s.counters->written_wall_ms -= 31'000; }), "STALLED");
    EXPECT_EQ(judged([](Snapshot& s) { s.counters->written_wall_ms += 3'600'000; }), "STALLED");
    EXPECT_EQ(judged([](Snapshot& s) { s.values->tick_wall_ms -= 60'000; }), "STALLED");
    EXPECT_EQ(judged([](Snapshot& s) {
                  s.counters.reset();
                  s.trouble = "not there";
              }),
              "ABSENT");
}

TEST(Verdict, AnAgentThatHasNotTickedYetIsStarting) {
    Snapshot snapshot = well();
    snapshot.values.reset();
    set_counter(snapshot, Counter::kTicks, 0);
    snapshot.counters->start_wall_ms = kNowMs - 119'000;
    EXPECT_EQ(verdict_of(snapshot).agent.word, "STARTING");
    EXPECT_EQ(verdict_of(snapshot).exit_status(), 0);
    snapshot.counters->start_wall_ms = kNowMs - 121'000;
    EXPECT_EQ(verdict_of(snapshot).agent.word, "STALLED");
    EXPECT_EQ(verdict_of(snapshot).exit_status(), 2);
    set_counter(snapshot, Counter::kTickIntervalMillis, 60'000);
    EXPECT_EQ(verdict_of(snapshot).agent.word, "STARTING") << "ticks are rare";
}

TEST(Verdict, WithoutLastValuesNobodyKnowsThatAllIsWell) {
    Snapshot snapshot = well();
    snapshot.values.reset();
    snapshot.values_trouble = "/x/remora.values: cannot be opened";
    const Verdict verdict = verdict_of(snapshot);
    EXPECT_EQ(verdict.agent.word, "ALIVE");
    EXPECT_EQ(names(verdict), std::vector<std::string>{"values"});
    EXPECT_EQ(verdict.reasons[0].what,
              "/x/remora.values: cannot be opened; what the broker does is not known");
    EXPECT_EQ(verdict.word(), "degraded");
    EXPECT_EQ(verdict.exit_status(), 1);
}

TEST(Verdict, AKilledBrokerAndOneThatEndedInOrderAreTold) {
    Snapshot snapshot = well();
    snapshot.process_ended = true;
    EXPECT_EQ(judge(snapshot).why, "process 4711 was killed or crashed");
    snapshot.counters->is_over = true;
    EXPECT_EQ(judge(snapshot).why, "process 4711 ended in order");
}

TEST(Verdict, EveryAlarmOfTheBrokerIsAReason) {
    for (const char* const name :
         {"offline_partitions", "offline_log_dirs", "offline_replicas", "under_min_isr",
          "under_replicated", "fetcher_failed", "fetcher_dead", "cleaner_dead", "metadata_errors",
          "fenced_brokers", "deadlocked", "logs_to_recover"}) {
        Snapshot snapshot = well();
        set_value(snapshot, name, 3);
        const Verdict verdict = verdict_of(snapshot);
        EXPECT_EQ(names(verdict), std::vector<std::string>{name});
        EXPECT_EQ(verdict.reasons[0].what.substr(0, 2), "3 ");
        EXPECT_EQ(verdict.exit_status(), 1);
    }
    Snapshot snapshot = well();
    set_value(snapshot, "unclean_elections", 21, 20, 300'000);
    set_value(snapshot, "broker_state", 2);
    const Verdict verdict = verdict_of(snapshot);
    EXPECT_EQ(names(verdict), (std::vector<std::string>{"unclean_elections", "broker_state"}));
    EXPECT_EQ(verdict.reasons[0].what, "leaders were elected uncleanly (0.003/s): data is lost");
    snapshot = well();
    set_value(snapshot, "under_replicated", 1);
    EXPECT_EQ(verdict_of(snapshot).reasons[0].what, "1 partition is under-replicated");
}

TEST(Verdict, WhatTheAgentLacksIsAReason) {
    const auto found = [](void (*change)(Snapshot&)) {
        Snapshot snapshot = well();
        change(snapshot);
        return names(verdict_of(snapshot));
    };
    using Names = std::vector<std::string>;
    EXPECT_EQ(found([](Snapshot& s) { set_counter(s, Counter::kWideningStep, 2); }),
              Names{"ceiling"});
    EXPECT_EQ(found([](Snapshot& s) { set_counter(s, Counter::kUnitsQuarantined, 1); }),
              Names{"quarantine"});
    EXPECT_EQ(found([](Snapshot& s) { set_counter(s, Counter::kValuesExpired, 9); }),
              Names{"expired"});
    EXPECT_EQ(found([](Snapshot& s) {
                  s.values->events.push_back({"reads_blocked_total", 1, 5'000});
              }),
              Names{"reads_blocked"});
    EXPECT_EQ(found([](Snapshot& s) {
                  s.values->events.push_back({"ring_full_values_dropped_total", 1, 5'000});
              }),
              Names{"ring"});
}

TEST(Verdict, WhatIsLongAgoIsNoReasonAnyMore) {
    Snapshot snapshot = well();
    snapshot.values->events.push_back({"reads_blocked_total", 1, 61'000});
    snapshot.values->outputs[0].errors = 7;
    snapshot.values->outputs[0].trouble_age_ms = 61'000;
    EXPECT_TRUE(verdict_of(snapshot).reasons.empty());
    snapshot.values->outputs[0].trouble_age_ms = 59'000;
    ASSERT_EQ(names(verdict_of(snapshot)), std::vector<std::string>{"output"});
    EXPECT_EQ(verdict_of(snapshot).reasons[0].what, "output file-0 has trouble: 7 errors so far");
    snapshot.values->outputs[0].errors = 0;
    snapshot.values->outputs[0].skipped = 1;
    EXPECT_EQ(verdict_of(snapshot).reasons[0].what,
              "output file-0 has trouble: 1 tick skipped so far");
}

TEST(Verdict, ARefusedChangeIsAReasonUntilOneIsTaken) {
    Snapshot snapshot = well();
    snapshot.values->events[0] = {"config_reload_failures_total", 1, 3'600'000};
    EXPECT_EQ(names(verdict_of(snapshot)), std::vector<std::string>{"reload"});
    snapshot.values->events[1] = {"config_reloads_total", 1, 60'000};
    EXPECT_TRUE(verdict_of(snapshot).reasons.empty());
}

TEST(Verdict, ABrokerIsCalledByWhatIsKnownOfIt) {
    Snapshot snapshot = well();
    EXPECT_EQ(called(snapshot), "broker 1, cluster MkU3OEVBNTcwNTJENDM2Qg");
    snapshot.values.reset();
    EXPECT_EQ(called(snapshot), "process 4711");
    snapshot.counters.reset();
    EXPECT_EQ(called(snapshot), "/var/log/kafka/remora");
}

}  // namespace
}  // namespace remora
