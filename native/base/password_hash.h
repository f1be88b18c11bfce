// A password that is known by its hash alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace remora {

// PBKDF2 with HMAC-SHA256.
//
// Thread safety: any thread.
class PasswordHash {
 public:
    // Of `pbkdf2_sha256$ITERATIONS$SALT$HASH`, as Python's Django and others write it: the salt as
    // it stands there, the hash in base64. The message of a failure says what is expected.
    static Result<PasswordHash> parse(std::string_view text);

    // Takes as long as the iterations do: half a second for a million.
    bool is_of(std::string_view password) const;

    static constexpr std::uint32_t kIterationsMin = 1'000;
    static constexpr std::uint32_t kIterationsMax = 1'000'000;

 private:
    std::uint32_t iterations_ = 0;
    std::string salt_;
    std::array<unsigned char, 32> hash_{};
};

// Whether both are the same, in a time that tells at most that their lengths differ.
bool is_same_secret(std::string_view a, std::string_view b);

// Nothing when `text` is not base64 with its padding.
std::optional<std::string> decoded_base64(std::string_view text);

}  // namespace remora
