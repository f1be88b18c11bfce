#include "sink/gzip_job.h"

#include <errno.h>

#include "sink/path.h"

namespace remora {
namespace {

constexpr int kGzipWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;

}  // namespace

bool GzipJob::start(const std::string& plain, const std::string& temporary, std::uint32_t mode,
                    bool sync) {
    abandon();
    failed_ = false;
    sync_ = sync;
    plain_ = plain;
    temporary_ = temporary;
    offset_ = 0;
    out_bytes_ = 0;
    const int in = files_.open_read(plain);
    if (in < 0) {
        return fail("cannot open " + plain, -in);
    }
    out_ = files_.open_new(temporary, mode);
    if (out_ < 0) {
        (void)files_.close(in);
        return fail("cannot open " + temporary, -out_);
    }
    (void)files_.set_mode(out_, mode);
    stream_ = z_stream{};
    // The quickest level: lines of metrics shrink twentyfold with it, and the CPU is the broker's.
    if (deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        (void)files_.close(in);
        (void)files_.close(out_);
        (void)files_.remove(temporary_);
        return fail("cannot compress " + plain, ENOMEM);
    }
    in_ = in;
    return true;
}

bool GzipJob::step() {
    const std::int64_t got = files_.read_at(in_, in_buffer_, offset_);
    if (got < 0) {
        fail("cannot read " + plain_, static_cast<int>(-got));
        return true;
    }
    offset_ += got;
    if (!deflate_slice(static_cast<std::size_t>(got), got == 0)) {
        return true;
    }
    if (got == 0) {
        finish();
        return true;
    }
    return false;
}

bool GzipJob::deflate_slice(std::size_t length, bool last) {
    stream_.next_in = reinterpret_cast<Bytef*>(in_buffer_.data());
    stream_.avail_in = static_cast<uInt>(length);
    int result = Z_OK;
    do {
        stream_.next_out = reinterpret_cast<Bytef*>(out_buffer_.data());
        stream_.avail_out = static_cast<uInt>(out_buffer_.size());
        result = deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
        const std::size_t made = out_buffer_.size() - stream_.avail_out;
        std::size_t written = 0;
        const int failed = write_all(files_, out_, {out_buffer_.data(), made}, written);
        out_bytes_ += static_cast<std::int64_t>(written);
        if (failed < 0) {
            return fail("cannot write " + temporary_, -failed);
        }
    } while (last ? result == Z_OK : stream_.avail_out == 0);
    return true;
}

bool GzipJob::finish() {
    // The plain file was synced, and goes.
    const int synced = sync_ ? files_.sync(out_) : 0;
    const int closed = files_.close(out_);
    out_ = -1;
    if (synced < 0) {
        return fail("cannot sync " + temporary_, -synced);
    }
    if (closed < 0) {
        return fail("cannot write " + temporary_, -closed);
    }
    const int renamed = files_.rename(temporary_, plain_ + ".gz");
    if (renamed < 0) {
        return fail("cannot rename " + temporary_, -renamed);
    }
    const int removed = files_.remove(plain_);
    if (removed < 0 && removed != -ENOENT) {
        failed_ = true;
        reporter_.report("cannot remove " + plain_, -removed);
    }
    deflateEnd(&stream_);
    (void)files_.close(in_);
    in_ = -1;
    return true;
}

bool GzipJob::fail(const std::string& what, int error) {
    reporter_.report(what, error);
    abandon();
    failed_ = true;
    return false;
}

void GzipJob::abandon() {
    if (!active()) {
        return;
    }
    deflateEnd(&stream_);
    (void)files_.close(in_);
    in_ = -1;
    if (out_ >= 0) {
        (void)files_.close(out_);
        out_ = -1;
    }
    (void)files_.remove(temporary_);
}

}  // namespace remora
