#include "tsinspect/values.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "base/checked.h"
#include "base/file.h"
#include "base/printable.h"
#include "tensor/build.h"
#include "tensor/gather.h"
#include "tensor/scalar.h"
#include "zip/zip.h"

namespace tsinspect {
namespace {

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string_view file_data(const Model& model, const Record& record) {
  return model.files.at(record.file)->data();
}

const Storage& storage_of(const Model& model, const Tensor& tensor) {
  if (tensor.storage == kNoIndex) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("tensor '{}' has no data", printable(tensor.name)));
  }
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
ByteTransform transform_of(const Storage& storage, const Tensor& tensor) {
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

// Several elements a byte: only whole bytes that follow each other are values.
StridedView packed_view(std::span<const std::byte> data, const Tensor& tensor,
                        std::span<int64_t, 1> shape,
                        std::span<const int64_t, 1> strides) {
  uint64_t offset_bits =
      static_cast<uint64_t>(tensor.storage_offset) * tensor.element_bits();
  if (!tensor.is_contiguous() || offset_bits % 8 != 0) {
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format("tensor '{}': a view of {} that is not contiguous",
                    printable(tensor.name), dtype_info(tensor.dtype).name));
  }
  shape[0] = static_cast<int64_t>(tensor.size_bytes());
  return {data.data() + offset_bits / 8, shape, strides, 1};
}

}  // namespace

uint64_t payload_offset(const Model& model, const Record& record) {
  std::string_view file = file_data(model, record);
  if (record.has_local_header) return zip_payload_offset(file, record);
  ByteReader in(file);
  in.seek(record.offset, "record");
  in.bytes(record.stored_bytes, "record");
  return record.offset;
}

Bytes record_bytes(const Model& model, const Record& record,
                   const Limits& limits) {
  std::string_view file = file_data(model, record);
  const auto& mapped = model.files[record.file];
  if (!record.has_local_header) {
    uint64_t offset = payload_offset(model, record);
    return {as_bytes(file.substr(offset, record.stored_bytes)), mapped};
  }
  std::shared_ptr<const std::string> inflated;
  std::string_view data = inflated_bytes(file, record, limits, &inflated);
  if (inflated) return {as_bytes(data), inflated};
  return {as_bytes(data), mapped};
}

Bytes storage_bytes(const Model& model, const Storage& storage,
                    const Limits& limits) {
  if (storage.memory.data() != nullptr) {
    return {std::as_bytes(std::span(storage.memory)), nullptr};
  }
  if (storage.record == kNoIndex) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("storage '{}' has no data in this file",
                            printable(storage.key)));
  }
  const Record& record = model.records.at(storage.record);
  Bytes bytes = record_bytes(model, record, limits);
  auto end = checked_add(storage.offset, storage.size_bytes);
  if (!end || *end > bytes.data.size()) {
    throw Error(
        ErrorKind::kMalformed,
        fmt::format("storage '{}': {} bytes at {} exceed record '{}' of {} "
                    "bytes",
                    printable(storage.key), storage.size_bytes, storage.offset,
                    printable(record.name), bytes.data.size()));
  }
  bytes.data = bytes.data.subspan(storage.offset, storage.size_bytes);
  return bytes;
}

void read_values(const Model& model, const Tensor& tensor,
                 const std::function<void(std::span<const std::byte>)>& sink,
                 const Limits& limits) {
  const Storage& storage = storage_of(model, tensor);
  check_tensor(model, tensor);
  if (tensor.size_bytes() == 0) return;
  check_limits(storage, tensor, limits);
  ByteTransform transform = transform_of(storage, tensor);
  Bytes bytes = storage_bytes(model, storage, limits);
  uint64_t bits = tensor.element_bits();
  if (bits % 8 != 0) {
    int64_t shape[1];
    constexpr int64_t kStrides[1] = {1};
    gather(packed_view(bytes.data, tensor, shape, kStrides), nullptr, sink);
    return;
  }
  size_t first = static_cast<uint64_t>(tensor.storage_offset) * bits / 8;
  gather({bytes.data.data() + first, tensor.shape, tensor.strides, bits / 8},
         transform, sink);
}

}  // namespace tsinspect
