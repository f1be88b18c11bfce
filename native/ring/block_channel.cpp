#include "ring/block_channel.h"

#include "base/assert.h"

namespace remora {

BlockChannel::BlockChannel(std::size_t block_bytes, std::size_t block_count)
    : block_bytes_(block_bytes),
      memory_(new char[block_bytes * block_count]),
      full_(block_count),
      free_(block_count),
      block_count_(block_count),
      room_((block_count + 1) / 2) {
    for (std::uint32_t i = 0; i < block_count; ++i) {
        free_.push(i);
    }
}

void BlockChannel::begin_frame(std::int64_t wall_ms) {
    REMORA_ASSERT(!block_open_);  // the frame before was ended
    frame_begun_ = false;
    wall_ms_ = wall_ms;
}

// The flag goes up before the second look, and the consumer looks at it after giving a block back.
// Both do so by read-modify-write, which puts the two in order: either the consumer sees the flag
// or the producer sees the block. (No fences: ThreadSanitizer does not know them.)
bool BlockChannel::take_free(std::uint32_t& block) {
    if (free_.pop(block)) {
        return true;
    }
    producer_waits_.exchange(1, std::memory_order_acq_rel);
    if (!free_.pop(block)) {
        return false;
    }
    producer_waits_.store(0, std::memory_order_relaxed);
    return true;
}

bool BlockChannel::open_block() {
    std::uint32_t block = 0;
    if (!take_free(block)) {
        return false;
    }
    current_ =
        Ticket{block, 0, 0, frame_begun_ ? std::uint8_t{0} : std::uint8_t{kFrameBegin}, wall_ms_};
    frame_begun_ = true;
    block_open_ = true;
    return true;
}

void BlockChannel::close_block(std::uint8_t flags) {
    current_.flags = static_cast<std::uint8_t>(current_.flags | flags);
    const bool is_queued = full_.push(current_);
    REMORA_ASSERT(is_queued);  // there are as many tickets as blocks
    block_open_ = false;
}

char* BlockChannel::reserve(std::size_t bytes) {
    REMORA_ASSERT(bytes <= block_bytes_);
    if (block_open_ && current_.used + bytes > block_bytes_) {
        close_block(0);
    }
    if (!block_open_ && !open_block()) {
        return nullptr;
    }
    return memory_.get() + current_.block * block_bytes_ + current_.used;
}

void BlockChannel::commit(std::size_t used, std::uint32_t lines) {
    REMORA_ASSERT(block_open_ && used <= block_bytes_ - current_.used);
    current_.used += static_cast<std::uint32_t>(used);
    current_.lines += lines;
}

bool BlockChannel::end_frame() {
    if (!block_open_ && !open_block()) {
        return false;
    }
    close_block(kFrameEnd);
    // After its block: whoever counts the frame finds it in the queue.
    frames_closed_.fetch_add(1, std::memory_order_release);
    return true;
}

bool BlockChannel::front(BlockView& view) {
    if (full_.read_available() == 0) {
        return false;
    }
    const Ticket& ticket = full_.front();
    view.bytes = {memory_.get() + ticket.block * block_bytes_, ticket.used};
    view.lines = ticket.lines;
    view.flags = ticket.flags;
    view.wall_ms = ticket.wall_ms;
    return true;
}

bool BlockChannel::pop() {
    REMORA_ASSERT(full_.read_available() > 0);
    const std::uint32_t block = full_.front().block;
    frames_popped_ += (full_.front().flags & kFrameEnd) != 0 ? 1 : 0;
    full_.pop();
    const bool is_free = free_.push(block);
    REMORA_ASSERT(is_free);  // it was given back once
    const bool waits = producer_waits_.fetch_or(0, std::memory_order_acq_rel) != 0;
    // The producer takes blocks, so what is counted here may be too many but not too few.
    return waits && free_.write_available() + room_ <= block_count_ &&
           producer_waits_.exchange(0, std::memory_order_relaxed) != 0;
}

}  // namespace remora
