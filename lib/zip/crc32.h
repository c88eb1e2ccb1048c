// The checksum of zip's records.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tsinspect {

// CRC-32 of what `crc` is that of (0: nothing), followed by `bytes`. Uses the
// processor's carry-less multiplication where it has one, at 5 to 10 times
// zlib's rate.
uint32_t crc32(uint32_t crc, std::span<const std::byte> bytes);

}  // namespace tsinspect
