// Whose turn it is with a reload that is under way.
#pragma once

#include <atomic>
#include <cstdint>

namespace remora {

struct Reload;

// The turns, in their order: each thread hands the reload to the next one.
enum class ReloadStage : std::uint8_t {
    kIdle,          // the housekeeping thread may begin one
    kForCore,       // the core takes over ceiling, policy and intervals
    kForCollector,  // the collector takes over selection, caps and grid
    kFilling,       // the core fills new outputs and swaps them in once all is offered
    kSwapped,       // the housekeeping thread ends old sinks and begins new ones
};

// The only place that knows the stage. A reload goes once round the stages and no other way: what
// would be a step out of turn is a broken invariant.
//
// Thread safety: any thread asks; the thread whose turn it is advances. What one thread wrote to
// the reload before advance() the next one sees after at().
//
// Invariant: there is a reload exactly while the stage is not kIdle.
class ReloadHandover {
 public:
    bool is_idle() const { return stage_.load(std::memory_order_acquire) == ReloadStage::kIdle; }

    // The reload when it is at `stage`, which is not kIdle; null otherwise. It stays there until
    // the thread whose turn it is advances it.
    Reload* at(ReloadStage stage) const {
        return stage_.load(std::memory_order_acquire) == stage ? reload_ : nullptr;
    }

    // Begins with `reload`, which outlives its round. Housekeeping thread. REQUIRES: is_idle().
    void begin(Reload& reload);
    // Ends the turn `stage`: the next thread may touch the reload, and the caller may no more.
    // After kSwapped the round is over. REQUIRES: the stage is `stage`, and not kIdle.
    void advance(ReloadStage stage);

 private:
    std::atomic<ReloadStage> stage_{ReloadStage::kIdle};
    Reload* reload_ = nullptr;
};

}  // namespace remora
