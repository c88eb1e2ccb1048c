// Inputs made of what the user wrote, for the schema of a method.

#pragma once

#include <string>
#include <vector>

#include "libtorch/torch.h"
#include "tsinspect/model.h"

namespace tsinspect {

// A schema as a person reads it, without `self` and the mangling of classes:
// "forward(Tensor x, int n=2) -> Tensor".
std::string readable_schema(const c10::FunctionSchema& schema);

// One value for each argument behind `self`: `inputs` by name or in order, then
// the schema's defaults. Tensors are made on the CPU, random ones with its
// default generator, and moved to the device.
// Throws Error: kMalformed for a text that makes no sense, or does not fit the
// argument's type, kNotFound for a name that no argument has, and for arguments
// without a value; whatever opening a file throws.
std::vector<c10::IValue> make_inputs(const c10::FunctionSchema& schema,
                                     const std::vector<std::string>& inputs,
                                     c10::Device device);

// Whether an argument behind `self` has no default.
bool needs_inputs(const c10::FunctionSchema& schema);

}  // namespace tsinspect
