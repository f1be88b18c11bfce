#include "cli/status.h"

#include <algorithm>
#include <iostream>
#include <vector>

#include "base/clock.h"
#include "cli/which_agent.h"
#include "watch/json.h"
#include "watch/units.h"

namespace remora {
namespace {

constexpr int kDead = 2;

void print(const Snapshot& snapshot, const Verdict& verdict) {
    std::cout << verdict.word() << "  " << called(snapshot);
    if (snapshot.counters) {
        std::cout << ", pid " << snapshot.counters->process.pid;
    }
    if (verdict.agent.tick_age_ms >= 0) {
        std::cout << ", tick " << in_duration_ms(verdict.agent.tick_age_ms) << " ago";
    }
    std::cout << "  " << snapshot.directory << "\n";
    if (!verdict.agent.why.empty()) {
        std::cout << "  " << verdict.agent.why << "\n";
    }
    for (const Reason& reason : verdict.reasons) {
        std::cout << "  " << (reason.is_brokers ? "broker: " : "agent: ") << reason.what << "\n"
                  << "    " << reason.remedy << "\n";
    }
}

}  // namespace

int run_status(const StatusOptions& options) {
    const Result<std::vector<FoundAgent>> agents = agents_meant(options.where);
    if (!agents) {
        std::cerr << "remora status: " << agents.status().message() << "\n";
        return kDead;
    }
    int worst = 0;
    for (const FoundAgent& agent : agents.value()) {
        const Snapshot snapshot = AgentFiles(agent.directory).read(SystemClock().wall_ms());
        const Verdict verdict = verdict_of(snapshot);
        if (options.json) {
            const Figures figures = verdict.agent.is_running() ? figures_of(snapshot) : Figures();
            std::cout << json_of({snapshot, verdict, figures, History()}) << "\n";
        } else {
            print(snapshot, verdict);
        }
        worst = std::max(worst, verdict.exit_status());
    }
    return worst;
}

}  // namespace remora
