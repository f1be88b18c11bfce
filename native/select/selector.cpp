#include "select/selector.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/keys.h"
#include "kafka/beans.h"

namespace remora {
namespace {

constexpr std::uint32_t bit(Stat stat) {
    return 1U << static_cast<std::uint32_t>(stat);
}
constexpr std::uint32_t kEveryStat = ~0U;
constexpr std::uint32_t kMeterStats = bit(Stat::kCount);
constexpr std::uint32_t kHistogramStats = bit(Stat::kCount) | bit(Stat::kSum) | bit(Stat::kMean) |
                                          bit(Stat::kMax) | bit(Stat::kP50) | bit(Stat::kP95) |
                                          bit(Stat::kP99) | bit(Stat::kP999);

std::uint32_t statistics(const std::vector<std::string>& names, Profile profile,
                         std::uint32_t profile_choice) {
    if (names.empty()) {
        return profile == Profile::kAll ? kEveryStat : profile_choice;
    }
    std::uint32_t bits = 0;
    const auto known = statistic_names();
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (std::find(names.begin(), names.end(), known[i]) != names.end()) {
            bits |= 1U << i;
        }
    }
    return bits;
}

bool any_glob_matches(const std::vector<std::string>& globs, std::string_view a,
                      std::string_view b) {
    return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
        return glob_matches(glob, a) || (!b.empty() && glob_matches(glob, b));
    });
}

bool is_state_text(const ObjectName& name, std::string_view path) {
    return std::any_of(kStateTexts.begin(), kStateTexts.end(), [&](const StateText& state) {
        return state.path == path && state.type == name.get("type");
    });
}

bool is_readable(const ObjectName& name, ValueType type, std::string_view path, bool texts) {
    return type == ValueType::kNumber || type == ValueType::kBoolean ||
           (type == ValueType::kText && (texts || is_state_text(name, path)));
}

// Without a wildcard.
bool is_named(const std::vector<std::string>* globs, std::string_view path) {
    return globs != nullptr && std::find(globs->begin(), globs->end(), path) != globs->end();
}

// A meter of a share of time, whichever tier reads it.
bool is_share(const Bean& bean) {
    if (share_word(bean.name.get("name")).empty()) {
        return false;
    }
    return bean.kind == BeanKind::kMeter ||
           (bean.kind == BeanKind::kMBean &&
            std::any_of(bean.attributes.begin(), bean.attributes.end(),
                        [](const BeanAttribute& attribute) {
                            return attribute.path == stat_attribute(Stat::kOneMinuteRate);
                        }));
}

// Whether what is read first only grows.
bool grows(BeanKind kind, std::string_view path) {
    if (kind == BeanKind::kMBean) {
        return is_total(path);
    }
    return kind != BeanKind::kGauge &&
           (path == stat_attribute(Stat::kCount) || path == stat_attribute(Stat::kSum));
}

bool signals_trouble(const ObjectName& name) {
    return std::any_of(
        kTroubleTellers.begin(), kTroubleTellers.end(), [&name](const NamedBean& teller) {
            return name.domain() == teller.domain && name.get("type") == teller.type &&
                   name.get("name") == teller.name;
        });
}

// By what the bean is of: a partition, a topic, a client, or the broker itself.
UnitClass class_of(const ObjectName& name) {
    if (name.has("partition")) {
        return UnitClass::kPartition;
    }
    if (name.has("topic")) {
        return UnitClass::kTopic;
    }
    const bool is_client = std::any_of(kClientKeys.begin(), kClientKeys.end(),
                                       [&name](std::string_view key) { return name.has(key); });
    return is_client ? UnitClass::kClient : UnitClass::kBroker;
}

Claim claim_of(const ObjectName& name, const UnitPolicy& policy) {
    if (policy.is_alert()) {
        return Claim::kAlways;
    }
    return signals_trouble(name) || policy.visibility.aggregate != Aggregate::kNone
               ? Claim::kBeyondFamily
               : Claim::kCommon;
}

std::uint32_t to_u32(std::int64_t ms) {
    return static_cast<std::uint32_t>(std::min<std::int64_t>(ms, 0x7FFFFFFF));
}

}  // namespace

