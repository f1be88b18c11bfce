#include "name/namer.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/limits.h"
#include "name/help.h"
#include "name/jvm_names.h"
#include "name/sanitize.h"
#include "name/units.h"

namespace remora {
namespace {

constexpr std::string_view kPercentile = "thPercentile";

// What decides the names of a bean's attributes. A Yammer metric has the same shape whichever tier
// reads it.
enum class Shape { kGauge, kCounter, kMeter, kHistogram, kPlain };

bool ends_with_percentile(std::string_view path) {
    return path.size() > kPercentile.size() && path.ends_with(kPercentile) &&
           std::all_of(path.begin(), path.end() - kPercentile.size(), is_digit);
}

Shape shape_of_attributes(const Bean& bean) {
    bool has_value = false;
    bool has_count = false;
    bool has_rate = false;
    for (const BeanAttribute& attribute : bean.attributes) {
        if (ends_with_percentile(attribute.path)) {
            return Shape::kHistogram;
        }
        has_value = has_value || attribute.path == "Value";
        has_count = has_count || attribute.path == "Count";
        has_rate = has_rate || attribute.path == "OneMinuteRate";
    }
    if (has_count && has_rate) {
        return Shape::kMeter;
    }
    if (has_value) {
        return Shape::kGauge;
    }
    return has_count && bean.attributes.size() == 1 ? Shape::kCounter : Shape::kPlain;
}

Shape shape_of(const Bean& bean) {
    switch (bean.kind) {
        case BeanKind::kGauge:
            return Shape::kGauge;
        case BeanKind::kCounter:
            return Shape::kCounter;
        case BeanKind::kMeter:
            return Shape::kMeter;
        case BeanKind::kHistogram:
        case BeanKind::kTimer:
            return Shape::kHistogram;
        case BeanKind::kMBean:
            break;
    }
    // Only beans that are named the Yammer way; java.lang has a "Count" and a "Value" of its own.
    if (!bean.name.has("name") || is_platform_domain(bean.name.domain())) {
        return Shape::kPlain;
    }
    return shape_of_attributes(bean);
}

bool ends_with_state(std::string_view text) {
    return text.ends_with("state") || text.ends_with("State");
}

std::string_view last_key(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

bool has_label(const std::vector<Label>& labels, std::string_view name) {
    return std::any_of(labels.begin(), labels.end(),
                       [name](const Label& label) { return label.name == name; });
}

// `name`, with as many '_' behind it as no label of the series has yet.
std::string free_name(const std::vector<Label>& labels, std::string name) {
    while (has_label(labels, name)) {
        // Never "__".
        name.append(name == "_" ? "x_" : "_");
    }
    return name;
}

void add_label(std::vector<Label>& labels, std::string name, std::string value) {
    labels.push_back(Label{free_name(labels, std::move(name)), std::move(value)});
}

// Everything about a bean that its series share.
struct Context {
    const Bean& bean;
    Shape shape = Shape::kPlain;
    bool platform = false;
    bool quota = false;
    std::string type;  // unquoted
    std::string name;  // unquoted; empty when it is a label
    std::string base;  // domain_type[_name]
    std::vector<Label> labels;
};

// Client quotas: one bean for each user, client id or both.
bool is_quota(const Bean& bean) {
    const ObjectName& name = bean.name;
    if (bean.kind != BeanKind::kMBean || name.domain() != "kafka.server" || !name.has("type")) {
        return false;
    }
    const std::size_t keys = 1 + (name.has("user") ? 1U : 0U) + (name.has("client-id") ? 1U : 0U);
    return keys > 1 && name.properties().size() == keys;
}

// The key properties that the metric name does not hold, as labels. More than a series may have are
// folded into one.
void fill_labels(Context& context, std::string_view type_key) {
    const ObjectName& name = context.bean.name;
    const bool broker = name.has("brokerHost") && name.has("brokerPort");
    std::string rest;
    for (const KeyProperty& property : name.properties()) {
        if (property.key == type_key || (property.key == "name" && !context.name.empty())) {
            continue;
        }
        if (broker && property.key == "brokerPort") {
            continue;
        }
        // Leaves room for what the series add: quantile, state, attribute, the folded rest.
        if (context.labels.size() + 4 >= kLabelsMax) {
            rest.append(rest.empty() ? "" : ",").append(property.key).append("=");
            rest.append(property.value);
            continue;
        }
        if (broker && property.key == "brokerHost") {
            add_label(context.labels, "broker",
                      label_value(property.value) + ":" + label_value(name.get("brokerPort")));
            continue;
        }
        add_label(context.labels, label_name(property.key), label_value(property.value));
    }
    if (!rest.empty()) {
        add_label(context.labels, "other", label_value(rest));
    }
}

Context make_context(const Bean& bean) {
    Context context{bean, Shape::kPlain, false, false, {}, {}, {}, {}};
    const ObjectName& name = bean.name;
    context.shape = shape_of(bean);
    context.platform = is_platform_domain(name.domain());
    context.quota = is_quota(bean);
    std::string_view type_key = "type";
    if (!name.has("type") && !name.properties().empty()) {
        type_key = name.properties().front().key;
    }
    context.type = unquote(name.get(type_key));
    if (type_key != "name" && !context.platform) {
        context.name = unquote(name.get("name"));
    }
    if (!context.quota) {
        context.base = metric_name({name.domain(), context.type, context.name});
        fill_labels(context, type_key);
        return context;
    }
    context.base = "kafka_server_quota";
    add_label(context.labels, "resource", label_value(name.get("type")));
    if (name.has("user")) {
        add_label(context.labels, "user", label_value(name.get("user")));
    }
    if (name.has("client-id")) {
        add_label(context.labels, "clientId", label_value(name.get("client-id")));
    }
    return context;
}

void set_sample(Series& series, std::string metric_family, MetricType type,
                std::string_view suffix = {}) {
    series.name = metric_family;
    series.name.append(suffix);
    series.metric_family = std::move(metric_family);
    series.type = type;
}

bool has_attribute(const Bean& bean, std::string_view stem, std::string_view suffix) {
    return std::any_of(
        bean.attributes.begin(), bean.attributes.end(), [&](const BeanAttribute& attribute) {
            return attribute.path.size() == stem.size() + suffix.size() &&
                   attribute.path.starts_with(stem) && attribute.path.ends_with(suffix);
        });
}

// Kafka's own meters are pairs of a rate and what it is the rate of, which is called x-total or
// x-count. Other counts are of what there is now.
bool is_count_of_rate(const Bean& bean, std::string_view path) {
    constexpr std::string_view kCount = "-count";
    constexpr std::string_view kRate = "-rate";
    // Such sums without a rate.
    constexpr std::array<std::string_view, 3> kAlone = {"expired-connections-killed-count",
                                                        "metadata-apply-error-count",
                                                        "metadata-load-error-count"};
    if (std::find(kAlone.begin(), kAlone.end(), path) != kAlone.end()) {
        return true;
    }
    return bean.kind == BeanKind::kMBean && path.ends_with(kCount) &&
           has_attribute(bean, path.substr(0, path.size() - kCount.size()), kRate);
}

// Gauges of Kafka's that are sums since the start.
bool is_growing_gauge(std::string_view name) {
    constexpr std::array<std::string_view, 9> kGrowing = {"EventQueueOperationsStartedCount",
                                                          "EventQueueOperationsTimedOutCount",
                                                          "ExpiredConnectionsKilledCount",
                                                          "HandleLoadSnapshotCount",
                                                          "MetadataErrorCount",
                                                          "NewActiveControllersCount",
                                                          "TimedOutBrokerHeartbeatCount",
                                                          "linux-disk-read-bytes",
                                                          "linux-disk-write-bytes"};
    return std::find(kGrowing.begin(), kGrowing.end(), name) != kGrowing.end();
}

// The general rule: base, then the attribute path. What only grows is a counter.
void name_plain(const Context& context, const Slot& slot, Series& series) {
    std::string metric_family = metric_name({context.base, slot.path});
    const bool counter = metric_family.ends_with("_total") || is_total(slot.path) ||
                         is_count_of_rate(context.bean, slot.path) ||
                         is_jvm_counter(context.bean.name.domain(), context.type, slot.path);
    set_sample(series, std::move(metric_family),
               counter ? MetricType::kCounter : MetricType::kGauge);
}

void name_meter(const Context& context, const Slot& slot, Series& series) {
    const std::string& name = context.name;
    const std::size_t per_second = name.rfind("PerSec");
    const std::string_view share = share_word(name);
    const auto shortened = [&](std::size_t end, std::string_view suffix) {
        return metric_name({context.bean.name.domain(), context.type,
                            std::string_view(name).substr(0, end), suffix});
    };
    if (slot.path == "Count") {
        if (per_second != std::string::npos && per_second > 0) {
            set_sample(series, shortened(per_second, "total"), MetricType::kCounter);
        } else {
            set_sample(series, context.base + "_count", MetricType::kCounter);
        }
    } else if (slot.path == "OneMinuteRate" && !share.empty()) {
        set_sample(series, shortened(name.size() - share.size(), share), MetricType::kGauge);
    } else {
        name_plain(context, slot, series);
    }
}

void name_histogram(const Context& context, const Slot& slot, Series& series) {
    if (slot.path == "Count") {
        set_sample(series, context.base, MetricType::kSummary, "_count");
    } else if (slot.path == "Sum") {
        set_sample(series, context.base, MetricType::kSummary, "_sum");
    } else if (ends_with_percentile(slot.path)) {
        set_sample(series, context.base, MetricType::kSummary);
        const std::string_view digits = slot.path.substr(0, slot.path.size() - kPercentile.size());
        add_label(series.labels, "quantile", "0." + std::string(digits));
    } else {
        name_plain(context, slot, series);
    }
}

// A text: an info metric that is 1 and carries the text as a label.
void name_text(const Context& context, const Slot& slot, Series& series) {
    const bool value_of_gauge = context.shape == Shape::kGauge && slot.path == "Value";
    const std::string_view path = value_of_gauge ? std::string_view{} : slot.path;
    set_sample(series, metric_name({context.base, path, "info"}), MetricType::kGauge);
    series.rule = ValueRule::kState;
    const std::string_view key = value_of_gauge ? std::string_view(context.name) : last_key(path);
    series.state_label =
        free_name(series.labels, ends_with_state(key) ? "state" : label_name(metric_name({key})));
}

bool name_jvm(const Context& context, const Slot& slot, Series& series) {
    if (!context.platform) {
        return false;
    }
    const ObjectName& object = context.bean.name;
    const JvmName* known = find_jvm_name(object.domain(), context.type, slot.path);
    if (known == nullptr || slot.type == ValueType::kText) {
        return false;
    }
    set_sample(series, std::string(known->metric_family), known->metric_type, known->suffix);
    series.help = known->help;
    if (known->scale != 1.0) {
        series.rule = ValueRule::kScaled;
        series.scale = known->scale;
    }
    if (!known->name_label.empty() && object.has("name")) {
        for (Label& label : series.labels) {
            if (label.name == "name") {
                label.name = known->name_label;
            }
        }
    }
    if (!known->label.empty()) {
        add_label(series.labels, std::string(known->label), std::string(known->label_value));
    }
    return true;
}

std::string default_help(const Context& context, const Slot& slot, const Series& series) {
    const ObjectName& name = context.bean.name;
    const bool is_share = context.shape == Shape::kMeter && slot.path == "OneMinuteRate" &&
                          !share_word(context.name).empty();
    std::string help = is_share ? "Share of time, 0 to 1, over the last minute: JMX " : "JMX ";
    help += std::string(name.domain()) + ":type=" + context.type;
    if (!context.name.empty()) {
        help += ",name=" + context.name;
    }
    // A summary is fed by many attributes.
    if (series.type != MetricType::kSummary) {
        help += " attribute " + std::string(slot.path);
    }
    for (char& c : help) {
        if (static_cast<unsigned char>(c) < 0x20) {
            c = ' ';
        }
    }
    constexpr std::size_t kHelpBytesMax = 512;
    if (help.size() > kHelpBytesMax) {
        help.resize(kHelpBytesMax);
    }
    return help;
}

Series name_slot(const Context& context, const Slot& slot) {
    Series series;
    series.labels = context.labels;
    series.attribute = slot.path;
    series.value_type = slot.type;
    if (name_jvm(context, slot, series)) {
        return series;
    }
    if (slot.type == ValueType::kText) {
        name_text(context, slot, series);
    } else if (context.shape == Shape::kGauge && slot.path == "Value") {
        set_sample(series, context.base,
                   is_growing_gauge(context.name) ? MetricType::kCounter : MetricType::kGauge);
    } else if (context.shape == Shape::kCounter && slot.path == "Count") {
        set_sample(series, context.base + "_count", MetricType::kCounter);
    } else if (context.shape == Shape::kMeter) {
        name_meter(context, slot, series);
    } else if (context.shape == Shape::kHistogram) {
        name_histogram(context, slot, series);
    } else {
        name_plain(context, slot, series);
    }
    const std::string_view help = find_help(series.metric_family);
    series.help = help.empty() ? default_help(context, slot, series) : std::string(help);
    return series;
}

bool same_sample(const Series& a, const Series& b) {
    if (a.name != b.name || a.labels.size() != b.labels.size()) {
        return false;
    }
    return std::equal(
        a.labels.begin(), a.labels.end(), b.labels.begin(),
        [](const Label& x, const Label& y) { return x.name == y.name && x.value == y.value; });
}

}  // namespace

std::vector<Series> Namer::name(const Bean& bean, std::span<const Slot> slots) const {
    const Context context = make_context(bean);
    std::vector<Series> all;
    all.reserve(slots.size());
    for (const Slot& slot : slots) {
        Series series = name_slot(context, slot);
        series.unit = unit_of(bean, slot, series);
        // Attributes that differ only in what a name cannot hold ("a-b", "a_b"): the later one says
        // which it is.
        const bool taken = std::any_of(all.begin(), all.end(), [&series](const Series& other) {
            return same_sample(series, other);
        });
        if (taken) {
            add_label(series.labels, "attribute",
                      series.attribute + "#" + std::to_string(all.size()));
        }
        all.push_back(std::move(series));
    }
    return all;
}

}  // namespace remora
