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

// FNV-1a, 64 bits, with a last mix, for tables in memory: names that differ may be taken to differ
// in it. `seed`: the hash of what stands before.
inline std::uint64_t hash_64(std::string_view text, std::uint64_t seed = 0xCBF29CE484222325ULL) {
    std::uint64_t hash = seed;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    }
    hash ^= hash >> 32;
    return hash * 0x9E3779B97F4A7C15ULL;
}

}  // namespace remora
