#include "engine/rule_naming.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/grow.h"
#include "base/hash.h"
#include "model/bean.h"
#include "rules/java_text.h"

namespace remora {
namespace {

// What a value looks like to rules that do not look at it.
constexpr std::string_view kAnyNumber = "0";

bool is_of_jvm(const ObjectName& name) {
    return name.domain() == "java.lang" || name.domain() == "java.nio";
}

// A name that clients of Prometheus give to what the JVM says.
bool is_client_name(const Series& series) {
    return series.name.starts_with("jvm_") || series.name.starts_with("process_");
}

// Whether Java holds the attribute in a double: then 3 is written "3.0".
bool is_double(BeanKind kind, std::string_view domain, std::string_view path) {
    if (kind != BeanKind::kMBean) {
        return kind != BeanKind::kGauge && path != stat_attribute(Stat::kCount);
    }
    // Kafka's own metrics; what is called otherwise is a gauge of Yammer's.
    return domain.starts_with("kafka.") && path != stat_attribute(Stat::kCount) &&
           path != stat_attribute(Stat::kValue);
}

// The sum of a histogram, and what the shim finds out about the process, are no attributes.
bool is_of_bean(BeanKind kind, std::string_view domain, std::string_view path) {
    if (kind != BeanKind::kMBean) {
        return path != stat_attribute(Stat::kSum);
    }
    return domain != "java.lang" ||
           (!path.starts_with("ThreadStates.") && path != "DeadlockedThreadCount" &&
            path != "ResidentMemorySize");
}

std::uint64_t hash_of(const Series& series) {
    std::uint64_t hash = hash_64(series.name);
    for (const Label& label : series.labels) {
        hash = hash_64(label.value, hash_64("=", hash_64(label.name, hash_64(",", hash))));
    }
    const double number = series.rule == ValueRule::kFixed ? series.scale : 0;
    return hash_64({reinterpret_cast<const char*>(&number), sizeof(number)}, hash);
}

double value_of(UnitId unit, std::size_t slot, const Values& values) {
    const bool has_value = unit < values.flags.size() && slot < values.count[unit] &&
                           (values.flags[unit] & kUnitHasValue) != 0;
    return has_value ? values.values[values.first[unit] + slot] : no_value();
}

// A value of the rule takes the place of the bean's.
Series series_of(const NamingOutcome& outcome) {
    Series series = outcome.series;
    if (outcome.value) {
        series.rule = ValueRule::kFixed;
        series.scale *= *outcome.value;
    }
    return series;
}

// `path`: only composite values have keys in it, and no metric of Kafka's is one.
NamingSample sample_of(const ObjectName& name, std::string_view path, ValueType type) {
    NamingSample sample;
    sample.bean = &name;
    sample.type = type;
    sample.value = kAnyNumber;
    for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
        sample.keys.push_back(path.substr(0, dot));
        path.remove_prefix(dot + 1);
    }
    sample.attribute = path;
    return sample;
}

const char* fault_text(NamingOutcome::Kind kind) {
    switch (kind) {
        case NamingOutcome::Kind::kNoNumber:
            return "its value is no number";
        case NamingOutcome::Kind::kNoName:
            return "nothing is left of the name";
        case NamingOutcome::Kind::kTwoLabels:
            return "two labels have one name";
        case NamingOutcome::Kind::kGivenUp:
            return "the pattern needs too many steps";
        default:
            return "";
    }
}

}  // namespace

struct RuleNaming::Attribute {
    std::string path;
    ValueType type = ValueType::kNumber;
    bool is_double = false;
    bool is_of_bean = true;  // others can read it too

    std::string text_of(double value, const Values& values) const {
        switch (type) {
            case ValueType::kBoolean:
                return value != 0 ? "true" : "false";
            case ValueType::kText:
                return value >= 1 && value < static_cast<double>(values.texts.size())
                           ? values.texts[static_cast<std::size_t>(value)]
                           : std::string();
            default:
                return is_double ? java_double_text(value) : java_number_text(value);
        }
    }
};

struct RuleNaming::Outline {
    std::string key;
    std::string family;  // of cost, which names of units are stored by
    std::vector<Attribute> attributes;
};

