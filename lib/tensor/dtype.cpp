#include "tsinspect/dtype.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tsinspect {
namespace {

using enum DType;
using Class = DTypeClass;

constexpr std::array kDTypes = {
    DTypeInfo{kBool, "bool", Class::kBool, 8, "BoolStorage", "BOOL"},
    DTypeInfo{kUInt8, "uint8", Class::kUnsigned, 8, "ByteStorage", "U8"},
    DTypeInfo{kUInt16, "uint16", Class::kUnsigned, 16, nullptr, "U16"},
    DTypeInfo{kUInt32, "uint32", Class::kUnsigned, 32, nullptr, "U32"},
    DTypeInfo{kUInt64, "uint64", Class::kUnsigned, 64, nullptr, "U64"},
    DTypeInfo{kInt8, "int8", Class::kSigned, 8, "CharStorage", "I8"},
    DTypeInfo{kInt16, "int16", Class::kSigned, 16, "ShortStorage", "I16"},
    DTypeInfo{kInt32, "int32", Class::kSigned, 32, "IntStorage", "I32"},
    DTypeInfo{kInt64, "int64", Class::kSigned, 64, "LongStorage", "I64"},
    DTypeInfo{kFloat8E4M3FN, "float8_e4m3fn", Class::kFloat, 8, nullptr,
              "F8_E4M3"},
    DTypeInfo{kFloat8E4M3FNUZ, "float8_e4m3fnuz", Class::kFloat, 8, nullptr,
              "F8_E4M3FNUZ"},
    DTypeInfo{kFloat8E5M2, "float8_e5m2", Class::kFloat, 8, nullptr, "F8_E5M2"},
    DTypeInfo{kFloat8E5M2FNUZ, "float8_e5m2fnuz", Class::kFloat, 8, nullptr,
              "F8_E5M2FNUZ"},
    DTypeInfo{kFloat8E8M0FNU, "float8_e8m0fnu", Class::kFloat, 8, nullptr,
              "F8_E8M0"},
    DTypeInfo{kFloat16, "float16", Class::kFloat, 16, "HalfStorage", "F16"},
    DTypeInfo{kBFloat16, "bfloat16", Class::kFloat, 16, "BFloat16Storage",
              "BF16"},
    DTypeInfo{kFloat32, "float32", Class::kFloat, 32, "FloatStorage", "F32"},
    DTypeInfo{kFloat64, "float64", Class::kFloat, 64, "DoubleStorage", "F64"},
    DTypeInfo{kComplex32, "complex32", Class::kComplex, 32, nullptr, nullptr},
    DTypeInfo{kComplex64, "complex64", Class::kComplex, 64,
              "ComplexFloatStorage", "C64"},
    DTypeInfo{kComplex128, "complex128", Class::kComplex, 128,
              "ComplexDoubleStorage", nullptr},
    DTypeInfo{kQInt8, "qint8", Class::kQuantized, 8, "QInt8Storage", nullptr},
    DTypeInfo{kQUInt8, "quint8", Class::kQuantized, 8, "QUInt8Storage",
              nullptr},
    DTypeInfo{kQInt32, "qint32", Class::kQuantized, 32, "QInt32Storage",
              nullptr},
    DTypeInfo{kQUInt4x2, "quint4x2", Class::kQuantized, 4, "QUInt4x2Storage",
              nullptr},
    DTypeInfo{kQUInt2x4, "quint2x4", Class::kQuantized, 2, "QUInt2x4Storage",
              nullptr},
    DTypeInfo{kFloat4E2M1FNx2, "float4_e2m1fn_x2", Class::kFloat, 8, nullptr,
              "F4"},
    DTypeInfo{kUInt2, "uint2", Class::kUnsigned, 2, nullptr, nullptr},
    DTypeInfo{kInt2, "int2", Class::kSigned, 2, nullptr, nullptr},
    DTypeInfo{kUInt4, "uint4", Class::kUnsigned, 4, nullptr, nullptr},
    DTypeInfo{kInt4, "int4", Class::kSigned, 4, nullptr, nullptr},
    DTypeInfo{kFloat4E2M1FN, "float4_e2m1fn", Class::kFloat, 4, nullptr,
              nullptr},
    DTypeInfo{kString, "string", Class::kString, 0, nullptr, nullptr},
    DTypeInfo{kOpaque, "opaque", Class::kOpaque, 0, nullptr, nullptr},
};

constexpr bool in_order_of_the_enum() {
  for (size_t i = 0; i < kDTypes.size(); ++i) {
    if (static_cast<size_t>(kDTypes[i].dtype) != i) return false;
  }
  return static_cast<size_t>(kOpaque) + 1 == kDTypes.size();
}
static_assert(in_order_of_the_enum());

// torch's second names.
struct Alias {
  const char* name;
  DType dtype;
};
constexpr std::array kAliases = {
    Alias{"half", kFloat16},       Alias{"float", kFloat32},
    Alias{"double", kFloat64},     Alias{"short", kInt16},
    Alias{"int", kInt32},          Alias{"long", kInt64},
    Alias{"chalf", kComplex32},    Alias{"cfloat", kComplex64},
    Alias{"cdouble", kComplex128},
};

// The row whose column `field` is `value`; null if there is none.
const DTypeInfo* find_row(const char* DTypeInfo::*field,
                          std::string_view value) {
  auto row = std::ranges::find_if(kDTypes, [&](const DTypeInfo& info) {
    return info.*field != nullptr && info.*field == value;
  });
  return row == kDTypes.end() ? nullptr : &*row;
}

}  // namespace

const DTypeInfo& dtype_info(DType dtype) {
  return kDTypes[static_cast<size_t>(dtype)];
}

bool is_numeric(DType dtype) { return dtype != kString && dtype != kOpaque; }

const DTypeInfo* find_dtype(std::string_view name) {
  auto alias = std::ranges::find_if(
      kAliases, [&](const Alias& a) { return a.name == name; });
  if (alias != kAliases.end()) return &dtype_info(alias->dtype);
  return find_row(&DTypeInfo::name, name);
}

const DTypeInfo* find_dtype_of_storage(std::string_view storage_class) {
  return find_row(&DTypeInfo::storage_class, storage_class);
}

const DTypeInfo* find_dtype_of_safetensors(std::string_view name) {
  return find_row(&DTypeInfo::safetensors_name, name);
}

}  // namespace tsinspect
