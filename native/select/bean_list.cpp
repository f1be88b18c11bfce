#include "select/bean_list.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/document.h"

namespace remora {
namespace {

// In the order of BeanKind.
constexpr std::array<std::pair<std::string_view, BeanKind>, 6> kKinds = {
    {{"gauge", BeanKind::kGauge},
     {"counter", BeanKind::kCounter},
     {"meter", BeanKind::kMeter},
     {"histogram", BeanKind::kHistogram},
     {"timer", BeanKind::kTimer},
     {"mbean", BeanKind::kMBean}}};

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// Kafka's naming habits; without a name key it is a bean of kafka.common.metrics or of the JVM.
BeanKind guess_kind(const ObjectName& name) {
    const std::string_view which = name.get("name");
    if (name.domain().substr(0, 5) != "kafka" || which.empty()) {
        return BeanKind::kMBean;
    }
    if (ends_with(which, "RateAndTimeMs") || ends_with(which, "RateAndQueueTimeMs")) {
        return BeanKind::kTimer;
    }
    if (ends_with(which, "PerSec") || which == "RequestHandlerAvgIdlePercent") {
        return BeanKind::kMeter;
    }
    const bool of_request = name.get("type") == "RequestMetrics";
    return of_request || ends_with(which, "TimeMs") ? BeanKind::kHistogram : BeanKind::kGauge;
}

bool has_attribute(const std::vector<BeanAttribute>& attributes, std::string_view path) {
    return std::any_of(attributes.begin(), attributes.end(),
                       [path](const BeanAttribute& attribute) { return attribute.path == path; });
}

BeanKind kind_of(const ObjectName& name, const std::vector<BeanAttribute>& attributes) {
    const bool rates = has_attribute(attributes, "OneMinuteRate");
    const bool percentiles = has_attribute(attributes, "999thPercentile");
    if (name.domain().substr(0, 5) != "kafka") {
        return BeanKind::kMBean;
    }
    if (rates) {
        return percentiles ? BeanKind::kTimer : BeanKind::kMeter;
    }
    if (percentiles) {
        return BeanKind::kHistogram;
    }
    const bool single = attributes.size() == 1 && attributes.front().type == ValueType::kNumber;
    if (single && attributes.front().path == "Value") {
        return BeanKind::kGauge;
    }
    return single && attributes.front().path == "Count" ? BeanKind::kCounter : BeanKind::kMBean;
}

ValueType type_of(const JsonNode& value) {
    switch (value.kind) {
        case JsonNode::Kind::kNumber:
            return ValueType::kNumber;
        case JsonNode::Kind::kBool:
            return ValueType::kBoolean;
        case JsonNode::Kind::kText:
            if (value.text == "number" || value.text == "NaN" || value.text == "Infinity" ||
                value.text == "-Infinity") {
                return ValueType::kNumber;
            }
            return value.text == "boolean" ? ValueType::kBoolean : ValueType::kText;
        default:
            return ValueType::kOther;
    }
}

const JsonNode* member(const JsonDocument& document, const JsonNode& object,
                       std::initializer_list<std::string_view> names) {
    for (const JsonMember& candidate : object.members) {
        if (std::find(names.begin(), names.end(), candidate.key) != names.end()) {
            return &document.nodes[candidate.node];
        }
    }
    return nullptr;
}

}  // namespace

Result<BeanList> BeanList::parse(std::string_view text) {
    BeanList list;
    std::size_t number = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (!line.empty() && line.back() == '\r') {
            line.remove_suffix(1);
        }
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const Status added = list.add_line(line);
        if (!added) {
            return Status(Code::kCorrupt,
                          "line " + std::to_string(number) + ": " + added.message());
        }
    }
    list.end_json_bean();
    return list;
}

Status BeanList::add_line(std::string_view line) {
    if (line.front() == '{') {
        return add_json_line(line);
    }
    end_json_bean();
    if (line.find('\t') != std::string_view::npos) {
        return add_table_line(line);
    }
    const std::string_view kept = keep(line);
    const Result<ObjectName> name = ObjectName::parse(kept);
    return name ? add_bean(kept, guess_kind(name.value()), {}) : name.status();
}

