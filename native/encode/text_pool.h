// The labels of series as rendered, each once: those of a partition are the same in ten families.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace remora::encode {

// Only grows: texts are freed with the pool.
//
// Thread safety: core thread only. Takes memory at registration.
class TextPool {
 public:
    static constexpr std::size_t kTextBytesMax = 0xFFFF;

    // Whether the text, of at most kTextBytesMax bytes, has a place.
    bool has_room(std::string_view text) const { return bytes_.size() + text.size() <= 0xFFFFFFFF; }
    // Where it stands; equal texts stand at one place. Only when has_room().
    std::uint32_t place(std::string_view text);
    std::string_view at(std::uint32_t place, std::uint16_t bytes) const {
        return {bytes_.data() + place, bytes};
    }

    std::size_t memory_bytes() const {
        return bytes_.capacity() + table_.capacity() * sizeof(std::uint64_t);
    }

 private:
    void grow_table();

    std::string bytes_;
    // By text, hashed, with linear probing: its place and, above that, its length. 0: free.
    std::vector<std::uint64_t> table_;
    std::size_t used_ = 0;
};

}  // namespace remora::encode
