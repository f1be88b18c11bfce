#include "sink/sink_worker.h"

#include <algorithm>
#include <atomic>

#include "sink/append_output.h"
#include "sink/datagram_output.h"
#include "sink/http_output.h"
#include "sink/output.h"
#include "sink/textfile_output.h"

namespace remora {
namespace {

constexpr int kBlocksPerTurn = 32;
constexpr std::int64_t kRetryNsMin = kNanosPerSecond;
constexpr std::int64_t kRetryNsMax = 30 * kNanosPerSecond;
constexpr std::int64_t kFramePollNsMin = kNanosPerMilli;
constexpr std::int64_t kFramePollNsMax = 50 * kNanosPerMilli;
constexpr std::size_t kStopBlocksMax = 65'536;

std::unique_ptr<Output> make_output(const SinkOptions& options, const SinkEnvironment& environment,
                                    FaultReporter& reporter) {
    switch (options.kind) {
        case SinkKind::kTextfile:
            return std::make_unique<TextfileOutput>(options, environment.files, reporter);
        case SinkKind::kAppend:
            return std::make_unique<AppendOutput>(options, environment.clock, environment.files,
                                                  reporter);
        case SinkKind::kHttp:
            return std::make_unique<HttpOutput>(options, environment, reporter);
        case SinkKind::kUdp:
        case SinkKind::kUnixgram:
            break;
    }
    return std::make_unique<DatagramOutput>(options, environment.clock, environment.sockets,
                                            reporter);
}

class SinkWorkerImpl final : public SinkWorker {
 public:
    SinkWorkerImpl(const SinkOptions& options, BlockChannel& channel,
                   const SinkEnvironment& environment)
        : options_(options),
          channel_(channel),
          clock_(environment.clock),
          counters_(environment.counters),
          on_room_(environment.on_room),
          reporter_(options.name, environment.clock, environment.counters, environment.log),
          output_(make_output(options, environment, reporter_)),
          file_end_(options.file_end) {}

    std::int64_t do_work() override;
    void on_stop() override;
    std::int64_t cpu_ns() const override { return cpu_ns_.load(std::memory_order_relaxed); }
    bool failing() const override { return failing_.load(std::memory_order_relaxed); }
    void hurry() override { output_->stop_spreading(); }
    void set_file_end(FileEnd file_end) override {
        file_end_.store(file_end, std::memory_order_release);
    }
    Fates fates() const override {
        const std::uint64_t over = frames_over_.load(std::memory_order_acquire);
        return {over, frames_whole_lost_.load(std::memory_order_relaxed),
                frames_torn_.load(std::memory_order_relaxed)};
    }

 private:
    enum class Frame : std::uint8_t { kNone, kWriting, kDropping };

    Step take(const BlockView& block);
    void begin_frame(const BlockView& block);
    void end_frame(bool aborted);
    void fail();
    std::int64_t idle_ns();

    const SinkOptions options_;
    BlockChannel& channel_;
    const Clock& clock_;
    CounterTable& counters_;
    const std::function<void()> on_room_;
    FaultReporter reporter_;
    const std::unique_ptr<Output> output_;

    Frame frame_ = Frame::kNone;
    bool block_begun_ = false;  // the block in front was already looked at
    std::uint64_t taken_ = 0;   // bytes of this frame
    std::int64_t frame_poll_ns_ = kFramePollNsMin;
    std::int64_t retry_ns_ = 0;
    std::int64_t retry_at_ns_ = 0;
    std::uint64_t frames_lost_ = 0;  // since the destination failed

