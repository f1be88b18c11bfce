#include "model/intervals.h"

#include <new>

namespace remora {

IntervalTable::~IntervalTable() {
    for (auto& chunk : chunks_) {
        delete[] chunk.load(std::memory_order_relaxed);
    }
}

bool IntervalTable::reserve(UnitId unit) {
    if (unit >= kUnitsMax) {
        return false;
    }
    auto& chunk = chunks_[unit / kChunk];
    if (chunk.load(std::memory_order_relaxed) != nullptr) {
        return true;
    }
    auto* fresh = new (std::nothrow) std::atomic<std::uint32_t>[kChunk]();
    chunk.store(fresh, std::memory_order_release);
    return fresh != nullptr;
}

}  // namespace remora
