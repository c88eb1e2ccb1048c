// Which functions are the same, and how others differ.

#include "analysis/canonical_code.h"

#include <gmock/gmock.h>

#include "analysis/diff_lines.h"
#include "torchscript/parser.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using torchscript::Depth;
using torchscript::Tree;

// A function's lines, of source that they do not outlive.
std::vector<CanonicalLine> lines_of(const std::string& source,
                                    const CanonicalOptions& options = {}) {
  Tree tree = torchscript::parse(source, Depth::kSignatures);
  return canonical_function(tree, tree.child(tree.root, 0), options);
}

bool same_numbers(uint32_t, uint32_t) { return true; }

bool same(const std::string& a, const std::string& b,
          const CanonicalOptions& options = {}) {
  return same_lines(lines_of(a, options), lines_of(b, options), same_numbers);
}

// The body of a function of `x`, without its indentation.
std::string function(const std::string& body) {
  std::string text = "def f(self: T,\n    x: Tensor) -> Tensor:\n  ";
  for (char c : body) {
    text += c;
    if (c == '\n') text += "  ";
  }
  return text + "\n";
}

bool same_bodies(const std::string& a, const std::string& b) {
  return same(function(a), function(b));
}

std::vector<std::string> diff_of_bodies(const std::string& a,
                                        const std::string& b) {
  uint64_t budget = 1'000;
  std::vector<std::string> told;
  for (const CodeLine& line :
       diff_lines(lines_of(function(a)), lines_of(function(b)), same_numbers,
                  &budget)) {
    constexpr const char* kMarks[] = {" ", "-", "+", "…"};
    told.push_back(kMarks[static_cast<size_t>(line.kind)] + line.text);
  }
  return told;
}

TEST(CanonicalCode, NamesOfVariablesDoNotMatter) {
  EXPECT_TRUE(same_bodies("_0 = torch.relu(x)\nreturn _0",
                          "y = torch.relu(x)\nreturn y"));
  EXPECT_TRUE(same_bodies("for i in range(3):\n  x = f(x, i)\nreturn x",
                          "for j in range(3):\n  x = f(x, j)\nreturn x"));
  EXPECT_TRUE(same_bodies("return [a for a in x]", "return [b for b in x]"));
}

TEST(CanonicalCode, WhichVariableItIsDoes) {
  EXPECT_FALSE(same_bodies("a = f(x)\nb = g(x)\nreturn h(a, b)",
                           "a = f(x)\nb = g(x)\nreturn h(b, a)"));
  EXPECT_FALSE(same_bodies("a = f(x)\nreturn a", "a = f(x)\nreturn x"));
  EXPECT_FALSE(same_bodies("a = x\nb = x\nwhile a:\n  a = f(b)\nreturn a",
                           "a = x\nb = x\nwhile a:\n  b = f(b)\nreturn a"));
}

TEST(CanonicalCode, OtherNamesDo) {
  EXPECT_FALSE(same_bodies("return torch.relu(x)", "return torch.gelu(x)"));
  EXPECT_FALSE(same_bodies("return self.a", "return self.b"));
  EXPECT_FALSE(same_bodies("return f(x, p=1)", "return f(x, q=1)"));
}

TEST(CanonicalCode, AnAttributeNamedLikeAVariableIsNone) {
  EXPECT_FALSE(same_bodies("head = self.head\nreturn head",
                           "tail = self.tail\nreturn tail"));
  EXPECT_FALSE(
      same_bodies("p = x\nreturn f(p, p=1)", "q = x\nreturn f(q, q=1)"));
}

TEST(CanonicalCode, NumbersOfClassesDoNotMatter) {
  EXPECT_TRUE(same_bodies("return __torch__.a.___torch_mangle_1.C(x)",
                          "return __torch__.a.___torch_mangle_27.C(x)"));
  EXPECT_TRUE(same_bodies("return __torch__.a.___torch_mangle_1.C(x)",
                          "return __torch__.a.C(x)"));
  EXPECT_FALSE(same_bodies("return __torch__.a.___torch_mangle_1.C(x)",
                           "return __torch__.a.___torch_mangle_1.D(x)"));
  EXPECT_FALSE(same_bodies("return __torch__.a.___torch_mangle_x.C(x)",
                           "return __torch__.a.C(x)"));
}

TEST(CanonicalCode, FormattingDoesNotMatter) {
  EXPECT_TRUE(same_bodies("return (self.a).forward(x, )",
                          "return self.a.forward(\n    x)"));
  EXPECT_TRUE(same_bodies("return f('a', 0.1, 1.)",
                          "return f(\"a\", 0.10000000000000001, 1.0)"));
  EXPECT_TRUE(same_bodies("if x:\n  y = 1\nelif z:\n  y = 2\nreturn y",
                          "if x:\n  y = 1\nelse:\n  if z:\n    y = 2\n"
                          "return y"));
}

