// Element types, under torch's names.

#pragma once

#include <cstdint>
#include <string_view>

namespace tsinspect {

enum class DType : uint8_t {
  kBool,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFloat8E4M3FN,
  kFloat8E4M3FNUZ,
  kFloat8E5M2,
  kFloat8E5M2FNUZ,
  kFloat8E8M0FNU,
  kFloat16,
  kBFloat16,
  kFloat32,
  kFloat64,
  kComplex32,
  kComplex64,
  kComplex128,
  kQInt8,  // Quantised: see Quantization in model.h.
  kQUInt8,
  kQInt32,
  kQUInt4x2,        // Two values a byte, the first in the low half.
  kQUInt2x4,        // Four values a byte, the first in the low bits.
  kFloat4E2M1FNx2,  // Two values a byte; torch counts bytes as elements.
  kUInt2,         // Packed, as are the next four: the first in the low bits of
  kInt2,          // a byte. 2 bits each, four a byte.
  kUInt4,         // 4 bits each, two a byte.
  kInt4,          //
  kFloat4E2M1FN,  //
  kString,  // Bytes of any length: TensorDetails::string_bytes of them all.
  kOpaque,  // NumPy strings, dates, records: TensorDetails::opaque_type.
};

enum class DTypeClass : uint8_t {
  kBool,
  kUnsigned,
  kSigned,
  kFloat,
  kComplex,
  kQuantized,
  kString,
  kOpaque,
};

// One row of the table of element types.
struct DTypeInfo {
  DType dtype;
  const char* name;  // torch's: "float32", "float8_e4m3fn", "quint8".
  DTypeClass type_class;
  // Bits an element takes in memory; 0 for kOpaque, whose size is the tensor's
  // own, and kString, whose elements differ. A row's bits round up to whole
  // bytes.
  uint8_t bits;
  // Of `torch.<name>`, the typed storage class in a pickle; null if none.
  const char* storage_class;
  // The name in a safetensors header; null if it has none.
  const char* safetensors_name;
};

const DTypeInfo& dtype_info(DType dtype);

// Whether its values are numbers: false for kString and kOpaque.
bool is_numeric(DType dtype);

// The row of torch's name ("float32", also "half", "long", …), of a storage
// class ("FloatStorage"), of a safetensors name ("F32"). Null if unknown.
const DTypeInfo* find_dtype(std::string_view name);
const DTypeInfo* find_dtype_of_storage(std::string_view storage_class);
const DTypeInfo* find_dtype_of_safetensors(std::string_view name);

}  // namespace tsinspect
