// The executable that reads files, and hands over what runs them.

#include "program.h"

int main(int argc, char** argv) {
  return tsinspect::cli::run_program(argc, argv);
}
