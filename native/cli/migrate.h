// `remora migrate`: from a rule file of jmx_exporter to a configuration.
#pragma once

namespace remora {

// Own option parser; argv[0] is the program name. The configuration goes to stdout, what it does
// not carry over to stderr, one line each. Exit status: 0; 1 the rule file is not valid; 2 it
// cannot be read, or bad options.
int run_migrate(int argc, char** argv);

}  // namespace remora
