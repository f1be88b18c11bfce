#include "sink/http_gate.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace remora {

HttpGate::HttpGate(std::string username, const std::string& hash)
    : username_(std::move(username)), hash_(PasswordHash::parse(hash)) {}

HttpGate::Verdict HttpGate::judge(std::string_view authorization, std::int64_t now_ns) {
    constexpr std::string_view kBasic = "Basic ";
    if (!hash_ || !authorization.starts_with(kBasic)) {
        return Verdict::kOut;
    }
    const std::optional<std::string> credentials =
        decoded_base64(authorization.substr(kBasic.size()));
    if (!credentials) {
        return Verdict::kOut;
    }
    if (!known_.empty() && is_same_secret(*credentials, known_)) {
        return Verdict::kIn;
    }
    const std::size_t colon = std::min(credentials->find(':'), credentials->size());
    if (!is_same_secret(std::string_view(*credentials).substr(0, colon), username_) ||
        colon == credentials->size()) {
        return Verdict::kOut;
    }
    const std::int64_t earliest_ns = std::max(next_ns_, now_ns - kTriesAtOnce * kTryNs) + kTryNs;
    if (earliest_ns > now_ns) {
        return Verdict::kLater;
    }
    next_ns_ = earliest_ns;
    if (!hash_.value().is_of(std::string_view(*credentials).substr(colon + 1))) {
        return Verdict::kOut;
    }
    known_ = *credentials;
    return Verdict::kIn;
}

}  // namespace remora
