// The executable that is linked with LibTorch, and can do everything.

#include "program.h"
#include "runner.h"

int main(int argc, char** argv) {
  static constexpr tsinspect::cli::Runner kRunner = {
      .libtorch_version = tsinspect::libtorch_version,
      .run_model = tsinspect::run_model,
      .run_activations = tsinspect::run_activations,
      .expose = tsinspect::expose,
      .preflight = tsinspect::preflight,
      .record_run = tsinspect::record_run,
      .verify = tsinspect::verify,
  };
  tsinspect::cli::set_runner(&kRunner);
  return tsinspect::cli::run_program(argc, argv);
}
