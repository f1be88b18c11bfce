// What caps and limits leave out since the last sweep began, for the log.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/log.h"
#include "config/config.h"
#include "select/admission.h"

namespace remora {

// That something is not collected must not be found out by its absence. Each cap is logged when it
// leaves something out, and again when that is twice as much.
//
// Thread safety: collector thread only.
class CapReport {
 public:
    // A cap leaves out a bean. False when it was counted before: a bean that is offered again is
    // left out once.
    bool note_bean(Cap cap, std::uint64_t name_hash);
    // limits.attributes_per_bean_max leaves out so many values of a bean that is collected.
    void note_values(std::size_t values) { values_cut_.count += values; }
    // Values of a bean are left out that the wire has no room for, whatever the configuration.
    void note_oversized(std::string_view bean, std::size_t values);
    // A bean is left out for its long name, which begins so.
    void note_long_name(std::string_view begin);
    // Whether a cap leaves out any bean.
    bool has_beans() const { return !beans_.empty(); }

    // Everything is offered again. `is_anew`: under other caps, so that what was logged says
    // nothing about them.
    void begin_sweep(bool is_anew);
    // Logs what has grown.
    void report(const LimitsConfig& limits, Log& log);

 private:
    struct LeftOut {
        std::size_t count = 0;
        std::size_t reported = 0;  // when it was last logged
        std::string example;       // name of a bean, or empty
    };

    static void report_cap(LeftOut& left_out, const char* key, std::uint32_t cap, const char* what,
                           Log& log);
    static bool has_grown(LeftOut& left_out);

    std::unordered_set<std::uint64_t> beans_;  // hashes of their names
    std::array<LeftOut, kCapCount> by_cap_;    // beans
    LeftOut values_cut_;
    LeftOut oversized_;  // values
    LeftOut long_names_;
};

}  // namespace remora
