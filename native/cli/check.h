// `remora check`: is a configuration right, what does it amount to, and what would it collect.
#pragma once

namespace remora {

// Own option parser; argv[0] is the program name. Findings go to stdout, problems to stderr.
// Exit status: 0 the configuration is valid; 1 it is not; 2 bad options, or the list of MBeans
// cannot be read.
int run_check(int argc, char** argv);

}  // namespace remora
