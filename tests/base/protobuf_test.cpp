#include "base/protobuf.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"

namespace tsinspect {
namespace {

using namespace std::string_view_literals;

// 1: 150; 2: "abc"; 3: a message whose 1 is 7.
constexpr std::string_view kMessage =
    "\x08\x96\x01\x12\x03"
    "abc\x1a\x02\x08\x07"sv;

TEST(MessageReader, GivesFieldsInTheirOrder) {
  MessageReader in(kMessage, kMessage, "M");
  ASSERT_TRUE(in.next());
  EXPECT_EQ(in.field(), 1u);
  EXPECT_EQ(in.varint("number"), 150u);
  ASSERT_TRUE(in.next());
  EXPECT_TRUE(in.is_bytes());
  EXPECT_EQ(in.offset(), 3u);
  EXPECT_EQ(in.bytes("text"), "abc");
  ASSERT_TRUE(in.next());
  MessageReader inner = in.message("part", "Part");
  ASSERT_TRUE(inner.next());
  EXPECT_EQ(inner.offset(), 10u);  // In the file, not in the part.
  EXPECT_EQ(inner.integer("number"), 7);
  EXPECT_FALSE(inner.next());
  EXPECT_FALSE(in.next());
}

TEST(MessageReader, SkipsWhatNobodyAsksFor) {
  MessageReader in(kMessage, kMessage, "M");
  int fields = 0;
  while (in.next()) ++fields;
  EXPECT_EQ(fields, 3);
}

TEST(MessageReader, ReadsNegativeNumbers) {
  auto minus_one = "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv;
  MessageReader in(minus_one, minus_one, "M");
  ASSERT_TRUE(in.next());
  EXPECT_EQ(in.integer("number"), -1);
}

// The error that reading all fields of `message` as texts ends with.
void expect_refused(std::string_view message, const char* what,
                    uint64_t offset) {
  expect_error(ErrorKind::kMalformed, what, offset, [&] {
    MessageReader in(message, message, "M");
    while (in.next()) in.bytes("text");
  });
}

TEST(MessageReader, RefusesAFieldOfAnotherType) {
  expect_refused(kMessage, "0x00000000: text of M has wire type 0, not 2", 0);
}

TEST(MessageReader, NamesWhereItIsCutOff) {
  expect_refused(
      "\x12\x01x\x12\x03"
      "ab"sv,
      "0x00000003: text of M is cut off", 3);
  expect_refused("\x80"sv, "0x00000000: a field of M is cut off", 0);
}

TEST(MessageReader, RefusesWhatIsNoField) {
  expect_refused("\x0f"sv,
                 "0x00000000: a field of M has a wire type that does not exist",
                 0);
  expect_refused("\x0b"sv,  // A group.
                 "0x00000000: a field of M has a wire type that does not exist",
                 0);
  expect_refused("\x02\x01"sv,
                 "0x00000000: a field of M has a number that no field may have",
                 0);
  expect_refused(
      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"sv,
      "0x00000000: a field of M is no varint: it has more than 10 bytes", 0);
}

std::vector<int64_t> integers(std::string_view message, size_t most) {
  std::vector<int64_t> values;
  MessageReader in(message, message, "M");
  while (in.next()) in.integers("dims", most, &values);
  return values;
}

TEST(MessageReader, TakesIntegersPackedAndSingle) {
  EXPECT_THAT(integers("\x08\x05\x0a\x03\x96\x01\x07\x08\x06"sv, 4),
              ::testing::ElementsAre(5, 150, 7, 6));
  EXPECT_THAT(integers("\x0a\x00"sv, 0), ::testing::IsEmpty());
}

TEST(MessageReader, RefusesTooManyIntegersAndCutOnes) {
  expect_error(ErrorKind::kLimit, "0x00000000: dims of M has more than 2 items",
               0, [] { integers("\x0a\x03\x01\x02\x03"sv, 2); });
  expect_error(ErrorKind::kMalformed, "0x00000000: dims of M is cut off", 0,
               [] { integers("\x0a\x01\x96"sv, 2); });
}

}  // namespace
}  // namespace tsinspect
