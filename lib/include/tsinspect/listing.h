// Which tensors of a model to list, in which order, and which are the same.

#pragma once

#include <cstdint>
#include <optional>
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

// Whether a tensor is among the parameters of its model: one that the file
// calls so, an initializer, a variable unless the file says that it is not
// trained.
bool is_parameter(const Tensor& tensor);

// Whether it is among the buffers: one that the file calls so, or a variable
// that is not trained.
bool is_buffer(const Tensor& tensor);

// Rows of Model::tensors that `is_wanted` and match, sorted. Equal ones stay in
// the file's order.
std::vector<uint32_t> select_tensors(const Model& model,
                                     bool (*is_wanted)(const Tensor&),
                                     const TensorQuery& query);

// The same of all tensors.
std::vector<uint32_t> select_tensors(const Model& model,
                                     const TensorQuery& query);

// For each row of Model::tensors, the first row before it that is the same
// memory seen the same way (storage, offset, shape, strides, dtype), or
// kNoIndex. Empty if no two rows are tied.
std::vector<uint32_t> tied_tensors(const Model& model);

// Rows of Model::tensors whose name another row has, too, in ascending order.
std::vector<uint32_t> ambiguous_tensors(const Model& model);

}  // namespace tsinspect
