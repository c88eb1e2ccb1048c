#include "zip/crc32.h"

#include <gtest/gtest.h>

#include <random>
#include <string_view>
#include <vector>

namespace tsinspect {
namespace {

uint32_t bit_by_bit(uint32_t crc, std::span<const std::byte> bytes) {
  crc = ~crc;
  for (std::byte byte : bytes) {
    crc ^= std::to_integer<uint32_t>(byte);
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

TEST(Crc32, HasTheCheckValue) {
  std::string_view text = "123456789";
  EXPECT_EQ(crc32(0, std::as_bytes(std::span(text))), 0xcbf43926u);
  EXPECT_EQ(crc32(0, {}), 0u);
}

TEST(Crc32, IsThatOfEveryBitAtEveryLengthAndPlace) {
  std::mt19937 random(20240601);
  std::vector<std::byte> bytes(1000);
  for (std::byte& byte : bytes) byte = std::byte(random());
  for (size_t start : {0, 1, 7, 16}) {
    auto part = std::span<const std::byte>(bytes).subspan(start, 300);
    for (size_t size = 0; size <= part.size(); ++size) {
      auto some = part.first(size);
      ASSERT_EQ(crc32(0x12345678, some), bit_by_bit(0x12345678, some)) << size;
    }
  }
}

TEST(Crc32, GoesOnFromWhereItWas) {
  std::vector<std::byte> bytes(1000, std::byte{0x5a});
  std::span<const std::byte> all = bytes;
  EXPECT_EQ(crc32(crc32(0, all.first(333)), all.subspan(333)), crc32(0, all));
}

}  // namespace
}  // namespace tsinspect
