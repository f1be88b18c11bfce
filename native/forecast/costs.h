// What reading costs, as a running agent measured it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace remora {

// Typical nanoseconds to read one bean, by family, and what a tick takes beside its reads.
class MeasuredCosts {
 public:
    // `text`: an agent's Prometheus output with its self-metrics. Lines of
    // remora_family_read_typical_seconds and remora_tick_overhead_microseconds are taken, all
    // others passed over.
    static MeasuredCosts parse(std::string_view text);

    // Sets the typical cost of a family, in nanoseconds.
    void set(const std::string& family, double ns) { by_family_[family] = ns; }

    bool is_empty() const { return by_family_.empty(); }
    // CPU of a tick beside its reads; 0 when the agent did not emit it.
    double tick_overhead_ns() const { return tick_overhead_ns_; }
    // CPU of one read of the family. The agent reports the families whose reads take most. Any
    // other is taken to cost as much as the cheapest of these. Empty when none is reported.
    std::optional<double> typical_ns(const std::string& family) const;

 private:
    std::map<std::string, double> by_family_;
    double tick_overhead_ns_ = 0;
};

}  // namespace remora
