#include <system_error>

#include "sink/output.h"

namespace remora {

void FaultReporter::report(std::string_view what, int error) {
    report(what, std::error_code(error, std::generic_category()).message());
}

void FaultReporter::report(std::string_view what, std::string_view why) {
    counters_.add_shared(Counter::kSinkErrors);
    std::string line = "output " + output_ + ": ";
    line.append(what).append(": ").append(why);
    log_.warn(line, line);
}

void FaultReporter::recovered(std::uint64_t frames) {
    log_.warn("recovered " + output_, "output " + output_ + ": works again, " +
                                          std::to_string(frames) + " ticks were lost");
}

}  // namespace remora
