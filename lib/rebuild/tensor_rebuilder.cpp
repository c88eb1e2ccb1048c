#include "rebuild/tensor_rebuilder.h"

#include "rebuild/globals.h"

namespace tsinspect {
namespace {

// A Parameter of a subclass of a tensor is three calls deep; no honest file has
// more than a few.
constexpr int kMaxDepth = 16;

}  // namespace

const GlobalMeaning* TensorRebuilder::meaning(ObjectRef object) {
  ObjectRef callable = objects_.callable(object);
  if (callable == kNoObject) return nullptr;
  auto [entry, is_new] = known_.try_emplace(callable, nullptr);
  if (is_new) entry->second = find_global(objects_.global_name(object));
  return entry->second;
}

ObjectRef TensorRebuilder::unwrap(ObjectRef value) {
  for (int i = 0; i < kMaxDepth; ++i) {
    const GlobalMeaning* known = meaning(value);
    if (known == nullptr || known->kind != GlobalKind::kWrapper) break;
    auto arguments = objects_.items(objects_.arguments(value));
    if (arguments.empty()) break;
    value = arguments[0];
  }
  return value;
}

bool TensorRebuilder::is_mapping(ObjectRef object) {
  const GlobalMeaning* known = meaning(object);
  return known != nullptr && known->kind == GlobalKind::kMapping;
}

bool TensorRebuilder::rebuild_persistent(ObjectRef value,
                                         std::vector<Part>* parts) {
  Tensor tensor;
  StorageId id;
  if (parse_storage_id(objects_, value, &id)) {
    // A storage by itself is listed as the one-dimensional tensor it is.
    tensor.dtype = id.dtype;
    tensor.shape = {static_cast<int64_t>(id.view_elements)};
    tensor.strides = {1};
    tensor.storage_offset = static_cast<int64_t>(id.view_offset);
    tensor.storage = find_storage_(id);
  } else if (!find_tensor_ || !find_tensor_(value, &tensor)) {
    return false;
  }
  parts->push_back({"", std::move(tensor)});
  return true;
}

bool TensorRebuilder::rebuild(ObjectRef value, std::vector<Part>* parts) {
  if (objects_.kind(value) == ObjectKind::kPersistent) {
    return rebuild_persistent(value, parts);
  }
  const GlobalMeaning* known = meaning(value);
  if (known == nullptr || known->kind != GlobalKind::kTensor) return false;
  if (depth_ == kMaxDepth) {
    throw Error(ErrorKind::kLimit, "a tensor rebuilt by too many calls");
  }
  ++depth_;
  size_t before = parts->size();
  RebuildCall call{
      *this, model_, objects_, value, objects_.items(objects_.arguments(value)),
      *known};
  known->rebuild(call, parts);
  --depth_;
  return parts->size() > before;
}

}  // namespace tsinspect
