// Tensors of two models that have the same content under different names.

#pragma once

#include <utility>
#include <vector>

#include "analysis/diff_match.h"

namespace tsinspect {

// Takes the pairs it finds out of match.only_a and match.only_b and returns
// them, in A's order. Of several tensors of one content, those whose names end
// alike belong together; those that are one value throughout only if another
// tensor's name changed in the same way. Tensors that cannot be read go to
// *failures.
std::vector<std::pair<uint32_t, uint32_t>> take_renames(
    const Model& a, const Model& b, const DiffOptions& options,
    NameMatch* match, std::vector<DiffFailure>* failures);

}  // namespace tsinspect
