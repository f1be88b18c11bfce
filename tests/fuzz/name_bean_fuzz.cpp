// Any ObjectName and any attributes: names stay safe, and no two slots get the same series.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "name/namer.h"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_safe(std::string_view text, bool upper) {
    if (text.empty() || (text.front() >= '0' && text.front() <= '9')) {
        return false;
    }
    for (const char c : text) {
        const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
                          (upper && c >= 'A' && c <= 'Z');
        if (!word) {
            return false;
        }
    }
    return true;
}

}  // namespace

// First byte: kind of bean and types. Up to the first line break: ObjectName. Then an attribute a
// line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using remora::BeanKind;
    if (size < 2) {
        return 0;
    }
    const std::uint8_t choice = data[0];
    std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string_view object = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(object.size() + 1, rest.size()));
    const remora::Result<remora::ObjectName> name = remora::ObjectName::parse(object);
    if (!name.is_ok()) {
        return 0;
    }
    remora::Bean bean{static_cast<BeanKind>(choice % 6), name.value(), {}};
    std::vector<remora::Slot> slots;
    const auto type = static_cast<remora::ValueType>((choice >> 4U) % 3);
    if (bean.kind != BeanKind::kMBean) {
        for (const remora::Stat stat : remora::stats_of(bean.kind)) {
            slots.push_back({static_cast<std::uint16_t>(stat), type, remora::stat_attribute(stat)});
        }
    }
    while (bean.kind == BeanKind::kMBean && !rest.empty() && slots.size() < 64) {
        const std::string_view path = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(path.size() + 1, rest.size()));
        bean.attributes.push_back({path, type});
        slots.push_back({static_cast<std::uint16_t>(slots.size()), type, path});
    }
    const std::vector<remora::Series> all = remora::Namer().name(bean, slots);
    require(all.size() == slots.size());
    std::set<std::string> seen;
    for (const remora::Series& series : all) {
        require(is_safe(series.name, false) && series.name.starts_with(series.metric_family));
        std::string identity = series.name;
        std::set<std::string> labels = {series.state_label};
        for (const remora::Label& label : series.labels) {
            require(is_safe(label.name, true) && !label.name.starts_with("__"));
            require(labels.insert(label.name).second);
            identity += '\0' + label.name + '\0' + label.value;
        }
        require(seen.insert(identity).second);
        require(series.labels.size() <= 32 && series.help.find('\n') == std::string::npos);
    }
    return 0;
}
