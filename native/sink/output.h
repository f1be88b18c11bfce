// What a sink worker does with a frame, by kind of destination. Internal to the room.
#pragma once

#include <cstdint>
#include <limits>

#include "base/file_policy.h"
#include "ring/block_channel.h"
#include "sink/fault_reporter.h"

namespace remora {

inline constexpr std::int64_t kIdleForEver = std::numeric_limits<std::int64_t>::max();

enum class Step : std::uint8_t {
    kDone,    // the block is dealt with
    kLater,   // call again with the same block after wait_ns()
    kFailed,  // reported; the frame cannot go on
};

// Calls come as begin, write..., end | give_up, and again; idle at any time; close last. Faults are
// reported by the output itself.
//
// Thread safety: sink thread only, but for stop_spreading().
class Output {
 public:
    virtual ~Output() = default;

    // Gets ready for a frame; false when the destination does not work now.
    virtual bool begin() = 0;
    virtual Step write(const BlockView& block) = 0;
    // The frame is over; `aborted` when its encoder gave it up half way. False when it did not get
    // out.
    virtual bool end(bool aborted) = 0;
    // The frame is lost: cleans up after it.
    virtual void give_up() = 0;
    // Work beside the frames, a slice a call. Returns ns until it wants to be called again.
    virtual std::int64_t idle() { return kIdleForEver; }
    // From now on a frame is not spread over time. Any thread.
    virtual void stop_spreading() {}
    // From now on no waiting at all (stop).
    virtual void hurry() {}
    // `file_end`: of a file that is replaced whole.
    virtual void close(FileEnd file_end) = 0;

    virtual std::int64_t wait_ns() const { return 0; }

    // Bytes that got out since the last call.
    std::uint64_t take_written() {
        const std::uint64_t bytes = written_;
        written_ = 0;
        return bytes;
    }

 protected:
    std::uint64_t written_ = 0;
};

}  // namespace remora
