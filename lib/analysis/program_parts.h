// Parts of a ProgramSummary, of a program that is already read.

#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "torchscript/graph.h"
#include "tsinspect/program.h"

namespace tsinspect {

// Collects uses by name and overload.
class OperatorInventory {
 public:
  void add(std::string name, std::optional<std::string> overload,
           OperatorKind kind, OperatorUse use);
  std::vector<OperatorCount> take();

 private:
  std::map<std::pair<std::string, std::optional<std::string>>, OperatorCount>
      rows_;
};

std::vector<OperatorCount> operators_of(const torchscript::Program& program);

// Without a program, only what loading the pickles and running the bytecode
// reach; `bytecode` is what bytecode_operators() gives.
std::vector<OutsideCall> outside_calls_of(
    const Model& model, const torchscript::Program* program,
    std::span<const OperatorCount> bytecode);

// Of a model that has graphs of operators.
std::vector<OperatorCount> dataflow_operators(const Model& model);
std::vector<OutsideCall> dataflow_outside_calls(const Model& model);

}  // namespace tsinspect
