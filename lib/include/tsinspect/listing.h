// Which tensors of a model to list, in which order, and which are the same.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tsinspect/model.h"
#include "tsinspect/names.h"

namespace tsinspect {

enum class SortKey : uint8_t { kFile, kName, kElements, kBytes, kDType };

struct TensorQuery {
  NameFilter filter = {};
  SortKey sort = SortKey::kFile;
  bool descending = false;
  std::optional<uint64_t> top = {};  // At most so many, the first ones.
};

// Rows of Model::tensors that are of one of `roles` and match, sorted. Equal
// ones stay in the file's order.
std::vector<uint32_t> select_tensors(const Model& model,
                                     std::span<const Role> roles,
                                     const TensorQuery& query);

// For each row of Model::tensors, the first row before it that is the same
// memory seen the same way (storage, offset, shape, strides, dtype), or
// kNoIndex. Empty if no two rows are tied.
std::vector<uint32_t> tied_tensors(const Model& model);

// Rows of Model::tensors whose name another row has, too, in ascending order.
std::vector<uint32_t> ambiguous_tensors(const Model& model);

}  // namespace tsinspect
