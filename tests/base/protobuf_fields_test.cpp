#include "base/protobuf_fields.h"

#include <gmock/gmock.h>

namespace tsinspect {
namespace {

using namespace std::string_view_literals;

bool all_absent(std::string_view message) {
  for (const ProtobufField& field : protobuf_fields(message)) {
    if (!field.is_absent()) return false;
  }
  return true;
}

TEST(ProtobufFields, FindsFieldsOfEveryWireType) {
  auto fields = protobuf_fields(
      "\x08\x96\x01"                          // 1: varint
      "\x12\x03"                              // 2: bytes
      "abc"                                   //
      "\x19\x01\x02\x03\x04\x05\x06\x07\x08"  // 3: 64 bits
      "\x25\x01\x02\x03\x04"sv);              // 4: 32 bits
  EXPECT_TRUE(fields[1].is_varint());
  EXPECT_EQ(fields[2].bytes, "abc");
  EXPECT_EQ(fields[3].wire_type, 1);
  EXPECT_EQ(fields[4].wire_type, 5);
  EXPECT_TRUE(fields[5].is_absent());
}

TEST(ProtobufFields, KeepsTheFirstOfAField) {
  EXPECT_EQ(protobuf_fields("\x0a\x01x\x0a\x01y")[1].bytes, "x");
}

TEST(ProtobufFields, TakesAFieldThatIsCutOff) {
  EXPECT_EQ(protobuf_fields("\x0a\x7fxy")[1].bytes, "xy");
}

TEST(ProtobufFields, GivesNothingForOtherData) {
  EXPECT_TRUE(all_absent(""));
  EXPECT_TRUE(all_absent("\x00\x01"sv));       // Field 0.
  EXPECT_TRUE(all_absent("\x0b\x01"sv));       // A group.
  EXPECT_TRUE(all_absent("\xfa\x7f\x01x"sv));  // Field 2047.
  EXPECT_TRUE(all_absent("\x08"sv));           // No value.
  EXPECT_TRUE(all_absent("\x08\x01\x07"sv));   // Wire type 7.
  EXPECT_TRUE(all_absent("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"sv));
}

}  // namespace
}  // namespace tsinspect
