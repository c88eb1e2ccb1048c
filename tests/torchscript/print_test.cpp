#include "torchscript/print.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "torchscript/dump.h"
#include "torchscript/library.h"
#include "torchscript/parser.h"
#include "torchscript/same_tree.h"
#include "tsinspect/error.h"
#include "tsinspect/model.h"

namespace tsinspect::torchscript {
namespace {

std::string printed(const std::string& source) {
  Tree tree = parse(source, Depth::kBodies);
  return print(tree, tree.root);
}

// What `x = ` and an expression become, without the `x = `.
std::string printed_value(const std::string& expression) {
  std::string source = "x = " + expression + "\n";
  Tree tree = parse(source, Depth::kBodies);
  return print(tree, as_assign(tree, tree.child(tree.root, 0)).value);
}

// A text that is printed as it is.
void expect_kept(const std::string& source) {
  EXPECT_EQ(printed(source), source);
}

TEST(Print, ClassesAndMethodsAsLibTorchWritesThem) {
  expect_kept(
      "op_version_set = 1\n"
      "import __torch__.b\n"
      "from a.b import c, d\n"
      "class A(Module):\n"
      "  __parameters__ = [\"w\"]\n"
      "  w : Tensor\n"
      "  class : Tensor\n"
      "  None : int = 3\n"
      "  __annotations__[\"0\"] = __torch__.b.B\n"
      "  k : Final[int] = 4\n"
      "  def forward(self: __torch__.A,\n"
      "    x: Optional[Tensor]=None,\n"
      "    *,\n"
      "    s=\"a\\n\") -> Tuple[int, Tensor]:\n"
      "    return (x, s)\n"
      "  def empty(self):\n"
      "    pass\n"
      "class B:\n"
      "  pass\n"
      "def forward(self,\n"
      "    x: Tensor) -> Tensor:\n"
      "  return x\n");
}

TEST(Print, StatementsAsTheyAre) {
  for (const char* source : {
           "a = 1\n",
           "_8, _9, = _2\n",
           "() = a\n",
           "a, *b, = c\n",
           "*a = *b\n",
           "x : int = 1\n",
           "(a, b) : int\n",
           "a[0] **= b\n",
           "(a, b) += c\n",
           "return\n",
           "return a\n",
           "return (a,)\n",
           "return ()\n",
           "raise\n",
           "raise E(\"x\")\n",
           "assert a\n",
           "assert a, \"m\"\n",
           "del a[0], b\n",
           "from\n",
           "from.a\n",
           "f(x)\n",
           "if a:\n  pass\n",
           "if a:\n  pass\nelif b:\n  break\nelif c:\n  d\nelse:\n  e\n",
           "if a:\n  b\nelse:\n  if c:\n    d\n  else:\n    e\n",
           "if a:\n  b\nelse:\n  c\nelif : int\n",
           "for i in x:\n  continue\n",
           "for (i, *j) in x if y else z:\n  a\n",
           "for (i in j) in k:\n  a\n",
           "for (not i) in k:\n  a\n",
           "while not a:\n  b\n",
           "with a as b, c:\n  with d:\n    e\n",
           "def f():\n  def g(a,\n    *):\n    return a\n  return g\n",
       }) {
    expect_kept(source);
  }
}

TEST(Print, ExpressionsAsTheyAre) {
  for (const char* source : {
           // Parentheses that are needed.
           "(a or b) and not c",
           "not (a or b)",
           "(not a) in b",
           "a + (not b)",
           "-(not a)",
           "a - (b - c)",
           "(a + b) * c",
           "a < (b < c)",
           "a in (b not in c)",
           "(-a) ** -b",
           "(a ** b) ** c",
           "(a if b else c) if (d if e else f) else g",
           "(a if b else c) + d",
           "(a + b).c",
           "(-a).b",
           "(1).real",
           "(0x1F).real",
           "(a if b else c)(d)",
           "[a for b in (c if d else e) if (f if g else h)]",
           "[a for (b, c) in d]",
           "[a for (b in c) in d]",
           "((a,), (), (b, *c), (*d,))",
           "a[(b, c)]",
           "a[()]",
           "f((a, b))",
           "[(a, b)]",
           "(a, b)[0]",
           // And those that are not.
           "a or b and not c",
           "a or not b and c",
           "a - b - c * d",
           "a < b < c",
           "a is not b not in c",
           "a | b ^ c & d << ~e",
           "-a ** -b ** c",
           "--a + +b",
           "not not a == b",
           "a if b else c if d else e",
           "...",
           "\"a\".b[c](d).e",
           "True.a",
           "self.class.in",
           "1(2)[3]",
           "f(a, *b, k=c if d else e, **g)",
           "a[1:, ..., ::2, None, :n, :, a:b:c]",
           "{}",
           "{a: b, c: d if e else f}",
           "{k: v for (k, v) in x if k}",
           "[*a for b in c]",
           "[k=v, **w]",
           "annotate(List[int], [])",
           "2.5 + 1.j",
       }) {
    EXPECT_EQ(printed_value(source), source);
  }
}

struct Rewritten {
  const char* source;
  const char* printed;
};

TEST(Print, WhatReadsTheSameIsWrittenInOneWay) {
  for (const Rewritten& row : {
           Rewritten{"((a))", "a"},
           {"(m).forward(x, )", "m.forward(x)"},
           {"(a + b) + c", "a + b + c"},
           {"a ** (b ** c)", "a ** b ** c"},
           {"a+not b", "a + (not b)"},
           {"a, b", "(a, b)"},
           {"(a, b, )", "(a, b)"},
           {"f((a)=b)", "f(a=b)"},
           {"a[b, ]", "a[b]"},
           {"a[ : : ]", "a[:]"},
           {"1 .real", "(1).real"},
           {"'a' \"b\\t\" '''c\nd'''", "\"ab\\tc\\nd\""},
           {"'\\'\\x00\\u00e9'", "\"\\'\\000\\303\\251\""},
           {"a if (b) else (c if d else e)", "a if b else c if d else e"},
           {"{a: b, }", "{a: b}"},
       }) {
    EXPECT_EQ(printed_value(row.source), row.printed) << row.source;
  }
}

TEST(Print, BodiesThatWerePassedOverAreRead) {
  std::string source =
      "class A(Module):\n"
      "      def f(self):\n"
      "             if a:\n"
      "               b('''c\nd''')\n"
      "             return ((e))\n"
      "      x : int\n";
  Tree tree = parse(source, Depth::kSignatures);
  EXPECT_EQ(print(tree, tree.root), printed(source));
}

TEST(Print, NothingIsNothing) {
  EXPECT_EQ(printed(""), "");
  EXPECT_EQ(print(Tree(), kNoNode), "");
}

TEST(PrintBadInput, ABodyThatCannotBeReadIsAnError) {
  Tree tree = parse("def f():\n  a b\n", Depth::kSignatures);
  EXPECT_THROW(print(tree, tree.root), Error);
}

// What `source` is printed as is read as the same tree.
void expect_same(std::string_view source) {
  Limits limits;
  Tree tree = parse(source, Depth::kBodies, limits);
  std::string text = print(tree, tree.root);
  limits.source_depth *= 3;
  Tree again = parse(text, Depth::kBodies, limits);
  EXPECT_TRUE(same_tree(tree, tree.root, again, again.root)) << text;
}

std::string repeat(std::string_view text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(PrintProperty, AsDeepAsTheParserGoes) {
  expect_same("return a, " + repeat("(", 254) + "b" + repeat(")", 254) + "\n");
  expect_same("x = a" + repeat(" + not a", 120) + "\n");
  expect_same("x = " + repeat("-not ", 120) + "a\n");
  expect_same("if a:\n  b\n" + repeat("elif a:\n  b\n", 254));
}

// Trees made of all operators, two deep, in all three places.
TEST(PrintProperty, EveryPairOfOperators) {
  std::vector<std::string> forms = {
      "a if b else c", "not a", "-a", "a.b", "a(b)", "a[b]", "a, b", "1", "{}"};
  for (const char* op : {"or", "and", "in", "not in", "is", "is not", "==", "<",
                         "|", "^", "&", "<<", "+", "*", "@", "**"}) {
    forms.push_back(std::string("a ") + op + " b");
  }
  for (const std::string& outer : forms) {
    for (size_t at = 0; at < outer.size(); ++at) {
      if (outer.find_first_of("abc", at) != at) continue;
      for (const std::string& inner : forms) {
        std::string before = "x = " + outer.substr(0, at);
        std::string after = outer.substr(at + 1) + "\n";
        for (const std::string& operand : {inner, "(" + inner + ")"}) {
          std::string source = before + operand + after;
          if (error_of(source).empty()) expect_same(source);
        }
      }
    }
  }
}

// All source below a folder; returns how many records that was.
size_t expect_same_below(const std::filesystem::path& folder) {
  size_t records = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    try {
      Model model = open_model(entry.path());
      if (model.source == nullptr) continue;
      for (const Library::Source& source : model.source->sources()) {
        SCOPED_TRACE(entry.path().string() + ": " + std::string(source.record));
        expect_same(source.tree.source);
        ++records;
      }
    } catch (const Error&) {
      // Fixtures and corpus have files that cannot be opened.
    }
  }
  return records;
}

TEST(PrintProperty, EverySourceOfTheFixtures) {
  EXPECT_GT(expect_same_below(TSINSPECT_FIXTURES), 30u);
}

TEST(PrintProperty, EverySourceOfTheCorpus) {
  const char* corpus = std::getenv("TSINSPECT_CORPUS");
  if (corpus == nullptr) GTEST_SKIP() << "TSINSPECT_CORPUS is not set";
  EXPECT_GT(expect_same_below(corpus), 0u);
}

}  // namespace
}  // namespace tsinspect::torchscript
