// Serves the page of the last tick to whoever scrapes it. Internal to the room.
#pragma once

#include <cstdint>
#include <memory>

#include "base/runner.h"
#include "sink/http_page.h"
#include "sink/sink_worker.h"

namespace remora {

// Listens at SinkOptions::host and port, from its first turn to on_stop(); where it cannot, it says
// so and tries again, after 1 s and up to 30 s. A request reads nothing of the broker: it is
// answered from the page that was published last, or as down when that is older than its bound.
//
// What a client can make it use is bounded: connections, bytes of a request, time for a request and
// for an answer, pages held by slow readers, and CPU. Who is beyond a bound waits, is refused or is
// cut off; what is refused or cut off is counted, and said once.
//
// Thread safety: turns on the server's thread, which a Runner gives it; the rest on any.
class HttpServer : public Worker {
 public:
    // From now on this page is served.
    virtual void publish(std::shared_ptr<HttpPage> page) = 0;
    // The turn under way ends and those to come do nothing: for the owner of the Runner, before
    // stop(). A turn waits for connections otherwise.
    virtual void quit() = 0;
    // Where it listens; 0: nowhere now.
    virtual std::uint16_t port() const = 0;
};

// What `environment` holds outlives the server.
std::unique_ptr<HttpServer> make_http_server(const SinkOptions& options,
                                             const SinkEnvironment& environment);

}  // namespace remora
