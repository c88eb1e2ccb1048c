#include "base/encoded_field.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"

namespace tsinspect {
namespace {

using namespace std::string_view_literals;

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
