#include "ring/block_channel.h"

namespace remora {

BlockChannel::BlockChannel(std::size_t block_bytes, std::size_t block_count)
    : block_bytes_(block_bytes),
      memory_(new char[block_bytes * block_count]),
      full_(block_count),
      free_(block_count) {
    for (std::uint32_t i = 0; i < block_count; ++i) {
        free_.push(i);
    }
}

void BlockChannel::begin_frame(std::int64_t wall_ms) {
    in_frame_ = true;
    frame_begun_ = false;
    wall_ms_ = wall_ms;
}

bool BlockChannel::open_block() {
    std::uint32_t block = 0;
    if (!free_.pop(block)) {
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
    // Never fails: there are as many tickets as blocks.
    full_.push(current_);
    block_open_ = false;
}

char* BlockChannel::reserve(std::size_t bytes) {
    if (block_open_ && current_.used + bytes > block_bytes_) {
        close_block(0);
    }
    if (!block_open_ && !open_block()) {
        return nullptr;
    }
    return memory_.get() + current_.block * block_bytes_ + current_.used;
}

void BlockChannel::commit(std::size_t used, std::uint32_t lines) {
    current_.used += static_cast<std::uint32_t>(used);
    current_.lines += lines;
}

bool BlockChannel::close_frame(std::uint8_t flag) {
    if (!block_open_ && !open_block()) {
        return false;
    }
    close_block(flag);
    in_frame_ = false;
    // After its block: whoever counts the frame finds it in the queue.
    frames_closed_.fetch_add(1, std::memory_order_release);
    return true;
}

bool BlockChannel::end_frame() {
    return close_frame(kFrameEnd);
}

bool BlockChannel::abort_frame() {
    return close_frame(kFrameAbort);
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

void BlockChannel::pop() {
    const std::uint32_t block = full_.front().block;
    frames_popped_ += (full_.front().flags & (kFrameEnd | kFrameAbort)) != 0 ? 1 : 0;
    full_.pop();
    free_.push(block);
}

}  // namespace remora
