#include "engine/control_sender.h"

#include <utility>

#include "base/assert.h"

namespace remora {
namespace {

// Control items that a call may add to those of its records.
constexpr std::size_t kExtraItems = 64;
// Of one record: its unit and an aggregate come; they may take the place of two others, of which
// the second goes on without it.
constexpr std::size_t kItemsPerRecord = 3;
constexpr std::size_t kMessagesPerRecord = 5;

std::unique_ptr<ControlItem> item_of(ControlItem::Kind kind) {
    auto item = std::make_unique<ControlItem>();
    item->kind = kind;
    return item;
}

}  // namespace

bool ControlSender::has_room_for(std::size_t records) const {
    return channels_.control.room() >= kItemsPerRecord * records + kExtraItems &&
           channels_.samples.room() >= kMessagesPerRecord * records + kExtraItems;
}

bool ControlSender::has_room_to_add() const {
    return channels_.control.room() >= kExtraItems / 2 &&
           channels_.samples.room() >= kExtraItems / 2;
}

// The item goes first so that it is there when the message is seen.
void ControlSender::send(std::unique_ptr<ControlItem> item) {
    const bool is_queued = channels_.control.try_push(item.get());
    REMORA_ASSERT(is_queued);
    item.release();
    const bool is_announced = channels_.samples.try_push(Message::control());
    REMORA_ASSERT(is_announced);
}

void ControlSender::send_text(std::uint32_t id, std::string_view text) {
    auto item = item_of(ControlItem::Kind::kText);
    item->text_id = id;
    item->text = text;
    send(std::move(item));
}

void ControlSender::send_undescribed(std::string_view name, wire::ReadStatus status) {
    auto item = item_of(ControlItem::Kind::kUndescribed);
    item->text = name;
    item->status = status;
    send(std::move(item));
}

void ControlSender::send_refused(FamilyId family, std::string_view family_name,
                                 std::uint64_t series) {
    auto item = item_of(ControlItem::Kind::kRefused);
    item->registration.family = family;
    item->registration.family_name = family_name;
    item->series_refused = series;
    send(std::move(item));
}

void ControlSender::send_swept(std::uint64_t generation, std::vector<UnitId> whole) {
    auto item = item_of(ControlItem::Kind::kSwept);
    item->generation = generation;
    item->whole = std::move(whole);
    send(std::move(item));
}

void ControlSender::send_unregistered(UnitId unit) {
    const bool is_sent = channels_.samples.try_push(Message::unregistered(unit));
    REMORA_ASSERT(is_sent);
}

}  // namespace remora
