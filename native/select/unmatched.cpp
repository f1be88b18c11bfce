#include "select/unmatched.h"

#include <algorithm>
#include <utility>

#include "config/keys.h"
#include "match/pattern.h"
#include "select/rules.h"

namespace remora {
namespace {

constexpr std::size_t kNamedMax = 10;

std::string item(const std::string& key, std::size_t i) {
    return key + "." + std::to_string(i);
}

std::string entry_text(const std::string& key, const std::string& text) {
    return key + " \"" + text + "\"";
}

bool has_attribute(const Bean& bean, const std::string& glob) {
    if (bean.kind == BeanKind::kMBean) {
        return std::any_of(
            bean.attributes.begin(), bean.attributes.end(),
            [&glob](const auto& attribute) { return glob_matches(glob, attribute.path); });
    }
    const std::vector<Stat>& stats = stats_of(bean.kind);
    return std::any_of(stats.begin(), stats.end(), [&glob](Stat stat) {
        return glob_matches(glob, stat_attribute(stat)) ||
               glob_matches(glob, statistic_names()[static_cast<std::size_t>(stat)]);
    });
}

}  // namespace

Unmatched::Unmatched(const Config& config) {
    add_rules(std::span(config.rules).first(config.rules.size() - config.tuned_rules));
    const SelectConfig& select = config.select;
    for (std::size_t i = 0; i < select.domains.size(); ++i) {
        entries_.push_back({entry_text(item("select.domains", i), select.domains[i]),
                            [glob = select.domains[i]](const Bean& bean) {
                                return glob_matches(glob, bean.name.domain());
                            }});
    }
    add_patterns("select.include", select.include);
    add_patterns("select.exclude", select.exclude);
    add_globs("select.attributes_include", select.attributes_include);
    add_globs("select.attributes_exclude", select.attributes_exclude);
    add_labels("select.label_include", select.label_include);
    add_labels("select.label_exclude", select.label_exclude);
    add_topics(config.topics);
    for (std::size_t i = 0; i < config.outputs.size(); ++i) {
        add_patterns(item("outputs", i) + ".include", config.outputs[i].include);
        add_patterns(item("outputs", i) + ".exclude", config.outputs[i].exclude);
    }
}

void Unmatched::add_patterns(const std::string& key, const std::vector<std::string>& patterns) {
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        Result<ObjectNamePattern> pattern = ObjectNamePattern::parse(patterns[i]);
        if (pattern) {  // the configuration was checked: this holds
            entries_.push_back({entry_text(item(key, i), patterns[i]),
                                [pattern = std::move(pattern).value()](const Bean& bean) {
                                    return pattern.matches(bean.name);
                                }});
        }
    }
}

void Unmatched::add_labels(const std::string& key, const std::vector<TextPair>& labels) {
    for (const LabelRegex& label : compile_label_regexes(key, labels)) {
        const std::string name = key + "." + label.label;
        const auto pair = std::find_if(labels.begin(), labels.end(), [&label](const TextPair& one) {
            return one.first == label.label;
        });
        entries_.push_back({entry_text(name, pair->second),
                            [label](const Bean& bean) { return label.matches(bean.name); }});
    }
}

void Unmatched::add_globs(const std::string& key, const std::vector<std::string>& globs) {
    for (std::size_t i = 0; i < globs.size(); ++i) {
        entries_.push_back(
            {entry_text(item(key, i), globs[i]),
             [glob = globs[i]](const Bean& bean) { return has_attribute(bean, glob); }});
    }
}

void Unmatched::add_rules(std::span<const RuleConfig> rules) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
        Result<ObjectNamePattern> pattern = ObjectNamePattern::parse(rules[i].match);
        if (!pattern) {
            continue;
        }
        std::string text = entry_text(item("rules", i) + ".match", rules[i].match);
        for (const TextPair& where : rules[i].where) {
            text += ", where " + where.first + " is " + where.second;
        }
        entries_.push_back(
            {std::move(text), [pattern = std::move(pattern).value(),
                               labels = compile_label_regexes(item("rules", i) + ".where",
                                                              rules[i].where)](const Bean& bean) {
                 return pattern.matches(bean.name) &&
                        std::all_of(labels.begin(), labels.end(), [&bean](const LabelRegex& one) {
                            return one.matches(bean.name);
                        });
             }});
    }
}

void Unmatched::add_topics(const TopicsConfig& topics) {
    if (topics.mode == TopicMode::kList) {
        for (std::size_t i = 0; i < topics.list.size(); ++i) {
            entries_.push_back({entry_text(item("topics.list", i), topics.list[i]),
                                [topic = topics.list[i]](const Bean& bean) {
                                    return unquote(bean.name.get("topic")) == topic;
                                }});
        }
    } else if (topics.mode == TopicMode::kRegex) {
        Result<ConfiguredRegex> regex = ConfiguredRegex::compile("topics.regex", topics.regex);
        if (regex) {
            entries_.push_back({entry_text("topics.regex", topics.regex),
                                [regex = std::move(regex).value()](const Bean& bean) {
                                    return bean.name.has("topic") &&
                                           regex.matches(unquote(bean.name.get("topic")));
                                }});
        }
    }
}

void Unmatched::see(const Bean& bean) {
    std::erase_if(entries_, [&bean](const Entry& entry) { return entry.matches(bean); });
}

std::string Unmatched::sentence() const {
    if (entries_.empty()) {
        return "";
    }
    std::string text = "nothing on this broker matches so far: ";
    for (std::size_t i = 0; i < std::min(entries_.size(), kNamedMax); ++i) {
        text += (i == 0 ? "" : "; ") + entries_[i].text;
    }
    if (entries_.size() > kNamedMax) {
        text += "; and " + std::to_string(entries_.size() - kNamedMax) + " more";
    }
    return text;
}

}  // namespace remora
