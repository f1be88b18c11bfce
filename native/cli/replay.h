// `remora replay TRACE`: what each policy and budget costs in accuracy, on a recorded trace.
#pragma once

namespace remora {

// Own option parser; argv[0] is the program name. Prints tables and one line of JSON to stdout,
// problems to stderr. Exit status: 0; 1 when the trace cannot be read or is too short; the parser's
// own for bad options.
int run_replay(int argc, char** argv);

}  // namespace remora
