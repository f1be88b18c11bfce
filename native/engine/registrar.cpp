#include "engine/registrar.h"

#include <remora/code.h>

#include <string>
#include <utility>

#include "base/hash.h"
#include "engine/control_records.h"

namespace remora {
namespace {

// What may not be shown waits for the core to say so before it is read.
bool waits_for_core(const VisibilityPolicy& policy) {
    return policy.is_sampled && policy.sleeps_unseen();
}

// A load since whoever asked last is nothing that two can ask for.
void warn_of_window(const Bean& bean, const Selection& selection, Log& log) {
    if (bean.name.text() != "java.lang:type=OperatingSystem") {
        return;
    }
    for (const Slot& slot : selection.slots) {
        if (slot.path.ends_with("CpuLoad")) {
            log.warn("window." + std::string(slot.path),
                     std::string(bean.name.text()) + " " + std::string(slot.path) +
                         " is the load since anybody read it last: every other reader, such as a "
                         "JMX exporter, shortens that time, and this one theirs; "
                         "ProcessCpuTime has no such fault");
        }
    }
}

}  // namespace

Registrar::Registrar(Settings settings, Channels& channels, Planner& planner,
                     IntervalTable& intervals, CounterTable& counters, Log& log)
    : settings_(std::move(settings)),
      channels_(channels),
      planner_(planner),
      counters_(counters),
      log_(log),
      sender_(channels),
      families_(counters),
      units_(settings_.limits, planner, intervals, channels.freed, counters),
      publisher_(sender_, units_, sweep_, births_, planner),
      aggregates_(units_, families_, publisher_, sweep_),
      undescribed_(sender_) {
    sweep_.watch(std::move(settings_.unmatched));
}

std::int32_t Registrar::handle(std::span<const std::uint8_t> control,
                               std::span<std::uint8_t> answer) {
    const std::size_t records = count_records(control);
    if (records > wire::kControlRecordsMax) {
        return negative(Code::kInvalidArgument);  // no room is sure to be enough
    }
    if (!sender_.has_room_for(records)) {
        counters_.add(Counter::kControlDropped);
        return negative(Code::kFull);
    }
    answers_.begin(answer);
    while (!control.empty()) {
        const auto record = first_record(control);
        if (record.empty() || !handle_record(record)) {
            return negative(Code::kInvalidArgument);
        }
        control = control.subspan(record.size());
    }
    if (!sweep_.is_under_way()) {
        report_refused();
    }
    report_unanswered();
    families_.set_order(planner_);
    return answers_.bytes();
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
                !aggregates_.is_aggregate(unit)) {
                unregister(unit);
            }
            return true;
        case wire::ControlKind::kSwept:
            end_sweep();
            return true;
        case wire::ControlKind::kText:
            handle_text(record);
            return true;
    }
    return false;
}

void Registrar::handle_text(std::span<const std::uint8_t> record) {
    const auto text = load_record<wire::TextRecord>(record);
    sender_.send_text(text.text, text_of(text_bytes(record, text.text_bytes)));
}

void Registrar::handle_undescribed(std::span<const std::uint8_t> record, wire::ReadStatus status) {
    const auto head = load_record<wire::BeanRecord>(record);
    const auto rest = record.subspan(sizeof(head));
    if (head.name_bytes > rest.size()) {
        return;
    }
    const std::string_view name = text_of(rest.first(head.name_bytes));
    if (status == wire::ReadStatus::kTooLarge) {
        counters_.add(Counter::kUnitsRefused);
        caps_.note_long_name(name);
        return;
    }
    release(units_.known_unit(hash_64(name)));
    if (status == wire::ReadStatus::kGone) {
        undescribed_.forget(name);
        return;
    }
    const Result<ObjectName> parsed = ObjectName::parse(name);
    if (!parsed || !settings_.selector->may_want(parsed.value())) {
        return;  // nobody misses it
    }
    counters_.add(Counter::kBeansUndescribed);
    births_.met(hash_64(name));
    undescribed_.add(name, status);
}

