#include "tsinspect/tensor_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "base/printable.h"
#include "tensor/build.h"
#include "tensor/decode.h"

namespace tsinspect {
namespace {

[[noreturn]] void fail(const Tensor& tensor, const std::string& problem) {
  throw Error(ErrorKind::kUnsupported,
              fmt::format("tensor '{}': {}", printable(tensor.name), problem));
}

// Appends `reader`'s values as T widened to double, a piece at a time.
template <typename T>
void append(const ValueReader& reader, const NumberDecoder& decoder,
            std::vector<double>* out) {
  constexpr uint64_t kPiece = uint64_t{1} << 16;  // A multiple of 8 values.
  std::vector<std::byte> buffer;
  std::vector<T> numbers(std::min(kPiece, decoder.count()));
  for (uint64_t at = 0; at < decoder.count(); at += kPiece) {
    uint64_t count = std::min(kPiece, decoder.count() - at);
    uint64_t begin = at * decoder.value_bits() / 8;
    uint64_t end = *checked_bytes(at + count, decoder.value_bits());
    auto bytes = reader.read(begin, end - begin, &buffer);
    auto run = decoder.decode<T>(bytes, at, std::span(numbers).first(count));
    out->insert(out->end(), run.begin(), run.end());
    reader.release(bytes);
  }
}

}  // namespace

bool lies_as(DType dtype, size_t size_bytes, bool is_floating, bool is_signed) {
  const DTypeInfo& info = dtype_info(dtype);
  if (info.bits != 8 * size_bytes) return false;
  switch (info.type_class) {
    case DTypeClass::kFloat:
      return is_floating ? dtype == DType::kFloat32 || dtype == DType::kFloat64
                         : !is_signed;
    case DTypeClass::kSigned:
      return !is_floating && is_signed;
    case DTypeClass::kUnsigned:
    case DTypeClass::kBool:
      return !is_floating && !is_signed;
    case DTypeClass::kQuantized:
      return !is_floating && is_signed == (dtype != DType::kQUInt8);
    default:
      return false;
  }
}

Bytes view_bytes(const Model& model, const Tensor& tensor, bool lies_as_wanted,
                 const Limits& limits) {
  if (!lies_as_wanted) {
    fail(tensor, fmt::format("{} does not lie as the type it is viewed as",
                             dtype_info(tensor.dtype).name));
  }
  if (tensor.details &&
      (tensor.details->conjugate || tensor.details->negative)) {
    fail(tensor, "its bytes are the conjugate or negative of its values");
  }
  if (tensor.storage == kNoIndex) fail_without_data(tensor);
  check_tensor(model, tensor);
  const Storage& storage = model.storages[tensor.storage];
  if (storage.big_endian && dtype_info(tensor.dtype).bits > 8) {
    fail(tensor, "its bytes are big-endian");
  }
  Bytes bytes = storage_bytes(model, storage, limits);
  if (tensor.elements() == 0) return {{}, bytes.owner};
  auto first = static_cast<uint64_t>(tensor.storage_offset);
  bytes.data = bytes.data.subspan(first * dtype_info(tensor.dtype).bits / 8);
  return bytes;
}

std::vector<double> to_doubles(const Model& model, const Tensor& tensor,
                               const Limits& limits) {
  NumberDecoder decoder(tensor);
  ValueReader reader(model, tensor, limits);
  std::vector<double> out;
  switch (decoder.type()) {
    case NumberType::kFloat:
      append<float>(reader, decoder, &out);
      break;
    case NumberType::kDouble:
      append<double>(reader, decoder, &out);
      break;
    case NumberType::kInt64:
      append<int64_t>(reader, decoder, &out);
      break;
    case NumberType::kUInt64:
      append<uint64_t>(reader, decoder, &out);
      break;
    case NumberType::kNone:
      fail(tensor, "it has no numbers");
  }
  return out;
}

}  // namespace tsinspect
