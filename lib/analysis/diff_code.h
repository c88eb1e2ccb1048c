// What is different between the programs of two TorchScript models.

#pragma once

#include "analysis/diff_match.h"
#include "tsinspect/diff.h"

namespace tsinspect {

// Compares the source of the two models, if both have some. Methods belong
// together by the paths of their modules in common, everything else by its
// qualified name. What is equal in `pairs` tells constants of one type apart.
// Work and result are bounded, whatever the source.
CodeDiff diff_code(const Model& a, const Model& b, const DiffOptions& options,
                   const NameMatch& match,
                   const std::vector<TensorDiff>& pairs);

}  // namespace tsinspect
