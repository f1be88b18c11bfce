#include "cli/top.h"

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cli/terminal.h"
#include "cli/which_agent.h"
#include "watch/json.h"

namespace remora {
namespace {

constexpr int kPollMs = 200;
constexpr std::int64_t kAgeNs = kNanosPerSecond;  // ages on the screen are of now
constexpr std::size_t kPlainRows = 46;

// The agent as it was seen last, and before.
class Follower {
 public:
    explicit Follower(std::string directory) : files_(std::move(directory)) { look(); }

    bool has_news() const { return files_.has_news(); }
    // Reads the files.
    void look() {
        snapshot_ = files_.read(SystemClock().wall_ms());
        judge();
        history_.note(snapshot_, figures_);
        looked_ns_ = SystemClock().monotonic_ns();
    }
    // As look() or, when nothing has changed, for a new age and the end of the process alone, once
    // a second. Whether there is something else to show.
    bool look_again() {
        if (has_news()) {
            look();
            return true;
        }
        if (SystemClock().monotonic_ns() - looked_ns_ < kAgeNs) {
            return false;
        }
        looked_ns_ = SystemClock().monotonic_ns();
        snapshot_.now_wall_ms = SystemClock().wall_ms();
        snapshot_.process_ended = snapshot_.counters && has_ended(snapshot_.counters->process);
        judge();
        return true;
    }

    const Snapshot& snapshot() const { return snapshot_; }
    ScreenInput input() const { return {snapshot_, verdict_, figures_, history_}; }

 private:
    void judge() {
        verdict_ = verdict_of(snapshot_);
        figures_ = verdict_.agent.is_running() ? figures_of(snapshot_) : Figures();
    }

    AgentFiles files_;
    Snapshot snapshot_;
    Verdict verdict_;
    Figures figures_;
    History history_;
    std::int64_t looked_ns_ = 0;
};

class Deadline {
 public:
    explicit Deadline(int seconds)
        : end_ns_(seconds == 0 ? 0 : SystemClock().monotonic_ns() + seconds * kNanosPerSecond) {}
    bool is_over() const { return end_ns_ != 0 && SystemClock().monotonic_ns() >= end_ns_; }

 private:
    std::int64_t end_ns_;
};

void print(const Follower& follower, const TopOptions& options) {
    if (options.json) {
        std::cout << json_of(follower.input()) << "\n" << std::flush;
        return;
    }
    ScreenOptions screen;
    screen.rows = kPlainRows;
    screen.is_unicode = false;
    std::vector<ScreenLine> lines = screen_of(follower.input(), screen);
    lines.pop_back();  // the keys
    while (!lines.empty() && text_of(lines.back()).empty()) {
        lines.pop_back();
    }
    for (const ScreenLine& line : lines) {
        std::string text = text_of(line);
        text.erase(text.find_last_not_of(' ') + 1);
        std::cout << text << "\n";
    }
    std::cout << (options.once ? "" : "\n") << std::flush;
}

void print_ticks(Follower& follower, const TopOptions& options) {
    const Deadline deadline(options.seconds);
    print(follower, options);
    while (!options.once && !deadline.is_over() && std::cout) {
        std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
        const bool was_running = follower.input().verdict.agent.is_running();
        const bool has_ticked = follower.has_news();
        follower.look_again();
        if (has_ticked || was_running != follower.input().verdict.agent.is_running()) {
            print(follower, options);
        }
    }
}

int show(Follower& follower, const TopOptions& options) {
    const Result<std::unique_ptr<Terminal>> opened = Terminal::open();
    if (!opened) {
        std::cerr << "remora top: " << opened.status().message() << "\n";
        return 1;
    }
    Terminal& terminal = *opened.value();
    ScreenOptions screen;
    screen.is_unicode = terminal.is_unicode();
    const Deadline deadline(options.seconds);
    bool has_changed = true;
    while (!deadline.is_over()) {
        if (has_changed) {
            screen.columns = terminal.columns();
            screen.rows = terminal.rows();
            terminal.draw(screen_of(follower.input(), screen));
        }
        const KeyPress pressed = terminal.wait(kPollMs);
        if (!press(pressed, screen)) {
            break;
        }
        has_changed = follower.look_again() || pressed.key != KeyCode::kNone;
    }
    return 0;
}

}  // namespace

int run_top(const TopOptions& options) {
    const Result<FoundAgent> agent = agent_meant(options.where);
    if (!agent) {
        std::cerr << "remora top: " << agent.status().message() << "\n";
        return 1;
    }
    Follower follower(agent.value().directory);
    if (!follower.snapshot().counters) {
        std::cerr << "remora top: " << follower.snapshot().trouble << "\n";
        return 1;
    }
    // Without a keyboard each wait for a key would end at once.
    const bool is_terminal = ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
    if (options.plain || options.json || options.once || !is_terminal) {
        print_ticks(follower, options);
        return 0;
    }
    return show(follower, options);
}

}  // namespace remora
