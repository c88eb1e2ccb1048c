#include "base/protobuf.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"

namespace tsinspect {
namespace {

using namespace std::string_view_literals;

bool all_absent(std::string_view message) {
  for (const ProtobufField& field : protobuf_fields(message)) {
    if (!field.is_absent()) return false;
  }
  return true;
}

TEST(Protobuf, FindsFieldsOfEveryWireType) {
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

TEST(Protobuf, KeepsTheFirstOfAField) {
  EXPECT_EQ(protobuf_fields("\x0a\x01x\x0a\x01y")[1].bytes, "x");
}

TEST(Protobuf, TakesAFieldThatIsCutOff) {
  EXPECT_EQ(protobuf_fields("\x0a\x7fxy")[1].bytes, "xy");
}

TEST(Protobuf, GivesNothingForOtherData) {
  EXPECT_TRUE(all_absent(""));
  EXPECT_TRUE(all_absent("\x00\x01"sv));       // Field 0.
  EXPECT_TRUE(all_absent("\x0b\x01"sv));       // A group.
  EXPECT_TRUE(all_absent("\xfa\x7f\x01x"sv));  // Field 2047.
  EXPECT_TRUE(all_absent("\x08"sv));           // No value.
  EXPECT_TRUE(all_absent("\x08\x01\x07"sv));   // Wire type 7.
  EXPECT_TRUE(all_absent("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"sv));
}

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

using Item = EncodedField::Item;

std::string decode(std::string_view message, Item item, uint8_t item_bytes,
                   uint64_t size_bytes, bool repeats_last = false) {
  EncodedField field;
  field.number = 4;
  field.item = item;
  field.item_bytes = item_bytes;
  field.repeats_last = repeats_last;
  return decode_field(message, field, size_bytes);
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

TEST(CountItems, CountsPackedItemsAndSingleOnes) {
  EncodedField varints{1, EncodedField::Item::kVarint, 8};
  EXPECT_EQ(count_items("\x08\x05\x0a\x03\x96\x01\x07\x10\x06"sv, varints), 3u);
  EncodedField floats{1, EncodedField::Item::kFixed32, 4};
  EXPECT_EQ(count_items("\x0a\x08"
                        "abcdefgh"
                        "\x0d"
                        "abcd"sv,
                        floats),
            3u);
  EncodedField texts{1, EncodedField::Item::kBytes, 0};
  EXPECT_EQ(count_items("\x0a\x01x\x0a\x00"sv, texts), 2u);
  EXPECT_EQ(count_items("", texts), 0u);
}

TEST(DecodeField, TakesPackedItemsAndSingleOnes) {
  auto message = "\x22\x03\x01\x96\x01\x20\x05\x08\x09"sv;
  EXPECT_EQ(decode(message, Item::kVarint, 2, 6), "\x01\0\x96\0\x05\0"sv);
  EXPECT_EQ(decode(message, Item::kVarint, 1, 3), "\x01\x96\x05"sv);
}

TEST(DecodeField, TakesFixedItems) {
  EXPECT_EQ(decode("\x25"
                   "abcd"
                   "\x22\x04"
                   "efgh"sv,
                   Item::kFixed32, 4, 8),
            "abcdefgh");
  EXPECT_EQ(decode("\x21"
                   "abcdefgh"sv,
                   Item::kFixed64, 8, 8),
            "abcdefgh");
}

TEST(DecodeField, PutsItsLengthBeforeAString) {
  EXPECT_EQ(decode("\x22\x02hi\x22\x00"sv, Item::kBytes, 0, 18),
            "\x02\0\0\0\0\0\0\0hi\0\0\0\0\0\0\0\0"sv);
}

TEST(DecodeField, RepeatsTheLastItemWhereAsked) {
  auto message = "\x22\x02\x01\x02"sv;
  EXPECT_EQ(decode(message, Item::kVarint, 1, 4, true), "\x01\x02\x02\x02");
  EXPECT_EQ(decode("", Item::kVarint, 1, 3, true), "\0\0\0"sv);
  EXPECT_EQ(decode("\x22\x01x"sv, Item::kBytes, 0, 18, true),
            "\x01\0\0\0\0\0\0\0x\x01\0\0\0\0\0\0\0x"sv);
}

TEST(DecodeField, RefusesOtherNumbersOfItems) {
  auto message = "\x22\x02\x01\x02"sv;
  auto refused = [](const char* what, auto... arguments) {
    expect_error(ErrorKind::kMalformed, what, [&] { decode(arguments...); });
  };
  refused("field 4 has 2 bytes of values where the shape needs 1048576",
          message, Item::kVarint, 1, uint64_t{1} << 20);
  refused("field 4 has more values than the 1 bytes that the shape needs",
          message, Item::kVarint, 1, 1);
  refused("field 4 has 0 bytes of values where the shape needs 4",
          "\x22\x03"
          "abc"sv,
          Item::kFixed32, 4, 4);
  refused("field 4 is cut off", "\x22\x01\x80"sv, Item::kVarint, 1, 1);
}

}  // namespace
}  // namespace tsinspect
