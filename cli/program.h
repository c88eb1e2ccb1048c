// All of the program behind main(): the same for both executables.

#pragma once

namespace tsinspect::cli {

// Runs what the command line asks for. Returns the exit status.
int run_program(int argc, char** argv);

}  // namespace tsinspect::cli
