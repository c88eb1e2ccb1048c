// Operations of TorchScript source as text, for tests.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "torchscript/graph.h"

namespace tsinspect::torchscript {

// The model whose one record of source is "code/__torch__.py" with this text,
// which must outlive it. CONSTANTS.c0, … are objects of the classes in
// `constants`, or tensors where that is "Tensor".
Model source_model(std::string_view source,
                   const std::vector<std::string>& constants = {});

// One line an operation, but for parameters, literals and constants, which
// stand where they are taken:
//
//   %0 = aten::add.Tensor(x, y, alpha=2): Tensor
//   return %0
//
// An operator whose overload cannot be told has ".?".
std::vector<std::string> lines(const Program& program,
                               const FunctionGraph& function);

// The lines of a function "f" with these parameters and this body, which each
// may be several lines.
std::vector<std::string> lowered(const std::string& parameters,
                                 const std::string& body,
                                 const std::string& other_source = "");

// The lines of a function of a whole source.
std::vector<std::string> lowered_function(
    std::string_view source, std::string_view name,
    const std::vector<std::string>& constants = {});

}  // namespace tsinspect::torchscript
