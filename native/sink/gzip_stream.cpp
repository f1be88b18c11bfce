#include "sink/gzip_stream.h"

namespace remora {
namespace {

constexpr int kGzipWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;

}  // namespace

bool GzipStream::begin() {
    end();
    stream_ = z_stream{};
    // The quickest level: lines of metrics shrink twentyfold with it, and the CPU is the broker's.
    return deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                        Z_DEFAULT_STRATEGY) == Z_OK;
}

void GzipStream::give(std::string_view text, bool is_last) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    flush_ = is_last ? Z_FINISH : Z_NO_FLUSH;
}

std::string_view GzipStream::next() {
    stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
    stream_.avail_out = static_cast<uInt>(piece_.size());
    // An empty piece tells the end, so the result is not needed.
    static_cast<void>(deflate(&stream_, flush_));
    return {piece_.data(), piece_.size() - stream_.avail_out};
}

void GzipStream::end() {
    deflateEnd(&stream_);
}

}  // namespace remora
