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

// What a family amounts to.
struct FamilyTally {
    FamilyId id = 0;
    std::uint32_t beans = 0;
    std::uint32_t units = 0;                  // read
    std::uint32_t series = 0;                 // shown
    std::uint64_t values = 0;                 // that one read of each unit brings
    std::map<HowOften, std::uint32_t> reads;  // units by what decides how often they are read
};

struct Tally {
    std::vector<std::pair<std::string, FamilyTally>> families;  // most series first
    std::map<std::string, std::uint32_t> refusals;              // beans by reason
    std::vector<std::string> names;  // of each bean that is shown: its name and values, with tabs
    std::string unmatched;           // one line on what the configuration names and is not there
    std::vector<std::string> unanswered;  // one sentence an expression that hit its limits
    std::uint32_t beans = 0;
    std::uint32_t units = 0;
    std::uint32_t series = 0;
};

// Takes beans one after the other and holds none of them, so that a broker may have millions.
class Teller {
 public:
    // `config` must outlive this. `with_names`: fill in Tally::names.
    Teller(const Config& config, bool with_names);

    // The bean's family, by FamilyTally::id, when it is collected.
    std::optional<FamilyId> add(const Bean& bean);
    // What all of them came to. Once, after the last.
    Tally finish();

 private:
    // A bean that is collected.
    struct Pick {
        UnitPolicy policy;
        std::uint32_t series = 0;
        FamilyTally* family = nullptr;
        PartitionSample::Partition* partition = nullptr;
        std::string topic_name;  // without its partition, where there are sums by topic
        std::string line;        // for Tally::names
    };

    void show(const Pick& pick);

    const bool with_names_;
    const Selector selector_;
    Unmatched unmatched_;
    Admission admission_;
    PartitionSample sample_;
    std::map<std::string, FamilyTally> families_;
    std::vector<Pick> picks_;
    std::map<FamilyId, std::uint32_t> at_top_;
    std::set<std::string> made_;  // sums by topic
    Tally found_;
};

}  // namespace remora
