// Names the series of one output by rules.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/counter_table.h"
#include "base/log.h"
#include "encode/encoder.h"
#include "engine/channels.h"
#include "engine/name_families.h"
#include "model/name_store.h"
#include "model/object_name.h"
#include "model/values.h"
#include "rules/naming_rules.h"

namespace remora {

// Registers with the encoder what the rules make of a unit: names are made once, at registration.
// Only where a rule looks at the value they wait for one, and are made anew when it has changed.
// Beside these, the JVM's series have the names that clients of Prometheus give them, as on a page
// of jmx_exporter.
//
// Thread safety: core thread only.
//
// Invariant: the encoder has exactly the units that were added with a series, each once.
class RuleNaming {
 public:
    // The encoder and the others outlive this. `output`: how messages call it.
    RuleNaming(std::shared_ptr<const NamingRules> rules, std::string output, Encoder& encoder,
               CounterTable& counters, Log& log);
    ~RuleNaming();

    void add(const Registration& registration);
    void remove(UnitId unit);

    // Before a tick: names anew what is to be called otherwise by now.
    void rename(const Values& values);

 private:
    // What one attribute of a bean is to the rules. Equal for beans of a kind.
    struct Attribute;
    struct Outline;
    struct Looked;
    struct Unit;
    struct Naming;

    bool takes(const ObjectName& name, const Attribute& attribute) const;
    std::shared_ptr<const Outline> outline_of(const Registration& registration);
    void find_looked_at(Unit& unit, const ObjectName& name) const;
    // `values`: null at registration, when there are none.
    void put(UnitId id, Unit& unit, const ObjectName& name, const Values* values, bool is_new);
    ObjectName name_of(UnitId id, const Unit& unit, std::string& text) const;
    std::uint64_t name_slot(const Attribute& attribute, const NamingSample& sample,
                            std::uint16_t slot, Naming& naming);
    bool has_changed(UnitId id, Unit& unit, const Values& values);
    void note_twins(const Naming& naming, std::string_view object_name);
    void note_fault(const NamingOutcome& outcome, const NamingSample& sample);

    const std::shared_ptr<const NamingRules> rules_;
    const std::string output_;
    Encoder& encoder_;
    CounterTable& counters_;
    Log& log_;
    const bool looks_;  // a rule looks at numbers
    std::vector<std::unique_ptr<Unit>> units_;
    std::set<UnitId> looking_;  // units with a value that a rule looks at
    NameStore names_;
    std::map<std::string, std::shared_ptr<const Outline>> outlines_;
    NameFamilies families_;
    std::vector<bool> is_fault_said_;  // by rule
    bool are_twins_said_ = false;
};

}  // namespace remora
