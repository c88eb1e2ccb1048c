#include "onnx/element_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "onnx/fields.h"

namespace tsinspect::onnx {
namespace {

using enum DType;
using Item = EncodedField::Item;

constexpr EncodedField floats() {
  return {tensor_proto::kFloatData, Item::kFixed32, 4};
}
constexpr EncodedField doubles() {
  return {tensor_proto::kDoubleData, Item::kFixed64, 8};
}
// Of which the lowest `bytes` are an element, or several that share a byte.
constexpr EncodedField int32s(uint8_t bytes) {
  return {tensor_proto::kInt32Data, Item::kVarint, bytes};
}
constexpr EncodedField int64s() {
  return {tensor_proto::kInt64Data, Item::kVarint, 8};
}
constexpr EncodedField uint64s(uint8_t bytes) {
  return {tensor_proto::kUint64Data, Item::kVarint, bytes};
}
constexpr EncodedField strings() {
  return {tensor_proto::kStringData, Item::kBytes, 0};
}

const std::array kElementTypes = {
    ElementType{1, kFloat32, floats()},
    ElementType{2, kUInt8, int32s(1)},
    ElementType{3, kInt8, int32s(1)},
    ElementType{4, kUInt16, int32s(2)},
    ElementType{5, kInt16, int32s(2)},
    ElementType{6, kInt32, int32s(4)},
    ElementType{7, kInt64, int64s()},
    ElementType{8, kString, strings()},
    ElementType{9, kBool, int32s(1)},
    ElementType{10, kFloat16, int32s(2)},
    ElementType{11, kFloat64, doubles()},
    ElementType{12, kUInt32, uint64s(4)},
    ElementType{13, kUInt64, uint64s(8)},
    ElementType{14, kComplex64, floats()},
    ElementType{15, kComplex128, doubles()},
    ElementType{16, kBFloat16, int32s(2)},
    ElementType{17, kFloat8E4M3FN, int32s(1)},
    ElementType{18, kFloat8E4M3FNUZ, int32s(1)},
    ElementType{19, kFloat8E5M2, int32s(1)},
    ElementType{20, kFloat8E5M2FNUZ, int32s(1)},
    ElementType{21, kUInt4, int32s(1)},
    ElementType{22, kInt4, int32s(1)},
    ElementType{23, kFloat4E2M1FN, int32s(1)},
    ElementType{24, kFloat8E8M0FNU, int32s(1)},
    ElementType{25, kUInt2, int32s(1)},
    ElementType{26, kInt2, int32s(1)},
};

struct OtherType {
  int64_t data_type;
  const char* name;
};
constexpr std::array kOtherTypes = {
    OtherType{0, "undefined"},
    OtherType{27, "float6_e2m3"},
    OtherType{28, "float6_e3m2"},
};

}  // namespace

const ElementType* find_element_type(int64_t data_type) {
  auto row =
      std::ranges::find(kElementTypes, data_type, &ElementType::data_type);
  return row == kElementTypes.end() ? nullptr : &*row;
}

std::string element_type_name(int64_t data_type) {
  auto row = std::ranges::find(kOtherTypes, data_type, &OtherType::data_type);
  if (row != kOtherTypes.end()) return row->name;
  return fmt::format("data type {}", data_type);
}

}  // namespace tsinspect::onnx