void Registrar::handle_bean(std::span<const std::uint8_t> record) {
    counters_.add(Counter::kBeansSeen);
    const std::uint32_t token = load_record<wire::BeanRecord>(record).token;
    if (const auto status = load_record<wire::BeanRecord>(record).flags & 0xFF; status != 0) {
        handle_undescribed(record, static_cast<wire::ReadStatus>(status));
        answers_.refuse(token, Code::kUnavailable);
        return;
    }
    Bean bean;
    if (!decode_bean(record, bean)) {
        counters_.add(Counter::kUnitsRefused);
        answers_.refuse(token, Code::kInvalidArgument);
        return;
    }
    const std::uint64_t name_hash = hash_64(bean.name.text());
    undescribed_.forget(bean.name.text());
    if (bean.kind != BeanKind::kMBean) {
        sweep_.list(bean);
    }
    sweep_.see(bean);
    note_oversized(record, bean);
    const Selection selection = settings_.selector->select(bean);
    const UnitId known = units_.known_unit(name_hash);
    if (!selection.wanted || selection.slots.empty()) {
        if (selection.wanted) {
            births_.met(name_hash);  // its values may come later
        }
        not_selected(known, token);
        return;
    }
    if (known != kNoUnit && keep(known, bean, selection)) {
        const FamilyId family = units_.at(known).family;
        note_cut(family, selection);
        answers_.accept(token, known, family, selection.slots);
        publisher_.send_kept(known, bean, selection, {});
        return;
    }
    const FamilyId family = families_.find_or_add(family_name(bean.name));
    UnitId unit = kNoUnit;
    const Cap cap = add(bean, selection, family, unit);
    if (cap != Cap::kNone) {
        refuse(cap, family, bean, selection);
        aggregates_.lose_member(bean, selection);
        answers_.refuse(token, Code::kLimit);
        return;
    }
    note_cut(family, selection);
    answers_.accept(token, unit, family, selection.slots);
    publisher_.send_new(unit, bean, selection, {});
    warn_of_window(bean, selection, log_);
}

// What nobody selects is never looked into.
void Registrar::handle_ask(std::span<const std::uint8_t> record) {
    const std::uint32_t token = load_record<wire::BeanRecord>(record).token;
    Bean bean;
    if (!decode_bean(record, bean)) {
        counters_.add(Counter::kUnitsRefused);
        answers_.refuse(token, Code::kInvalidArgument);
        return;
    }
    sweep_.list(bean);
    note_oversized(record, bean);
    const std::vector<Slot> slots = settings_.selector->may_want(bean);
    if (slots.empty()) {
        counters_.add(Counter::kBeansSeen);
        undescribed_.forget(bean.name.text());
        not_selected(units_.known_unit(hash_64(bean.name.text())), token);
        return;
    }
    answers_.accept(token, 0, 0, slots);
}

// Whether `unit` goes on as it is. Otherwise it has been unregistered.
bool Registrar::keep(UnitId unit, const Bean& bean, const Selection& selection) {
    const UnitTable::Unit& entry = units_.at(unit);
    if (entry.shape == shape_of(bean, selection) &&
        aggregates_.keep(entry.aggregate, bean, selection) == Cap::kNone &&
        units_.readmit(unit, selection.claim) == Cap::kNone) {
        return true;
    }
    release(unit);
    return false;
}

// A new unit, with the aggregate that it is to be part of, or the cap that leaves it out.
Cap Registrar::add(const Bean& bean, const Selection& selection, FamilyId family, UnitId& unit) {
    const auto series = static_cast<std::uint16_t>(selection.slots.size());
    Cap cap = units_.admit(
        family, series, selection.claim,
        waits_for_core(selection.policy.visibility) ? kIntervalNever : settings_.base_interval_ms,
        unit);
    if (cap != Cap::kNone) {
        return cap;
    }
    if (selection.policy.unit_class == UnitClass::kAlert) {
        families_.note_alert(family);
    }
    UnitId aggregate = kNoUnit;
    cap = aggregates_.join(bean, selection, aggregate);
    if (cap != Cap::kNone) {
        units_.take_back(unit, family, series);
        return cap;
    }
    UnitTable::Unit entry;
    entry.name_hash = hash_64(bean.name.text());
    entry.shape = shape_of(bean, selection);
    entry.family = family;
    entry.series = series;
    entry.in_use = true;
    entry.is_metric_object = bean.kind != BeanKind::kMBean;
    units_.enter(unit, entry);
    if (aggregate != kNoUnit) {
        aggregates_.add_member(unit, aggregate);
    }
    return Cap::kNone;
}