// A slot whose value rules look at, and what they made of it last.
struct RuleNaming::Looked {
    std::uint16_t slot = 0;
    std::uint64_t bits = wire::kNoValueBits;  // of the value
    std::uint64_t named = 0;                  // hash of the series; 0: none
};

struct RuleNaming::Unit {
    std::shared_ptr<const Outline> outline;
    bool is_taken = false;                // by the rules
    std::vector<std::uint32_t> families;  // of its series by rules
    std::vector<Looked> looked;           // by slot
    std::vector<Series> of_jvm;           // named as clients of Prometheus do
    std::vector<std::uint16_t> of_jvm_slots;
};

// The series of a unit on their way to the encoder.
struct RuleNaming::Naming {
    std::vector<Series> series;
    std::vector<std::uint16_t> slots;
    std::vector<std::uint32_t> families;  // of those by rules, which come first
    std::vector<std::size_t> twins;
};

RuleNaming::RuleNaming(std::shared_ptr<const NamingRules> rules, std::string output,
                       Encoder& encoder, CounterTable& counters, Log& log)
    : rules_(std::move(rules)),
      output_(std::move(output)),
      encoder_(encoder),
      counters_(counters),
      log_(log),
      looks_(std::any_of(rules_->rules().begin(), rules_->rules().end(),
                         [](const NamingRule& rule) { return rule.looks_at_values(); })),
      is_fault_said_(rules_->rules().size()) {}

RuleNaming::~RuleNaming() = default;

std::shared_ptr<const RuleNaming::Outline> RuleNaming::outline_of(
    const Registration& registration) {
    const std::string_view domain = registration.name.get().domain();
    std::string key = registration.family_name;
    for (const Series& series : registration.series) {
        key.append("\n").append(series.attribute).append(":");
        key.append(std::to_string(static_cast<int>(series.value_type)));
    }
    std::shared_ptr<const Outline>& known = outlines_[key];
    if (known == nullptr) {
        auto outline = std::make_shared<Outline>();
        outline->family = registration.family_name;
        for (const Series& series : registration.series) {
            outline->attributes.push_back(
                {series.attribute, series.value_type,
                 is_double(registration.kind, domain, series.attribute),
                 is_of_bean(registration.kind, domain, series.attribute)});
        }
        outline->key = std::move(key);
        known = std::move(outline);
    }
    return known;
}

bool RuleNaming::takes(const ObjectName& name, const Attribute& attribute) const {
    const std::string_view path = attribute.path;
    return attribute.is_of_bean && rules_->takes(name, path.substr(0, path.find('.')));
}

void RuleNaming::find_looked_at(Unit& unit, const ObjectName& name) const {
    for (std::size_t slot = 0; slot < unit.outline->attributes.size(); ++slot) {
        const Attribute& attribute = unit.outline->attributes[slot];
        const bool may_look = looks_ || attribute.type == ValueType::kText;
        if (may_look && takes(name, attribute) &&
            rules_->depends_on_value(sample_of(name, attribute.path, attribute.type))) {
            unit.looked.push_back({static_cast<std::uint16_t>(slot)});
        }
    }
}

void RuleNaming::add(const Registration& registration) {
    const ObjectName& name = registration.name.get();
    const UnitId id = registration.unit;
    remove(id);
    auto unit = std::make_unique<Unit>();
    for (std::size_t slot = 0; is_of_jvm(name) && slot < registration.series.size(); ++slot) {
        if (is_client_name(registration.series[slot])) {
            unit->of_jvm.push_back(registration.series[slot]);
            unit->of_jvm_slots.push_back(static_cast<std::uint16_t>(slot));
        }
    }
    unit->is_taken = rules_->takes(name);
    if (!unit->is_taken && unit->of_jvm.empty()) {
        return;
    }
    unit->outline = outline_of(registration);
    if (unit->is_taken) {
        find_looked_at(*unit, name);
    }
    if (!unit->looked.empty()) {
        looking_.insert(id);
    }
    names_.set(id, unit->outline->family, name.text());
    if (id >= units_.size()) {
        grow(units_, id + 1UL);
    }
    units_[id] = std::move(unit);
    put(id, *units_[id], name, nullptr, registration.is_new);
}

