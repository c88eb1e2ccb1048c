#include "base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <bit>

namespace tsinspect {

uint32_t masked_crc32c(std::span<const std::byte> bytes) {
  MaskedCrc32c crc;
  crc.add(bytes);
  return crc.value();
}

void MaskedCrc32c::add(std::span<const std::byte> bytes) {
  constexpr size_t kMostAtOnce = size_t{1} << 30;  // A length is an int.
  while (!bytes.empty()) {
    auto piece = bytes.first(std::min(bytes.size(), kMostAtOnce));
    // It takes no const, but only reads.
    auto* data =
        reinterpret_cast<unsigned char*>(const_cast<std::byte*>(piece.data()));
    crc_ = crc32_iscsi(data, static_cast<int>(piece.size()), crc_);
    bytes = bytes.subspan(piece.size());
  }
}

uint32_t MaskedCrc32c::value() const {
  return std::rotr(~crc_, 15) + 0xa282ead8;
}

}  // namespace tsinspect
