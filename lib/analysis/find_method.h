// Methods and functions of a program by the names that users give them.

#pragma once

#include <cstdint>
#include <string_view>

#include "torchscript/graph.h"
#include "tsinspect/model.h"

namespace tsinspect {

struct MethodPlace {
  const torchscript::FunctionGraph* function = nullptr;
  // What self is; kNoIndex where the function has none, or several modules have
  // its class.
  uint32_t module = kNoIndex;
};

// The function that `name` means: see flow_graph(). Throws Error(kNotFound),
// with the name that is most like it.
MethodPlace find_method(const Model& model, const torchscript::Program& program,
                        std::string_view name);

}  // namespace tsinspect
