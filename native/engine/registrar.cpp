#include "engine/registrar.h"

#include <remora/code.h>
#include <remora/wire.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/grow.h"
#include "base/hash.h"
#include "engine/control_records.h"

namespace remora {
namespace {

constexpr std::size_t kUndescribedMax = 64;    // beans told of by name
constexpr std::size_t kRefusedMax = 1U << 18;  // names remembered as refused
// Control items that a call may add to those of its records.
constexpr std::size_t kExtraItems = 64;
// Of one record: its unit and an aggregate come; they may take the place of two others, of which
// the second goes on without it.
constexpr std::size_t kItemsPerRecord = 3;
constexpr std::size_t kMessagesPerRecord = 5;

std::int32_t negative(Code code) {
    return -static_cast<std::int32_t>(code);
}

}  // namespace

Registrar::Registrar(Settings settings, Channels& channels, Planner& planner,
                     IntervalTable& intervals, CounterTable& counters, Log& log)
    : settings_(std::move(settings)),
      channels_(channels),
      planner_(planner),
      intervals_(intervals),
      counters_(counters),
      log_(log),
      admission_(settings_.limits) {}

bool Registrar::has_room(std::size_t records) const {
    return channels_.control.room() >= kItemsPerRecord * records + kExtraItems &&
           channels_.samples.room() >= kMessagesPerRecord * records + kExtraItems;
}

std::int32_t Registrar::handle(std::span<const std::uint8_t> control,
                               std::span<std::uint8_t> answer) {
    const std::size_t records = count_records(control);
    if (records > wire::kControlRecordsMax) {
        return negative(Code::kInvalidArgument);  // no room is sure to be enough
    }
    if (!has_room(records)) {
        counters_.add(Counter::kControlDropped);
        return negative(Code::kFull);
    }
    answer_ = answer;
    answered_ = 0;
    while (!control.empty()) {
        const auto record = first_record(control);
        if (record.empty() || !handle_record(record)) {
            return negative(Code::kInvalidArgument);
        }
        control = control.subspan(record.size());
    }
    if (!is_sweeping_) {
        tell_refused();
    }
    report_unanswered();
    if (is_order_stale_) {
        order_families();
    }
    return static_cast<std::int32_t>(answered_);
}

void Registrar::report_unanswered() {
    const Selector::Unanswered unanswered = settings_.selector->take_unanswered();
    counters_.add(Counter::kRegexUnanswered, unanswered.count);
    for (const std::string& sentence : unanswered.sentences) {
        log_.error(sentence, sentence);
    }
}

bool Registrar::handle_record(std::span<const std::uint8_t> record) {
    switch (static_cast<wire::ControlKind>(load_record<wire::ControlHeader>(record).kind)) {
        case wire::ControlKind::kBean:
            handle_bean(record);
            return true;
        case wire::ControlKind::kAsk:
            handle_ask(record);
            return true;
        case wire::ControlKind::kUnregister:
            if (const auto unit = load_record<wire::UnregisterRecord>(record).unit;
                !is_made(unit)) {
                handle_unregister(unit);
            }
            return true;
        case wire::ControlKind::kSwept:
            end_sweep();
            return true;
        case wire::ControlKind::kText: {
            const auto text = load_record<wire::TextRecord>(record);
            auto item = std::make_unique<ControlItem>();
            item->kind = ControlItem::Kind::kText;
            item->text_id = text.text;
            item->text = text_of(text_bytes(record, text.text_bytes));
            publish(std::move(item));
            return true;
        }
    }
    return false;
}

void Registrar::publish(std::unique_ptr<ControlItem> item) {
    // has_room() made sure of both pushes; the item goes first so that it is there when the message
    // is seen.
    const bool is_queued = channels_.control.try_push(item.get());
    REMORA_ASSERT(is_queued);
    item.release();
    const bool is_told = channels_.samples.try_push(Message{0, MessageKind::kControl, 0, 0, 0});
    REMORA_ASSERT(is_told);
}

void Registrar::publish_undescribed(std::string_view name, wire::ReadStatus status) {
    auto item = std::make_unique<ControlItem>();
    item->kind = ControlItem::Kind::kUndescribed;
    item->text = name;
    item->status = status;
    publish(std::move(item));
}

void Registrar::handle_undescribed(std::span<const std::uint8_t> record, wire::ReadStatus status) {
    const auto head = load_record<wire::BeanRecord>(record);
    const auto rest = record.subspan(sizeof(head));
    if (head.name_bytes > rest.size()) {
        return;
    }
    const std::string_view name = text_of(rest.first(head.name_bytes));
    release(known_unit(hash_64(name)));
    if (status == wire::ReadStatus::kGone) {
        forget_undescribed(name);
        return;
    }
    const Result<ObjectName> parsed = ObjectName::parse(name);
    if (!parsed || !settings_.selector->may_want(parsed.value())) {
        return;  // nobody misses it
    }
    counters_.add(Counter::kBeansUndescribed);
    births_.met(hash_64(name));
    if (undescribed_.size() < kUndescribedMax || undescribed_.count(name) != 0) {
        undescribed_.emplace(name);
        publish_undescribed(name, status);
    }
}

void Registrar::forget_undescribed(std::string_view name) {
    const auto found = undescribed_.find(name);
    if (found != undescribed_.end()) {
        undescribed_.erase(found);
        publish_undescribed(name, wire::ReadStatus::kOk);
    }
}

void Registrar::handle_bean(std::span<const std::uint8_t> record) {
    counters_.add(Counter::kBeansSeen);
    const std::uint32_t token = load_record<wire::BeanRecord>(record).token;
    if (const auto status = load_record<wire::BeanRecord>(record).flags & 0xFF; status != 0) {
        handle_undescribed(record, static_cast<wire::ReadStatus>(status));
        answer_bean(negative(Code::kUnavailable), token, 0, {});
        return;
    }
    Bean bean;
    if (!decode_bean(record, bean)) {
        counters_.add(Counter::kUnitsRefused);
        answer_bean(negative(Code::kInvalidArgument), token, 0, {});
        return;
    }
    forget_undescribed(bean.name.text());
    if (bean.kind != BeanKind::kMBean) {
        list_bean(bean);
    }
    if (settings_.unmatched != nullptr) {
        settings_.unmatched->see(bean);
    }
    const Selection selection = settings_.selector->select(bean);
    const UnitId known = known_unit(hash_64(bean.name.text()));
    if (!selection.wanted || selection.slots.empty()) {
        if (selection.wanted) {
            births_.met(hash_64(bean.name.text()));  // its values may come later
        }
        not_selected(known, token);
        return;
    }
    if (known != kNoUnit && keep(known, bean, selection)) {
        note_cut(units_[known].family, selection);
        answer_bean(static_cast<std::int32_t>(known), token, units_[known].family, selection.slots);
        publish_unit(known, bean, selection, true);
        return;
    }
    FamilyId family = 0;
    UnitId unit = kNoUnit;
    UnitId aggregate = kNoUnit;
    Cap cap = admit(bean, selection, family, unit);
    if (cap == Cap::kNone) {
        cap = aggregate_of(bean, selection, aggregate);
        if (cap != Cap::kNone) {
            take_back(unit, family, selection);
        }
    }
    if (cap != Cap::kNone) {
        refuse(cap, family, bean, selection);
        lose_member(bean, selection);
        answer_bean(negative(Code::kLimit), token, 0, {});
        return;
    }
    enter(unit, family, bean, selection);
    if (aggregate != kNoUnit) {
        units_[unit].aggregate = aggregate;
        ++made_[units_[aggregate].name_hash].members;
    }
    note_cut(family, selection);
    answer_bean(static_cast<std::int32_t>(unit), token, family, selection.slots);
    publish_unit(unit, bean, selection, false);
    warn_of_window(bean, selection);
}

// A load since whoever asked last is nothing that two can ask for.
void Registrar::warn_of_window(const Bean& bean, const Selection& selection) {
    if (bean.name.text() != "java.lang:type=OperatingSystem") {
        return;
    }
    for (const Slot& slot : selection.slots) {
        if (slot.path.ends_with("CpuLoad")) {
            log_.warn("window." + std::string(slot.path),
                      std::string(bean.name.text()) + " " + std::string(slot.path) +
                          " is the load since anybody read it last: every other reader, such as a "
                          "JMX exporter, shortens that time, and this one theirs; "
                          "ProcessCpuTime has no such fault");
        }
    }
}

// What nobody selects is never looked into.
void Registrar::handle_ask(std::span<const std::uint8_t> record) {
    const std::uint32_t token = load_record<wire::BeanRecord>(record).token;
    Bean bean;
    if (!decode_bean(record, bean)) {
        counters_.add(Counter::kUnitsRefused);
        answer_bean(negative(Code::kInvalidArgument), token, 0, {});
        return;
    }
    list_bean(bean);
    const std::vector<Slot> slots = settings_.selector->may_want(bean);
    if (slots.empty()) {
        counters_.add(Counter::kBeansSeen);
        forget_undescribed(bean.name.text());
        not_selected(known_unit(hash_64(bean.name.text())), token);
        return;
    }
    answer_bean(0, token, 0, slots);
}

// The answer to what is offered again says that its unit is gone.
void Registrar::release(UnitId known) {
    if (known != kNoUnit) {
        lose_part(units_[known].aggregate);
        handle_unregister(known);
    }
}

void Registrar::not_selected(UnitId known, std::uint32_t token) {
    release(known);
    counters_.add(Counter::kBeansNotSelected);
    answer_bean(negative(Code::kNotFound), token, 0, {});
}

// Values of a collected bean that limits.attributes_per_bean_max leaves out.
void Registrar::note_cut(FamilyId family, const Selection& selection) {
    if (selection.slots_refused > 0) {
        counters_.add(Counter::kSeriesRefused, selection.slots_refused);
        families_[family].series_refused += selection.slots_refused;
        values_cut_.count += selection.slots_refused;
        families_[family].is_told = false;
    }
}

bool Registrar::keep(UnitId unit, const Bean& bean, const Selection& selection) {
    UnitFacts& facts = units_[unit];
    if (facts.shape == shape_of(bean, selection) &&
        keep_aggregate(facts.aggregate, bean, selection) == Cap::kNone &&
        readmit(unit, selection.claim) == Cap::kNone) {
        return true;
    }
    release(unit);
    return false;
}

// Under other caps what stays is admitted anew, in the order of the sweep.
Cap Registrar::readmit(UnitId unit, Claim claim) {
    UnitFacts& facts = units_[unit];
    const Cap cap = readmits_ ? admission_.admit(facts.family, facts.series, claim) : Cap::kNone;
    if (cap == Cap::kNone) {
        facts.is_known_before = false;
    }
    return cap;
}

void Registrar::enter(UnitId unit, FamilyId family, const Bean& bean, const Selection& selection) {
    UnitFacts& facts = units_[unit];
    facts.name_hash = hash_64(bean.name.text());
    facts.shape = shape_of(bean, selection);
    facts.family = family;
    facts.series = static_cast<std::uint16_t>(selection.slots.size());
    facts.in_use = true;
    facts.is_metric_object = bean.kind != BeanKind::kMBean;
    facts.is_known_before = false;
    metric_objects_ += facts.is_metric_object ? 1 : 0;
    counters_.add(Counter::kUnitsRegistered);
    count_units();
}

void Registrar::count_units() {
    counters_.set(Counter::kUnits, admission_.units());
    counters_.set(Counter::kUnitsMetricObjects, metric_objects_);
    counters_.set(Counter::kSeries, admission_.series());
}

void Registrar::publish_unit(UnitId unit, const Bean& bean, const Selection& selection,
                             bool is_kept, Aggregate made_by) {
    planner_.set_audited(unit, !selection.policy.has_interval());
    auto item = std::make_unique<ControlItem>();
    Registration& registration = item->registration;
    registration.unit = unit;
    registration.family = units_[unit].family;
    registration.kind = bean.kind;
    registration.policy = selection.policy;
    registration.aggregate = units_[unit].aggregate;
    registration.made_by = made_by;
    if (made_by != Aggregate::kNone) {
        registration.is_incomplete = made_.at(units_[unit].name_hash).is_incomplete;
    }
    registration.is_kept = is_kept;
    registration.is_new = !is_kept && !is_sweeping_ && births_.is_new(units_[unit].name_hash);
    const bool needs_series = !is_kept || settings_.needs_series;
    if (needs_series || selection.policy.visibility.needs_partition()) {
        registration.name = OwnedObjectName(bean.name);
    }
    if (needs_series) {
        registration.family_name = family_name(bean.name);
        registration.series = namer_.name(bean, selection.slots);
    }
    publish(std::move(item));
}

Cap Registrar::admit(const Bean& bean, const Selection& selection, FamilyId& family, UnitId& unit) {
    const auto series = static_cast<std::uint32_t>(selection.slots.size());
    family = family_of(family_name(bean.name));
    const Cap cap = admission_.admit(family, series, selection.claim);
    if (cap != Cap::kNone) {
        return cap;
    }
    if (selection.policy.unit_class == UnitClass::kAlert && !families_[family].has_alert) {
        families_[family].has_alert = true;
        is_order_stale_ = true;
    }
    if (!take_id(unit)) {
        admission_.release(family, series);
        return Cap::kUnits;
    }
    if (!intervals_.reserve(unit) || !planner_.add(unit, family)) {
        free_ids_.push_back(unit);
        admission_.release(family, series);
        return Cap::kUnits;
    }
    // What may not be shown waits for the core to say so before it is read.
    const VisibilityPolicy& visibility = selection.policy.visibility;
    const bool waits = visibility.is_sampled && visibility.sleeps_unseen();
    intervals_.set(unit, waits ? kIntervalNever : settings_.base_interval_ms);
    return Cap::kNone;
}

void Registrar::take_back(UnitId unit, FamilyId family, const Selection& selection) {
    planner_.remove(unit);
    admission_.release(family, static_cast<std::uint32_t>(selection.slots.size()));
    free_ids_.push_back(unit);
}

void Registrar::refuse(Cap cap, FamilyId family, const Bean& bean, const Selection& selection) {
    counters_.add(Counter::kUnitsRefused);
    counters_.add(Counter::kSeriesRefused, selection.slots.size());
    births_.met(hash_64(bean.name.text()));
    // A bean that is offered again is left out once.
    if (refused_.size() < kRefusedMax && refused_.insert(hash_64(bean.name.text())).second) {
        families_[family].series_refused += selection.slots.size();
        families_[family].is_told = false;
        ++refusals_of(cap).count;
    }
}

// Once, and again when it is twice as many: that something is not collected must not be found out
// by its absence.
void Registrar::warn_of_cap(Refusals& refusals, const char* key, std::uint32_t cap,
                            const char* what) {
    if (refusals.count == 0) {
        refusals.told = 0;
    }
    if (refusals.count == 0 || refusals.count < 2 * refusals.told) {
        return;
    }
    refusals.told = refusals.count;
    const std::string count = std::to_string(refusals.count);
    log_.warn(std::string("limits ") + key + " " + count,
              std::string("limits.") + key + " is " + std::to_string(cap) + ": " + count + what +
                  "; remora_family_series_refused says of which families");
}

void Registrar::tell_refused() {
    const LimitsConfig& limits = settings_.limits;
    constexpr const char* kBeans = " beans are not collected";
    warn_of_cap(refusals_of(Cap::kUnits), "units_max", limits.units_max, kBeans);
    warn_of_cap(refusals_of(Cap::kSeries), "series_max", limits.series_max, kBeans);
    warn_of_cap(refusals_of(Cap::kFamily), "series_per_family_max", limits.series_per_family_max,
                kBeans);
    warn_of_cap(values_cut_, "attributes_per_bean_max", limits.attributes_per_bean_max,
                " values of beans are not collected");
    for (FamilyId family = 0; family < families_.size(); ++family) {
        if (families_[family].is_told) {
            continue;
        }
        if (channels_.control.room() < kExtraItems / 2 ||
            channels_.samples.room() < kExtraItems / 2) {
            return;  // the next call tells
        }
        auto item = std::make_unique<ControlItem>();
        item->kind = ControlItem::Kind::kRefused;
        item->registration.family = family;
        item->registration.family_name = families_[family].name;
        item->series_refused = families_[family].series_refused;
        publish(std::move(item));
        families_[family].is_told = true;
    }
}

// By name: what a type's beans look at they mostly share, such as all partitions of the broker.
void Registrar::order_families() {
    is_order_stale_ = false;
    std::vector<FamilyId> order;
    order.reserve(family_ids_.size());
    for (const auto& [name, family] : family_ids_) {
        order.push_back(family);
    }
    // Alerts do not wait for a read that takes long.
    std::stable_partition(order.begin(), order.end(),
                          [this](FamilyId family) { return families_[family].has_alert; });
    planner_.set_order(order);
}

FamilyId Registrar::family_of(const std::string& name) {
    const auto found = family_ids_.find(name);
    if (found != family_ids_.end()) {
        return found->second;
    }
    if (families_.size() >= kFamiliesMax) {
        return kFamiliesMax - 1;  // the last one is shared by whatever comes late
    }
    const auto family = static_cast<FamilyId>(families_.size());
    family_ids_.emplace(name, family);
    families_.push_back({name, 0, true});
    is_order_stale_ = true;
    counters_.set(Counter::kFamilies, families_.size());
    return family;
}

bool Registrar::take_id(UnitId& unit) {
    UnitId freed = kNoUnit;
    while (channels_.freed.try_pop(freed)) {
        free_ids_.push_back(freed);
    }
    if (!free_ids_.empty()) {
        unit = free_ids_.back();
        free_ids_.pop_back();
        return true;
    }
    if (units_.size() >= kUnitsMax) {
        return false;
    }
    unit = static_cast<UnitId>(units_.size());
    append(units_, UnitFacts{});
    return true;
}

void Registrar::handle_unregister(UnitId unit) {
    if (unit >= units_.size() || !units_[unit].in_use) {
        return;
    }
    leave_aggregate(unit);
    UnitFacts& facts = units_[unit];
    planner_.remove(unit);
    if (!readmits_ || !facts.is_known_before) {
        admission_.release(facts.family, facts.series);
    }
    metric_objects_ -= facts.is_metric_object ? 1 : 0;
    if (!is_sweeping_) {
        births_.left(facts.name_hash);  // what leaves in a sweep comes back in one
    }
    facts = UnitFacts{};
    has_freed_ = true;
    counters_.add(Counter::kUnitsUnregistered);
    count_units();
    const bool is_told =
        channels_.samples.try_push(Message{unit, MessageKind::kUnregistered, 0, 0, 0});
    REMORA_ASSERT(is_told);  // has_room()
}

void Registrar::answer_bean(std::int32_t unit, std::uint32_t token, FamilyId family,
                            std::span<const Slot> slots) {
    const std::size_t bytes = (sizeof(wire::BeanAnswer) + 2 * slots.size() + 7) / 8 * 8;
    REMORA_ASSERT(bytes <= answer_.size() - answered_);  // see wire::kAnswerBytes
    const wire::BeanAnswer answer{unit, static_cast<std::uint16_t>(slots.size()),
                                  static_cast<std::uint16_t>(bytes), token, family};
    std::uint8_t* out = answer_.data() + answered_;
    std::memset(out, 0, bytes);
    std::memcpy(out, &answer, sizeof(answer));
    out += sizeof(answer);
    for (const Slot& slot : slots) {
        std::memcpy(out, &slot.selector, sizeof(slot.selector));
        out += sizeof(slot.selector);
    }
    answered_ += bytes;
}

}  // namespace remora
