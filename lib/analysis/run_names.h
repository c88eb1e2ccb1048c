// Names of modules for what the operators of a frozen model put out.

#pragma once

#include "analysis/run_record.h"

namespace tsinspect {

// Adds to RunValue::also of the results of layers (layers.h) the modules that
// their constants were of, as recover_names() has found in `model`, the file
// that ran: what was folded in last comes first, since it is whose output the
// operator's is; then the module of the weight.
void add_recovered_names(const Model& model, RunRecord* run);

}  // namespace tsinspect
