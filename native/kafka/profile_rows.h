// The built-in profiles, as a table of beans that operators watch.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "kafka/importance.h"

namespace remora {

// Texts of several choices are separated by spaces and may be globs; an empty one matches anything.
struct ProfileRow {
    std::string_view domain;
    std::string_view type;
    std::string_view names;  // values of the key `name`; "" also when there is no such key
    Importance importance = Importance::kNormal;
    bool minimal = false;         // in profile minimal too
    bool per_topic = true;        // also when the bean has a key `topic`
    std::string_view kinds = {};  // values of the key `request` or `delayedOperation`
    std::string_view attributes =
        {};  // of kMBean: JMX paths; of Yammer kinds: statistics; "": by kind
};

// The first row that fits a bean decides. Static.
std::span<const ProfileRow> profile_rows();

}  // namespace remora