std::string_view reason_text(NotWanted reason) {
    switch (reason) {
        case NotWanted::kNone:
            return "collected";
        case NotWanted::kDomain:
            return "domain not in select.domains";
        case NotWanted::kRule:
            return "excluded by a rule";
        case NotWanted::kExcluded:
            return "in select.exclude";
        case NotWanted::kProfile:
            return "not in the profile";
        case NotWanted::kLabel:
            return "label filter";
        case NotWanted::kTopic:
            return "topic not selected";
        case NotWanted::kInternal:
            return "internal topic";
        case NotWanted::kTopicData:
            return "broker data by topic is off";
        case NotWanted::kPartition:
            return "partition not selected";
        case NotWanted::kClient:
            return "client, user or group not selected";
        case NotWanted::kNoValue:
            return "no wanted value";
    }
    return "";
}

Selector::Selector(const Config& config)
    : select_(config.select),
      profile_(config.select.profile),
      rules_(config.rules),
      include_(config.select.include),
      exclude_(config.select.exclude),
      label_include_(compile_label_regexes("select.label_include", config.select.label_include)),
      label_exclude_(compile_label_regexes("select.label_exclude", config.select.label_exclude)),
      topics_(config.topics),
      partition_sample_(config.topics.partition_sample),
      aggregate_(config.topics.aggregate),
      topics_top_(config.topics.top),
      clients_top_(config.clients.top),
      clients_(config.clients),
      meter_statistics_(statistics(config.select.meter, config.select.profile, kMeterStats)),
      histogram_statistics_(
          statistics(config.select.histogram, config.select.profile, kHistogramStats)),
      attributes_max_(config.limits.attributes_per_bean_max) {
    rules_.add_regexes(regexes_);
    topics_.add_regexes(regexes_);
    clients_.add_regexes(regexes_);
    for (const std::vector<LabelRegex>* labels : {&label_include_, &label_exclude_}) {
        for (const LabelRegex& label : *labels) {
            regexes_.push_back(label.regex);
        }
    }
}

Selector::Unanswered Selector::take_unanswered() const {
    Unanswered all;
    for (const ConfiguredRegex& regex : regexes_) {
        ConfiguredRegex::Unanswered one = regex.take_unanswered();
        all.count += one.count;
        if (!one.sentence.empty()) {
            all.sentences.push_back(std::move(one.sentence));
        }
    }
    return all;
}

Selection Selector::select(const Bean& bean) const {
    Selection selection;
    const RuleOutcome rules = rules_.apply(bean.name);
    const Verdict verdict = decide(bean, rules);
    selection.reason = verdict.reason;
    if (verdict.reason != NotWanted::kNone) {
        return selection;
    }
    choose_slots(bean, verdict, rules, selection);
    if (selection.slots.empty()) {
        selection.reason = NotWanted::kNoValue;
        return selection;
    }
    selection.wanted = true;
    set_policy(bean, verdict, rules, selection.policy);
    set_visibility(bean, rules, selection.slots, selection.policy.visibility);
    selection.claim = claim_of(bean.name, selection.policy);
    return selection;
}

Selector::Verdict Selector::decide(const Bean& bean, const RuleOutcome& rules) const {
    Verdict verdict;
    const std::string_view domain = bean.name.domain();
    const auto domain_matches = [domain](const auto& glob) { return glob_matches(glob, domain); };
    const bool in_domain =
        select_.domains.empty()
            ? std::any_of(kBrokerDomains.begin(), kBrokerDomains.end(), domain_matches)
            : std::any_of(select_.domains.begin(), select_.domains.end(), domain_matches);
    if (!in_domain) {
        verdict.reason = NotWanted::kDomain;
        return verdict;
    }
    verdict.row = profile_.find(bean.name);
    verdict.all_attributes = profile_.profile() == Profile::kAll || verdict.row == nullptr;
    if (rules.action == RuleAction::kExclude) {
        verdict.reason = NotWanted::kRule;
    } else if (rules.action == RuleAction::kKeep) {
        if (exclude_.matches_any(bean.name)) {
            verdict.reason = NotWanted::kExcluded;
        } else if (verdict.row == nullptr && !include_.matches_any(bean.name)) {
            verdict.reason = NotWanted::kProfile;
        } else {
            verdict.reason = filter(bean);
        }
    }
    return verdict;
}

