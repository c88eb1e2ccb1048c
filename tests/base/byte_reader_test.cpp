#include "base/byte_reader.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace tsinspect {
namespace {

constexpr std::string_view kBytes =
    "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f";

TEST(ByteReader, ReadsLittleEndianIntegersInOrder) {
  ByteReader in(kBytes);
  EXPECT_EQ(in.u8("a"), 0x01);
  EXPECT_EQ(in.u16("b"), 0x0302);
  EXPECT_EQ(in.u32("c"), 0x07060504u);
  EXPECT_EQ(in.u64("d"), 0x0f0e0d0c0b0a0908u);
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(ByteReader, ReadsBigEndianWhereItsNameSaysSo) {
  ByteReader in(kBytes);
  EXPECT_EQ(in.u64_big_endian("a"), 0x0102030405060708u);
}

TEST(ByteReader, GivesSpansWithoutCopying) {
  ByteReader in(kBytes);
  in.u8("a");
  std::string_view part = in.bytes(3, "b");
  EXPECT_EQ(part, "\x02\x03\x04");
  EXPECT_EQ(part.data(), kBytes.data() + 1);
  EXPECT_EQ(in.rest(), kBytes.substr(4));
  EXPECT_EQ(in.bytes(0, "nothing"), "");
}

TEST(ByteReader, CountsPositionsFromItsDataAndOffsetsFromItsBase) {
  ByteReader in(kBytes, 1000);
  in.u32("a");
  EXPECT_EQ(in.position(), 4u);
  EXPECT_EQ(in.offset(), 1004u);
}

TEST(ByteReader, SeeksAsFarAsTheEnd) {
  ByteReader in("abc", 100);
  in.seek(2, "c");
  EXPECT_EQ(in.u8("c"), 'c');
  in.seek(3, "end");
  EXPECT_EQ(in.remaining(), 0u);
  in.seek(0, "start");
  EXPECT_EQ(in.rest(), "abc");
}

TEST(ByteReader, ReadsLinesWithoutTheirEnd) {
  ByteReader in("ab\n\nc\r\n");
  EXPECT_EQ(in.line("first"), "ab");
  EXPECT_EQ(in.line("second"), "");
  EXPECT_EQ(in.line("third"), "c\r");
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(ByteReader, NamesTheFieldThatIsCutOff) {
  ByteReader in("abcd", 0x1f0);
  in.u8("first");
  expect_error(ErrorKind::kMalformed,
               "0x000001f1: unable to read directory size: need 4 bytes, 3 "
               "remain",
               0x1f1, [&] { in.u32("directory size"); });
  expect_error(ErrorKind::kMalformed,
               "0x000001f1: unable to read name: need 18446744073709551615 "
               "bytes, 3 remain",
               0x1f1, [&] { in.bytes(UINT64_MAX, "name"); });
  EXPECT_EQ(in.position(), 1u) << "A read that fails takes nothing.";
}

TEST(ByteReader, SaysOneByteNotOneBytes) {
  ByteReader in("");
  expect_error(ErrorKind::kMalformed,
               "0x00000000: unable to read opcode: need 1 byte, 0 remain", 0,
               [&] { in.u8("opcode"); });
}

TEST(ByteReader, RefusesAPositionBehindTheEnd) {
  ByteReader in("abc", 100);
  expect_error(ErrorKind::kMalformed,
               "0x00000068: unable to find header: it lies behind the end, at "
               "103",
               104, [&] { in.seek(4, "header"); });
  expect_error(ErrorKind::kMalformed,
               "0x00000063: unable to find header: it lies behind the end, at "
               "103",
               99, [&] { in.seek(UINT64_MAX, "header"); });
}

TEST(ByteReader, RefusesALineWithoutEnd) {
  ByteReader in("ab\ncd", 10);
  in.line("first");
  expect_error(ErrorKind::kMalformed,
               "0x0000000d: unable to read module name: no end of line", 13,
               [&] { in.line("module name"); });
}

}  // namespace
}  // namespace tsinspect
