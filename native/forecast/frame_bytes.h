// How many bytes of output beans take.
#pragma once

#include <cstddef>
#include <span>

#include "config/config.h"
#include "model/bean.h"
#include "model/output_format.h"

namespace remora {

// A bean, its wanted values, and the number that each of them has.
struct ShownBean {
    const Bean* bean = nullptr;
    std::span<const Slot> slots;
    double number = 0;
};

// Returns the bytes of one tick in `format` with these beans, rendered by the agent's encoders.
// Labels for all outputs (`config.labels`) are included. REQUIRES: no bean twice.
std::size_t frame_bytes(OutputFormat format, const Config& config,
                        std::span<const ShownBean> beans);

}  // namespace remora