NotWanted Selector::filter(const Bean& bean) const {
    const ObjectName& name = bean.name;
    for (const LabelRegex& label : label_include_) {
        if (name.has(label.label) && !label.matches(name)) {
            return NotWanted::kLabel;
        }
    }
    for (const LabelRegex& label : label_exclude_) {
        if (label.matches(name)) {
            return NotWanted::kLabel;
        }
    }
    if (name.has("topic")) {
        const std::string topic = unquote(name.get("topic"));
        if (!topics_.wants_internal() && is_internal_topic(topic)) {
            return NotWanted::kInternal;
        }
        if (!topics_.wants_topic(topic)) {
            return NotWanted::kTopic;
        }
        if (!topics_.wants_broker_topic_data() && name.get("type") == "BrokerTopicMetrics") {
            return NotWanted::kTopicData;
        }
    }
    if (name.has("partition") && !topics_.wants_partitions()) {
        return NotWanted::kPartition;
    }
    return filter_client(name);
}

NotWanted Selector::filter_client(const ObjectName& name) const {
    bool wanted = true;
    for (const KeyProperty& property : name.properties()) {
        if (property.key == "client-id") {
            wanted =
                wanted && clients_.is_enabled() && clients_.wants_client(unquote(property.value));
        } else if (property.key == "user") {
            wanted =
                wanted && clients_.is_enabled() && clients_.wants_user(unquote(property.value));
        } else if (std::find(kGroupKeys.begin(), kGroupKeys.end(), property.key) !=
                   kGroupKeys.end()) {
            wanted = wanted && clients_.wants_group(unquote(property.value));
        }
    }
    return wanted ? NotWanted::kNone : NotWanted::kClient;
}

bool Selector::wants_statistic(BeanKind kind, Stat stat) const {
    const std::uint32_t mask = bit(stat);
    switch (kind) {
        case BeanKind::kMeter:
            return (meter_statistics_ & mask) != 0;
        case BeanKind::kHistogram:
            return (histogram_statistics_ & mask) != 0;
        case BeanKind::kTimer:
            // A timer is both: rates as of a meter, the rest as of a histogram; its count is
            // either's.
            if (stat >= Stat::kMeanRate && stat <= Stat::kFifteenMinuteRate) {
                return (meter_statistics_ & mask) != 0;
            }
            return (histogram_statistics_ & mask) != 0;
        default:
            return true;
    }
}

bool Selector::passes_attribute_filters(std::string_view path, std::string_view short_name) const {
    if (any_glob_matches(select_.attributes_exclude, path, short_name)) {
        return false;
    }
    return select_.attributes_include.empty() ||
           any_glob_matches(select_.attributes_include, path, short_name);
}

// Of an MBean.
bool Selector::wants_attribute(const Bean& bean, const BeanAttribute& attribute,
                               const Verdict& verdict, const RuleOutcome& rules) const {
    const std::string_view path = attribute.path;
    if (!is_readable(bean.name, attribute.type, path, select_.texts) ||
        !passes_attribute_filters(path, {})) {
        return false;
    }
    if (attribute.is_expensive && !is_named(rules.attributes, path) &&
        !is_named(&select_.attributes_include, path)) {
        return false;
    }
    if (rules.attributes != nullptr) {
        return any_glob_matches(*rules.attributes, path, {});
    }
    if (!verdict.all_attributes && !verdict.row->attributes.empty()) {
        return matches_choice(verdict.row->attributes, path);
    }
    return profile_.profile() == Profile::kAll || !is_share(bean) ||
           path == stat_attribute(Stat::kOneMinuteRate);
}

bool Selector::may_want(const ObjectName& name) const {
    Bean bean;
    bean.name = name;
    return decide(bean, rules_.apply(name)).reason == NotWanted::kNone;
}

std::vector<Slot> Selector::may_want(const Bean& bean) const {
    std::vector<Slot> slots;
    const RuleOutcome rules = rules_.apply(bean.name);
    const Verdict verdict = decide(bean, rules);
    if (verdict.reason != NotWanted::kNone) {
        return slots;
    }
    for (std::size_t i = 0; i < bean.attributes.size(); ++i) {
        const BeanAttribute& attribute = bean.attributes[i];
        if (attribute.type == ValueType::kOther ||
            wants_attribute(bean, attribute, verdict, rules)) {
            slots.push_back({static_cast<std::uint16_t>(i), attribute.type, attribute.path});
        }
    }
    return slots;
}

