// The consumer side of one ring 2: drains blocks into a file, a datagram socket or a page that is
// scraped, on its own thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/counter_table.h"
#include "base/file_policy.h"
#include "base/log.h"
#include "base/runner.h"
#include "ring/block_channel.h"
#include "sink/file_system.h"
#include "sink/socket.h"

namespace remora {

enum class SinkKind : std::uint8_t {
    kTextfile,  // a frame replaces the whole file, atomically
    kAppend,    // lines are appended; the file rotates
    kUdp,       // a block is a datagram
    kUnixgram,  // the same to a unix datagram socket
    kHttp,      // a frame is the page that is served from then on
};

// Who may scrape.
struct Scraper {
    std::string username;
    std::string password_hash;  // as PasswordHash::parse() takes it
};

// What the configuration asks of an output; room_options.h in engine sets all of it.
struct SinkOptions {
    std::string name;  // for people: the output's name in the configuration
    SinkKind kind{};

    // Files. A symbolic link at `path` is followed when it belongs to root or to us. Missing parent
    // directories are made.
    std::string path;  // also the socket of kUnixgram
    std::uint32_t file_mode = 0;
    FsyncMode fsync{};
    // How a file of this output may begin. A file that begins otherwise is another program's, and
    // is neither written nor removed. Empty: any file may be ours.
    std::vector<std::string> starts;
    // Everything of this output on disk: the live file, rotated ones of this and earlier runs,
    // temporary ones. 0: no bound.
    std::int64_t disk_bytes_max = 0;

    // kTextfile.
    FileEnd file_end{};
    // kTextfile and kHttp: what the file holds after FileEnd::kDown; what is served when there is
    // no page or an old one.
    std::string down_text;

    // kAppend.
    std::int64_t rotate_bytes = 0;   // at most half of disk_bytes_max is used; 0: not by size
    std::int64_t rotate_age_ms = 0;  // 0: not by age
    std::uint32_t rotated_files_max = 0;
    bool gzip_rotated = false;  // all but the newest rotated file, which a reader may still want

    // kUdp: the receiver. kHttp: where to listen; port 0 is one that the system chooses.
    std::string host;
    std::uint16_t port = 0;
    // A frame's datagrams are spread over this time. 0: as fast as they come.
    std::int64_t spread_ms = 0;

    // kHttp: a page is served for so long. Where SinkEnvironment::stride makes ticks rarer than the
    // output's own, of which one comes every so many base intervals, it is as many times longer.
    std::int64_t page_age_ms_max = 0;
    std::uint64_t base_intervals = 1;
    std::optional<Scraper> scraper;  // kHttp: who may scrape; none: everybody

    // A frame older than this when its turn comes is dropped if more is queued behind it: newest
    // values win. 0: never.
    std::int64_t frame_age_ms_max = 0;
    std::int64_t poll_ms = 0;  // longest wait for a frame to begin when nobody wakes the runner

    // No settings of an operator.
    std::int64_t resolve_interval_ms = 300'000;  // between two look-ups of `host`
    std::int64_t stop_drain_ms = 500;            // for what is in the ring at stop
    // Of one core, what answering scrapes may take in the long run.
    double http_cpu_share = 0.05;
};

// Everything outlives the worker.
struct SinkEnvironment {
    const Clock& clock;
    CounterTable& counters;
    Log& log;
    FileSystem& files;
    SocketFactory& sockets;
    // Called on the sink's thread when the producer found the ring full and there is room again.
    std::function<void()> on_room = {};
    // A further thread of the worker's threw: called on it, with a text. The thread then ends.
    std::function<void(const char*)> on_fault = [](const char*) {};
    // A tick comes every so many base intervals; null: every one.
    const std::atomic<std::uint32_t>* stride = nullptr;
};

// Faults never leave it: a frame that does not get out is dropped and counted, the ring keeps
// moving, and the destination is tried again after 1 s, then 2 s, up to 30 s. No allocation per
// block.
//
// Counters: bytes popped = kSinkBytes + kSinkBytesDropped, frames popped = kSinkFrames +
// kSinkFramesDropped, both once a frame is over. A frame that a stop cuts off counts as dropped;
// its lines that were already written as written.
//
// Thread safety: do_work and on_stop on the sink thread, the rest on any.
class SinkWorker : public Worker {
 public:
    // CPU time of the sink's thread as of its last turn.
    virtual std::int64_t cpu_ns() const = 0;
    // The destination did not work when it was last tried.
    virtual bool failing() const = 0;

    // What has become of the frames so far.
    struct Fates {
        std::uint64_t over = 0;  // popped whole
        std::uint64_t lost = 0;  // of them: nothing of it got out
        std::uint64_t torn = 0;  // of them: a part did not get out
    };
    virtual Fates fates() const = 0;

    // From now on no frame is spread over time: its datagrams leave as fast as they come. Seen by
    // the next turn.
    virtual void hurry() = 0;

    // What becomes of the file when the worker stops, in place of SinkOptions::file_end.
    virtual void set_file_end(FileEnd file_end) = 0;
};

// Ends the file of a kTextfile sink as SinkOptions::file_end says, without a worker. REQUIRES:
// nobody writes it any more. A missing file stays missing. Any thread.
void end_textfile(const SinkOptions& options, const SinkEnvironment& environment);

std::unique_ptr<SinkWorker> make_sink_worker(const SinkOptions& options, BlockChannel& channel,
                                             const SinkEnvironment& environment);

}  // namespace remora
