#include "sink/datagram_output.h"

#include <errno.h>

#include <algorithm>

namespace remora {
namespace {

constexpr std::int64_t kBlockedPauseNs = 2 * kNanosPerMilli;
constexpr std::int64_t kBlockedNsMax = kNanosPerSecond;
constexpr std::int64_t kResolveNsMin = kNanosPerSecond;
constexpr std::int64_t kResolveNsMax = 30 * kNanosPerSecond;

std::string peer_text(const SinkOptions& options) {
    if (options.kind == SinkKind::kUnixgram) {
        return options.path;
    }
    return options.host + ":" + std::to_string(options.port);
}

}  // namespace

DatagramOutput::DatagramOutput(const SinkOptions& options, const Clock& clock,
                               SocketFactory& sockets, FaultReporter& reporter)
    : options_(options),
      unix_(options.kind == SinkKind::kUnixgram),
      peer_(peer_text(options)),
      clock_(clock),
      sockets_(sockets),
      reporter_(reporter),
      pacer_(unix_ ? 0 : options.spread_ms * kNanosPerMilli) {}

bool DatagramOutput::begin() {
    refused_ = false;
    blocked_since_ns_ = -1;
    pacer_.begin_frame(clock_.monotonic_ns());
    if (socket_ != nullptr && clock_.monotonic_ns() < resolve_at_ns_) {
        return true;
    }
    const bool found = find_addresses();
    resolve_at_ns_ =
        clock_.monotonic_ns() +
        (refused_wait_ns_ > 0 ? refused_wait_ns_ : options_.resolve_interval_ms * kNanosPerMilli);
    if (!found) {
        // A name server that is away is no reason to leave a receiver that was there a moment ago.
        return socket_ != nullptr;
    }
    const bool same = socket_ != nullptr &&
                      std::find(addresses_.begin(), addresses_.end(), address_) != addresses_.end();
    // A name with several addresses (localhost: ::1 and 127.0.0.1) whose receiver has but one of
    // them: the address in use refuses, so the next has its turn.
    const bool elsewhere = refused_wait_ns_ > 0 && addresses_.size() > 1;
    return (same && !elsewhere) || connect_any();
}

bool DatagramOutput::find_addresses() {
    if (unix_) {
        addresses_.resize(1);
        if (!sockets_.unix_address(options_.path, addresses_[0])) {
            reporter_.report("cannot connect to " + peer_, ENAMETOOLONG);
            return false;
        }
        return true;
    }
    std::string why;
    if (!sockets_.resolve(options_.host, options_.port, addresses_, why)) {
        reporter_.report("cannot resolve " + peer_, why);
        return false;
    }
    return true;
}

bool DatagramOutput::connect_any() {
    socket_.reset();
    int error = -EADDRNOTAVAIL;
    // From the one behind the last that was used on, so that each has its turn.
    const auto last = std::find(addresses_.begin(), addresses_.end(), address_);
    const std::size_t first =
        last == addresses_.end() ? 0 : static_cast<std::size_t>(last - addresses_.begin()) + 1;
    for (std::size_t i = 0; i < addresses_.size(); ++i) {
        const SocketAddress& address = addresses_[(first + i) % addresses_.size()];
        socket_ = sockets_.connect(address, error);
        if (socket_ != nullptr) {
            address_ = address;
            return true;
        }
    }
    reporter_.report("cannot connect to " + peer_, -error);
    return false;
}

Step DatagramOutput::write(const BlockView& block) {
    const bool is_paced = !hurried_ && is_spread_.load(std::memory_order_relaxed);
    wait_ns_ = is_paced ? pacer_.wait_ns(clock_.monotonic_ns()) : 0;
    if (wait_ns_ > 0) {
        return Step::kLater;
    }
    const int error = -socket_->send(block.bytes);
    return error == 0 ? sent(block) : after_error(block, error);
}

Step DatagramOutput::sent(const BlockView& block) {
    written_ += block.bytes.size();
    pacer_.sent();
    blocked_since_ns_ = -1;
    reporter_.counters().add_shared(Counter::kSinkPackets);
    return Step::kDone;
}

Step DatagramOutput::after_error(const BlockView& block, int error) {
    switch (error) {
        case EAGAIN:
        case ENOBUFS:
            return blocked(block, error);
        case ECONNREFUSED:
            return refused(block);
        case EMSGSIZE:
            // Only this one is too long; the frame goes on. Its size is not logged: each would be
            // news.
            reporter_.report("cannot send a datagram to " + peer_, error);
            return Step::kDone;
        default:
            break;
    }
    reporter_.report("cannot send to " + peer_, error);
    if (unix_ && refused(block) == Step::kDone) {
        return Step::kDone;
    }
    return Step::kFailed;
}

// UDP: the answer to an earlier datagram, so this one has not been sent yet, and whoever comes back
// hears it. Unix: the receiver has gone, perhaps to come back under the same name.
Step DatagramOutput::refused(const BlockView& block) {
    if (unix_) {
        if (!connect_any()) {
            return Step::kFailed;
        }
    } else {
        refused_ = true;
        reporter_.report("nobody listens at " + peer_, ECONNREFUSED);
    }
    const int error = -socket_->send(block.bytes);
    if (error == 0) {
        return sent(block);
    }
    if (!unix_ && error == ECONNREFUSED) {
        return Step::kDone;
    }
    if (error == EAGAIN || error == ENOBUFS) {
        return blocked(block, error);
    }
    reporter_.report("cannot send to " + peer_, error);
    return Step::kFailed;
}

// Our send buffer or the unix receiver's queue is full: wait, but not for ever.
Step DatagramOutput::blocked(const BlockView& /*block*/, int error) {
    const std::int64_t now_ns = clock_.monotonic_ns();
    if (blocked_since_ns_ < 0) {
        blocked_since_ns_ = now_ns;
    }
    if (!hurried_ && now_ns - blocked_since_ns_ < kBlockedNsMax) {
        wait_ns_ = kBlockedPauseNs;
        return Step::kLater;
    }
    reporter_.report("cannot send to " + peer_, error);
    return hurried_ ? Step::kDone : Step::kFailed;
}

bool DatagramOutput::end(bool /*aborted*/) {
    pacer_.end_frame();
    if (!refused_) {
        if (refused_wait_ns_ > 0) {
            reporter_.recovered(0);
        }
        refused_wait_ns_ = 0;
        return true;
    }
    // Perhaps the name means another address by now.
    refused_wait_ns_ = std::clamp(refused_wait_ns_ * 2, kResolveNsMin, kResolveNsMax);
    resolve_at_ns_ = std::min(resolve_at_ns_, clock_.monotonic_ns() + refused_wait_ns_);
    return true;
}

void DatagramOutput::give_up() {
    pacer_.end_frame();
    socket_.reset();
}

}  // namespace remora
