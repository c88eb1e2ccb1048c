// Which of several originals of one content a constant is: the constants of a
// layer belong to one module, and layers come in the order of their modules.

#pragma once

#include <cstdint>
#include <span>

#include "analysis/constant_claims.h"
#include "analysis/constant_content.h"
#include "analysis/constant_originals.h"

namespace tsinspect {

// Claims originals whose names end in the constants' roles, and sets the places
// of the layers that had none. Constants that have a claim of their layer keep
// it.
void claim_by_layers(std::span<const Layer> layers, const Originals& originals,
                     const Contents& contents, Claims* claims);

// Claims for each of `constants` that nothing was claimed for the first of its
// originals that is still free.
void claim_in_order(std::span<const uint32_t> constants,
                    const Originals& originals, const Contents& contents,
                    Claims* claims);

}  // namespace tsinspect
