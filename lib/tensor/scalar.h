// Single values, decoded from their bytes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tsinspect/dtype.h"

namespace tsinspect {

// The number in the little-endian bytes at `bytes`, exact but for 64-bit
// integers above 2^53. A complex value's real part; a quantised value's
// integer; the low half of a float4_e2m1fn_x2. kQUInt4x2 and kQUInt2x4 take
// the whole byte. Not for kOpaque.
double decode_real(DType dtype, const std::byte* bytes);

// The same number as text: integers in full, floats with the fewest digits
// that name them among the values of their type: "0.1", "1e-08", "-inf".
// Of a complex value, its real part.
std::string decode_text(DType dtype, const std::byte* bytes);

// The dtype of a complex value's two parts; other dtypes as they are.
DType part_dtype(DType dtype);

}  // namespace tsinspect
