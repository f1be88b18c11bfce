// What of a bean is collected and how much it matters: decided once, at registration.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "model/bean.h"
#include "select/admission.h"
#include "select/rules.h"
#include "select/topic_filter.h"
#include "select/unit_policy.h"

namespace remora {

// Why a bean is not collected.
enum class NotWanted : std::uint8_t {
    kNone,       // it is collected
    kDomain,     // select.domains
    kRule,       // a rule of action exclude
    kExcluded,   // select.exclude
    kProfile,    // the profile does not list it
    kLabel,      // select.label_include, select.label_exclude
    kTopic,      // topics.mode, list, regex, bucket
    kInternal,   // topics.internal
    kTopicData,  // topics.broker_topic_data
    kPartition,  // topics.partitions
    kClient,     // clients.*
    kNoValue,    // nothing of it is a wanted number
};
std::string_view reason_text(NotWanted reason);

struct Selection {
    bool wanted = false;
    NotWanted reason = NotWanted::kNone;
    std::uint32_t slots_refused = 0;  // wanted, and beyond limits.attributes_per_bean_max
    std::vector<Slot> slots;  // never empty when wanted; paths are views into the bean or static
    UnitPolicy policy;
    Claim claim = Claim::kCommon;  // when a cap of `limits` is reached
};

// The select rules of one configuration. Order of decision:
//   1. domain          2. the first rule with an action: exclude ends here, include skips 3 to 5
//   3. select.exclude  4. select.include or else the profile   5. label, topic, partition, client
//   filters
//   6. attributes: of the rule, or else of the profile; then attributes_include,
//   attributes_exclude.
//
// Thread safety: immutable; any number of threads. Regexes and patterns of `config` must be valid
// (parse_config).
class Selector {
 public:
    explicit Selector(const Config& config);

    Selection select(const Bean& bean) const;

    // Of an MBean whose attributes are as it declares them, which is not to be trusted: those that
    // select() may choose when their values are known. ValueType::kOther: may hold anything, also a
    // composite. Empty: the bean is not collected, whatever its values are.
    std::vector<Slot> may_want(const Bean& bean) const;
    // False: a bean of this name is not collected, whatever it has.
    bool may_want(const ObjectName& name) const;

    // What the regular expressions of the configuration gave no answer about since the last call.
    // One thread.
    struct Unanswered {
        std::uint64_t count = 0;             // of names; they count as not matched
        std::vector<std::string> sentences;  // one an expression, the first time
    };
    Unanswered take_unanswered() const;

 private:
    struct Verdict {
        const ProfileRow* row = nullptr;  // of the profile, when it lists the bean
        bool all_attributes = false;      // wanted beyond the profile
        NotWanted reason = NotWanted::kNone;
    };

    Verdict decide(const Bean& bean, const RuleOutcome& rules) const;
    NotWanted filter(const Bean& bean) const;
    NotWanted filter_client(const ObjectName& name) const;
    void choose_slots(const Bean& bean, const Verdict& verdict, const RuleOutcome& rules,
                      Selection& selection) const;
    void choose_statistics(const Bean& bean, const Verdict& verdict, const RuleOutcome& rules,
                           Selection& selection) const;
    void choose(const Slot& slot, Selection& selection) const;
    bool wants_attribute(const Bean& bean, const BeanAttribute& attribute, const Verdict& verdict,
                         const RuleOutcome& rules) const;
    bool wants_statistic(BeanKind kind, Stat stat) const;
    bool passes_attribute_filters(std::string_view path, std::string_view short_name) const;
    void set_policy(const Bean& bean, const Verdict& verdict, const RuleOutcome& rules,
                    UnitPolicy& policy) const;
    void set_visibility(const Bean& bean, const RuleOutcome& rules, const std::vector<Slot>& slots,
                        VisibilityPolicy& visibility) const;

    SelectConfig select_;
    ProfileTable profile_;
    RuleSet rules_;
    PatternIndex include_;
    PatternIndex exclude_;
    std::vector<LabelRegex> label_include_;
    std::vector<LabelRegex> label_exclude_;
    TopicFilter topics_;
    std::uint32_t partition_sample_ = 0;
    Aggregate aggregate_ = Aggregate::kNone;
    std::uint32_t topics_top_ = 0;
    std::uint32_t clients_top_ = 0;
    ClientFilter clients_;
    std::vector<ConfiguredRegex> regexes_;    // of the filters above
    std::uint32_t meter_statistics_ = 0;      // bit by Stat
    std::uint32_t histogram_statistics_ = 0;  // bit by Stat
    std::size_t attributes_max_ = 0;
};

}  // namespace remora
