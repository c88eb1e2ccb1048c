// Where the constants of a TorchScript program go.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "torchscript/graph.h"

namespace tsinspect {

// An operator that takes a constant, as it is or after it passed through
// operators that only change how it is seen.
struct ConstantUse {
  uint32_t constant = 0;  // N of CONSTANTS.cN.
  const torchscript::FunctionGraph* function = nullptr;
  torchscript::OperationId operation = torchscript::kNoOperation;
  uint32_t input = 0;                     // Of the operation.
  std::optional<uint32_t> position;       // In the list that the input is.
  std::vector<std::string_view> through;  // "aten::t", …
};

// All uses, by constant, each in the order of the program. Constants are
// followed through views, casts, tuples and lists, branches, and arguments of
// the program's own functions. Operators that only ask what a tensor is like
// (its size, its dtype) are no uses. Work is bounded by a small multiple of the
// program's size; in a program made to cost more, uses are left out.
std::vector<ConstantUse> constant_uses(const torchscript::Program& program);

}  // namespace tsinspect
