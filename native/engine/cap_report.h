// What the caps leave out since the last sweep began, for the log.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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
    // Whether any bean is left out.
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
    };

    static void report_one(LeftOut& left_out, const char* key, std::uint32_t cap, const char* what,
                           Log& log);

    std::unordered_set<std::uint64_t> beans_;  // hashes of their names
    std::array<LeftOut, kCapCount> by_cap_;    // beans
    LeftOut values_cut_;
};

}  // namespace remora
