// What a configuration collects of a broker's beans.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "model/bean.h"
#include "model/ids.h"
#include "model/unit_class.h"
#include "select/admission.h"
#include "select/selector.h"
#include "select/unmatched.h"
#include "visibility/partition_sample.h"

namespace remora {

// A unit's class and the intervals of its rule, 0: not set.
struct HowOften {
    UnitClass unit_class = UnitClass::kBroker;
    std::uint32_t min_interval_ms = 0;
    std::uint32_t base_interval_ms = 0;
    std::uint32_t max_interval_ms = 0;
    auto operator<=>(const HowOften&) const = default;
};

// What is collected of a family.
struct FamilyTally {
    FamilyId id = 0;
    std::uint32_t beans = 0;
    std::uint32_t units = 0;                  // read
    std::uint32_t series = 0;                 // shown
    std::uint64_t values = 0;                 // of one read of each unit
    std::map<HowOften, std::uint32_t> reads;  // units by what decides how often they are read
};

// What is collected of all beans.
struct Tally {
    std::vector<std::pair<std::string, FamilyTally>> families;  // by name, most series first
    std::map<std::string, std::uint32_t> refusals;              // beans by reason
    std::vector<std::string> names;  // of each bean that is shown: its name and values, with tabs
    std::string unmatched;           // one line on what the configuration names and no bean has
    std::vector<std::string> unanswered;  // one sentence an expression that hit its limits
    std::uint32_t beans = 0;              // all of them, also those that are not collected
    std::uint32_t units = 0;              // read
    std::uint32_t series = 0;             // shown
};

// Counts beans one after the other and keeps none of them: a broker may have millions. One thread.
class TallyBuilder {
 public:
    // `config` must outlive this. `with_names`: fill in Tally::names.
    TallyBuilder(const Config& config, bool with_names);

    // Counts a bean. Returns the id of its family (FamilyTally::id) when it is collected.
    std::optional<FamilyId> add(const Bean& bean);
    // Returns what was counted. To be called once, after the last bean.
    Tally finish();

 private:
    struct CollectedBean {
        UnitPolicy policy;
        std::uint32_t series = 0;
        FamilyTally* family = nullptr;
        PartitionSample::Partition* partition = nullptr;
        std::string aggregate;  // name of its aggregate; empty: it has none
        std::string line;       // for Tally::names
    };

    void count_shown(const CollectedBean& bean);

    const bool with_names_;
    const Selector selector_;
    Unmatched unmatched_;
    Admission admission_;
    PartitionSample sample_;
    std::map<std::string, FamilyTally> families_;
    std::vector<CollectedBean> collected_;
    std::map<FamilyId, std::uint32_t> in_top_list_;
    std::set<std::string> aggregates_;
    Tally tally_;
};

}  // namespace remora
