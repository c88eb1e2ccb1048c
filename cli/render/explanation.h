// Why a constant is called as it is.

#pragma once

#include "output.h"
#include "render/json.h"
#include "tsinspect/model.h"

namespace tsinspect::cli {

// How the name of a tensor was found, and the calls that take it, with their
// lines of code and of Python.
void print_explanation(Output& out, const Model& model, uint32_t tensor);

// The same as "calls" of an object that has the tensor's members.
void write_explanation(Json& json, const Model& model, uint32_t tensor);

}  // namespace tsinspect::cli
