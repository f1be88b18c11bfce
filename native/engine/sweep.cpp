#include "engine/sweep.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "engine/control_records.h"
#include "select/bean_list.h"

namespace remora {
namespace {

constexpr std::size_t kListBytesMax = 64U << 20;
// Offering everything costs CPU: room that comes free again and again waits longer each time.
constexpr std::int64_t kRefillNsMin = 30 * kNanosPerSecond;
constexpr std::int64_t kRefillNsMax = 600 * kNanosPerSecond;
// What a broker registers with its first topics and requests has come by then.
constexpr std::int64_t kUnmatchedNs = 60 * kNanosPerSecond;

}  // namespace

void Sweep::begin(bool is_new_selection) {
    is_new_selection_ = is_new_selection;
    has_freed_ = false;
    unmatched_ns_ = 0;
    is_under_way_ = true;
    if (list_ != nullptr) {
        list_->clear();  // everything will be offered once more
    }
}

std::unique_ptr<std::string> Sweep::end() {
    is_under_way_ = false;
    refill_ns_ = 0;
    return std::move(list_);
}

bool Sweep::ends_start(std::int64_t now_ns, std::size_t units) {
    if (!is_starting_ || is_under_way_) {
        return false;
    }
    if (units != units_at_start_ || started_ns_ == 0) {
        units_at_start_ = units;
        started_ns_ = now_ns + kRefillNsMin;
    }
    is_starting_ = now_ns < started_ns_;
    return !is_starting_;
}

bool Sweep::wants_refill(std::int64_t now_ns, bool has_refused) {
    if (!has_freed_ || is_under_way_ || !has_refused) {
        return false;
    }
    if (refill_ns_ == 0) {
        const bool again = now_ns - refilled_ns_ < kRefillNsMax;
        refill_wait_ns_ = again && refill_wait_ns_ > 0 ? std::min(2 * refill_wait_ns_, kRefillNsMax)
                                                       : kRefillNsMin;
        refill_ns_ = now_ns + refill_wait_ns_;  // what leaves often leaves with others
    }
    if (now_ns < refill_ns_) {
        return false;
    }
    refilled_ns_ = now_ns;
    return true;
}

// An MBean with all that it declares, since what nobody selects has not been looked into.
void Sweep::list(const Bean& bean) {
    if (list_ != nullptr && list_->size() <= kListBytesMax) {
        append_bean_line(bean, *list_);
    }
}

void Sweep::report_unmatched(std::int64_t now_ns, Log& log) {
    if (unmatched_ == nullptr || is_under_way_) {
        return;
    }
    if (unmatched_ns_ == 0) {
        unmatched_ns_ = now_ns + kUnmatchedNs;
    }
    if (now_ns >= unmatched_ns_) {
        const std::string sentence = unmatched_->sentence();
        if (!sentence.empty()) {
            log.warn("unmatched", sentence);
        }
        unmatched_.reset();
    }
}

}  // namespace remora
