#include "sample/change_hints.h"

#include <algorithm>

#include "base/grow.h"
#include "base/hash.h"

namespace remora {
namespace {

// The value of a key property, as registered; empty when there is none.
std::string_view property(std::string_view name, std::string_view key) {
    for (std::size_t at = name.find(':'); at != std::string_view::npos; at = name.find(',', at)) {
        ++at;
        const std::string_view rest = name.substr(at);
        if (rest.size() > key.size() && rest.substr(0, key.size()) == key &&
            rest[key.size()] == '=') {
            const std::string_view value = rest.substr(key.size() + 1);
            return value.substr(0, value.find(','));
        }
    }
    return {};
}

bool is_of(std::string_view object_name, std::string_view domain, std::string_view type) {
    return object_name.substr(0, object_name.find(':')) == domain &&
           property(object_name, "type") == type;
}

bool is_message_count(std::string_view object_name) {
    return is_of(object_name, "kafka.server", "BrokerTopicMetrics") &&
           property(object_name, "name") == "MessagesInPerSec";
}

bool grows_with_messages(std::string_view object_name) {
    const std::string_view which = property(object_name, "name");
    return is_of(object_name, "kafka.log", "Log") && (which == "LogEndOffset" || which == "Size");
}

}  // namespace

std::uint32_t ChangeHints::find_or_make(std::uint64_t key) {
    const auto [found, is_new] = places_.try_emplace(key, kNoGroup);
    if (is_new) {
        if (free_places_.empty()) {
            free_places_.push_back(static_cast<std::uint32_t>(groups_.size()));
            append(groups_, Group{});
        }
        found->second = free_places_.back();
        free_places_.pop_back();
        groups_[found->second] = Group{};
        groups_[found->second].key = key;
    }
    return found->second;
}

void ChangeHints::add(UnitId unit, std::string_view object_name) {
    const bool tells = is_message_count(object_name);
    const std::string_view topic = property(object_name, "topic");
    if (topic.empty() || (!tells && !grows_with_messages(object_name))) {
        return;
    }
    if (unit >= members_.size()) {
        make_room(members_, unit + 1UL);
        members_.resize(unit + 1UL);
    }
    const std::uint32_t place = find_or_make(hash_64(topic));
    Group& group = groups_[place];
    members_[unit] = {place, tells};
    if (tells) {
        ++group.tellers;
    } else {
        group.hinted.push_back(unit);
    }
}

void ChangeHints::remove(UnitId unit) {
    if (unit >= members_.size() || members_[unit].group == kNoGroup) {
        return;
    }
    const Member member = members_[unit];
    members_[unit] = {};
    Group& group = groups_[member.group];
    if (member.tells) {
        --group.tellers;
    } else {
        std::erase(group.hinted, unit);
    }
    if (group.tellers == 0 && group.hinted.empty()) {
        places_.erase(group.key);
        free_places_.push_back(member.group);
    }
}

void ChangeHints::on_changed(UnitId unit) {
    if (unit >= members_.size() || !members_[unit].tells) {
        return;
    }
    for (const UnitId hinted : groups_[members_[unit].group].hinted) {
        sampler_.hint(hinted);
    }
}

}  // namespace remora
