#include "encode/text_pool.h"

#include "base/grow.h"
#include "base/hash.h"

namespace remora::encode {
namespace {

std::uint32_t place_in(std::uint64_t found) {
    return static_cast<std::uint32_t>(found);
}

std::uint16_t length_in(std::uint64_t found) {
    return static_cast<std::uint16_t>(found >> 32);
}

}  // namespace

std::uint32_t TextPool::place(std::string_view text) {
    if (text.empty()) {
        return 0;
    }
    if ((used_ + 1) * 5 > table_.size() * 4) {
        grow_table();
    }
    const std::size_t mask = table_.size() - 1;
    std::size_t slot = hash_64(text) & mask;
    for (; table_[slot] != 0; slot = (slot + 1) & mask) {
        if (at(place_in(table_[slot]), length_in(table_[slot])) == text) {
            return place_in(table_[slot]);
        }
    }
    const auto place = static_cast<std::uint32_t>(bytes_.size());
    make_room(bytes_, bytes_.size() + text.size());
    bytes_.append(text);
    table_[slot] = std::uint64_t{text.size()} << 32 | place;
    ++used_;
    return place;
}

void TextPool::grow_table() {
    const std::vector<std::uint64_t> old = std::move(table_);
    table_ = std::vector<std::uint64_t>(old.empty() ? 64 : 2 * old.size());
    const std::size_t mask = table_.size() - 1;
    for (const std::uint64_t found : old) {
        if (found != 0) {
            std::size_t slot = hash_64(at(place_in(found), length_in(found))) & mask;
            while (table_[slot] != 0) {
                slot = (slot + 1) & mask;
            }
            table_[slot] = found;
        }
    }
}

}  // namespace remora::encode
