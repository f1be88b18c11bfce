// The answers of a control call, one a bean.
#pragma once

#include <remora/wire.h>

#include <cstdint>
#include <cstring>
#include <span>

#include "base/assert.h"
#include "base/status.h"
#include "model/bean.h"
#include "model/ids.h"

namespace remora {

// Thread safety: collector thread only.
class AnswerWriter {
 public:
    // The answers of the next call go to `buffer`, which stays until the last of them.
    void begin(std::span<std::uint8_t> buffer) {
        buffer_ = buffer;
        bytes_ = 0;
    }
    // Of the answers since begin().
    std::int32_t bytes() const { return static_cast<std::int32_t>(bytes_); }

    // The bean of the record with that token is `unit`, of which `slots` are to be read.
    void accept(std::uint32_t token, UnitId unit, FamilyId family, std::span<const Slot> slots) {
        write({static_cast<std::int32_t>(unit), 0, 0, token, family}, slots);
    }
    // It has no unit, for that reason.
    void refuse(std::uint32_t token, Code code) { write({negative(code), 0, 0, token, 0}, {}); }

 private:
    // Fills in `slot_count` and `bytes`. REQUIRES: the buffer has room, see wire::kAnswerBytes.
    void write(wire::BeanAnswer answer, std::span<const Slot> slots) {
        const std::size_t bytes = (sizeof(answer) + 2 * slots.size() + 7) / 8 * 8;
        REMORA_ASSERT(bytes <= buffer_.size() - bytes_);
        answer.slot_count = static_cast<std::uint16_t>(slots.size());
        answer.bytes = static_cast<std::uint16_t>(bytes);
        std::uint8_t* out = buffer_.data() + bytes_;
        std::memset(out, 0, bytes);
        std::memcpy(out, &answer, sizeof(answer));
        out += sizeof(answer);
        for (const Slot& slot : slots) {
            std::memcpy(out, &slot.selector, sizeof(slot.selector));
            out += sizeof(slot.selector);
        }
        bytes_ += bytes;
    }

    std::span<std::uint8_t> buffer_;
    std::size_t bytes_ = 0;
};

}  // namespace remora
