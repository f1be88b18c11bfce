#include "sample/change_hints.h"

#include <algorithm>

#include "base/grow.h"
#include "base/hash.h"
#include "model/object_name.h"

namespace remora {
namespace {

bool is_of(const ObjectName& name, std::string_view domain, std::string_view type) {
    return name.domain() == domain && name.get("type") == type;
}

bool is_message_count(const ObjectName& name) {
    return is_of(name, "kafka.server", "BrokerTopicMetrics") &&
           name.get("name") == "MessagesInPerSec";
}

bool grows_with_messages(const ObjectName& name) {
    const std::string_view which = name.get("name");
    return is_of(name, "kafka.log", "Log") && (which == "LogEndOffset" || which == "Size");
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
    const Result<ObjectName> parsed = ObjectName::parse(object_name);
    if (!parsed) {
        return;
    }
    const ObjectName& name = parsed.value();
    const bool tells = is_message_count(name);
    const std::string_view topic = name.get("topic");
    if (topic.empty() || (!tells && !grows_with_messages(name))) {
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
