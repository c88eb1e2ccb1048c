// Parts of a ProgramSummary, of a program that is already read.

#pragma once

#include <span>
#include <vector>

#include "torchscript/graph.h"
#include "tsinspect/program.h"

namespace tsinspect {

std::vector<OperatorCount> operators_of(const torchscript::Program& program);

// Without a program, only what loading the pickles and running the bytecode
// reach; `bytecode` is what bytecode_operators() gives.
std::vector<OutsideCall> outside_calls_of(
    const Model& model, const torchscript::Program* program,
    std::span<const OperatorCount> bytecode);

}  // namespace tsinspect
