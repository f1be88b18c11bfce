// `remora names`: the rules by which series get the names of a dialect.
#pragma once

namespace remora {

// Own option parser; argv[0] is the program name. Prints to stdout. Exit status: 0; 2 there is no
// such dialect, or bad options.
int run_names(int argc, char** argv);

}  // namespace remora
