// The values of a tensor, printed as torch prints them.

#pragma once

#include "render/json.h"
#include "tsinspect/model.h"
#include "tsinspect/slice.h"

namespace tsinspect::cli {

struct ValueStyle {
  int precision = 4;
  bool full = false;  // Every element, however many.
};

// Elements up to which a tensor is printed whole, and how many of each edge are
// where it is not.
constexpr uint64_t kWholeElements = 1000;
constexpr int64_t kEdgeItems = 3;

// Nested brackets, aligned, with "..." for what is left out. Throws Error.
void print_values(Output& out, const Model& model, const Tensor& tensor,
                  const Slice& slice, const ValueStyle& style);

// Nested lists; complex numbers as [real, imaginary], quantised ones as the
// reals they stand for. Returns false if only the first kWholeElements were
// written, so that the last lists are short. Throws Error.
bool write_values(Json& json, const Model& model, const Tensor& tensor,
                  const Slice& slice, const ValueStyle& style);

}  // namespace tsinspect::cli
