// A frame becomes the page that a scrape endpoint serves. Internal to the room.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/runner.h"
#include "sink/http_server.h"
#include "sink/output.h"
#include "sink/sink_worker.h"

namespace remora {

// The server has a thread of its own, so that whoever scrapes keeps no tick waiting.
//
// Invariants:
//  (1) what is served is one complete frame, or "down".
//  (2) the server's thread has ended when close() returns: it uses what the sink's does. One that
//      hangs makes the sink hang with it, which whoever stops the sink knows how to leave behind.
class HttpOutput final : public Output {
 public:
    HttpOutput(const SinkOptions& options, const SinkEnvironment& environment,
               FaultReporter& reporter);

    bool begin() override;
    Step write(const BlockView& block) override;
    bool end(bool aborted) override;
    void give_up() override;
    std::int64_t idle() override;
    void close(FileEnd file_end) override;

 private:
    bool is_started();

    const SinkOptions options_;
    const SinkEnvironment environment_;
    FaultReporter& reporter_;
    HttpServer* server_ = nullptr;    // owned by runner_
    std::unique_ptr<Runner> runner_;  // null: not started
    std::string text_;
    std::size_t last_bytes_ = 0;  // of the page before
    std::int64_t begun_ns_ = 0;
};

}  // namespace remora
