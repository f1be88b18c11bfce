#include "sink/gzip_job.h"

#include <errno.h>

#include "sink/path.h"

namespace remora {

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
    if (!stream_.begin()) {
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
    if (!write({in_buffer_.data(), static_cast<std::size_t>(got)}, got == 0)) {
        return true;
    }
    if (got == 0) {
        finish();
        return true;
    }
    return false;
}

bool GzipJob::write(std::string_view slice, bool is_last) {
    stream_.give(slice, is_last);
    for (std::string_view made = stream_.next(); !made.empty(); made = stream_.next()) {
        std::size_t written = 0;
        const int failed = write_all(files_, out_, made, written);
        out_bytes_ += static_cast<std::int64_t>(written);
        if (failed < 0) {
            return fail("cannot write " + temporary_, -failed);
        }
    }
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
    stream_.end();
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
    stream_.end();
    (void)files_.close(in_);
    in_ = -1;
    if (out_ >= 0) {
        (void)files_.close(out_);
        out_ = -1;
    }
    (void)files_.remove(temporary_);
}

}  // namespace remora
