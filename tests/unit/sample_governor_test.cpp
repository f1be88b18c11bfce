#include "sample/governor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>

namespace remora {
namespace {

constexpr std::int64_t kWindowNs = 10 * kNanosPerSecond;

// An agent whose reads cost `bias` times what was predicted, over an overhead that varies.
struct Agent {
    double bias = 1;
    double overhead_ns_per_s = 0;
    double jitter = 0;
    double full_ns_per_s = 1e9;  // it cannot read more than everything
    std::mt19937 random{4};

    GovernorWindow run(double read_budget_ns_per_s) {
        std::uniform_real_distribution<double> around(1 - jitter, 1 + jitter);
        GovernorWindow window;
        window.elapsed_ns = kWindowNs;
        window.predicted_ns_per_s = std::min(read_budget_ns_per_s, full_ns_per_s);
        const double read = window.predicted_ns_per_s * bias * around(random);
        const double overhead = overhead_ns_per_s * around(random);
        window.read_ns = static_cast<std::int64_t>(read * 10);
        window.cpu_ns = static_cast<std::int64_t>((read + overhead) * 10);
        return window;
    }
};

// Runs `minutes`; returns the most CPU of any minute after the first two, over the budget.
double worst_minute(Governor& governor, Agent& agent, double budget_ns_per_s, int minutes,
                    double* last_ns_per_s = nullptr) {
    std::deque<double> last;
    double worst = 0;
    for (int window = 0; window < minutes * 6; ++window) {
        const GovernorWindow seen = agent.run(governor.read_budget_ns_per_s());
        last.push_back(static_cast<double>(seen.cpu_ns));
        if (last.size() > 6) {
            last.pop_front();
        }
        double sum = 0;
        for (const double ns : last) {
            sum += ns;
        }
        if (window >= 12) {
            worst = std::max(worst, sum / 60 / budget_ns_per_s);
        }
        if (last_ns_per_s != nullptr) {
            *last_ns_per_s = sum / 60;
        }
        governor.update(seen);
    }
    return worst;
}

// One that has held an agent to 0.1 % for five minutes, and what it may read then.
struct Settled {
    Governor governor{{.budget_percent = 0.1, .grace_ns = 0}};
    Agent agent;
    double before = 0;
};

Settled settled() {
    Settled made;
    worst_minute(made.governor, made.agent, 1e6, 5);
    made.before = made.governor.read_budget_ns_per_s();
    return made;
}

TEST(GovernorTest, ConvergesToTheBudgetWhenReadsCostMoreThanPredicted) {
    for (const double bias : {0.5, 1.0, 2.0, 4.0}) {
        Governor governor({.budget_percent = 0.2});
        Agent agent;
        agent.bias = bias;
        agent.overhead_ns_per_s = 400'000;
        double last = 0;
        const double worst = worst_minute(governor, agent, 2e6, 20, &last);
        EXPECT_LE(worst, 1.1) << bias;
        EXPECT_NEAR(last, 0.95 * 2e6, 0.03 * 2e6) << bias;
    }
}

TEST(GovernorTest, NeverExceedsATinyBudgetByATenthOverAMinute) {
    Governor governor({.budget_percent = 0.1});
    Agent agent;
    agent.bias = 1.5;
    agent.overhead_ns_per_s = 500'000;
    agent.jitter = 0.3;
    EXPECT_LE(worst_minute(governor, agent, 1e6, 240), 1.1);
}

TEST(GovernorTest, PaysABurstBackWithinTheSpan) {
    Governor governor({.budget_percent = 0.1, .grace_ns = 0});
    Agent agent;
    worst_minute(governor, agent, 1e6, 5);
    GovernorWindow burst = agent.run(governor.read_budget_ns_per_s());
    burst.cpu_ns += 20'000'000;  // two windows' worth
    const double before = governor.read_budget_ns_per_s();
    EXPECT_LT(governor.update(burst), 0.5 * before);
    EXPECT_LE(worst_minute(governor, agent, 1e6, 5), 1.1);
    EXPECT_NEAR(governor.read_budget_ns_per_s(), 0.95e6, 0.06e6) << "and recovers";
}

TEST(GovernorTest, LeavesNothingForReadsWhenOverheadAloneExceedsTheBudget) {
    Governor governor({.budget_percent = 0.1});
    Agent agent;
    agent.overhead_ns_per_s = 3e6;
    worst_minute(governor, agent, 1e6, 3);
    EXPECT_EQ(governor.read_budget_ns_per_s(), 0);
    agent.overhead_ns_per_s = 1e5;
    worst_minute(governor, agent, 1e6, 5);
    EXPECT_GT(governor.read_budget_ns_per_s(), 0.7e6);
}

TEST(GovernorTest, DoesNotWindUpWhileTheBudgetCannotBeUsed) {
    Governor governor({.budget_percent = 1});
    Agent agent;
    agent.full_ns_per_s = 1e5;
    worst_minute(governor, agent, 1e7, 30);
    EXPECT_LE(governor.read_budget_ns_per_s(), 1.07e7);
    agent.full_ns_per_s = 1e9;
    EXPECT_LE(worst_minute(governor, agent, 1e7, 30), 1.1);
}

TEST(GovernorTest, ExcusesWhatTheOperatorAskedFor) {
    auto [governor, agent, before] = settled();
    GovernorWindow reload = agent.run(before);
    reload.cpu_ns += 500'000'000;
    governor.excuse(500'000'000);
    EXPECT_NEAR(governor.update(reload), before, 0.1 * before);
}

TEST(GovernorTest, WhatWasOverspentIsPaidBackByReadingLessNotNothing) {
    auto [governor, agent, before] = settled();
    GovernorWindow burst = agent.run(before);
    burst.cpu_ns += 600'000'000;  // ten minutes' worth
    burst.read_ns = burst.cpu_ns;
    governor.update(burst);
    for (int window = 0; window < 4; ++window) {
        const double left = governor.update(agent.run(governor.read_budget_ns_per_s()));
        EXPECT_GT(left, 0.1 * before);
        EXPECT_LT(left, 0.3 * before);
    }
}

TEST(GovernorTest, ALowerBudgetIsNotHeldAgainstWhatTheHigherOneAllowed) {
    Governor governor({.budget_percent = 1, .grace_ns = 0});
    Agent agent;
    worst_minute(governor, agent, 1e7, 5);
    governor.set_budget_percent(0.1);
    EXPECT_NEAR(governor.update(agent.run(0.95e6)), 0.95e6, 0.1e6);
    EXPECT_NEAR(governor.budget_ppm(), 1000, 1e-6);
}

TEST(GovernorTest, ATraceIsNotHeldAgainstTheAgentButShown) {
    auto [governor, agent, before] = settled();
    GovernorWindow recording = agent.run(1e8);
    recording.is_excused = true;
    governor.excuse(1'000'000'000);  // what was registered meanwhile leaves no credit
    for (int window = 0; window < 10; ++window) {
        EXPECT_EQ(governor.update(recording), before);
    }
    EXPECT_NEAR(governor.used_ppm(), 100'000, 1000);
    EXPECT_NEAR(governor.update(agent.run(before)), before, 0.1 * before);
    EXPECT_LE(worst_minute(governor, agent, 1e6, 30), 1.1);
}

TEST(GovernorTest, IgnoresAnEmptyWindow) {
    Governor governor({});
    const double before = governor.read_budget_ns_per_s();
    EXPECT_EQ(governor.update({}), before);
}

}  // namespace
}  // namespace remora
