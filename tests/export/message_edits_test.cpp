#include "export/message_edits.h"

#include <gtest/gtest.h>

#include "tsinspect/error.h"

namespace tsinspect {
namespace {

// A field of a number nobody knows, its tag longer than it has to be.
const std::string kOddField("\xfa\xff\x83\x00\x02hi", 7);

std::string edited(MessageEdits* edits, std::string_view root) {
  return edits->apply(root).text();
}

std::string_view content_of(std::string_view message, std::string_view text) {
  return message.substr(message.find(text), text.size());
}

TEST(MessageEdits, LeavesWhatNoEditIsAbout) {
  std::string message = bytes_field(7, "abc") + varint_field(1, 300);
  MessageEdits edits;
  EXPECT_EQ(edited(&edits, message), message);
  EXPECT_EQ(edited(&edits, ""), "");
}

TEST(MessageEdits, AppendsToMessagesAtAnyDepth) {
  std::string inner = varint_field(1, 5);
  std::string middle = varint_field(9, 1) + bytes_field(2, inner);
  std::string root = bytes_field(3, middle) + varint_field(4, 2);
  std::string_view root_inner = content_of(root, inner);
  MessageEdits edits;
  edits.append(root_inner, varint_field(6, 7));
  edits.append(root, "\x28\x01");
  std::string expected =
      bytes_field(
          3, varint_field(9, 1) + bytes_field(2, inner + varint_field(6, 7))) +
      varint_field(4, 2) + "\x28\x01";
  EXPECT_EQ(edited(&edits, root), expected);
}

TEST(MessageEdits, PassesUnknownFieldsThroughByteForByte) {
  std::string inner = varint_field(1, 5);
  // A length that takes more bytes than it has to, too.
  std::string root = kOddField + std::string("\x1a\x82\x00", 3) + inner +
                     kOddField + std::string("\x0d\x01\x02\x03\x04", 5);
  std::string_view place = std::string_view(root).substr(10, inner.size());
  ASSERT_EQ(place, inner);
  MessageEdits edits;
  edits.append(place, varint_field(2, 9));
  EXPECT_EQ(edited(&edits, root),
            kOddField + bytes_field(3, inner + varint_field(2, 9)) + kOddField +
                std::string("\x0d\x01\x02\x03\x04", 5));
}

TEST(MessageEdits, LetsLengthsGrowByBytes) {
  std::string big(120, 'x');
  std::string inner = bytes_field(1, big);
  std::string root = bytes_field(2, inner);
  MessageEdits edits;
  edits.append(content_of(root, inner), bytes_field(1, big));
  EXPECT_EQ(edited(&edits, root), bytes_field(2, inner + bytes_field(1, big)));
}

TEST(MessageEdits, ReplacesAndRemovesFields) {
  std::string a = bytes_field(1, "old"), b = varint_field(2, 1);
  std::string root = a + b + a;
  std::string_view view = root;
  MessageEdits edits;
  edits.replace(view, view.substr(0, a.size()), bytes_field(1, "newer"));
  edits.replace(view, view.substr(a.size(), b.size()), "");
  EXPECT_EQ(edited(&edits, root), bytes_field(1, "newer") + a);
}

TEST(MessageEdits, PutsEditsOfOnePlaceInTheOrderTheyWereMade) {
  std::string root = varint_field(1, 1);
  MessageEdits edits;
  edits.append(root, varint_field(2, 2));
  edits.append(root, varint_field(3, 3));
  EXPECT_EQ(edited(&edits, root),
            root + varint_field(2, 2) + varint_field(3, 3));
}

TEST(MessageEdits, FillsEmptyMessages) {
  std::string root = bytes_field(1, "") + bytes_field(2, "");
  std::string_view view = root;
  MessageEdits edits;
  edits.append(view.substr(4, 0), varint_field(5, 5));
  EXPECT_EQ(edited(&edits, root),
            bytes_field(1, "") + bytes_field(2, varint_field(5, 5)));
}

TEST(MessageEdits, TakesViewsOfWhatStays) {
  std::string root = bytes_field(1, std::string(1000, 'x'));
  MessageEdits edits;
  edits.append(root, varint_field(2, 2));
  size_t pieces = 0;
  bool is_view = false;
  edits.apply(root).write([&](std::string_view piece) {
    is_view |= piece.data() == root.data() && piece.size() == root.size();
    ++pieces;
  });
  EXPECT_TRUE(is_view);
  EXPECT_EQ(pieces, 2u);
}

void expect_refused(MessageEdits* edits, std::string_view root,
                    const std::string& message) {
  try {
    edits->apply(root);
    FAIL() << "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
    EXPECT_NE(std::string(error.what()).find(message), std::string::npos)
        << error.what();
  }
}

TEST(MessageEdits, RefusesEditsOfWhatIsElsewhere) {
  std::string root = varint_field(1, 1), other = varint_field(2, 2);
  MessageEdits edits;
  edits.append(other, "");
  expect_refused(&edits, root, "outside");
}

TEST(MessageEdits, RefusesEditsOfWhatIsNoMessage) {
  std::string root = varint_field(1, 1) + bytes_field(2, "abc");
  MessageEdits edits;
  edits.append(std::string_view(root).substr(0, 2), varint_field(1, 1));
  expect_refused(&edits, root, "of no message");
}

TEST(MessageEdits, RefusesEditsThatOverlap) {
  std::string a = bytes_field(1, "abc");
  std::string root = a + a;
  std::string_view view = root;
  MessageEdits edits;
  edits.replace(view, view.substr(0, a.size()), "");
  edits.replace(view, view.substr(0, a.size()), "");
  expect_refused(&edits, root, "overlap");
}

TEST(MessageEdits, RefusesToReplaceAMessageAndEditIt) {
  std::string a = bytes_field(1, varint_field(3, 3));
  std::string_view view = a;
  MessageEdits edits;
  edits.replace(view, view, "");
  edits.append(view.substr(2), varint_field(4, 4));
  expect_refused(&edits, a, "overlap");
}

TEST(MessageEdits, RefusesMessagesThatAreCutOff) {
  std::string inner = bytes_field(2, varint_field(1, 1));
  std::string root = bytes_field(1, inner);
  for (size_t size = 0; size < root.size(); ++size) {
    std::string cut = root.substr(0, size);
    MessageEdits edits;
    std::string_view view = cut;
    if (size >= 4) {
      edits.append(view.substr(4, 0), "");
    } else {
      edits.append(view, varint_field(5, 5));
      continue;  // Nothing inside is looked at.
    }
    EXPECT_THROW(edits.apply(view), Error) << size;
  }
}

TEST(MessageEdits, RefusesNestingWithoutEnd) {
  std::string root = varint_field(1, 1);
  for (int i = 0; i < 300; ++i) root = bytes_field(2, root);
  MessageEdits edits;
  edits.append(std::string_view(root).substr(root.size() - 2),
               varint_field(5, 5));
  expect_refused(&edits, root, "too deep");
}

}  // namespace
}  // namespace tsinspect
