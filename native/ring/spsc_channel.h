// Ring 1 and its sisters: bounded single-producer single-consumer channels of trivially copyable
// items.
#pragma once

#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <span>
#include <type_traits>

#include "base/assert.h"

namespace remora {

// Thread safety: one producer thread calls the try_push functions, one consumer thread calls
// pop_some; size_approx from any thread. Roles are fixed for the life of the channel. Memory is
// taken in the constructor.
//
// Invariants:
//  (1) try_push_all stores everything or nothing: a batch is never torn, so nothing is lost in
//      silence.
//  (2) items are copied out before their slots are released: a slow consumer costs space, never
//      correctness.
template <typename T>
class SpscChannel {
    static_assert(std::is_trivially_copyable_v<T>, "the bulk copies of spsc_queue rely on it");

 public:
    explicit SpscChannel(std::size_t capacity) : queue_(capacity) {}

    bool try_push(const T& item) { return queue_.push(item); }

    // All or nothing: spsc_queue's bulk push would store a part. Only the producer shrinks the
    // room, so the room seen by write_available can only grow until the push.
    bool try_push_all(std::span<const T> items) {
        if (queue_.write_available() < items.size()) {
            return false;
        }
        const std::size_t stored = queue_.push(items.data(), items.size());
        REMORA_ASSERT(stored == items.size());
        return true;
    }

    // Producer: free slots, at least this many.
    std::size_t room() const { return queue_.write_available(); }

    // Copies at most `into.size()` items, oldest first; returns how many.
    std::size_t pop_some(std::span<T> into) { return queue_.pop(into.data(), into.size()); }

    bool try_pop(T& item) { return queue_.pop(item); }

    // Consumer: filled slots, at least this many.
    std::size_t filled() const { return queue_.read_available(); }

 private:
    boost::lockfree::spsc_queue<T> queue_;
};

}  // namespace remora
