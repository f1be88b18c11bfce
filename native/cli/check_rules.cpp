#include "cli/check_rules.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/files.h"
#include "rules/rule_file.h"

namespace remora {
namespace {

constexpr int kValid = 0;
constexpr int kInvalid = 1;
constexpr int kUsage = 2;
constexpr std::size_t kNoRule = static_cast<std::size_t>(-1);

// A value of a bean, and the rule that decides about it.
struct Value {
    NamingSample sample;
    std::size_t rule = kNoRule;
};

struct RuleTally {
    std::size_t decided = 0;  // values
    std::size_t series = 0;
    std::map<NamingOutcome::Kind, std::size_t> refused;
};

// What a value is worth to a pattern when nothing is known of it.
std::string_view stand_in(ValueType type) {
    return type == ValueType::kNumber ? "0" : type == ValueType::kBoolean ? "true" : "text";
}

const char* reason_of(NamingOutcome::Kind kind) {
    switch (kind) {
        case NamingOutcome::Kind::kNoNumber:
            return "no number";
        case NamingOutcome::Kind::kNoName:
            return "no name";
        case NamingOutcome::Kind::kTwoLabels:
            return "two labels of one name";
        case NamingOutcome::Kind::kGivenUp:
            return "the pattern needs too many steps";
        default:
            return "";
    }
}

// As a page has it.
std::string text_of(const Series& series) {
    std::string text = series.name + "{";
    const char* between = "";
    for (const Label& label : series.labels) {
        text += between + label.name + "=\"";
        for (const char c : label.value) {
            text += c == '\n'               ? "\\n"
                    : c == '"' || c == '\\' ? std::string("\\") + c
                                            : std::string(1, c);
        }
        text += '"';
        between = ",";
    }
    return text + "}";
}

std::string counted(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// Applies the rules to all values once and keeps what came of it.
class Survey {
 public:
    Survey(const NamingRules& rules, const BeanList& beans, bool with_names)
        : rules_(rules), with_names_(with_names), tallies_(rules.rules().size()) {
        for (const Bean& bean : beans.beans()) {
            if (!rules.takes(bean.name)) {
                ++left_out_;
                continue;
            }
            for (const BeanAttribute& attribute : bean.attributes) {
                if (bean.kind == BeanKind::kMBean && attribute.type != ValueType::kOther) {
                    add(bean, attribute.path, attribute.type);
                }
            }
            for (const Stat stat : stats_of(bean.kind)) {
                // The sum of a histogram is Remora's: no attribute of the bean tells it.
                if (stat != Stat::kSum) {
                    add(bean, stat_attribute(stat), ValueType::kNumber);
                }
            }
        }
        beans_ = beans.beans().size();
    }

    void print() const {
        print_table();
        std::cout << shown_.size() + repeated_ << " series"
                  << " of " << beans_ << " beans\n";
        if (left_out_ > 0) {
            std::cout << "left out by name: " << counted(left_out_, "bean") << "\n";
        }
        if (without_rule_ > 0) {
            std::cout << "no rule fits: " << counted(without_rule_, "value") << "\n";
        }
        for (std::size_t i = 0; i < tallies_.size(); ++i) {
            print_refused(i);
        }
        for (std::size_t i = 0; i < tallies_.size(); ++i) {
            if (tallies_[i].decided == 0) {
                print_idle(i);
            }
        }
        print_looking();
        print_clashes();
    }

 private:
    void add(const Bean& bean, std::string_view path, ValueType type) {
        Value value;
        value.sample.bean = &bean.name;
        value.sample.type = type;
        value.sample.value = stand_in(type);
        for (std::size_t dot = path.find('.'); dot != std::string_view::npos;
             dot = path.find('.')) {
            value.sample.keys.push_back(path.substr(0, dot));
            path.remove_prefix(dot + 1);
        }
        value.sample.attribute = path;
        const std::string_view outermost = value.sample.keys.empty() ? path : value.sample.keys[0];
        if (!rules_.takes(bean.name, outermost)) {
            return;
        }
        const NamingOutcome outcome = rules_.apply(value.sample);
        if (outcome.kind == NamingOutcome::Kind::kNoRule) {
            ++without_rule_;
        } else {
            value.rule = outcome.rule;
            ++tallies_[outcome.rule].decided;
            if (outcome.kind == NamingOutcome::Kind::kSeries) {
                ++tallies_[outcome.rule].series;
                show(outcome, bean, value.sample);
            } else {
                ++tallies_[outcome.rule].refused[outcome.kind];
            }
        }
        values_.push_back(std::move(value));
    }

    void show(const NamingOutcome& outcome, const Bean& bean, const NamingSample& sample) {
        const Series& series = outcome.series;
        const std::string text = text_of(series);
        if (with_names_) {
            std::cout << outcome.rule + 1 << '\t' << text << '\t' << bean.name.text() << ' ';
            for (const std::string_view key : sample.keys) {
                std::cout << key << '.';
            }
            std::cout << sample.attribute << '\n';
        }
        const bool is_new = shown_.insert(text).second;
        if (!is_new) {
            ++repeated_;
            repeated_example_ = text;
        }
        types_[outcome.family].insert(series.type);
    }

    std::string place_of(std::size_t rule) const {
        return "rule " + std::to_string(rule + 1) + " (line " +
               std::to_string(rules_.rules()[rule].at.line) + ")";
    }

    void print_table() const {
        const auto column = [](const std::string& value, std::size_t width) {
            return value + std::string(width > value.size() ? width - value.size() : 1, ' ');
        };
        std::cout << "rule  line  values  series  sees value  pattern\n";
        for (std::size_t i = 0; i < tallies_.size(); ++i) {
            const NamingRule& rule = rules_.rules()[i];
            std::cout << column(std::to_string(i + 1), 6) << column(std::to_string(rule.at.line), 6)
                      << column(std::to_string(tallies_[i].decided), 8)
                      << column(std::to_string(tallies_[i].series), 8)
                      << column(rule.looks_at_values() ? "yes" : "no", 12)
                      << (rule.pattern ? rule.pattern_text : "(none: fits all)") << '\n';
        }
    }

    void print_refused(std::size_t rule) const {
        for (const auto& [kind, count] : tallies_[rule].refused) {
            std::cout << place_of(rule) << " makes no series of " << counted(count, "value") << ": "
                      << reason_of(kind) << '\n';
        }
    }

    // Why a rule decides about no value.
    void print_idle(std::size_t rule) const {
        std::map<std::size_t, std::size_t> taken;  // values by the rule that takes them
        for (const Value& value : values_) {
            // A value that came to this rule is known not to fit.
            if (value.rule < rule && rules_.fits(rule, value.sample) == Regex::Answer::kYes) {
                ++taken[value.rule];
            }
        }
        if (taken.empty()) {
            std::cout << place_of(rule) << " fits no value\n";
            return;
        }
        std::cout << place_of(rule) << " is never reached:";
        const char* between = " ";
        for (const auto& [other, count] : taken) {
            std::cout << between << place_of(other) << " takes " << counted(count, "value");
            between = ", ";
        }
        std::cout << '\n';
    }

    // A value that a looking rule was asked about may be named otherwise when it changes.
    void print_looking() const {
        const std::vector<NamingRule>& rules = rules_.rules();
        std::size_t first = 0;
        while (first < rules.size() && !rules[first].looks_at_values()) {
            ++first;
        }
        const auto changing =
            std::count_if(values_.begin(), values_.end(), [first](const Value& value) {
                return value.rule >= first && value.sample.type != ValueType::kText;
            });
        if (first < rules.size() && changing > 0) {
            std::cout << counted(static_cast<std::size_t>(changing), "number")
                      << " must be matched again at each change: from " << place_of(first)
                      << " on, patterns see the value, which was taken as 0 here\n";
        }
    }

    void print_clashes() const {
        const bool is_old = rules_.options().dialect == NamesDialect::kExporter020;
        if (repeated_ > 0) {
            std::cout << repeated_ << " series"
                      << " with name and labels of another one, such as " << repeated_example_
                      << ": jmx_exporter "
                      << (is_old ? "0.20 drops them" : "1.x tells them apart by _objectname")
                      << '\n';
        }
        for (const auto& [name, types] : types_) {
            if (types.size() > 1) {
                std::cout << name << " has several types and counts as untyped\n";
            }
        }
    }

    const NamingRules& rules_;
    const bool with_names_;
    std::vector<RuleTally> tallies_;
    std::vector<Value> values_;
    std::set<std::string> shown_;
    std::map<std::string, std::set<MetricType>> types_;
    std::string repeated_example_;
    std::size_t repeated_ = 0;
    std::size_t beans_ = 0;
    std::size_t left_out_ = 0;
    std::size_t without_rule_ = 0;
};

}  // namespace

bool is_rule_file(const std::string& path) {
    return path.ends_with(".yml") || path.ends_with(".yaml");
}

int check_rules(const std::string& path, NamesDialect dialect, const BeanList& beans,
                bool with_names) {
    const Result<std::string> text = read_file(path, kRuleFileBytesMax);
    if (!text) {
        std::cerr << text.status().message() << '\n';
        return kUsage;
    }
    const RuleFileOutcome outcome = parse_rule_file(text.value(), path, dialect);
    for (const Problem& warning : outcome.warnings) {
        std::cerr << "warning: " << warning.text << '\n';
    }
    for (const Problem& error : outcome.errors) {
        std::cerr << "error: " << error.text << '\n';
    }
    if (!outcome.is_ok()) {
        std::cerr << outcome.errors.size() << " error(s)\n";
        return kInvalid;
    }
    Survey(outcome.rules, beans, with_names).print();
    return kValid;
}

}  // namespace remora
