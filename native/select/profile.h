// The built-in profiles, as a table of beans that operators watch.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/config.h"
#include "model/object_name.h"

namespace remora {

enum class Importance : std::uint8_t { kLow, kNormal, kHigh, kAlert };

// Weight of an importance in the square-root law: an error of weight 4 counts as much as four of
// weight 1.
double weight_of(Importance importance);

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

class ProfileTable {
 public:
    explicit ProfileTable(Profile profile);

    // The first row that lists the bean, or nullptr. Profile all lists every bean of Kafka and the
    // JVM.
    const ProfileRow* find(const ObjectName& name) const;

    Profile profile() const { return profile_; }

 private:
    Profile profile_;
    std::unordered_map<std::string_view, std::vector<const ProfileRow*>> by_type_;
    std::vector<const ProfileRow*> any_type_;
};

// True when `value` matches one of the globs of `choices`, or `choices` is empty.
bool matches_choice(std::string_view choices, std::string_view value);

}  // namespace remora
