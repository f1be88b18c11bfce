#include "model/name_store.h"

#include <algorithm>

#include "base/grow.h"

namespace remora {
namespace {

constexpr std::size_t kBytesMax = 0xFFFF;
constexpr std::size_t kDeadWorthIt = 64 * 1024;

// What stands in `name` for each `*` of `family`, up to the text that follows there. False when it
// is not that name again with the values in their places.
bool take_values(std::string_view family, std::string_view name, std::string& values) {
    while (true) {
        const std::size_t star = family.find('*');
        if (star == std::string_view::npos) {
            return family == name;
        }
        if (name.substr(0, star) != family.substr(0, star)) {
            return false;
        }
        family.remove_prefix(star + 1);
        name.remove_prefix(star);
        const std::string_view next = family.substr(0, family.find('*'));
        const std::size_t end = next.empty() ? name.size() : name.find(next);
        if (end == std::string_view::npos || name.substr(0, end).find('\0') != name.npos) {
            return false;
        }
        values.append(name.substr(0, end)).push_back('\0');
        name.remove_prefix(end);
    }
}

std::string put_values(std::string_view family, std::string_view values) {
    std::string name;
    for (const char c : family) {
        if (c != '*') {
            name.push_back(c);
            continue;
        }
        const std::size_t end = values.find('\0');
        name.append(values.substr(0, end));
        values.remove_prefix(std::min(values.size(), end + 1));
    }
    return name;
}

}  // namespace

void NameStore::set(UnitId unit, std::string_view family, std::string_view name) {
    erase(unit);
    if (unit >= places_.size()) {
        grow(places_, unit + 1UL);
    }
    name = name.substr(0, kBytesMax);
    std::string values;
    const bool fits = take_values(family, name, values) && values.size() <= kBytesMax &&
                      put_values(family, values) == name;
    const std::string_view kept = fits ? std::string_view(values) : name;
    make_room(text_, text_.size() + kept.size());
    places_[unit] = {static_cast<std::uint32_t>(text_.size()),
                     static_cast<std::uint16_t>(kept.size()), !fits};
    text_.append(kept);
}

void NameStore::erase(UnitId unit) {
    if (unit >= places_.size()) {
        return;
    }
    dead_ += places_[unit].bytes;
    places_[unit] = {};
    if (dead_ > kDeadWorthIt && dead_ > text_.size() / 2) {
        compact();
    }
}

std::string NameStore::get(UnitId unit, std::string_view family) const {
    if (unit >= places_.size()) {
        return {};
    }
    const Place& place = places_[unit];
    const std::string_view kept = std::string_view(text_).substr(place.at, place.bytes);
    return place.is_whole ? std::string(kept) : put_values(family, kept);
}

void NameStore::compact() {
    std::string kept;
    kept.reserve(text_.size() - dead_);
    for (Place& place : places_) {
        const auto at = static_cast<std::uint32_t>(kept.size());
        kept.append(text_, place.at, place.bytes);
        place.at = at;
    }
    text_ = std::move(kept);
    dead_ = 0;
}

}  // namespace remora
