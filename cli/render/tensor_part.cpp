#include "render/tensor_part.h"

#include <fmt/format.h>

#include <cstdlib>

#include "tsinspect/error.h"

namespace tsinspect::cli {
namespace {

constexpr size_t kMaxDimensions = 64;  // torch's own bound.

}  // namespace

TensorPart::TensorPart(const Model& model, const Tensor& tensor,
                       const Slice& slice)
    : reader_(model, tensor),
      type_class_(dtype_info(tensor.dtype).type_class),
      slice_(slice),
      shape_(slice.shape()),
      index_(slice.dimensions.size()) {
  for (size_t i = 0; i < slice.dimensions.size(); ++i) {
    index_[i] = slice.dimensions[i].start;
    if (!slice.dimensions[i].dropped) kept_.push_back(i);
  }
  if (shape_.size() > kMaxDimensions) {
    throw Error(ErrorKind::kLimit,
                fmt::format("{} dimensions; values are shown of at most {}",
                            shape_.size(), kMaxDimensions));
  }
}

uint64_t TensorPart::elements() const {
  uint64_t count = 1;
  for (int64_t size : shape_) count *= static_cast<uint64_t>(size);
  return count;
}

std::pair<double, double> TensorPart::complex() const {
  std::string whole = text();  // "1+2j", "(1+2j)"
  if (whole.starts_with('(')) whole.erase(0, 1);
  char* middle = nullptr;
  double real = std::strtod(whole.c_str(), &middle);
  return {real, std::strtod(middle, nullptr)};
}

}  // namespace tsinspect::cli
