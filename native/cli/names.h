// `remora names`: the rules by which series get the names of a dialect.
#pragma once

#include <string>

namespace remora {

struct NamesOptions {
    std::string dialect;  // empty: the list of those that there are
};

// Returns the exit status: 0; 2 there is no such dialect.
int run_names(const NamesOptions& options);

}  // namespace remora
