// Which process of this machine somebody is: a number alone comes back for another one.
#pragma once

#include <cstdint>

namespace remora {

// Every process of one boot has its own, as far as the parts are known.
struct ProcessMark {
    std::int64_t pid = 0;
    std::uint64_t pid_namespace = 0;  // in which `pid` counts: its inode; 0: not known
    std::uint64_t start_ticks = 0;    // as /proc/PID/stat has it; 0: not known
    bool operator==(const ProcessMark&) const = default;
};

// Of this process. Asks the kernel. Any thread.
ProcessMark own_process();

// True when that process has ended. False also when that cannot be seen from here, such as in
// another container. Asks the kernel. Any thread.
bool has_ended(const ProcessMark& process);

}  // namespace remora
