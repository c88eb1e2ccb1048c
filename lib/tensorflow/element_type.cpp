#include "tensorflow/element_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tensorflow/fields.h"

namespace tsinspect::tensorflow {
namespace {

using enum DType;
using Item = EncodedField::Item;

constexpr EncodedField field(uint32_t number, Item item, uint8_t item_bytes,
                             uint8_t parts = 1) {
  EncodedField result;
  result.number = number;
  result.item = item;
  result.item_bytes = item_bytes;
  result.parts = parts;
  return result;
}

constexpr EncodedField ints(uint8_t bytes) {
  return field(tensor_proto::kIntVal, Item::kVarint, bytes);
}
constexpr EncodedField halves() {
  return field(tensor_proto::kHalfVal, Item::kVarint, 2);
}
constexpr EncodedField bytes() {
  return field(tensor_proto::kFloat8Val, Item::kByte, 1);
}
constexpr EncodedField none() { return {}; }

// The integers of quantised types stand alone: which real numbers they are for
// is told by other tensors.
constexpr std::array kElementTypes = {
    ElementType{1, "float32", kFloat32, 4,
                field(tensor_proto::kFloatVal, Item::kFixed32, 4)},
    ElementType{2, "float64", kFloat64, 8,
                field(tensor_proto::kDoubleVal, Item::kFixed64, 8)},
    ElementType{3, "int32", kInt32, 4, ints(4)},
    ElementType{4, "uint8", kUInt8, 1, ints(1)},
    ElementType{5, "int16", kInt16, 2, ints(2)},
    ElementType{6, "int8", kInt8, 1, ints(1)},
    ElementType{7, "string", kString, 0,
                field(tensor_proto::kStringVal, Item::kBytes, 0)},
    ElementType{8, "complex64", kComplex64, 8,
                field(tensor_proto::kScomplexVal, Item::kFixed32, 4, 2)},
    ElementType{9, "int64", kInt64, 8,
                field(tensor_proto::kInt64Val, Item::kVarint, 8)},
    ElementType{10, "bool", kBool, 1,
                field(tensor_proto::kBoolVal, Item::kVarint, 1)},
    ElementType{11, "qint8", kInt8, 1, ints(1)},
    ElementType{12, "quint8", kUInt8, 1, ints(1)},
    ElementType{13, "qint32", kInt32, 4, ints(4)},
    ElementType{14, "bfloat16", kBFloat16, 2, halves()},
    ElementType{15, "qint16", kInt16, 2, ints(2)},
    ElementType{16, "quint16", kUInt16, 2, ints(2)},
    ElementType{17, "uint16", kUInt16, 2, ints(2)},
    ElementType{18, "complex128", kComplex128, 16,
                field(tensor_proto::kDcomplexVal, Item::kFixed64, 8, 2)},
    ElementType{19, "float16", kFloat16, 2, halves()},
    ElementType{20, "resource", kOpaque, 0, none()},
    ElementType{21, "variant", kOpaque, 0, none()},
    ElementType{22, "uint32", kUInt32, 4,
                field(tensor_proto::kUint32Val, Item::kVarint, 4)},
    ElementType{23, "uint64", kUInt64, 8,
                field(tensor_proto::kUint64Val, Item::kVarint, 8)},
    ElementType{24, "float8_e5m2", kFloat8E5M2, 1, bytes()},
    ElementType{25, "float8_e4m3fn", kFloat8E4M3FN, 1, bytes()},
    ElementType{26, "float8_e4m3fnuz", kFloat8E4M3FNUZ, 1, bytes()},
    ElementType{27, "float8_e4m3b11fnuz", kOpaque, 1, bytes()},
    ElementType{28, "float8_e5m2fnuz", kFloat8E5M2FNUZ, 1, bytes()},
    ElementType{29, "int4", kInt4, 1, ints(1), 4},
    ElementType{30, "uint4", kUInt4, 1, ints(1), 4},
    ElementType{31, "int2", kInt2, 1, ints(1), 2},
    ElementType{32, "uint2", kUInt2, 1, ints(1), 2},
    ElementType{33, "float4_e2m1fn", kFloat4E2M1FN, 1, bytes(), 4},
};

// Of DT_FLOAT_REF and its like, above the type that they refer to.
constexpr int64_t kReference = 100;

}  // namespace

const ElementType* find_element_type(int64_t number) {
  if (number > kReference) number -= kReference;
  auto row = std::ranges::find(kElementTypes, number, &ElementType::number);
  return row == kElementTypes.end() ? nullptr : &*row;
}

std::string element_type_name(int64_t number) {
  const ElementType* type = find_element_type(number);
  return type != nullptr ? type->name : fmt::format("data type {}", number);
}

}  // namespace tsinspect::tensorflow
