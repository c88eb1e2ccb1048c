#include "torchscript/shared_text.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace tsinspect::torchscript {
namespace {

TEST(SharedTexts, LinesAreFoundAcrossPieces) {
  SharedTexts texts;
  std::vector<uint32_t> pieces = {texts.add_piece("ab\nc"), texts.add_piece(""),
                                  texts.add_piece("d"),
                                  texts.add_piece("e\n\nf")};
  uint32_t text = texts.add_text(pieces);  // "ab\ncde\n\nf"
  EXPECT_EQ(texts.size(text), 9u);
  std::vector<std::string> lines = {"ab",  "ab",  "ab", "cde", "cde",
                                    "cde", "cde", "",   "f"};
  std::vector<uint64_t> before = {0, 0, 0, 1, 1, 1, 1, 2, 3};
  for (size_t at = 0; at < lines.size(); ++at) {
    EXPECT_EQ(texts.line_at(text, at), lines[at]) << at;
    EXPECT_EQ(texts.lines_before(text, at), before[at]) << at;
  }
}

TEST(SharedTexts, OutsideOfATextIsNothing) {
  SharedTexts texts;
  uint32_t empty = texts.add_text({});
  EXPECT_EQ(texts.size(empty), 0u);
  EXPECT_EQ(texts.line_at(empty, 0), "");
  EXPECT_EQ(texts.lines_before(empty, 7), 0u);
}

TEST(SharedTexts, ALongLineIsCut) {
  SharedTexts texts;
  std::string block(100, 'x');
  uint32_t piece = texts.add_piece(block);
  uint32_t text = texts.add_text(std::vector<uint32_t>(1'000, piece));
  constexpr size_t kMost = SharedTexts::kMostLineBytes;
  EXPECT_EQ(texts.line_at(text, 0).size(), kMost);
  EXPECT_EQ(texts.line_at(text, 50'050).size(), 2 * kMost);
  EXPECT_EQ(texts.line_at(text, 99'999).size(), kMost + 1);
}

TEST(SharedTexts, TextsOf4GibAreALimit) {
  SharedTexts texts;
  std::string block(1 << 20, '\n');
  uint32_t piece = texts.add_piece(block);
  std::vector<uint32_t> pieces(4095, piece);
  EXPECT_EQ(texts.lines_before(texts.add_text(pieces), 4'000'000'000u),
            4'000'000'000u);
  pieces.push_back(piece);
  expect_error(ErrorKind::kLimit, "source text of 4 GiB or more",
               [&] { texts.add_text(pieces); });
}

}  // namespace
}  // namespace tsinspect::torchscript
