// Which tensors the constants of a TorchScript program are.

#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// Rows of Model::tensors by N of CONSTANTS.cN: one for a tensor, several for an
// object or a list that holds some.
using ConstantRows = std::unordered_map<uint32_t, std::vector<uint32_t>>;

ConstantRows constant_rows(const Model& model);

}  // namespace tsinspect
