// What running models takes: the functions of lib/libtorch, as a table that
// only the executable linked with LibTorch fills. Commands are the same in
// both.

#pragma once

#include <string>

#include "libtorch/activations.h"
#include "libtorch/expose.h"
#include "libtorch/preflight.h"
#include "libtorch/record_run.h"
#include "libtorch/run.h"
#include "libtorch/verify.h"
#include "libtorch/version.h"

namespace tsinspect::cli {

struct Runner {
  std::string (*libtorch_version)();
  RunResult (*run_model)(const RunRequest& request, uint64_t repeat);
  ActivationsResult (*run_activations)(const ActivationsRequest& request);
  ExposeResult (*expose)(const ExposeRequest& request);
  PreflightResult (*preflight)(const Model& model,
                               const std::vector<std::string>& libraries);
  RecordedRun (*record_run)(const RunRequest& request,
                            const RecordOptions& options);
  VerifyResult (*verify)(const Model&, const VerifyRequest&);
};

// Null in the executable that is not linked with LibTorch: main() has set it.
const Runner* runner();
void set_runner(const Runner* runner);

}  // namespace tsinspect::cli
