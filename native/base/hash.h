// Hashes that others compute too.
#pragma once

#include <cstdint>
#include <string_view>

namespace remora {

// FNV-1 (multiply, then xor), 32 bits: the hash behind New Relic's TOPIC_BUCKET.
inline std::uint32_t fnv1_32(std::string_view text) {
    std::uint32_t hash = 2166136261U;
    for (const char c : text) {
        hash *= 16777619U;
        hash ^= static_cast<unsigned char>(c);
    }
    return hash;
}

}  // namespace remora
