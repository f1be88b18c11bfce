// Beans that could not be looked at and would be collected.
#pragma once

#include <remora/wire.h>

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "engine/control_sender.h"

namespace remora {

// Tells the core of such beans by name, of at most 64 at a time.
//
// Thread safety: collector thread only. REQUIRES: the sender has room.
class UndescribedBeans {
 public:
    // `sender` outlives this.
    explicit UndescribedBeans(ControlSender& sender) : sender_(sender) {}

    // The bean could not be looked at, for `status`.
    void add(std::string_view name, wire::ReadStatus status) {
        constexpr std::size_t kNamesMax = 64;
        if (names_.size() < kNamesMax || names_.count(name) != 0) {
            names_.emplace(name);
            sender_.send_undescribed(name, status);
        }
    }

    // The bean could be described, or is gone, or is no longer wanted.
    void forget(std::string_view name) {
        const auto found = names_.find(name);
        if (found != names_.end()) {
            names_.erase(found);
            sender_.send_undescribed(name, wire::ReadStatus::kOk);
        }
    }

 private:
    ControlSender& sender_;
    std::set<std::string, std::less<>> names_;  // of which the core knows
};

}  // namespace remora
