#include "encode/labels.h"

#include <algorithm>

namespace remora::encode {
namespace {

bool has_label(const std::vector<Label>& labels, std::string_view name) {
    return std::any_of(labels.begin(), labels.end(),
                       [name](const Label& label) { return label.name == name; });
}

void add_safe(std::vector<Label>& to, const Label& label, Dots dots) {
    std::string name;
    append_safe_label_name(name, label.name, dots);
    if (!label.value.empty() && !has_label(to, name)) {
        to.push_back(Label{std::move(name), label.value});
    }
}

}  // namespace

std::vector<Label> safe_labels(const std::vector<Label>& labels, Dots dots) {
    std::vector<Label> safe;
    for (const Label& label : labels) {
        add_safe(safe, label, dots);
    }
    return safe;
}

std::vector<Label> merge_labels(const Series& series, const std::vector<Label>& extra, Dots dots) {
    std::vector<Label> merged;
    merged.reserve(series.labels.size() + extra.size());
    std::string state;
    if (series.rule == ValueRule::kState) {
        append_safe_label_name(state, series.state_label, dots);
    }
    for (const Label& label : series.labels) {
        add_safe(merged, label, dots);
    }
    if (!state.empty()) {
        std::erase_if(merged, [&state](const Label& label) { return label.name == state; });
    }
    for (const Label& label : extra) {
        if (label.name != state && !has_label(merged, label.name)) {
            merged.push_back(label);
        }
    }
    return merged;
}

std::string unreserved(std::string_view name, std::span<const std::string_view> reserved,
                       const std::vector<Label>& labels, std::string_view state_label) {
    std::string free(name);
    if (std::find(reserved.begin(), reserved.end(), name) != reserved.end()) {
        do {
            free.push_back('_');
        } while (free == state_label || has_label(labels, free));
    }
    return free;
}

}  // namespace remora::encode
