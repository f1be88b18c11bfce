// Who may scrape: a name and a password. Internal to the room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/password_hash.h"

namespace remora {

// Checks `Authorization: Basic ...`. Checking a password takes CPU on purpose, so what was right
// once is remembered, and of what is not known only so much is checked in a time.
//
// Thread safety: server's thread.
class HttpGate {
 public:
    enum class Verdict : std::uint8_t { kIn, kOut, kLater };

    // `hash`: as PasswordHash::parse() takes it; with another text nobody is let in.
    HttpGate(std::string username, const std::string& hash);

    // `authorization`: the header's value. `now_ns`: monotonic. kLater: not looked at.
    Verdict judge(std::string_view authorization, std::int64_t now_ns);

    static constexpr std::int64_t kTryNs = 5 * kNanosPerSecond;  // between two that are not known
    static constexpr std::int64_t kTriesAtOnce = 4;

 private:
    const std::string username_;
    const Result<PasswordHash> hash_;
    std::string known_;                     // the credentials that were right
    std::int64_t next_ns_ = INT64_MIN / 2;  // the last try at the earliest when it was due
};

}  // namespace remora