void RuleNaming::remove(UnitId unit) {
    if (unit >= units_.size() || units_[unit] == nullptr) {
        return;
    }
    encoder_.remove_unit(unit);
    for (const std::uint32_t family : units_[unit]->families) {
        families_.note_gone(family);
        families_.leave(family);
    }
    looking_.erase(unit);
    names_.erase(unit);
    const std::shared_ptr<const Outline> outline = std::move(units_[unit]->outline);
    units_[unit].reset();
    constexpr long kHeldHere = 2;  // by this function and the table
    if (outline.use_count() == kHeldHere) {
        outlines_.erase(outline->key);
    }
}

// REQUIRES: the encoder does not have the unit.
void RuleNaming::put(UnitId id, Unit& unit, const ObjectName& name, const Values* values,
                     bool is_new) {
    Naming naming;
    auto looked = unit.looked.begin();
    for (std::size_t slot = 0; unit.is_taken && slot < unit.outline->attributes.size(); ++slot) {
        const Attribute& attribute = unit.outline->attributes[slot];
        if (!takes(name, attribute)) {
            continue;
        }
        NamingSample sample = sample_of(name, attribute.path, attribute.type);
        std::string value_text;
        const bool looks = looked != unit.looked.end() && looked->slot == slot;
        if (looks) {
            const double value = values == nullptr ? no_value() : value_of(id, slot, *values);
            *looked = {static_cast<std::uint16_t>(slot), std::bit_cast<std::uint64_t>(value), 0};
            ++looked;
            if (is_no_value(value)) {
                continue;
            }
            value_text = attribute.text_of(value, *values);
            sample.value = value_text;
        }
        const std::uint64_t named =
            name_slot(attribute, sample, static_cast<std::uint16_t>(slot), naming);
        if (looks) {
            std::prev(looked)->named = named;
        }
    }
    for (const std::uint32_t family : std::exchange(unit.families, naming.families)) {
        families_.leave(family);
    }
    naming.series.insert(naming.series.end(), unit.of_jvm.begin(), unit.of_jvm.end());
    naming.slots.insert(naming.slots.end(), unit.of_jvm_slots.begin(), unit.of_jvm_slots.end());
    if (naming.series.empty()) {
        return;
    }
    UnitSeries series{name.text(), naming.series.data(), naming.series.size(), is_new};
    series.slots = naming.slots.data();
    series.twins = &naming.twins;
    if (!encoder_.add_unit(id, series)) {
        counters_.add(Counter::kOutputSeriesRefused, naming.series.size());
    }
    note_twins(naming, name.text());
}

// Returns a hash of the series as the rules made it; 0: they made none.
std::uint64_t RuleNaming::name_slot(const Attribute& attribute, const NamingSample& sample,
                                    std::uint16_t slot, Naming& naming) {
    NamingOutcome outcome = rules_->apply(sample);
    if (outcome.kind != NamingOutcome::Kind::kSeries) {
        note_fault(outcome, sample);
        return 0;
    }
    Series series = series_of(outcome);
    const std::uint64_t named = hash_of(series);
    const std::uint32_t family = families_.join(outcome.family, series.type);
    if (families_.type(family) != series.type) {
        rules_->retype(series, outcome.family, families_.type(family));
    }
    if (families_.tells_beans(family)) {
        series.labels.push_back({"_objectname", rules_->line_without_value(outcome.rule, sample)});
    }
    series.value_type = attribute.type;
    naming.series.push_back(std::move(series));
    naming.slots.push_back(slot);
    naming.families.push_back(family);
    return named;
}

// A bad sample is left out, and the next one follows. Texts that no rule has a number for are
// usual.
void RuleNaming::note_fault(const NamingOutcome& outcome, const NamingSample& sample) {
    const bool is_usual =
        outcome.kind == NamingOutcome::Kind::kNoRule ||
        (outcome.kind == NamingOutcome::Kind::kNoNumber && !rules_->rules()[outcome.rule].value);
    if (is_usual) {
        return;
    }
    counters_.add(Counter::kOutputRuleFaults);
    if (is_fault_said_[outcome.rule]) {
        return;
    }
    is_fault_said_[outcome.rule] = true;
    log_.warn("rule." + output_ + std::to_string(outcome.rule),
              "output " + output_ + ": rule " + std::to_string(outcome.rule + 1) + " (line " +
                  std::to_string(rules_->rules()[outcome.rule].at.line) +
                  ") makes no series of the attribute " + std::string(sample.attribute) + " of " +
                  std::string(sample.bean->text()) + ": " + fault_text(outcome.kind) +
                  " (output_rule_faults_total counts)");
}

