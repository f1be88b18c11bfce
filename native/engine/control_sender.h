// The collector's end of the control channel.
#pragma once

#include <remora/wire.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/channels.h"
#include "model/ids.h"

namespace remora {

// Sends items to the core, each with the message in ring 1 that says when to take it.
//
// Thread safety: collector thread only.
class ControlSender {
 public:
    // `channels` outlives this.
    explicit ControlSender(Channels& channels) : channels_(channels) {}

    // Whether whatever a call of so many records may send fits.
    bool has_room_for(std::size_t records) const;
    // Whether one item fits.
    bool has_room() const { return channels_.control.room() > 0 && channels_.samples.room() > 0; }
    // Whether what a call adds to its records fits still.
    bool has_room_to_add() const;

    // Each REQUIRES: there is room.
    void send(std::unique_ptr<ControlItem> item);
    void send_text(std::uint32_t id, std::string_view text);
    // `status`: why the bean could not be looked at; kOk: it could, or it is gone.
    void send_undescribed(std::string_view name, wire::ReadStatus status);
    // A cap leaves out so many series of the family.
    void send_refused(FamilyId family, std::string_view family_name, std::uint64_t series);
    // Everything was offered under the configuration `generation`. `whole`: aggregates that lack
    // none of their parts any more.
    void send_swept(std::uint64_t generation, std::vector<UnitId> whole);
    void send_unregistered(UnitId unit);

 private:
    Channels& channels_;
};

}  // namespace remora