TEST(CanonicalCode, IndentationDoes) {
  EXPECT_FALSE(same_bodies("if x:\n  y = 1\n  z = 2\nreturn x",
                           "if x:\n  y = 1\nz = 2\nreturn x"));
}

TEST(CanonicalCode, LiteralsOfOtherTypesDiffer) {
  EXPECT_FALSE(same_bodies("return f(1)", "return f(1.)"));
  EXPECT_FALSE(same_bodies("return f(1)", "return f(\"1\")"));
  EXPECT_FALSE(same_bodies("return f(-1)", "return f(1)"));
  EXPECT_FALSE(same_bodies("return f(None)", "return f(False)"));
}

TEST(CanonicalCode, TextCannotPassForOtherNodes) {
  EXPECT_FALSE(same_bodies("return f(\"a\", \"b\")", "return f(\"a', 'b\")"));
  EXPECT_FALSE(same_bodies("return f(\"#1'1\")", "return f(1)"));
}

TEST(CanonicalCode, ParametersAreVariablesUnlessCallersNameThem) {
  std::string a = "def f(self: A, x: Tensor) -> Tensor:\n  return x\n";
  std::string b = "def f(self: B, y: Tensor) -> Tensor:\n  return y\n";
  EXPECT_FALSE(same(a, b));
  EXPECT_TRUE(same(a, b, {.is_method = true}));
  EXPECT_FALSE(same(a, b, {.is_method = true, .keeps_parameters = true}));
  EXPECT_FALSE(
      same("def f(x: int=1):\n  pass\n", "def f(x: int=2):\n  pass\n"));
  EXPECT_FALSE(same("def f(x: int):\n  pass\n", "def f(x: int, *):\n  pass\n"));
}

TEST(CanonicalCode, ConstantsAreWhatTheirTypesAre) {
  std::unordered_map<uint32_t, std::string> types = {
      {0, "float32 [2]"}, {1, "float32 [2]"}, {2, "float32 [3]"}};
  CanonicalOptions options = {.constants = &types};
  auto body = [](const char* name) {
    return function(std::string("return f(x, CONSTANTS.") + name + ")");
  };
  EXPECT_TRUE(same(body("c0"), body("c1"), options));
  EXPECT_FALSE(same(body("c0"), body("c2"), options));
  EXPECT_FALSE(same(body("c0"), body("c99999999999999999999"), options));
  auto a = lines_of(body("c0"), options), b = lines_of(body("c1"), options);
  EXPECT_FALSE(same_lines(a, b, [](uint32_t x, uint32_t y) { return x == y; }));
}

TEST(CanonicalCode, SourceThatCannotBeParsedIsAnError) {
  EXPECT_THROW(lines_of(function("return )")), Error);
}

TEST(DiffLines, LinesThatDifferAndTwoAround) {
  EXPECT_THAT(
      diff_of_bodies("a = f(x)\nb = g(a)\nc = h(b)\nd = i(c)\nreturn d",
                     "a = f(x)\nb = g(a)\nc = H(b)\nd = i(c)\nreturn d"),
      ElementsAre("…", "   a = f(x)", "   b = g(a)", "-  c = h(b)",
                  "+  c = H(b)", "   d = i(c)", "   return d"));
}

TEST(DiffLines, ALineMoreRenamesTheOthersSilently) {
  EXPECT_THAT(
      diff_of_bodies("a = f(x)\nb = g(a)\nc = h(a)\nreturn k(b, c)",
                     "a = f(x)\nb = n(x)\nc = g(a)\nd = h(a)\n"
                     "return k(c, d)"),
      ElementsAre(" def f(self: T, x: Tensor) -> Tensor:", "   a = f(x)",
                  "+  b = n(x)", "   c = g(a)", "   d = h(a)", "…"));
}

TEST(DiffLines, ALineOfOtherVariablesDiffers) {
  EXPECT_THAT(diff_of_bodies("a = f(x)\nb = g(x)\nreturn a",
                             "a = f(x)\nb = g(x)\nreturn b"),
              ElementsAre("…", "   a = f(x)", "   b = g(x)", "-  return a",
                          "+  return b"));
}

TEST(DiffLines, TooMuchWorkTellsNoLines) {
  std::string a, b;
  for (int i = 0; i < 100; ++i) {
    a += "x = f" + std::to_string(i) + "(x)\n";
    b += "x = g" + std::to_string(i) + "(x)\n";
  }
  EXPECT_THAT(diff_of_bodies(a + "return x", b + "return x"), IsEmpty());
}

}  // namespace
}  // namespace tsinspect
