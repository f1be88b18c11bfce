// The samples of a Prometheus textfile.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace remora {

// A textfile as it was when it was read.
class Exposition {
 public:
    // kNotFound when it cannot be opened.
    static Result<Exposition> read(const std::string& path);

    // The series of that name with just these labels, beside those that the output gives every
    // series. `labels`: `name="value"`, sorted, with commas between. Null: there is none.
    const double* find(std::string_view name, std::string_view labels) const;

    std::int64_t written_ms() const { return written_ms_; }

 private:
    std::map<std::string, double, std::less<>> samples_;  // by "name{labels}"
    std::int64_t written_ms_ = 0;                         // modification time
};

}  // namespace remora
