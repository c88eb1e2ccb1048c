// Tensors of two models that have the same content under different names.

#pragma once

#include <optional>
#include <vector>

#include "analysis/diff_match.h"

namespace tsinspect {

// A tensor of A and one of B that has its values.
struct Rename {
  uint32_t a = 0;
  uint32_t b = 0;
  std::optional<Layout> layout;  // As in TensorDiff.
};

// Takes the pairs it finds out of match.only_a and match.only_b and returns
// them, in A's order: first those of one shape, then those with the same
// values in another order. Of several tensors of one content, those whose names
// end alike belong together; those that are one value throughout only if
// another tensor's name changed in the same way. Tensors that cannot be read go
// to *failures.
std::vector<Rename> take_renames(const Model& a, const Model& b,
                                 const DiffOptions& options, NameMatch* match,
                                 std::vector<DiffFailure>* failures);

// Takes the pairs that are called as other frameworks call the same tensor of a
// layer, and have the shape it has there. No values are read.
std::vector<Rename> take_translated(const Model& a, const Model& b,
                                    NameMatch* match);

}  // namespace tsinspect
