#include "visibility/top_list.h"

#include <algorithm>
#include <cmath>

namespace remora {
namespace {

constexpr double kGrowthSeconds = 60;  // growth is averaged over so long
// Until counters have been seen to grow they rank by what they show, far below any growth.
constexpr double kNotSeenToGrow = 1e-12;

}  // namespace

void TopList::add(UnitId unit, bool grows) {
    Member member;
    member.unit = unit;
    member.grows = grows;
    members_.push_back(member);
    order_.reserve(members_.capacity());
}

void TopList::remove(UnitId unit) {
    std::erase_if(members_, [unit](const Member& member) { return member.unit == unit; });
}

void TopList::score(Member& member, const Cache& cache) {
    const double* values = cache.values(member.unit);
    if (values == nullptr) {
        member.score = 0;
        member.last_read_ns = 0;
        return;
    }
    const double value = std::isfinite(values[0]) ? values[0] : 0;
    const std::int64_t read_ns = cache.read_ns(member.unit);
    if (!member.grows) {
        member.score = value;
    } else if (member.last_read_ns == 0) {
        member.score = value * kNotSeenToGrow;
    } else if (read_ns > member.last_read_ns) {
        const double elapsed_s = static_cast<double>(read_ns - member.last_read_ns) /
                                 static_cast<double>(kNanosPerSecond);
        // A counter that began anew has grown by all that it shows.
        const double grown = value >= member.last ? value - member.last : value;
        const double believed = 1 - std::exp(-elapsed_s / kGrowthSeconds);
        member.score += believed * (grown / elapsed_s - member.score);
    }
    member.last = value;
    member.last_read_ns = read_ns;
}

void TopList::rank(const Cache& cache) {
    order_.clear();
    for (std::uint32_t i = 0; i < members_.size(); ++i) {
        score(members_[i], cache);
        order_.push_back(i);
    }
    const auto weight = [](const Member& member) {
        const double score = std::max(member.score, 0.0);
        return member.is_in ? score * kStays : score;
    };
    const std::size_t count = std::min<std::size_t>(size_, members_.size());
    if (count < members_.size()) {
        std::nth_element(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(count),
                         order_.end(), [&](std::uint32_t a, std::uint32_t b) {
                             const Member& left = members_[a];
                             const Member& right = members_[b];
                             const double left_weight = weight(left);
                             const double right_weight = weight(right);
                             if (left_weight != right_weight) {
                                 return left_weight > right_weight;
                             }
                             // Among equals, such as many zeros, nothing moves.
                             return left.is_in != right.is_in ? left.is_in : left.unit < right.unit;
                         });
    }
    for (std::size_t i = 0; i < order_.size(); ++i) {
        members_[order_[i]].is_in = i < count;
    }
}

}  // namespace remora
