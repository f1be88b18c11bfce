#include "engine/housekeeper.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include "base/files.h"

namespace remora {
namespace {

constexpr std::int64_t kTakeOverPollNs = 20 * kNanosPerMilli;
constexpr std::uint64_t kRevertBytesMax = 64;
constexpr std::int64_t kRevertPollNs = kNanosPerSecond;
constexpr std::int64_t kListingPollNs = 200 * kNanosPerMilli;
// What is due within this time is done now: later it would wake the thread, and a processor, again.
constexpr std::int64_t kTogetherNs = 50 * kNanosPerMilli;
// A tick looks at the configuration too. What would be due with the next tick waits for it.
constexpr std::int64_t kAfterTickNs = 100 * kNanosPerMilli;

}  // namespace

Housekeeper::Housekeeper(Options options, Channels& channels, const Clock& clock,
                         CounterTable& counters, Log& log, Duties duties)
    : options_(std::move(options)),
      channels_(channels),
      clock_(clock),
      counters_(counters),
      log_(log),
      duties_(std::move(duties)),
      process_(own_process()),
      start_wall_ms_(clock.wall_ms()),
      config_mark_(options_.config_mark) {}

std::int64_t Housekeeper::do_work() {
    const std::int64_t now_ns = clock_.monotonic_ns();
    const std::int64_t interval_ns = duties_.counters_interval_ms() * kNanosPerMilli;
    const std::unique_ptr<LastValues> values(
        channels_.values.exchange(nullptr, std::memory_order_acq_rel));
    const bool is_tick = values != nullptr;
    if (is_tick) {
        write_files(values.get());
        counters_due_ns_ = now_ns + interval_ns + interval_ns / 2;  // should no tick come
        // What would be due before the next tick is done with this one.
        if (config_due_ns_ < now_ns + interval_ns) {
            config_due_ns_ = now_ns;
        }
    } else if (now_ns + kTogetherNs >= counters_due_ns_) {
        write_files(nullptr);
        counters_due_ns_ = now_ns + interval_ns;
    }
    take_profile();
    watch_reverts(now_ns);
    std::int64_t next_ns = std::min(counters_due_ns_, watch_requests(now_ns));
    next_ns = std::min(next_ns, watch_config(now_ns, is_tick));
    counters_.set(Counter::kHouseCpuNanos, static_cast<std::uint64_t>(thread_cpu_ns()));
    return std::max<std::int64_t>(1, next_ns - clock_.monotonic_ns());
}

// What a reload takes on this thread is not held against the budget.
void Housekeeper::excuse(std::int64_t begun_cpu_ns) {
    channels_.excused_cpu_ns.fetch_add(thread_cpu_ns() - begun_cpu_ns, std::memory_order_relaxed);
}

// Returns when it wants to be called again.
std::int64_t Housekeeper::watch_config(std::int64_t now_ns, bool is_tick) {
    const std::int64_t begun_cpu_ns = thread_cpu_ns();
    if (duties_.take_over() || take_change(now_ns, is_tick)) {
        excuse(begun_cpu_ns);
        return now_ns + kTakeOverPollNs;
    }
    return options_.config_path.empty() ? counters_due_ns_ : config_due_ns_;
}

// Whether there was one. One at a time: what comes meanwhile waits.
bool Housekeeper::take_change(std::int64_t now_ns, bool is_tick) {
    const std::unique_ptr<std::string> facts(
        channels_.facts.exchange(nullptr, std::memory_order_acq_rel));
    if (facts != nullptr) {
        duties_.on_facts(*facts);
        return true;
    }
    if (duties_.take_tuned()) {
        return true;
    }
    const bool is_asked = channels_.reread.exchange(false, std::memory_order_acq_rel);
    if (!is_asked && (options_.config_path.empty() || now_ns + kTogetherNs < config_due_ns_)) {
        return false;
    }
    config_due_ns_ =
        now_ns + options_.config_interval_ms * kNanosPerMilli + (is_tick ? kAfterTickNs : 0);
    const FileMark mark = mark_of(options_.config_path);
    // If the file is missing, the configuration in force stays: an editor is at work, or it is a
    // mistake.
    if (!is_asked && (mark == config_mark_ || mark == FileMark{})) {
        return false;
    }
    config_mark_ = mark;
    duties_.on_config_changed();
    return true;
}

// Wakes nobody: looked for when something else is due.
void Housekeeper::watch_reverts(std::int64_t now_ns) {
    if (options_.revert_path.empty() || now_ns < reverts_due_ns_ || !duties_.may_revert()) {
        return;
    }
    reverts_due_ns_ = now_ns + kRevertPollNs;
    const Result<std::string> asked = read_file(options_.revert_path, kRevertBytesMax);
    if ((!asked && asked.status().code() == Code::kNotFound) || !duties_.has_directory()) {
        return;
    }
    ::unlink(options_.revert_path.c_str());
    if (asked) {
        const std::string& which = asked.value();
        duties_.on_revert(which.substr(0, which.find('\n')));
    } else {
        log_.warn("revert", asked.status().message());
    }
}

// Looked for as often as the counters are written.
std::int64_t Housekeeper::watch_requests(std::int64_t now_ns) {
    const std::unique_ptr<std::string> listing(
        channels_.listing.exchange(nullptr, std::memory_order_acq_rel));
    if (listing != nullptr) {
        is_listing_ = false;
        write_listing(*listing);
    }
    if (!options_.beans_path.empty() && !is_listing_ &&
        ::unlink((options_.beans_path + ".request").c_str()) == 0) {
        is_listing_ = true;
        channels_.list_beans.store(true, std::memory_order_relaxed);
    }
    return is_listing_ ? now_ns + kListingPollNs : counters_due_ns_;
}

// A profile wakes nobody: it is looked for whenever something else is due.
void Housekeeper::take_profile() {
    const std::unique_ptr<AgentProfile> profile(
        channels_.profile.exchange(nullptr, std::memory_order_acq_rel));
    if (profile != nullptr) {
        duties_.on_profile(*profile);
    }
}

void Housekeeper::write_listing(const std::string& text) {
    const Status written = replace_file(options_.beans_path, text, "list of beans");
    if (!written) {
        log_.warn("beans", written.message());
    }
}

// Whether something may be written there.
bool Housekeeper::has_directory() {
    if (options_.counters_path.empty()) {
        return false;
    }
    if (duties_.has_directory()) {
        return true;
    }
    log_.warn("directory", "the directory of " + options_.counters_path +
                               " was removed, and another agent or user has it now: "
                               "counters and last values are not written any more");
    return false;
}

// Whoever looks afterwards must see no values that look alive.
void Housekeeper::on_stop() {
    if (!has_directory()) {
        return;
    }
    if (!options_.values_path.empty()) {
        ::unlink(options_.values_path.c_str());
    }
    write_counters(true);
}

// `values`: of the tick that has come; null: none has.
void Housekeeper::write_files(LastValues* values) {
    if (!has_directory()) {
        return;
    }
    if (values != nullptr && !options_.values_path.empty()) {
        values->process = process_;
        values->facts = duties_.facts();
        const Status written =
            replace_file(options_.values_path, print_values(*values), "file of last values");
        if (!written) {
            log_.warn("values", written.message());
        }
    }
    write_counters(false);
}

// `is_over`: the agent ends.
void Housekeeper::write_counters(bool is_over) {
    CounterFileHead head;
    head.process = process_;
    head.start_wall_ms = start_wall_ms_;
    head.written_wall_ms = clock_.wall_ms();
    head.interval_ms = duties_.counters_interval_ms();
    head.is_over = is_over;
    head.outputs = duties_.outputs();
    const Status written = write_counter_file(options_.counters_path, counters_, head);
    if (!written) {
        log_.warn("counters", written.message());
    }
}

}  // namespace remora
