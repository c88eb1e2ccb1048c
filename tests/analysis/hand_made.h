// Models built in memory, one line a tensor.

#pragma once

#include <string>

#include "tsinspect/model.h"

namespace tsinspect {

inline Tensor make_tensor(const std::string& name, std::vector<int64_t> shape,
                          uint32_t storage, Role role = Role::kTensor) {
  Tensor tensor;
  tensor.name = name;
  int64_t stride = 1;
  tensor.strides.resize(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    tensor.strides[i] = stride;
    stride *= shape[i];
  }
  tensor.shape = std::move(shape);
  tensor.storage = storage;
  tensor.role = role;
  return tensor;
}

// Adds a tensor that views storage `storage`, which grows to hold it.
inline Tensor& add_tensor(Model* model, const std::string& name,
                          std::vector<int64_t> shape, uint32_t storage,
                          Role role = Role::kTensor) {
  model->tensors.push_back(make_tensor(name, std::move(shape), storage, role));
  Tensor& tensor = model->tensors.back();
  if (model->storages.size() <= storage) model->storages.resize(storage + 1);
  Storage& row = model->storages[storage];
  row.size_bytes = std::max(row.size_bytes, tensor.size_bytes());
  row.device = "cpu";
  ++row.tensors;
  return tensor;
}

// Small helpers for object graphs.
inline ObjectRef text(ObjectGraph& graph, std::string value) {
  return graph.add_bytes(ObjectKind::kString, graph.own(std::move(value)));
}

inline ObjectRef dict(ObjectGraph& graph, std::vector<ObjectRef> pairs) {
  return graph.add_container(ObjectKind::kDict, pairs);
}

inline ObjectRef list(ObjectGraph& graph, std::vector<ObjectRef> items) {
  return graph.add_container(ObjectKind::kList, items);
}

inline ObjectRef tuple(ObjectGraph& graph, std::vector<ObjectRef> items) {
  return graph.add_container(ObjectKind::kTuple, items);
}

inline ObjectRef object(ObjectGraph& graph, std::string callable) {
  ObjectRef global =
      graph.add_bytes(ObjectKind::kGlobal, graph.own(std::move(callable)));
  return graph.add_object(global, tuple(graph, {}));
}

}  // namespace tsinspect
