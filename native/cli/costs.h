// What reading costs, as a running agent measured it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace remora {

// Typical nanoseconds to read one bean, by family.
class MeasuredCosts {
 public:
    // `text`: an agent's Prometheus output with its self-metrics; lines of
    // remora_family_read_typical_seconds count, whatever else is there.
    static MeasuredCosts parse(std::string_view text);

    bool is_empty() const { return by_family_.empty(); }
    // Of the family. The agent reports those whose reads take most: one that it does not report is
    // taken to cost as much as the cheapest of them. Empty when there are none.
    std::optional<double> typical_ns(const std::string& family) const;

 private:
    std::map<std::string, double> by_family_;
};

}  // namespace remora
