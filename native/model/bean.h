// A bean as the shim describes it at registration.
#pragma once

#include <remora/wire.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/object_name.h"

namespace remora {

using wire::BeanKind;
using wire::ReadStatus;
using wire::Stat;
using wire::ValueType;

struct BeanAttribute {
    std::string_view path;  // "Value"; "HeapMemoryUsage.used" for a key of a composite value
    ValueType type = ValueType::kNumber;
    bool is_expensive = false;  // wire::kAttributeExpensive
};

// Views into the control buffer: valid during registration only.
struct Bean {
    BeanKind kind = BeanKind::kMBean;
    ObjectName name;
    // kMBean: the attributes that the bean has. A Yammer kind: those of stats_of(kind), in that
    // order and by their JMX names ("Count", "99thPercentile"; "Sum" for Stat::kSum).
    std::vector<BeanAttribute> attributes;
};

// One wanted value of a bean. `selector` is a Stat (Yammer kinds) or an attribute index (kMBean),
// as in wire::BeanAnswer.
struct Slot {
    std::uint16_t selector = 0;
    ValueType type = ValueType::kNumber;
    std::string_view path;  // JMX attribute path
};

// Name of a statistic as its JMX attribute: "Count", "50thPercentile", "999thPercentile", "Sum",
// ...
std::string_view stat_attribute(Stat stat);

// Whether the name of an MBean's attribute says that it only grows: "-total" or "Total" at its end.
bool is_total(std::string_view path);

// "Percent" or "Ratio" when the name of a meter ends so: a share of time, which its one-minute rate
// tells as 0 to 1 while its count is in nanoseconds. Else empty. A view into `name`.
std::string_view share_word(std::string_view name);

// The statistics that a Yammer kind has, in wire order; empty for kMBean.
const std::vector<Stat>& stats_of(BeanKind kind);

}  // namespace remora
