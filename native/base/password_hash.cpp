#include "base/password_hash.h"

#include <mbedtls/base64.h>
#include <mbedtls/md.h>
#include <mbedtls/pkcs5.h>
extern "C" {  // the header does not say so itself
#include <mbedtls/constant_time.h>
}

#include <algorithm>
#include <charconv>

#include "base/ascii.h"

namespace remora {
namespace {

constexpr const char* kExpected =
    "expected pbkdf2_sha256$ITERATIONS$SALT$HASH, with 1000 to 1000000 iterations, a salt, and a "
    "hash of 32 bytes in base64";

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Result<PasswordHash> PasswordHash::parse(std::string_view text) {
    PasswordHash made;
    const bool is_known = take_until(text, '$') == "pbkdf2_sha256";
    const std::string_view iterations = take_until(text, '$');
    const char* const end = iterations.data() + iterations.size();
    const auto [at, failed] = std::from_chars(iterations.data(), end, made.iterations_);
    made.salt_ = take_until(text, '$');
    const std::optional<std::string> hash = decoded_base64(text);
    if (!is_known || failed != std::errc() || at != end || made.iterations_ < kIterationsMin ||
        made.iterations_ > kIterationsMax || made.salt_.empty() || !hash ||
        hash->size() != made.hash_.size()) {
        return Status(Code::kInvalidArgument, kExpected);
    }
    std::copy(hash->begin(), hash->end(), made.hash_.begin());
    return made;
}

bool PasswordHash::is_of(std::string_view password) const {
    std::array<unsigned char, 32> made{};
    mbedtls_md_context_t context;
    mbedtls_md_init(&context);
    const bool is_done =
        mbedtls_md_setup(&context, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 1) == 0 &&
        mbedtls_pkcs5_pbkdf2_hmac(&context, bytes_of(password), password.size(), bytes_of(salt_),
                                  salt_.size(), iterations_,
                                  static_cast<std::uint32_t>(made.size()), made.data()) == 0;
    mbedtls_md_free(&context);
    const auto text = [](const std::array<unsigned char, 32>& bytes) {
        return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    return is_done && is_same_secret(text(made), text(hash_));
}

bool is_same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && mbedtls_ct_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::string> decoded_base64(std::string_view text) {
    std::string room(text.size(), '\0');
    std::size_t bytes = 0;
    if (text.empty() || text.size() % 4 != 0 ||
        mbedtls_base64_decode(reinterpret_cast<unsigned char*>(room.data()), room.size(), &bytes,
                              bytes_of(text), text.size()) != 0) {
        return std::nullopt;
    }
    room.resize(bytes);
    return room;
}

}  // namespace remora
