// The table of globals whose meaning is known: what torch, NumPy and the
// standard library put into the pickles of models.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rebuild/tensor_rebuilder.h"

namespace tsinspect {

enum class GlobalKind : uint8_t {
  kTensor,   // A call makes a tensor.
  kMapping,  // A call makes a dict.
  kWrapper,  // A call gives its first argument back, more or less.
};

// A call of a known global, about to be taken for what it means.
struct RebuildCall {
  TensorRebuilder& rebuilder;
  Model& model;
  ObjectGraph& objects;
  ObjectRef value;                       // The call.
  std::span<const ObjectRef> arguments;  // May move as objects are added.
  const GlobalMeaning& global;

  [[noreturn]] void fail(const std::string& message) const;

  // The argument at `index`. Throws Error(kMalformed) if it is missing or of
  // another kind; `what` names it.
  ObjectRef argument(size_t index, const char* what) const;
  int64_t integer(ObjectRef ref, const char* what) const;
  bool boolean(size_t index, const char* what) const;
  DType dtype(ObjectRef ref) const;

  // Shape or strides: a tuple, list or torch.Size of integers.
  std::vector<int64_t> integers(ObjectRef ref, const char* what) const;

  // The one tensor that an argument stands for.
  Tensor tensor(ObjectRef ref, const char* what) const;
  bool parts(ObjectRef ref, std::vector<Part>* out) const;

  uint32_t find_storage(const StorageId& id) const;

  // Counts channels whose scales are about to be read. Throws Error(kLimit)
  // where all tensors together have more than their files could hold.
  void count_channels(uint64_t n) const;

  // Details of this call's tensor, made by `make` when first asked for.
  template <typename Make>
  std::shared_ptr<const TensorDetails> details(Make make) const {
    auto& kept = rebuilder.details_[value];
    if (kept == nullptr) kept = std::make_shared<TensorDetails>(make());
    return kept;
  }

  // Room for what the text of an array's data was encoded to.
  std::string_view& encoded_text(ObjectRef text) const {
    return rebuilder.encoded_[text];
  }

  // Row of the storage that `make` gives for this call, made once.
  template <typename Make>
  uint32_t memory_storage(Make make) const {
    auto known = rebuilder.memory_storages_.find(value);
    if (known != rebuilder.memory_storages_.end()) return known->second;
    model.storages.push_back(make());
    auto row = static_cast<uint32_t>(model.storages.size() - 1);
    rebuilder.memory_storages_.emplace(value, row);
    return row;
  }
};

struct GlobalMeaning {
  const char* name;  // "torch._utils._rebuild_tensor_v2"
  GlobalKind kind;
  // For kTensor: adds what the call stands for to `parts`. Throws Error.
  void (*rebuild)(RebuildCall& call, std::vector<Part>* parts);
};

// The row of a global's name; null if it is not known.
const GlobalMeaning* find_global(std::string_view name);

// The rows that globals.cpp collects.
std::span<const GlobalMeaning> torch_globals();
std::span<const GlobalMeaning> numpy_globals();
std::span<const GlobalMeaning> plain_globals();

}  // namespace tsinspect