    std::atomic<FileEnd> file_end_;
    std::atomic<std::int64_t> cpu_ns_{0};
    std::atomic<bool> failing_{false};
    std::atomic<std::uint64_t> frames_over_{0};  // written after the other two
    std::atomic<std::uint64_t> frames_whole_lost_{0};
    std::atomic<std::uint64_t> frames_torn_{0};
};

std::int64_t SinkWorkerImpl::do_work() {
    BlockView block;
    std::int64_t wait_ns = -1;
    int blocks = 0;
    for (; blocks < kBlocksPerTurn && channel_.front(block); ++blocks) {
        if (take(block) == Step::kLater) {
            wait_ns = output_->wait_ns();
            break;
        }
    }
    if (blocks > 0) {
        frame_poll_ns_ = kFramePollNsMin;
    }
    if (wait_ns < 0) {
        wait_ns = blocks == kBlocksPerTurn ? 0 : idle_ns();
    }
    cpu_ns_.store(thread_cpu_ns(), std::memory_order_relaxed);
    return wait_ns;
}

// The ring is empty. Inside a frame more is about to come, so look again soon, but ever less often.
std::int64_t SinkWorkerImpl::idle_ns() {
    if (frame_ != Frame::kNone) {
        const std::int64_t wait_ns = frame_poll_ns_;
        frame_poll_ns_ = std::min(frame_poll_ns_ * 2, kFramePollNsMax);
        return wait_ns;
    }
    return std::min(options_.poll_ms * kNanosPerMilli, output_->idle());
}

// Deals with the block in front and pops it, unless it has to wait.
Step SinkWorkerImpl::take(const BlockView& block) {
    if (!block_begun_) {
        block_begun_ = true;
        if ((block.flags & kFrameBegin) != 0) {
            begin_frame(block);
        }
    }
    if (frame_ == Frame::kWriting && !block.bytes.empty()) {
        const Step step = output_->write(block);
        if (step == Step::kLater) {
            return step;
        }
        if (step == Step::kFailed) {
            fail();
        }
    }
    taken_ += block.bytes.size();
    if ((block.flags & kFrameEnd) != 0) {
        const std::int64_t took_ms = clock_.wall_ms() - block.wall_ms;
        counters_.set(Counter::kSinkTickMillis,
                      static_cast<std::uint64_t>(std::max<std::int64_t>(took_ms, 0)));
        end_frame(false);
    }
    block_begun_ = false;
    if (channel_.pop() && on_room_) {
        on_room_();
    }
    return Step::kDone;
}

void SinkWorkerImpl::begin_frame(const BlockView& block) {
    frame_ = Frame::kDropping;
    if (clock_.monotonic_ns() < retry_at_ns_) {
        return;
    }
    const bool old = options_.frame_age_ms_max > 0 &&
                     clock_.wall_ms() - block.wall_ms > options_.frame_age_ms_max;
    if (old && channel_.newer_frame_waits()) {
        return;
    }
    if (output_->begin()) {
        frame_ = Frame::kWriting;
    } else {
        fail();
    }
}

void SinkWorkerImpl::fail() {
    frame_ = Frame::kDropping;
    output_->give_up();
    failing_.store(true, std::memory_order_relaxed);
    retry_ns_ = std::clamp(retry_ns_ * 2, kRetryNsMin, kRetryNsMax);
    retry_at_ns_ = clock_.monotonic_ns() + retry_ns_;
}

void SinkWorkerImpl::end_frame(bool aborted) {
    bool out = frame_ == Frame::kWriting;
    if (out && !output_->end(aborted)) {
        fail();
        out = false;
    }
    frame_ = Frame::kNone;
    const std::uint64_t written = std::min(output_->take_written(), taken_);
    counters_.add_shared(Counter::kSinkBytes, written);
    counters_.add_shared(Counter::kSinkBytesDropped, taken_ - written);
    counters_.add_shared(out && !aborted ? Counter::kSinkFrames : Counter::kSinkFramesDropped);
    taken_ = 0;
    if (!out) {
        (written == 0 ? frames_whole_lost_ : frames_torn_).fetch_add(1, std::memory_order_relaxed);
    }
    frames_over_.fetch_add(1, std::memory_order_release);
    if (!out || aborted) {
        frames_lost_ += failing() ? 1 : 0;
        return;
    }
    if (failing()) {
        reporter_.recovered(frames_lost_);
        failing_.store(false, std::memory_order_relaxed);
    }
    frames_lost_ = 0;
    retry_ns_ = 0;
}

void SinkWorkerImpl::on_stop() {
    output_->hurry();
    const std::int64_t deadline_ns =
        clock_.monotonic_ns() + options_.stop_drain_ms * kNanosPerMilli;
    BlockView block;
    for (std::size_t i = 0; i < kStopBlocksMax && channel_.front(block); ++i) {
        if (frame_ == Frame::kWriting && clock_.monotonic_ns() > deadline_ns) {
            output_->give_up();
            frame_ = Frame::kDropping;
        }
        if (clock_.monotonic_ns() > deadline_ns) {
            retry_at_ns_ = kIdleForEver;  // whatever begins from here on is dropped
        }
        if (take(block) == Step::kLater) {
            break;
        }
    }
    if (frame_ != Frame::kNone) {
        if (frame_ == Frame::kWriting) {
            output_->give_up();
        }
        frame_ = Frame::kDropping;
        end_frame(true);
    }
    output_->close(file_end_.load(std::memory_order_acquire));
    cpu_ns_.store(thread_cpu_ns(), std::memory_order_relaxed);
}

}  // namespace

void end_textfile(const SinkOptions& options, const SinkEnvironment& environment) {
    FaultReporter reporter(options.name, environment.clock, environment.counters, environment.log);
    TextfileOutput(options, environment.files, reporter).close(options.file_end);
}

std::unique_ptr<SinkWorker> make_sink_worker(const SinkOptions& options, BlockChannel& channel,
                                             const SinkEnvironment& environment) {
    return std::make_unique<SinkWorkerImpl>(options, channel, environment);
}

}  // namespace remora
