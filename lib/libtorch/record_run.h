// A run of a model as a record of all it computed, to be compared with others.

#pragma once

#include <string>
#include <vector>

#include "analysis/run_record.h"
#include "libtorch/run_request.h"

namespace tsinspect {

struct RecordOptions {
  // As ActivationsRequest has them.
  std::vector<std::string> modules = {};
  std::vector<std::string> operators = {};
};

struct RecordedRun {
  RunRecord record;
  std::vector<std::string> notes;  // What the user should know of the inputs.
};

// Runs the request's method with hooks on submodules, or on the operators of a
// frozen model, and keeps copies of their arguments and results. Throws Error:
// see open_session() and capture().
RecordedRun record_run(const RunRequest& request, const RecordOptions& options);

}  // namespace tsinspect
