// What is different between two functions, line by line.

#pragma once

#include <functional>
#include <span>
#include <vector>

#include "analysis/canonical_code.h"
#include "tsinspect/diff.h"

namespace tsinspect {

// Whether CONSTANTS.cN of A may be CONSTANTS.cM of B.
using SameConstant = std::function<bool(uint32_t a, uint32_t b)>;

// True if the functions do the same.
bool same_lines(std::span<const CanonicalLine> a,
                std::span<const CanonicalLine> b, const SameConstant& same);

// The lines that are in one of two functions only, and some around them. Two
// lines belong together only where their variables do, too: where each variable
// of A is the same one of B throughout. Empty where *budget does not suffice.
std::vector<CodeLine> diff_lines(std::span<const CanonicalLine> a,
                                 std::span<const CanonicalLine> b,
                                 const SameConstant& same, uint64_t* budget);

}  // namespace tsinspect
