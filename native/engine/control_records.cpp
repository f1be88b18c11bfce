#include "engine/control_records.h"

#include <remora/wire.h>

#include <utility>

#include "base/limits.h"

namespace remora {

std::span<const std::uint8_t> first_record(std::span<const std::uint8_t> control) {
    if (control.size() < sizeof(wire::ControlHeader)) {
        return {};
    }
    const auto header = load_record<wire::ControlHeader>(control);
    if (header.bytes < sizeof(wire::BeanRecord) || header.bytes % 8 != 0 ||
        header.bytes > control.size()) {
        return {};
    }
    return control.first(header.bytes);
}

std::size_t count_records(std::span<const std::uint8_t> control) {
    std::size_t records = 0;
    for (auto record = first_record(control); !record.empty(); record = first_record(control)) {
        ++records;
        control = control.subspan(record.size());
    }
    return records;
}

std::string_view text_of(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::uint8_t> text_bytes(std::span<const std::uint8_t> record,
                                         std::uint32_t bytes) {
    const auto payload = record.subspan(sizeof(wire::TextRecord));
    return payload.first(bytes <= payload.size() ? bytes : payload.size());
}

std::uint32_t left_out_of(std::span<const std::uint8_t> record) {
    const auto head = load_record<wire::BeanRecord>(record);
    const bool is_mbean = head.header.bean_kind == static_cast<std::uint8_t>(BeanKind::kMBean);
    return is_mbean ? head.flags >> 8 : 0U;
}

bool decode_bean(std::span<const std::uint8_t> record, Bean& bean) {
    const auto head = load_record<wire::BeanRecord>(record);
    auto rest = record.subspan(sizeof(head));
    if (head.name_bytes > rest.size() || head.name_bytes > kNameBytesMax ||
        head.header.bean_kind > static_cast<std::uint8_t>(BeanKind::kMBean)) {
        return false;
    }
    Result<ObjectName> name = ObjectName::parse(text_of(rest.first(head.name_bytes)));
    if (!name) {
        return false;
    }
    bean.name = std::move(name).value();
    bean.kind = static_cast<BeanKind>(head.header.bean_kind);
    rest = rest.subspan(head.name_bytes);
    const auto gauge_type = static_cast<ValueType>(head.flags >> 8);
    for (const Stat stat : stats_of(bean.kind)) {
        const bool is_gauge = bean.kind == BeanKind::kGauge;
        bean.attributes.push_back(
            {stat_attribute(stat), is_gauge ? gauge_type : ValueType::kNumber});
    }
    const std::uint16_t listed = head.header.attribute_count;
    if (listed > wire::kAttributesMax) {
        return false;
    }
    for (std::uint16_t i = 0; i < listed; ++i) {
        if (rest.size() < sizeof(wire::AttributeHead)) {
            return false;
        }
        const auto attribute = load_record<wire::AttributeHead>(rest);
        rest = rest.subspan(sizeof(attribute));
        if (attribute.path_bytes > rest.size() || attribute.path_bytes == 0 ||
            attribute.type > static_cast<std::uint8_t>(ValueType::kOther)) {
            return false;
        }
        bean.attributes.push_back({text_of(rest.first(attribute.path_bytes)),
                                   static_cast<ValueType>(attribute.type),
                                   (attribute.flags & wire::kAttributeExpensive) != 0});
        rest = rest.subspan(attribute.path_bytes);
    }
    return true;
}

}  // namespace remora
