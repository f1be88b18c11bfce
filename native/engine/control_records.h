// The records of a control call, taken apart with every length held against what is there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "model/bean.h"

namespace remora {

// The head of a record as its struct of remora/wire.h. `bytes` holds at least that much.
template <typename Record>
Record load_record(std::span<const std::uint8_t> bytes) {
    Record record{};
    std::memcpy(&record, bytes.data(), sizeof(record));
    return record;
}

// The record at the front of `control`, or an empty span when its size makes no sense.
std::span<const std::uint8_t> first_record(std::span<const std::uint8_t> control);

// Records that can be told apart, from the front.
std::size_t count_records(std::span<const std::uint8_t> control);

// The bytes as text.
std::string_view text_of(std::span<const std::uint8_t> bytes);

// What follows the head of a TextRecord, `bytes` of it or as many as there are.
std::span<const std::uint8_t> text_bytes(std::span<const std::uint8_t> record, std::uint32_t bytes);

// Values of an MBean that its BeanRecord had no room for, at most 255.
std::uint32_t left_out_of(std::span<const std::uint8_t> record);

// Fills `bean` with views into a BeanRecord. False when the record contradicts itself or the name
// is no ObjectName.
bool decode_bean(std::span<const std::uint8_t> record, Bean& bean);

}  // namespace remora
