// Compresses to gzip, a piece at a time. Internal to the room.
#pragma once

#include <zlib.h>

#include <array>
#include <string_view>

namespace remora {

// Thread safety: one thread.
class GzipStream {
 public:
    GzipStream() = default;
    ~GzipStream() { end(); }
    GzipStream(const GzipStream&) = delete;
    GzipStream& operator=(const GzipStream&) = delete;

    // Begins a new file. False when there is no memory for it.
    bool begin();
    // `text` is what next() compresses, and stays as long. `is_last`: the file ends with it.
    void give(std::string_view text, bool is_last);
    // What follows of the file; valid until the next call. Empty: all that was given is taken.
    std::string_view next();
    // Frees what begin() took. Once more does nothing.
    void end();

 private:
    z_stream stream_{};
    int flush_ = Z_NO_FLUSH;
    std::array<char, 16 * 1024> piece_;
};

}  // namespace remora
