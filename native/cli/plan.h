// `remora plan`: what the agent would take on a broker of a cluster of some size.
#pragma once

namespace remora {

// Own option parser; argv[0] is the program name. The prediction goes to stdout, problems to
// stderr. Exit status: 0; 1 the configuration is not valid; 2 bad options.
int run_plan(int argc, char** argv);

}  // namespace remora
