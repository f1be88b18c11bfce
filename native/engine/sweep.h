// Times at which every bean is offered: at the start, for another configuration, when a cap has
// room again, and for a list of the broker's beans.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/log.h"
#include "model/bean.h"
#include "select/unmatched.h"

namespace remora {

// Whether a sweep is under way, when the next one is wanted, and what is written down during one.
//
// Thread safety: collector thread only.
class Sweep {
 public:
    // The first one, which comes by itself, is under way from the beginning.
    bool is_under_way() const { return is_under_way_; }
    // Everything is offered from now on. `is_new_selection`: under a configuration that may select
    // what was there before.
    void begin(bool is_new_selection);
    // Whether a bean that becomes a unit now may have been there all along without being met: in
    // the first sweep, and under another configuration.
    bool finds_old() const { return is_under_way_ && is_new_selection_; }
    // Everything has been offered. Returns the list when one was asked for; the caller's.
    std::unique_ptr<std::string> end();

    // A unit left, so that a cap may have room.
    void note_freed() { has_freed_ = true; }
    // Whether the node has started: nothing came for half a minute. It registers its beans in any
    // order, and caps would be filled by luck: they are filled anew then, in the order of a sweep.
    // True once. `units`: how many there are.
    bool ends_start(std::int64_t now_ns, std::size_t units);
    // Whether it is time to look for what fits under the caps since units left: after half a
    // minute, and after twice the time before, up to ten minutes, when it happens again and again.
    // True once; then begin(). `has_refused`: whether caps leave out anything. Cheap.
    bool wants_refill(std::int64_t now_ns, bool has_refused);

    // The sweep that has just begun writes down what is offered.
    void write_list() { list_ = std::make_unique<std::string>(); }
    // A bean for that list, in the form that BeanList reads.
    void list(const Bean& bean);

    // Watches what a configuration names from now on; null: nothing is reported.
    void watch(std::shared_ptr<Unmatched> unmatched) { unmatched_ = std::move(unmatched); }
    // A bean that there is, whether it is collected or not.
    void see(const Bean& bean) {
        if (unmatched_ != nullptr) {
            unmatched_->see(bean);
        }
    }
    // Logs once, a minute after a sweep, what the configuration names and no bean has matched.
    void report_unmatched(std::int64_t now_ns, Log& log);

 private:
    bool is_under_way_ = true;
    bool is_new_selection_ = true;
    bool is_starting_ = true;
    std::size_t units_at_start_ = 0;
    std::int64_t started_ns_ = 0;  // the node has, when nothing comes until then
    bool has_freed_ = false;       // a unit left since the last sweep
    std::int64_t refill_ns_ = 0;   // not before; 0: a unit has to leave first
    std::int64_t refill_wait_ns_ = 0;
    std::int64_t refilled_ns_ = 0;
    std::shared_ptr<Unmatched> unmatched_;  // null: nothing to report, or reported
    std::int64_t unmatched_ns_ = 0;         // when to report; 0: a sweep has to end first
    std::unique_ptr<std::string> list_;     // of the sweep under way
};

}  // namespace remora
