// The names that the Prometheus JVM collectors (client_java 1.x) give to platform MXBeans.
#pragma once

#include <string_view>

#include "model/series.h"

namespace remora {

struct JvmName {
    std::string_view type;  // key property `type`
    std::string_view path;  // attribute path
    std::string_view metric_family;
    std::string_view suffix;  // "_count", "_sum" of a summary, or empty
    MetricType metric_type;
    double scale;                 // 1 or what turns the attribute's unit into the name's
    std::string_view name_label;  // the label that carries the key property `name`, or empty
    std::string_view label;       // a label of its own ("area"), or empty
    std::string_view label_value;
    std::string_view help;
};

// The entry for an attribute of a bean of `domain` (java.lang, java.nio) and `type`; nullptr when
// those collectors have none.
const JvmName* find_jvm_name(std::string_view domain, std::string_view type, std::string_view path);

// Whether an attribute of java.lang that find_jvm_name() does not know only grows, though its name
// does not end like a total.
bool is_jvm_counter(std::string_view domain, std::string_view type, std::string_view path);

// True for the domains that the JVM itself fills; there the key property `name` is a label ("G1
// Eden Space").
bool is_platform_domain(std::string_view domain);

}  // namespace remora
