// What expose_file() does, a function a form. To add one, write a file that
// defines it, and add it to the table in expose.cpp.

#pragma once

#include "tsinspect/expose.h"

namespace tsinspect {

Exposure expose_onnx(const Model& model, const ExposeFileOptions& options);
Exposure expose_saved_model(const Model& model,
                            const ExposeFileOptions& options);
Exposure list_frozen_graph(const Model& model,
                           const ExposeFileOptions& options);

// Throws Error(kNotFound) if nothing is of what was asked for by name.
void check_exposed(const Exposure& result, const ExposeFileOptions& options);

}  // namespace tsinspect
