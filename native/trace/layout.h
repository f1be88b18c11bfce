// What the writer and the reader of a trace agree on. The records are explained in trace.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace remora {

// How a trace begins.
inline constexpr std::string_view kTraceMagic = "RMRTRC3\n";
// How a trace of any version begins.
inline constexpr std::string_view kTraceMagicOfAll = "RMR";

// The bytes of the XOR of two values, in reverse order. Its low bytes are often 0: reversed it is a
// small number, which takes fewer bytes.
inline std::uint64_t reverse_bytes(std::uint64_t bits) {
    return __builtin_bswap64(bits);
}

}  // namespace remora