void Registrar::refuse(Cap cap, FamilyId family, const Bean& bean, const Selection& selection) {
    counters_.add(Counter::kUnitsRefused);
    counters_.add(Counter::kSeriesRefused, selection.slots.size());
    const std::uint64_t name_hash = hash_64(bean.name.text());
    births_.met(name_hash);
    if (caps_.note_bean(cap, name_hash)) {
        families_.note_refused(family, selection.slots.size());
    }
}

void Registrar::not_selected(UnitId known, std::uint32_t token) {
    release(known);
    counters_.add(Counter::kBeansNotSelected);
    answers_.refuse(token, Code::kNotFound);
}

// The answer to what is offered again says that its unit is gone.
void Registrar::release(UnitId known) {
    if (known != kNoUnit) {
        aggregates_.lose_part(units_.at(known).aggregate);
        unregister(known);
    }
}

void Registrar::unregister(UnitId unit) {
    if (!units_.has(unit)) {
        return;
    }
    const UnitId aggregate = aggregates_.leave(unit);
    if (aggregate != kNoUnit) {
        unregister(aggregate);
    }
    if (!sweep_.finds_old()) {
        births_.left(units_.at(unit).name_hash);
    }
    units_.remove(unit);
    sweep_.note_freed();
    sender_.send_unregistered(unit);
}

// Values that a record has no room for, of a bean that may be wanted.
void Registrar::note_oversized(std::span<const std::uint8_t> record, const Bean& bean) {
    const std::uint32_t values = left_out_of(record);
    if (values > 0 && settings_.selector->may_want(bean.name)) {
        counters_.add(Counter::kSeriesRefused, values);
        caps_.note_oversized(bean.name.text(), values);
    }
}

// Values of a collected bean that limits.attributes_per_bean_max leaves out.
void Registrar::note_cut(FamilyId family, const Selection& selection) {
    if (selection.slots_refused > 0) {
        counters_.add(Counter::kSeriesRefused, selection.slots_refused);
        families_.note_refused(family, selection.slots_refused);
        caps_.note_values(selection.slots_refused);
    }
}

void Registrar::report_refused() {
    caps_.report(settings_.limits, log_);
    families_.send_refused(sender_);
}

// --- sweeps

void Registrar::begin_sweep(Settings settings) {
    settings_ = std::move(settings);
    sweep_.watch(std::move(settings_.unmatched));
    restart(true);
}

void Registrar::begin_refill() {
    settings_.needs_series = false;
    restart(false);
}

void Registrar::restart(bool is_new_selection) {
    caps_.begin_sweep(units_.begin_sweep(settings_.limits));
    aggregates_.begin_sweep();
    families_.forget_refused();
    publisher_.set_names_kept(settings_.needs_series);
    sweep_.begin(is_new_selection);
}

bool Registrar::begin_listing() {
    if (sweep_.is_under_way()) {
        return false;
    }
    begin_refill();
    sweep_.write_list();
    return true;
}

void Registrar::end_sweep() {
    units_.end_sweep();
    publisher_.set_names_kept(false);
    if (std::unique_ptr<std::string> list = sweep_.end(); list != nullptr) {
        delete channels_.listing.exchange(list.release(), std::memory_order_acq_rel);
    }
    report_refused();
    sender_.send_swept(settings_.generation, aggregates_.end_sweep());
}

void Registrar::skip_sweep(std::uint64_t generation) {
    settings_.generation = generation;
    if (!sweep_.is_under_way()) {
        sender_.send_swept(generation, {});
    }
}

bool Registrar::wants_refill(std::int64_t now_ns) {
    if (sweep_.ends_start(now_ns, units_.used())) {
        if (caps_.has_beans()) {
            units_.admit_anew();
        }
        return caps_.has_beans();
    }
    return sweep_.wants_refill(now_ns, caps_.has_beans());
}

void Registrar::pass(std::int64_t now_ns) {
    sweep_.report_unmatched(now_ns, log_);
    births_.pass(now_ns);
}

}  // namespace remora
