// Why a frozen model's constant has the name it has.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tsinspect/layers.h"
#include "tsinspect/model.h"

namespace tsinspect {

// A call that takes a constant.
struct ConstantCall {
  Layer layer;                         // What the call is.
  std::vector<std::string> arguments;  // As which it takes the constant.
  std::vector<std::string> through;    // What it passed through on its way.
  std::string_view code;               // The line that the call stands in.
  // Where the debug record says that the line is from, innermost first:
  // "models.py:20: return self.head(x)". Empty where there is none.
  std::vector<std::string> python;
};

// The first calls that take a tensor of a TorchScript model, in the order of
// the code, 64 at most. A debug record that cannot be read tells nothing.
std::vector<ConstantCall> explain(const Model& model, uint32_t tensor);

}  // namespace tsinspect
