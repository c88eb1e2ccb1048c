#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/printable.h"
#include "base/release_pages.h"
#include "tensor/build.h"
#include "tensor/gather.h"
#include "tensor/scalar.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

constexpr uint64_t kPieceBytes = uint64_t{1} << 20;

// Gathering jumps all over a storage; one that is larger than this is given
// back after every piece.
constexpr size_t kKeptBytes = size_t{32} << 20;

const Storage& storage_of(const Model& model, const Tensor& tensor) {
  if (tensor.storage == kNoIndex) fail_without_data(tensor);
  return model.storages.at(tensor.storage);
}

// A view that repeats little memory many times over is a bomb once laid out.
void check_limits(const Storage& storage, const Tensor& tensor,
                  const Limits& limits) {
  uint64_t size = tensor.size_bytes();
  if (size <= limits.inflated_bytes ||
      size / limits.inflated_ratio <= storage.size_bytes) {
    return;
  }
  throw Error(ErrorKind::kLimit,
              fmt::format("tensor '{}': {} bytes of values repeat a storage of "
                          "{} bytes",
                          printable(tensor.name), size, storage.size_bytes));
}

// Several elements a byte: only whole bytes that follow each other are values.
void check_packed(const Tensor& tensor) {
  uint64_t bits = tensor.element_bits();
  uint64_t offset_bits = static_cast<uint64_t>(tensor.storage_offset) * bits;
  if (bits % 8 == 0 || (tensor.is_contiguous() && offset_bits % 8 == 0)) return;
  throw Error(
      ErrorKind::kUnsupported,
      fmt::format("tensor '{}': a view of {} that is not contiguous",
                  printable(tensor.name), dtype_info(tensor.dtype).name));
}

// Reverses the bytes of every `unit` bytes.
void swap_bytes(std::span<std::byte> bytes, size_t unit) {
  for (size_t at = 0; at + unit <= bytes.size(); at += unit) {
    std::ranges::reverse(bytes.subspan(at, unit));
  }
}

// Flips the sign of the little-endian number that ends at each `step`-th byte.
void flip_signs(std::span<std::byte> bytes, size_t step) {
  for (size_t at = step; at <= bytes.size(); at += step) {
    bytes[at - 1] ^= std::byte{0x80};
  }
}

// What turns the tensor's bytes, as they lie, into the little-endian bytes of
// its values; empty if nothing does.
std::function<void(std::span<std::byte>)> transform_of(const Storage& storage,
                                                       const Tensor& tensor) {
  size_t part_bytes = dtype_info(part_dtype(tensor.dtype)).bits / 8;
  bool swap = storage.big_endian && part_bytes > 1;
  bool conjugate = tensor.details && tensor.details->conjugate;
  bool negative = tensor.details && tensor.details->negative;
  DTypeClass type_class = dtype_info(tensor.dtype).type_class;
  conjugate = conjugate && type_class == DTypeClass::kComplex;
  if (negative && type_class != DTypeClass::kComplex &&
      type_class != DTypeClass::kFloat) {
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format("tensor '{}': negative bit on {}", printable(tensor.name),
                    dtype_info(tensor.dtype).name));
  }
  if (!swap && !conjugate && !negative) return nullptr;
  return [=](std::span<std::byte> bytes) {
    if (swap) swap_bytes(bytes, part_bytes);
    if (conjugate) flip_signs(bytes, 2 * part_bytes);
    if (negative) flip_signs(bytes, part_bytes);
  };
}

// The mapped file that `bytes` lie in; empty if they lie elsewhere.
std::string_view mapping_of(const Model& model, const Bytes& bytes) {
  for (const auto& file : model.files) {
    if (file == bytes.owner) return file->data();
  }
  return {};
}

}  // namespace

ValueReader::ValueReader(const Model& model, const Tensor& tensor,
                         const Limits& limits)
    : tensor_(tensor) {
  const Storage& storage = storage_of(model, tensor);
  check_tensor(model, tensor);
  if (tensor.size_bytes() == 0) return;
  check_limits(storage, tensor, limits);
  check_packed(tensor);
  transform_ = transform_of(storage, tensor);
  is_direct_ = !transform_ && tensor.is_contiguous();
  bytes_ = storage_bytes(model, storage, limits);
  mapping_ = mapping_of(model, bytes_);
  bytes_.data = bytes_.data.subspan(
      static_cast<uint64_t>(tensor.storage_offset) * tensor.element_bits() / 8);
}

uint64_t ValueReader::size_bytes() const { return tensor_.size_bytes(); }

std::span<const std::byte> ValueReader::read(
    uint64_t begin, size_t size, std::vector<std::byte>* buffer) const {
  if (is_direct_) return bytes_.data.subspan(begin, size);
  buffer->resize(size);
  if (size == 0) return *buffer;
  size_t item_bytes = tensor_.element_bits() / 8;
  gather({bytes_.data.data(), tensor_.shape, tensor_.strides, item_bytes},
         begin / item_bytes, *buffer);
  if (transform_) transform_(*buffer);
  if (bytes_.data.size() > kKeptBytes) release_pages(mapping_, bytes_.data);
  return *buffer;
}

void ValueReader::release(std::span<const std::byte> view) const {
  if (is_direct_) release_pages(mapping_, view);
}

void read_values(const Model& model, const Tensor& tensor,
                 const std::function<void(std::span<const std::byte>)>& sink,
                 const Limits& limits) {
  ValueReader reader(model, tensor, limits);
  uint64_t size = reader.size_bytes();
  if (size == 0) return;
  uint64_t item_bytes = std::max<uint64_t>(tensor.element_bits() / 8, 1);
  uint64_t piece = std::max(kPieceBytes / item_bytes, uint64_t{1}) * item_bytes;
  std::vector<std::byte> buffer;
  for (uint64_t at = 0; at < size; at += piece) {
    auto view = reader.read(at, std::min(piece, size - at), &buffer);
    sink(view);
    reader.release(view);
  }
}

}  // namespace tsinspect
