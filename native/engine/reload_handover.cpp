#include "engine/reload_handover.h"

#include "base/assert.h"

namespace remora {

void ReloadHandover::begin(Reload& reload) {
    REMORA_ASSERT(is_idle());
    reload_ = &reload;
    stage_.store(ReloadStage::kForCore, std::memory_order_release);
}

void ReloadHandover::advance(ReloadStage stage) {
    REMORA_ASSERT(stage != ReloadStage::kIdle);
    REMORA_ASSERT(stage_.load(std::memory_order_acquire) == stage);
    if (stage == ReloadStage::kSwapped) {
        reload_ = nullptr;
        stage_.store(ReloadStage::kIdle, std::memory_order_release);
        return;
    }
    stage_.store(static_cast<ReloadStage>(static_cast<int>(stage) + 1), std::memory_order_release);
}

}  // namespace remora
