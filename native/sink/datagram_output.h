// A block becomes a datagram, over UDP or a unix socket. Internal to the room.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "sink/output.h"
#include "sink/pacer.h"
#include "sink/sink_worker.h"
#include "sink/socket.h"

namespace remora {

// The socket is connected: so a missing receiver is noticed, and an aggregating receiver sees one
// source port for as long as the address stays the same.
class DatagramOutput final : public Output {
 public:
    DatagramOutput(const SinkOptions& options, const Clock& clock, SocketFactory& sockets,
                   FaultReporter& reporter);

    bool begin() override;
    Step write(const BlockView& block) override;
    bool end(bool aborted) override;
    void give_up() override;
    void stop_spreading() override { is_spread_.store(false, std::memory_order_relaxed); }
    void hurry() override { hurried_ = true; }
    void close(FileEnd /*file_end*/) override { socket_.reset(); }
    std::int64_t wait_ns() const override { return wait_ns_; }

 private:
    bool find_addresses();
    bool connect_any();
    Step sent(const BlockView& block);
    Step refused(const BlockView& block);
    Step blocked(const BlockView& block, int error);
    Step after_error(const BlockView& block, int error);

    const SinkOptions options_;
    const bool unix_;
    const std::string peer_;  // for people
    const Clock& clock_;
    SocketFactory& sockets_;
    FaultReporter& reporter_;

    std::vector<SocketAddress> addresses_;
    SocketAddress address_;  // of socket_
    std::unique_ptr<DatagramSocket> socket_;
    std::int64_t resolve_at_ns_ = 0;
    std::int64_t refused_wait_ns_ = 0;
    bool refused_ = false;  // in this frame

    Pacer pacer_;
    std::atomic<bool> is_spread_{true};
    bool hurried_ = false;
    std::int64_t wait_ns_ = 0;
    std::int64_t blocked_since_ns_ = -1;
};

}  // namespace remora
