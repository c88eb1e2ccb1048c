// What an operator is called where layers are named.

#pragma once

#include <string>
#include <string_view>

#include "torchscript/graph.h"
#include "tsinspect/layers.h"

namespace tsinspect {

// "conv2d" for aten::conv2d, and for aten::_convolution of two dimensions that
// is not transposed; "relu" for aten::relu_.
std::string operator_kind(const torchscript::FunctionGraph& function,
                          const torchscript::Operation& operation);

// The argument of that name as it is written; empty if it is not given.
std::string_view argument_text(const torchscript::FunctionGraph& function,
                               const torchscript::Operation& operation,
                               std::string_view name);

// See operator_names() of layers.h.
std::vector<OperatorName> operator_names(const Model& model,
                                         const torchscript::Program& program);

}  // namespace tsinspect
