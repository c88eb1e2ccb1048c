// Parts of a ProgramSummary, of a program that is already read.

#pragma once

#include <vector>

#include "torchscript/graph.h"
#include "tsinspect/program.h"

namespace tsinspect {

std::vector<OperatorCount> operators_of(const torchscript::Program& program);

// Without a program, only what loading the pickles and running the bytecode
// reach.
std::vector<OutsideCall> outside_calls_of(const Model& model,
                                          const torchscript::Program* program);

}  // namespace tsinspect
