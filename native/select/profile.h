// The built-in profiles: which row of kafka/profile_rows.h a bean has.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/config.h"
#include "kafka/profile_rows.h"
#include "model/object_name.h"

namespace remora {

// Weight of an importance in the square-root law: an error of weight 4 counts as much as four of
// weight 1.
double weight_of(Importance importance);

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
