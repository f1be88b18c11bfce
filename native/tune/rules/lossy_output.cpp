// An output loses what it sends.
#include <algorithm>

#include "tune/rules/rules.h"

namespace remora {
namespace {

constexpr double kDropsShare = 0.01;    // of datagrams, by the receiver's socket
constexpr double kDroppedShare = 0.05;  // of ticks, by the sink
constexpr double kSpread = 0.8;         // the longest there is

}  // namespace

void find_lossy_output(const Context& context, std::vector<Finding>& found) {
    for (const OutputProfile& output : context.profile.outputs) {
        const std::size_t at = output_at(context.config, output.name);
        const bool overruns = output.receiver_drops_share >= kDropsShare;
        if (at == context.config.outputs.size() ||
            (!overruns && output.dropped_share < kDroppedShare)) {
            continue;
        }
        Finding finding;
        finding.subject = output.name;
        finding.evidence = {{"dropped_share", output.dropped_share},
                            {"receiver_drops_share", output.receiver_drops_share},
                            {"packets_per_s", output.packets_per_s},
                            {"bytes_per_s", output.bytes_per_s}};
        if (!overruns) {
            finding.problem = "ticks of the output get lost";
            finding.advice = "the agent's log names the reason";
        } else if (context.config.outputs[at].spread < kSpread) {
            finding.problem = "the receiver has no room for datagrams that come in bursts";
            finding.advice = "spread them over more of the interval";
            finding.edit = {"outputs", output.name, {{"spread", kSpread}}};
            finding.measure = {Aim::kLoss, output.name};
        } else {
            finding.problem = "the receiver is too slow for what it is sent";
            finding.advice = "give its socket a larger buffer, or send less to it";
        }
        found.push_back(std::move(finding));
    }
}

}  // namespace remora
