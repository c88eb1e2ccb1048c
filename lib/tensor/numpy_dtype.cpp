#include "tensor/numpy_dtype.h"

#include <charconv>

namespace tsinspect {
namespace {

struct Row {
  char kind;
  uint32_t bytes;
  DType dtype;
};

constexpr Row kRows[] = {
    {'b', 1, DType::kBool},        {'?', 1, DType::kBool},
    {'i', 1, DType::kInt8},        {'i', 2, DType::kInt16},
    {'i', 4, DType::kInt32},       {'i', 8, DType::kInt64},
    {'u', 1, DType::kUInt8},       {'u', 2, DType::kUInt16},
    {'u', 4, DType::kUInt32},      {'u', 8, DType::kUInt64},
    {'f', 2, DType::kFloat16},     {'f', 4, DType::kFloat32},
    {'f', 8, DType::kFloat64},     {'c', 8, DType::kComplex64},
    {'c', 16, DType::kComplex128},
};

// Bytes, text, dates, spans of time, raw bytes, long doubles.
constexpr std::string_view kOpaqueKinds = "SaUMmVfc";

// UCS-4 text counts characters.
constexpr uint32_t kBytesPerCharacter = 4;

// More than this is no element of anything.
constexpr uint32_t kMaxItemBytes = 1u << 28;

}  // namespace

std::optional<NumpyDType> parse_numpy_dtype(std::string_view type) {
  NumpyDType result;
  if (!type.empty() &&
      std::string_view("<>|=").find(type[0]) != std::string_view::npos) {
    result.big_endian = type[0] == '>';
    type.remove_prefix(1);
  }
  if (type.empty()) return std::nullopt;
  char kind = type[0];
  type.remove_prefix(1);
  uint32_t count = kind == '?' ? 1 : 0;
  auto [end, error] =
      std::from_chars(type.data(), type.data() + type.size(), count);
  if (end == type.data() && kind != '?') return std::nullopt;
  if (count > kMaxItemBytes) return std::nullopt;
  result.item_bytes = kind == 'U' ? count * kBytesPerCharacter : count;
  bool is_plain = end == type.data() + type.size();
  for (const Row& row : kRows) {
    if (is_plain && row.kind == kind && row.bytes == count) {
      result.dtype = row.dtype;
      return result;
    }
  }
  if (kOpaqueKinds.find(kind) == std::string_view::npos) return std::nullopt;
  return result;
}

}  // namespace tsinspect
