// Ring 2: encoded bytes on their way to one sink, in blocks of fixed size that never split a line.
#pragma once

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace remora {

// What a block begins or ends. A tick's output is one frame: blocks from kFrameBegin to kFrameEnd.
enum BlockFlag : std::uint8_t {
    kFrameBegin = 1,
    kFrameEnd = 2,
};

// A filled block as the sink sees it.
struct BlockView {
    std::span<const char> bytes;
    std::uint32_t lines = 0;
    std::uint8_t flags = 0;
    std::int64_t wall_ms = 0;  // of the tick
};

// A pool of blocks that travel producer -> consumer -> producer through two Boost.Lockfree SPSC
// queues. All memory is taken in the constructor.
//
// Thread safety: one producer thread (core) calls begin_frame, reserve, commit, end_frame; one
// consumer thread (sink) calls front, pop. Roles are fixed for the life of the channel.
//
// Invariants:
//  (1) a line lies in one block; a block belongs to one frame.
//  (2) every frame that was begun is ended before the next begins.
//  (3) "no free block" is an answer (nullptr): the producer goes on later, nobody waits. It is told
//      once half of the blocks are free (pop() returns true), not at the first: it should find room
//      for a good piece of work.
class BlockChannel {
 public:
    BlockChannel(std::size_t block_bytes, std::size_t block_count);

    std::size_t block_bytes() const { return block_bytes_; }
    std::size_t block_count() const { return block_count_; }

    // --- producer
    // Starts a frame. The first block carries kFrameBegin.
    void begin_frame(std::int64_t wall_ms);
    // Room for `bytes` (<= block_bytes) contiguous bytes of one line, or nullptr when no block is
    // free. May be called again with the same size later. Nothing is visible to the consumer until
    // its block is full or the frame ends.
    char* reserve(std::size_t bytes);
    // Takes over `used` bytes (<= what was reserved) as `lines` complete lines.
    void commit(std::size_t used, std::uint32_t lines = 1);
    // Ends the frame; false when no block was free to say so (call again later).
    bool end_frame();
    // Frames ended so far.
    std::uint64_t frames_closed() const { return frames_closed_.load(std::memory_order_relaxed); }

    // --- consumer
    // The oldest filled block, or false when there is none. Stays valid until pop().
    bool front(BlockView& view);
    // Gives the block in front back. True when the producer has found no free block and there is
    // room for it now: wake it. True once for each time that it found none.
    bool pop();

    // Whether a whole frame is queued behind the one that the block in front belongs to.
    bool newer_frame_waits() const {
        return frames_closed_.load(std::memory_order_acquire) > frames_popped_ + 1;
    }

    // --- any thread, approximate
    std::size_t filled() const { return full_.read_available(); }

 private:
    struct Ticket {
        std::uint32_t block;
        std::uint32_t used;
        std::uint32_t lines;
        std::uint8_t flags;
        std::int64_t wall_ms;
    };

    bool take_free(std::uint32_t& block);
    bool open_block();
    void close_block(std::uint8_t flags);

    const std::size_t block_bytes_;
    std::unique_ptr<char[]> memory_;
    boost::lockfree::spsc_queue<Ticket> full_;
    boost::lockfree::spsc_queue<std::uint32_t> free_;
    const std::size_t block_count_;
    const std::size_t room_;  // free blocks at which a producer that waits is told
    std::atomic<std::uint8_t> producer_waits_{0};

    // Producer only.
    Ticket current_{};
    bool block_open_ = false;
    bool frame_begun_ = false;  // a block of this frame was handed over
    std::int64_t wall_ms_ = 0;

    std::atomic<std::uint64_t> frames_closed_{0};  // producer writes, consumer reads
    std::uint64_t frames_popped_ = 0;              // consumer only
};

}  // namespace remora
