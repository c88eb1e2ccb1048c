// Takes what a pickle would call torch and NumPy for, for what it means: a
// tensor with its shape, strides and storage. Nothing is called.

#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// A persistent id of a storage: ('storage', torch.FloatStorage, key, device,
// elements[, view]).
struct StorageId {
  DType dtype = DType::kUInt8;  // kUInt8 for an untyped storage, too.
  std::string_view key;
  std::string_view device;
  uint64_t elements = 0;
  // A view into another storage, which legacy files know, in elements. `key`
  // and `elements` are the root's then. Without a view, all of the storage.
  uint64_t view_offset = 0;
  uint64_t view_elements = 0;

  // Throws Error(kMalformed) on overflow.
  uint64_t size_bytes() const;
};

// Reads a persistent id; false if it is not that of a storage. Throws Error if
// it is one, but not sound.
bool parse_storage_id(const ObjectGraph& objects, ObjectRef persistent,
                      StorageId* id);

// Gives the row of Model::storages for an id; adds it when it is first met.
using StorageFinder = std::function<uint32_t(const StorageId&)>;

// A tensor that a value stands for, or one of the tensors that make it up.
struct Part {
  const char* suffix;  // "" for a whole one, ".indices", ".values", …
  Tensor tensor;
};

struct GlobalMeaning;  // A row of the table of known globals; globals.h.

// Gives the tensor that a persistent id which is no storage stands for, as in
// the tar form; false if it stands for none.
using TensorFinder = std::function<bool(ObjectRef persistent, Tensor*)>;

class TensorRebuilder {
 public:
  TensorRebuilder(Model* model, StorageFinder find_storage)
      : model_(*model),
        objects_(model->objects),
        find_storage_(std::move(find_storage)) {}

  void set_tensor_finder(TensorFinder find) { find_tensor_ = std::move(find); }

  // Adds the tensors that `value` stands for to `parts`; false if it stands for
  // none. Each has been checked against its storage. Throws Error.
  bool rebuild(ObjectRef value, std::vector<Part>* parts);

  // The value itself, or what the last of several calls that only wrap it, such
  // as torch.jit._pickle.restore_type_tag, is given.
  ObjectRef unwrap(ObjectRef value);

  // True for OrderedDict and its like, whose items are the value's own.
  bool is_mapping(ObjectRef object);

 private:
  friend struct RebuildCall;

  bool rebuild_persistent(ObjectRef value, std::vector<Part>* parts);
  const GlobalMeaning* meaning(ObjectRef object);

  Model& model_;
  ObjectGraph& objects_;
  StorageFinder find_storage_;
  TensorFinder find_tensor_;
  std::unordered_map<ObjectRef, const GlobalMeaning*> known_;  // By callable.
  // Of the tensors that have some, however often they are named.
  std::unordered_map<ObjectRef, std::shared_ptr<const TensorDetails>> details_;
  // Of the arrays whose data lies in the pickle itself.
  std::unordered_map<ObjectRef, uint32_t> memory_storages_;
  std::unordered_map<ObjectRef, std::string_view> encoded_;  // Their text.
  uint64_t channels_ = 0;  // Of quantised tensors, whose scales were read.
  int depth_ = 0;
};

}  // namespace tsinspect
