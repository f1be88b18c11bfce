// Result codes shared by the core, the C ABI and the Java shim.
//
// Hot calls return a count >= 0 or the negative value of a Code. `Wire.java` carries the same
// values, generated from this table.
#pragma once

#include <cstdint>

namespace remora {

// X(name, value, text for people)
#define REMORA_CODES(X)                           \
    X(kOk, 0, "ok")                               \
    X(kInvalidArgument, 1, "invalid argument")    \
    X(kInvalidConfig, 2, "invalid configuration") \
    X(kNotFound, 3, "not found")                  \
    X(kNoPermission, 4, "permission denied")      \
    X(kNoSpace, 5, "no space left")               \
    X(kUnavailable, 6, "temporarily unavailable") \
    X(kLimit, 7, "limit reached")                 \
    X(kFull, 8, "full")                           \
    X(kCorrupt, 9, "corrupt data")                \
    X(kIo, 10, "input/output error")              \
    X(kState, 11, "wrong state")                  \
    X(kInternal, 12, "internal fault")

enum class Code : std::int32_t {
#define REMORA_CODE_ENUM(name, value, text) name = value,
    REMORA_CODES(REMORA_CODE_ENUM)
#undef REMORA_CODE_ENUM
};

// What a call that returns a count returns in its place. REQUIRES: `code` is not kOk.
constexpr std::int32_t negative(Code code) {
    return -static_cast<std::int32_t>(code);
}

// Text of a code, for messages. Never null.
constexpr const char* code_text(Code code) {
    switch (code) {
#define REMORA_CODE_TEXT(name, value, text) \
    case Code::name:                        \
        return text;
        REMORA_CODES(REMORA_CODE_TEXT)
#undef REMORA_CODE_TEXT
    }
    return "unknown code";
}

}  // namespace remora
