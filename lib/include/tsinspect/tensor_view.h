// A tensor's elements as C++ values, where they lie.
//
//   Model model = open_model("model.pt");
//   TensorView<float> weight(model, model.tensors[0]);
//   for (float value : weight) sum += value;
//   float first = weight[{0, 0}];

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <span>
#include <vector>

#include "tsinspect/values.h"

namespace tsinspect {

// Whether elements of this dtype are values of T as they lie: float32 as float,
// int64 as int64_t, bool as uint8_t, float16 and bfloat16 as uint16_t, quint8
// as uint8_t, … The size and, for whole numbers, the sign must agree; floating
// T takes kFloat32 and kFloat64 alone.
bool lies_as(DType dtype, size_t size_bytes, bool is_floating, bool is_signed);

// Checks that a view of T is possible and gives the bytes of the tensor's
// storage from its first element on. Throws Error(kUnsupported) for another
// dtype, big-endian bytes, the conjugate and negative bits, or no data.
Bytes view_bytes(const Model& model, const Tensor& tensor, bool lies_as_wanted,
                 const Limits& limits);

// A view over the mapped file: nothing is copied, any strides are followed, and
// elements need not be aligned, as in legacy files they are not. The model must
// outlive the view.
template <typename T>
requires std::integral<T> || std::floating_point<T>
class TensorView {
 public:
  // Throws Error as view_bytes().
  TensorView(const Model& model, const Tensor& tensor,
             const Limits& limits = {})
      : bytes_(
            view_bytes(model, tensor,
                       lies_as(tensor.dtype, sizeof(T), std::floating_point<T>,
                               std::signed_integral<T>),
                       limits)),
        shape_(tensor.shape),
        strides_(tensor.strides),
        size_(tensor.elements()) {}

  std::span<const int64_t> shape() const { return shape_; }
  std::span<const int64_t> strides() const { return strides_; }

  // Number of elements.
  uint64_t size() const { return size_; }

  // The element at `index`, one number a dimension, each in range.
  T operator[](std::span<const int64_t> index) const {
    uint64_t at = 0;
    for (size_t i = 0; i < index.size(); ++i) {
      at += static_cast<uint64_t>(index[i] * strides_[i]);
    }
    return load(at);
  }
  T operator[](std::initializer_list<int64_t> index) const {
    return (*this)[std::span(index.begin(), index.size())];
  }

  // Walks the elements in logical (row-major) order.
  class Iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(const TensorView* view)
        : view_(view), index_(view->shape_.size()) {}

    T operator*() const { return view_->load(at_); }
    Iterator& operator++() {
      ++count_;
      for (size_t i = index_.size(); i-- > 0;) {
        at_ += static_cast<uint64_t>(view_->strides_[i]);
        if (++index_[i] < view_->shape_[i]) break;
        at_ -= static_cast<uint64_t>(view_->strides_[i] * view_->shape_[i]);
        index_[i] = 0;
      }
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(std::default_sentinel_t) const {
      return count_ == view_->size_;
    }

   private:
    const TensorView* view_ = nullptr;
    std::vector<int64_t> index_;
    uint64_t at_ = 0;     // Of the element, from the first one on.
    uint64_t count_ = 0;  // Of elements passed.
  };

  Iterator begin() const { return Iterator(this); }
  std::default_sentinel_t end() const { return {}; }

 private:
  T load(uint64_t at) const {
    T value;
    std::memcpy(&value, bytes_.data.data() + at * sizeof(T), sizeof(T));
    return value;
  }

  Bytes bytes_;
  std::vector<int64_t> shape_;
  std::vector<int64_t> strides_;
  uint64_t size_;
};

// All values in logical order as real numbers, whatever the dtype: small floats
// widened, quantised values dequantised, complex ones by their magnitude, both
// halves of a float4_e2m1fn_x2. 64-bit integers beyond 2^53 are rounded. Takes
// eight bytes a value. Throws Error as read_values(), and kUnsupported for
// kOpaque.
std::vector<double> to_doubles(const Model& model, const Tensor& tensor,
                               const Limits& limits = {});

}  // namespace tsinspect
