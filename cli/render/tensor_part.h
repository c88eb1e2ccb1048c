// A part of a tensor, seen as a tensor of its own.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tsinspect/slice.h"
#include "tsinspect/values.h"

namespace tsinspect::cli {

// The element that move_to() chose, of what a slice leaves of a tensor. All
// three must outlive it.
class TensorPart {
 public:
  // Throws Error(kLimit) for more dimensions than torch has, so that walks may
  // recurse into them.
  TensorPart(const Model& model, const Tensor& tensor, const Slice& slice);

  const std::vector<int64_t>& shape() const { return shape_; }
  uint64_t elements() const;
  DTypeClass type_class() const { return type_class_; }

  void move_to(size_t dimension, int64_t index) {
    const auto& along = slice_.dimensions[kept_[dimension]];
    index_[kept_[dimension]] = along.start + index * along.step;
  }
  std::string text() const { return reader_.text(index_); }
  std::string_view string() const { return reader_.string(index_); }
  double real() const { return reader_.real(index_); }

  // The two halves of a complex number.
  std::pair<double, double> complex() const;

 private:
  ElementReader reader_;
  DTypeClass type_class_;
  const Slice& slice_;
  std::vector<int64_t> shape_;
  std::vector<size_t> kept_;  // Dimensions of the tensor that the part has.
  std::vector<int64_t> index_;
};

}  // namespace tsinspect::cli
