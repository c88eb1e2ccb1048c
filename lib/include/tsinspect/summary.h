// What a model is, at a glance.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tsinspect/model.h"
#include "tsinspect/object_tree.h"

namespace tsinspect {

struct TensorTotals {
  uint64_t tensors = 0;
  uint64_t elements = 0;
  uint64_t bytes = 0;  // Of the values laid out contiguously.

  void add(const Tensor& tensor);
};

// A storage of which tensors show only a part: a view that keeps a big one
// alive, or leftovers that should not be in the file.
struct HiddenBytes {
  uint32_t storage;        // Index into Model::storages.
  uint32_t tensor;         // The first that views it; kNoIndex if none does.
  uint64_t visible_bytes;  // At most so many are in some tensor.
};

// An entry of the top value of a checkpoint.
struct NamedObject {
  std::string name;
  ObjectRef value;
};

struct Summary {
  uint64_t file_bytes = 0;     // Of all files of the model.
  uint64_t stored_bytes = 0;   // Of the storages, as they lie in the files.
  uint64_t storage_bytes = 0;  // Of the storages, inflated.
  TensorTotals tensors;
  std::array<TensorTotals, kRoleCount> by_role;  // Indexed by Role.
  std::array<TensorTotals, 34> by_dtype;         // Indexed by DType.
  uint64_t tied = 0;             // Tensors that are the same as an earlier one.
  uint64_t shared_storages = 0;  // That several tensors view.
  std::vector<HiddenBytes> hidden;  // The most hidden bytes first.

  std::string top_type;  // "dict", …; empty if there is no value.
  std::vector<NamedObject> top_level;  // Its members.
  std::vector<NamedObject> scalars;    // Those that say how training stood,
  std::vector<NamedObject> hyper_parameters;  // and how it was set up.

  std::vector<uint32_t> unknown_imports;  // Globals that torch does not write.

  // What of the files is not tensor data.
  uint64_t overhead_bytes() const {
    return file_bytes > stored_bytes ? file_bytes - stored_bytes : 0;
  }
};

Summary summarize(const Model& model);

}  // namespace tsinspect
