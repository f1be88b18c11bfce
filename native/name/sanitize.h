// Makes any text a safe metric name, label name or label value.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace remora {

// `parts` joined by '_', lower-cased; whatever is outside [a-z0-9_] becomes '_', runs of '_' become
// one, a leading digit gets a '_' before it, empty parts are left out. Never empty. ASCII whatever
// comes in; a name that had other letters ends in a hash of them.
std::string metric_name(std::initializer_list<std::string_view> parts);

// Case kept; whatever is outside [A-Za-z0-9_] becomes '_'; leading '_' become one, so it never
// begins with "__" (that kills node_exporter). Labels that Prometheus or a summary needs for itself
// (job, instance, quantile, le) get the prefix "exported_", which is what Prometheus would make of
// the first two. Never empty. A key with letters outside ASCII ends in a hash of it.
std::string label_name(std::string_view key);

// A key property's value without ObjectName quoting. Beyond kLabelValueBytesMax it is cut and ends
// in "~" and a hash of the whole, so that different values stay different.
std::string label_value(std::string_view registered);

}  // namespace remora
