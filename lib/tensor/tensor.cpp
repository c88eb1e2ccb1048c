#include <array>
#include <numeric>

#include "base/checked.h"
#include "tensor/build.h"
#include "tsinspect/model.h"

namespace tsinspect {
namespace {

template <typename Enum, size_t N>
const char* name_of(const std::array<const char*, N>& names, Enum value) {
  return names[static_cast<size_t>(value)];
}

}  // namespace

const char* to_string(Form form) {
  constexpr std::array kNames = {"torchscript",
                                 "torchscript-frozen",
                                 "mobile-ptl",
                                 "torch-save-zip",
                                 "torch-save-legacy",
                                 "torch-save-tar",
                                 "safetensors",
                                 "numpy",
                                 "pickle",
                                 "onnx",
                                 "tf-saved-model",
                                 "tf-checkpoint",
                                 "tf-frozen-pb"};
  return name_of(kNames, form);
}

const char* to_string(Role role) {
  constexpr std::array kNames = {"parameter", "buffer", "attribute",
                                 "constant",  "tensor", "initializer",
                                 "variable"};
  static_assert(kNames.size() == kRoleCount);
  return name_of(kNames, role);
}

const char* to_string(Severity severity) {
  constexpr std::array kNames = {"info", "warning", "error"};
  return name_of(kNames, severity);
}

const RecoveredName* Tensor::recovered() const {
  return details && details->recovered ? &*details->recovered : nullptr;
}

std::string_view Tensor::display_name() const {
  return recovered() != nullptr ? recovered()->name : name;
}

uint64_t Tensor::elements() const {
  uint64_t product = 1;
  for (int64_t size : shape) product *= static_cast<uint64_t>(size);
  return product;
}

uint64_t Tensor::element_bits() const {
  if (dtype != DType::kOpaque) return dtype_info(dtype).bits;
  return details ? uint64_t{details->opaque_bytes} * 8 : 0;
}

uint64_t Tensor::size_bytes() const {
  if (dtype == DType::kString) return details ? details->string_bytes : 0;
  return checked_bytes(elements(), element_bits()).value_or(0);
}

bool Tensor::is_contiguous() const {
  if (elements() == 0) return true;
  int64_t step = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    if (shape[i] == 1) continue;
    if (i >= strides.size() || strides[i] != step) return false;
    step *= shape[i];
  }
  return true;
}

Model::Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

}  // namespace tsinspect
