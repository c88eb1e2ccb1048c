#include "base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <bit>

namespace tsinspect {

uint32_t masked_crc32c(std::span<const std::byte> bytes) {
  constexpr size_t kMostAtOnce = size_t{1} << 30;  // A length is an int.
  uint32_t crc = UINT32_MAX;
  while (!bytes.empty()) {
    auto piece = bytes.first(std::min(bytes.size(), kMostAtOnce));
    // It takes no const, but only reads.
    auto* data =
        reinterpret_cast<unsigned char*>(const_cast<std::byte*>(piece.data()));
    crc = crc32_iscsi(data, static_cast<int>(piece.size()), crc);
    bytes = bytes.subspan(piece.size());
  }
  return std::rotr(~crc, 15) + 0xa282ead8;
}

}  // namespace tsinspect
