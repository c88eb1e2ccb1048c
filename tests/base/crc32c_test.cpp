#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <string_view>

namespace tsinspect {
namespace {

// The checksum of RFC 3720 without the mask that goes over it.
uint32_t crc32c(std::string_view text) {
  uint32_t masked = masked_crc32c(std::as_bytes(std::span(text)));
  uint32_t rotated = masked - 0xa282ead8;
  return rotated >> 17 | rotated << 15;
}

TEST(Crc32c, IsThatOfTheStandard) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c(""), 0u);
}

}  // namespace
}  // namespace tsinspect
