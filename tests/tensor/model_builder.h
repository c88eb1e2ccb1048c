// Models made by hand, for tests.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "support/memory_file.h"
#include "tensor/build.h"
#include "tsinspect/model.h"

namespace tsinspect {

// A model of one file with one storage: all of it.
inline Model model_of(std::string_view bytes) {
  Model model;
  model.files.push_back(File::open(hostile::MemoryFile(bytes).path()));
  Record record;
  record.name = "data";
  record.stored_bytes = record.size_bytes = bytes.size();
  model.records.push_back(record);
  Storage storage;
  storage.key = "0";
  storage.record = 0;
  storage.size_bytes = bytes.size();
  model.storages.push_back(storage);
  return model;
}

// A contiguous tensor over storage 0.
inline Tensor tensor_of(DType dtype, std::vector<int64_t> shape) {
  Tensor tensor;
  tensor.name = "t";
  tensor.dtype = dtype;
  tensor.shape = std::move(shape);
  tensor.strides = contiguous_strides(tensor.shape);
  tensor.storage = 0;
  return tensor;
}

using Details = std::shared_ptr<const TensorDetails>;

inline Details sign_bits(bool conjugate, bool negative) {
  TensorDetails details;
  details.conjugate = conjugate;
  details.negative = negative;
  return std::make_shared<TensorDetails>(details);
}

inline Details quantized(const Quantization& quantization) {
  TensorDetails details;
  details.quantization = quantization;
  return std::make_shared<TensorDetails>(details);
}

inline Details opaque(std::string type, uint32_t bytes) {
  TensorDetails details;
  details.opaque_type = std::move(type);
  details.opaque_bytes = bytes;
  return std::make_shared<TensorDetails>(details);
}

}  // namespace tsinspect
