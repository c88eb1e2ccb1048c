// CRC-32C (Castagnoli), as TensorFlow writes it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tsinspect {

// The CRC-32C of `bytes`, rotated right by 15 bits and added to 0xa282ead8, so
// that a checksum of bytes that hold checksums is sound. Source: leveldb's
// util/crc32c.h and tensorflow/tsl's crc32c.h.
uint32_t masked_crc32c(std::span<const std::byte> bytes);

// The same of bytes that come piece by piece.
class MaskedCrc32c {
 public:
  void add(std::span<const std::byte> bytes);

  uint32_t value() const;  // Of those so far.

 private:
  uint32_t crc_ = UINT32_MAX;
};

}  // namespace tsinspect
