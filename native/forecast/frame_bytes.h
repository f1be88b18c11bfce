// How many bytes a bean is in an output.
#pragma once

#include <cstddef>
#include <span>

#include "config/config.h"
#include "model/bean.h"
#include "model/output_format.h"

namespace remora {

// A bean, its wanted values, and the number that each of them is.
struct ShownBean {
    const Bean* bean = nullptr;
    std::span<const Slot> slots;
    double number = 0;
};

// Bytes of a tick of `format` with these beans, rendered as the agent does. `config`: the labels of
// every output count. Beans must differ.
std::size_t frame_bytes(OutputFormat format, const Config& config,
                        std::span<const ShownBean> beans);

}  // namespace remora
