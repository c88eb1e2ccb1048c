// Models of a few tensors, for tests of what is different between two.

#pragma once

#include <deque>
#include <string>
#include <vector>

#include "analysis/hand_made.h"
#include "tensor/build.h"
#include "tsinspect/diff.h"

namespace tsinspect {

class HandModel {
 public:
  // A contiguous tensor of `values`, in a storage of its own.
  template <typename T>
  Tensor& add(const std::string& name, DType dtype, std::vector<int64_t> shape,
              const std::vector<T>& values) {
    bytes_.emplace_back(reinterpret_cast<const char*>(values.data()),
                        values.size() * sizeof(T));
    Storage storage;
    storage.key = "k";
    storage.memory = bytes_.back();
    storage.size_bytes = bytes_.back().size();
    storage.tensors = 1;
    model.storages.push_back(storage);
    Tensor tensor;
    tensor.name = name;
    tensor.dtype = dtype;
    tensor.shape = std::move(shape);
    tensor.strides = contiguous_strides(tensor.shape);
    tensor.storage = static_cast<uint32_t>(model.storages.size() - 1);
    model.tensors.push_back(tensor);
    return model.tensors.back();
  }

  Tensor& floats(const std::string& name, const std::vector<float>& values) {
    return add(name, DType::kFloat32, {static_cast<int64_t>(values.size())},
               values);
  }

  Model model;

 private:
  std::deque<std::string> bytes_;
};

// The difference of two models that have one tensor `t` each.
template <typename A, typename B>
TensorDiff diff_of(DType dtype_a, const std::vector<A>& a, DType dtype_b,
                   const std::vector<B>& b, const DiffOptions& options = {},
                   int64_t elements = -1) {
  HandModel x, y;
  if (elements < 0) elements = static_cast<int64_t>(a.size());
  x.add("t", dtype_a, {elements}, a);
  y.add("t", dtype_b, {elements}, b);
  return diff(x.model, y.model, options).pairs.at(0);
}

}  // namespace tsinspect
