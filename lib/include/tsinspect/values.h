// The bytes and values of tensors, read where they lie.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// A run of bytes and whatever keeps them alive: the mapped file, or a record
// that was inflated for the occasion.
struct Bytes {
  std::span<const std::byte> data;
  std::shared_ptr<const void> owner;
};

// Offset in the file of a record's stored bytes. Reads a zip's local header.
// Throws Error(kMalformed) if that contradicts the directory.
uint64_t payload_offset(const Model& model, const Record& record);

// The bytes of a record, inflated if it is compressed. Throws Error.
Bytes record_bytes(const Model& model, const Record& record,
                   const Limits& limits = {});

// The bytes of a storage, in the file's byte order. Throws Error.
Bytes storage_bytes(const Model& model, const Storage& storage,
                    const Limits& limits = {});

// Calls `sink` with the tensor's values in logical (row-major) order, as
// contiguous little-endian bytes, a bounded piece at a time. Strides, byte
// order and the conjugate and negative bits are resolved; quantised values stay
// integers; a string is its length, 64 bits, and its bytes. Throws
// Error(kUnsupported) for a tensor without data.
void read_values(const Model& model, const Tensor& tensor,
                 const std::function<void(std::span<const std::byte>)>& sink,
                 const Limits& limits = {});

// The same bytes, at random: what walks two tensors side by side, or one tensor
// with several threads, reads with. Reading is thread-safe.
class ValueReader {
 public:
  // Inflates the tensor's record if it is compressed. Throws as read_values.
  // The model and the tensor must outlive the reader.
  ValueReader(const Model& model, const Tensor& tensor,
              const Limits& limits = {});

  // Of all values: Tensor::size_bytes().
  uint64_t size_bytes() const;

  // Bytes [begin, begin + size) of the values in logical order. Views the
  // mapped file where they lie there just so; else fills *buffer and views it.
  // `begin` and `size` are whole elements, and in range.
  std::span<const std::byte> read(uint64_t begin, size_t size,
                                  std::vector<std::byte>* buffer) const;

  // Gives the pages of a view that read() gave back to the system, so that
  // passing over a large file takes no memory. The view stays valid.
  void release(std::span<const std::byte> view) const;

 private:
  const Tensor& tensor_;
  Bytes bytes_;               // From the first element on.
  std::string_view mapping_;  // The mapped file they lie in; empty if none.
  bool is_direct_ = false;    // The values lie there as they are read.
  // Changes what was gathered into the bytes of the values; may be empty.
  std::function<void(std::span<std::byte>)> transform_;
};

// SHA-256 of what read_values gives, in lower-case hexadecimal.
std::string sha256(const Model& model, const Tensor& tensor,
                   const Limits& limits = {});

// Random access to single elements of one tensor.
class ElementReader {
 public:
  ElementReader(const Model& model, const Tensor& tensor,
                const Limits& limits = {});

  // The element at `index` (one number a dimension, each in range) as torch
  // prints it: "0.25", "nan", "1+2j", "True"; quantised values dequantised,
  // strings quoted.
  std::string text(std::span<const int64_t> index) const;

  // The bytes of an element of kString, as the file has them.
  std::string_view string(std::span<const int64_t> index) const;

  // The element as a real number. Complex: the magnitude. kOpaque and
  // kString: NaN.
  double real(std::span<const int64_t> index) const;

 private:
  // Little-endian bytes of the element at `index`.
  std::vector<std::byte> raw(std::span<const int64_t> index) const;
  void find_strings();

  const Tensor& tensor_;
  Bytes bytes_;
  std::vector<std::string_view> strings_;  // Of kString; views into bytes_.
  bool big_endian_ = false;
};

}  // namespace tsinspect
