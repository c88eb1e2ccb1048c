#include "render/code_text.h"

#include <gtest/gtest.h>

#include "captured.h"

namespace tsinspect::cli {
namespace {

std::string printed(std::string_view text, const std::vector<CodeNote>& notes,
                    bool colors) {
  return captured([&](Output& out) { print_code(out, text, notes, colors); });
}

// The text in colours, with <35…> where one begins and <> where it ends.
std::string colored(std::string_view text,
                    const std::vector<CodeNote>& notes = {}) {
  std::string marked;
  for (char c : printed(text, notes, true)) {
    bool ends = c == 'm' && marked.rfind('<') != marked.npos &&
                marked.find_first_not_of("0123456789", marked.rfind('<') + 1) ==
                    marked.npos;
    if (c == '\x1b') {
      marked += '<';
    } else if (ends) {
      marked += '>';
    } else if (c != '[' || !marked.ends_with('<')) {
      marked += c;
    }
  }
  return marked;
}

TEST(CodeText, IsPlainWithoutColors) {
  EXPECT_EQ(printed("a = \"\\n\"\n", {}, false), "a = \"\\n\"\n");
  EXPECT_EQ(printed("", {}, false), "");
  EXPECT_EQ(printed("a", {}, false), "a\n");
}

TEST(CodeText, TokensHaveColors) {
  EXPECT_EQ(colored("def f(x):\n  return \"a\" + 1\n"),
            "<35>def<0> <1>f<0>(x):\n"
            "  <35>return<0> <32>\"a\"<0> + <36>1<0>\n");
  EXPECT_EQ(colored("x = None"), "x = <36>None<0>\n");
  EXPECT_EQ(colored("'''a\nb''' # c\n"), "<32>'''a<0>\n<32>b'''<0> # c\n");
}

TEST(CodeText, NotesStandAboveAndBehindLines) {
  std::vector<CodeNote> notes = {{2, true, "m.py:1: a"},
                                 {2, true, "twice"},
                                 {7, false, "c0: float32 [2]"}};
  std::string text = "a\n  b(c)\n\nd";
  notes[2].offset = 8;
  EXPECT_EQ(printed(text, notes, false),
            "a\n"
            "  # m.py:1: a\n"
            "  # twice\n"
            "  b(c)  # c0: float32 [2]\n"
            "\n"
            "d\n");
  EXPECT_EQ(colored("a", {{1, false, "b"}}), "a  <2># b<0>\n");
}

TEST(CodeTextBadInput, IsFitForATerminal) {
  std::string text = "a = '\x1b[31m\xff'\x7f\n";
  for (bool colors : {false, true}) {
    std::string out = printed(text, {{0, true, "\x1b[2J\n"}}, colors);
    EXPECT_EQ(out.find("\x1b[31m"), out.npos);
    EXPECT_EQ(out.find("\x1b[2J"), out.npos);
    EXPECT_NE(out.find("\\x1b[31m\\xff"), out.npos);
  }
}

TEST(CodeTextBadInput, WhatHasNoTokensHasNoColor) {
  EXPECT_EQ(colored("1 'a\n2\n"), "<36>1<0> 'a\n2\n");
  EXPECT_EQ(colored("$\n"), "$\n");
}

TEST(CodeText, HeadingsNameRecords) {
  EXPECT_EQ(captured([](Output& out) {
              print_code_heading(out, "a/\x1b.py", false);
            }),
            "# a/\\x1b.py\n");
}

}  // namespace
}  // namespace tsinspect::cli
