#include "cli/agent_files.h"

namespace remora {

Result<std::string> costs_path(const CounterFileHead& counters) {
    std::string others;
    for (const OutputNote& output : counters.outputs) {
        const bool is_textfile = output.is_textfile();
        if (is_textfile && output.self_level == "full") {
            return output.where;
        }
        others += (others.empty() ? "" : ", ") + output.format +
                  (is_textfile ? " with self_metrics \"" + output.self_level + "\"" : "") + " to " +
                  output.where;
    }
    return Status(Code::kNotFound,
                  "this agent writes no Prometheus textfile with self_metrics \"full\"" +
                      (others.empty() ? "" : "; it writes " + others));
}

}  // namespace remora
