// The same values laid out in another order of dimensions: a kernel that one
// framework keeps as [in, out] and another as [out, in].

#pragma once

#include <optional>
#include <string_view>

#include "tsinspect/diff.h"

namespace tsinspect {

// The two tensors as a layout makes them alike: of one shape, each element
// beside its own. Nothing is read; they view what `a` and `b` view.
struct AlikeTensors {
  Tensor a, b;
};

// Throws nothing: a layout that find_layout() or expected_layout() gave fits.
AlikeTensors alike(const Tensor& a, const Tensor& b, const Layout& layout);

// The layout in which B has A's values, all of them the same bytes; empty if
// there is none. The usual ones of convolutions go first, then any order of up
// to five dimensions, then flattened images. Reads no more than shows that a
// layout does not fit. Throws Error.
std::optional<Layout> find_layout(const Model& model_a, const Tensor& a,
                                  const Model& model_b, const Tensor& b,
                                  const Limits& limits);

// The layout that a kernel of TensorFlow has beside torch's weight, by their
// shapes alone; empty if none of the usual ones fits.
std::optional<Layout> expected_layout(const Tensor& a, const Tensor& b);

}  // namespace tsinspect
