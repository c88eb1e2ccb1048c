// What an operator's argument is called as a parameter of the layer.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "torchscript/graph.h"

namespace tsinspect {

// "weight_ih_l0" for an element of aten::lstm's `params`, "bias" for
// aten::addmm's `self`; elsewhere the argument's own name, with the position of
// a list's element: "tensors.1".
std::string layer_role(const torchscript::FunctionGraph& function,
                       const torchscript::Operation& operation,
                       std::string_view argument,
                       std::optional<uint32_t> position);

// How much a use by the operator tells of a constant: layers before
// arithmetic, 0 best.
int layer_rank(std::string_view op);

}  // namespace tsinspect