Status BeanList::add_table_line(std::string_view line) {
    const std::size_t first = line.find('\t');
    const std::size_t second = std::min(line.find('\t', first + 1), line.size());
    const std::string_view word = line.substr(0, first);
    const auto* const kind = std::find_if(
        kKinds.begin(), kKinds.end(), [word](const auto& known) { return known.first == word; });
    if (kind == kKinds.end()) {
        return Status(Code::kCorrupt,
                      "found the kind " + in_quotes(word) +
                          "; expected gauge, counter, meter, histogram, timer or mbean");
    }
    std::vector<BeanAttribute> attributes;
    std::string_view rest = keep(line.substr(std::min(second + 1, line.size())));
    while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        BeanAttribute attribute{rest.substr(0, comma), ValueType::kNumber};
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        for (const auto& [suffix, type] :
             {std::pair<std::string_view, ValueType>{":text", ValueType::kText},
              {":boolean", ValueType::kBoolean}}) {
            if (ends_with(attribute.path, suffix)) {
                attribute.type = type;
                attribute.path.remove_suffix(suffix.size());
            }
        }
        attributes.push_back(attribute);
    }
    return add_bean(keep(line.substr(first + 1, second - first - 1)), kind->second,
                    std::move(attributes));
}

Status BeanList::add_json_line(std::string_view line) {
    JsonDocument document;
    std::vector<Problem> problems;
    const std::uint32_t root =
        parse_json(line, {JsonSource::Kind::kFile, "JSON"}, document, problems);
    if (root == kNoNode) {
        return Status(Code::kCorrupt, problems.front().text);
    }
    const JsonNode& object = document.nodes[root];
    const JsonNode* const name =
        member(document, object, {"name", "mbean", "objectName", "object_name"});
    if (name == nullptr || name->kind != JsonNode::Kind::kText) {
        return Status(Code::kCorrupt, "expected a JSON object with the text \"name\"");
    }
    if (!json_open_ || beans_.back().name.text() != name->text) {
        end_json_bean();
        const Status added = add_bean(keep(name->text), BeanKind::kMBean, {});
        if (!added) {
            return added;
        }
        json_open_ = true;
    }
    Bean& bean = beans_.back();
    const JsonNode* const attribute = member(document, object, {"attribute"});
    const JsonNode* const value = member(document, object, {"value"});
    if (attribute != nullptr && value != nullptr) {
        bean.attributes.push_back({keep(attribute->text), type_of(*value)});
    }
    const JsonNode* const attributes = member(document, object, {"attributes"});
    if (attributes != nullptr) {
        for (const JsonMember& entry : attributes->members) {
            bean.attributes.push_back({keep(entry.key), type_of(document.nodes[entry.node])});
        }
    }
    return Status::ok();
}

void BeanList::end_json_bean() {
    if (json_open_) {
        Bean& bean = beans_.back();
        bean.kind = kind_of(bean.name, bean.attributes);
        if (bean.kind != BeanKind::kMBean) {
            bean.attributes.clear();
        }
        json_open_ = false;
    }
}

Status BeanList::add_bean(std::string_view name, BeanKind kind,
                          std::vector<BeanAttribute> attributes) {
    Result<ObjectName> parsed = ObjectName::parse(name);
    if (!parsed) {
        return parsed.status();
    }
    Bean bean;
    bean.kind = kind;
    bean.name = std::move(parsed).value();
    bean.attributes = std::move(attributes);
    beans_.push_back(std::move(bean));
    return Status::ok();
}

void append_bean_line(const Bean& bean, std::string& text) {
    text.append(kKinds[static_cast<std::size_t>(bean.kind)].first);
    text.append("\t").append(bean.name.text()).append("\t");
    const std::size_t begun = text.size();
    for (const BeanAttribute& attribute : bean.attributes) {
        if (bean.kind != BeanKind::kMBean || attribute.type == ValueType::kOther) {
            continue;
        }
        text.append(text.size() > begun ? "," : "").append(attribute.path);
        text.append(attribute.type == ValueType::kBoolean ? ":boolean"
                    : attribute.type == ValueType::kText  ? ":text"
                                                          : "");
    }
    text.append("\n");
}

std::string_view BeanList::keep(std::string_view text) {
    return texts_.emplace_back(text);
}

}  // namespace remora