// Version 1 of jmx_exporter tells twins apart by a label, before that the later one is left out.
void RuleNaming::note_twins(const Naming& naming, std::string_view object_name) {
    const bool tells_apart = rules_->options().dialect == NamesDialect::kExporter1x;
    for (const std::size_t twin : naming.twins) {
        const bool is_by_rule = twin < naming.families.size();
        if (is_by_rule && tells_apart &&
            (families_.note_twins(naming.families[twin]) ||
             families_.is_unsettled(naming.families[twin]))) {
            continue;  // until the next tick
        }
        if (is_by_rule) {
            families_.note_left_out(naming.families[twin]);
        }
        counters_.add(Counter::kOutputSeriesClashing);
        if (!are_twins_said_) {
            are_twins_said_ = true;
            log_.warn("twins." + output_,
                      "output " + output_ + ": " + naming.series[twin].name + " of " +
                          std::string(object_name) +
                          " is left out, since another series has its name and labels "
                          "(output_series_clashing_total counts)");
        }
    }
}

// What its rules make of values that have changed is compared only: most are named as before.
bool RuleNaming::has_changed(UnitId id, Unit& unit, const Values& values) {
    std::string text;
    std::optional<ObjectName> name;  // of `text`
    for (Looked& looked : unit.looked) {
        const double value = value_of(id, looked.slot, values);
        const std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
        if (bits == looked.bits) {
            continue;
        }
        looked.bits = bits;
        std::uint64_t named = 0;
        if (!is_no_value(value)) {
            if (!name) {
                name = name_of(id, unit, text);
            }
            const Attribute& attribute = unit.outline->attributes[looked.slot];
            NamingSample sample = sample_of(*name, attribute.path, attribute.type);
            const std::string value_text = attribute.text_of(value, values);
            sample.value = value_text;
            const NamingOutcome outcome = rules_->apply(sample);
            const bool is_series = outcome.kind == NamingOutcome::Kind::kSeries;
            named = is_series ? hash_of(series_of(outcome)) : 0;
            if (named == looked.named && !is_series) {
                note_fault(outcome, sample);
            }
        }
        if (named != looked.named) {
            return true;  // put() looks at all of them
        }
    }
    return false;
}

// A view of `text`, which is set to the name of the bean.
ObjectName RuleNaming::name_of(UnitId id, const Unit& unit, std::string& text) const {
    text = names_.get(id, unit.outline->family);
    Result<ObjectName> name = ObjectName::parse(text);
    REMORA_ASSERT(name.is_ok());
    return std::move(name).value();
}

void RuleNaming::rename(const Values& values) {
    std::vector<UnitId> renamed;
    for (const UnitId id : looking_) {
        if (has_changed(id, *units_[id], values)) {
            for (const std::uint32_t family : units_[id]->families) {
                families_.note_gone(family);  // what it was called may be another's now
            }
            renamed.push_back(id);
        }
    }
    if (families_.is_unsettled()) {
        const auto is_unsettled = [this](std::uint32_t family) {
            return families_.is_unsettled(family);
        };
        for (UnitId id = 0; id < units_.size(); ++id) {
            if (units_[id] != nullptr && std::any_of(units_[id]->families.begin(),
                                                     units_[id]->families.end(), is_unsettled)) {
                renamed.push_back(id);
            }
        }
        families_.settle();
        std::sort(renamed.begin(), renamed.end());
        renamed.erase(std::unique(renamed.begin(), renamed.end()), renamed.end());
    }
    // All of them first: a family takes on another type only when none is in it.
    for (const UnitId id : renamed) {
        encoder_.remove_unit(id);
    }
    std::string text;
    for (const UnitId id : renamed) {
        put(id, *units_[id], name_of(id, *units_[id], text), &values, false);
    }
}

}  // namespace remora
