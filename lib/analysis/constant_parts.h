// Constants that are some rows of a larger tensor of the original.

#pragma once

#include <cstdint>
#include <span>

#include "analysis/constant_claims.h"
#include "analysis/constant_originals.h"

namespace tsinspect {

// Claims "in_proj_weight[0:16]" for those of `constants` that nothing was
// claimed for. Originals are passed over once for each length of rows that the
// constants have.
void claim_parts(const Model& frozen, std::span<const uint32_t> constants,
                 const Originals& originals, const Limits& limits,
                 Claims* claims);

}  // namespace tsinspect