void Selector::choose_slots(const Bean& bean, const Verdict& verdict, const RuleOutcome& rules,
                            Selection& selection) const {
    if (bean.kind != BeanKind::kMBean) {
        choose_statistics(bean, verdict, rules, selection);
        return;
    }
    for (std::size_t i = 0; i < bean.attributes.size(); ++i) {
        const BeanAttribute& attribute = bean.attributes[i];
        if (wants_attribute(bean, attribute, verdict, rules)) {
            choose({static_cast<std::uint16_t>(i), attribute.type, attribute.path}, selection);
        }
    }
}

// Of a metric object.
void Selector::choose_statistics(const Bean& bean, const Verdict& verdict, const RuleOutcome& rules,
                                 Selection& selection) const {
    const std::string_view listed =
        verdict.all_attributes ? std::string_view() : verdict.row->attributes;
    const std::vector<Stat>& stats = stats_of(bean.kind);
    const bool only_rate = profile_.profile() != Profile::kAll && is_share(bean);
    for (std::size_t i = 0; i < stats.size(); ++i) {
        const Slot slot{static_cast<std::uint16_t>(stats[i]),
                        i < bean.attributes.size() ? bean.attributes[i].type : ValueType::kNumber,
                        stat_attribute(stats[i])};
        const std::string_view short_name = statistic_names()[static_cast<std::size_t>(stats[i])];
        const bool wanted = rules.attributes != nullptr
                                ? any_glob_matches(*rules.attributes, slot.path, short_name)
                            : !listed.empty() ? matches_choice(listed, slot.path)
                            : only_rate       ? stats[i] == Stat::kOneMinuteRate
                                              : wants_statistic(bean.kind, stats[i]);
        if (wanted && is_readable(bean.name, slot.type, slot.path, select_.texts) &&
            passes_attribute_filters(slot.path, short_name)) {
            choose(slot, selection);
        }
    }
}

void Selector::choose(const Slot& slot, Selection& selection) const {
    if (selection.slots.size() < attributes_max_) {
        selection.slots.push_back(slot);
    } else {
        ++selection.slots_refused;
    }
}

void Selector::set_policy(const Bean& bean, const Verdict& verdict, const RuleOutcome& rules,
                          UnitPolicy& policy) const {
    Importance importance = verdict.row == nullptr ? Importance::kNormal : verdict.row->importance;
    policy.unit_class = importance == Importance::kAlert ? UnitClass::kAlert : class_of(bean.name);
    policy.unit_class = rules.unit_class.value_or(policy.unit_class);
    importance = rules.importance.value_or(importance);
    // What decides about others is not the first to go when CPU is short.
    if (partition_sample_ > 0 && signals_trouble(bean.name)) {
        importance = std::max(importance, Importance::kNormal);
    }
    policy.weight = weight_of(importance);
    policy.is_named = rules.is_named || verdict.row == nullptr;
    policy.min_interval_ms = to_u32(rules.min_interval_ms);
    policy.max_interval_ms = to_u32(rules.max_interval_ms);
    if (rules.interval_ms > 0) {
        policy.base_interval_ms = to_u32(rules.interval_ms);
        policy.min_interval_ms = policy.base_interval_ms;
        policy.max_interval_ms = policy.base_interval_ms;
    }
}

void Selector::set_visibility(const Bean& bean, const RuleOutcome& rules,
                              const std::vector<Slot>& slots, VisibilityPolicy& visibility) const {
    const bool by_topic = bean.name.has("topic");
    const bool by_partition = by_topic && bean.name.has("partition");
    const bool is_client = bean.name.has("client-id") || bean.name.has("user");
    visibility.top = rules.top > 0               ? rules.top
                     : by_topic && !by_partition ? topics_top_
                     : is_client && !by_topic    ? clients_top_
                                                 : 0;
    visibility.grows = visibility.top > 0 && grows(bean.kind, slots.front().path);
    if (!by_partition) {
        return;
    }
    const bool is_numeric = std::none_of(
        slots.begin(), slots.end(), [](const Slot& slot) { return slot.type == ValueType::kText; });
    visibility.aggregate = is_numeric ? rules.aggregate.value_or(aggregate_) : Aggregate::kNone;
    visibility.is_sampled = visibility.aggregate != Aggregate::kNone ||
                            (partition_sample_ > 0 && rules.action != RuleAction::kInclude);
    visibility.signals_trouble = visibility.is_sampled && signals_trouble(bean.name);
}

}  // namespace remora
