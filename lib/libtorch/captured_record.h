// What was captured, as the record of a run.

#pragma once

#include <string>

#include "analysis/run_record.h"
#include "tsinspect/libtorch/capture.h"

namespace tsinspect {

// The tensors are viewed, and kept alive. What the run of `method` returned is
// in the record, as "(root)", also where it was not captured.
RunRecord to_record(const Captured& captured, const std::string& method);

}  // namespace tsinspect
