#include "torchscript/parser.h"

#include <gmock/gmock.h>

#include <string>

#include "torchscript/classes.h"
#include "torchscript/dump.h"
#include "torchscript/schema.h"
#include "tsinspect/error.h"

namespace tsinspect::torchscript {
namespace {

using testing::StrEq;

TEST(Parser, Assignments) {
  EXPECT_EQ(dump_statement("a = 1\n"), "(= a _ 1)");
  EXPECT_EQ(dump_statement("_8, _9, = _2\n"), "(= (tuple _8 _9) _ _2)");
  EXPECT_EQ(dump_statement("x : Optional[int] = None\n"),
            "(= x (index Optional int) None)");
  EXPECT_EQ(dump_statement("w : Tensor\n"), "(= w Tensor _)");
  EXPECT_EQ(dump_statement("self.a = v\n"), "(= (attribute self a) _ v)");
  EXPECT_EQ(dump_statement("d[\"k\"] = x\n"), "(= (index d \"k\") _ x)");
  EXPECT_EQ(dump_statement("a, *b = c\n"), "(= (tuple a (starred '*' b)) _ c)");
  EXPECT_EQ(dump_statement("i **= 2\n"), "(augmented '**=' i 2)");
}

TEST(Parser, Imports) {
  EXPECT_EQ(dump_statement("import __torch__.a\n"),
            "(import (attribute __torch__ a))");
  EXPECT_EQ(dump_statement("from a.b import c, d\n"),
            "(import (attribute a b) c d)");
  EXPECT_EQ(dump_statement("from_ = 1\n"), "(= from_ _ 1)");
}

TEST(Parser, ControlFlow) {
  EXPECT_EQ(dump_statement("if a:\n  pass\nelif b:\n  break\nelse:\n  c\n"),
            "(if a (block (pass)) (block 'elif' (if b (block (break)) "
            "(block (expr c)))))");
  EXPECT_EQ(dump_statement("if a:\n  pass\nelse:\n  if b:\n    c\n"),
            "(if a (block (pass)) (block (if b (block (expr c)) _)))");
  EXPECT_EQ(dump_statement("for i, j in x:\n  continue\n"),
            "(for (tuple i j) x (block (continue)))");
  EXPECT_EQ(dump_statement("while _4:\n  x = 1\n"),
            "(while _4 (block (= x _ 1)))");
  EXPECT_EQ(dump_statement("with a as b, c:\n  pass\n"),
            "(with (item a b) (item c _) (block (pass)))");
}

TEST(Parser, SimpleStatements) {
  EXPECT_EQ(dump_statement("return\n"), "(return _)");
  EXPECT_EQ(dump_statement("return a, b\n"), "(return (tuple a b))");
  EXPECT_EQ(dump_statement("raise E(\"x\")\n"), "(raise (call E \"x\"))");
  EXPECT_EQ(dump_statement("assert a, \"m\"\n"), "(assert a \"m\")");
  EXPECT_EQ(dump_statement("del a[0], b\n"), "(del (index a 0) b)");
}

TEST(Parser, Calls) {
  EXPECT_EQ(dump_statement("(m).forward(x, *y, k=1, **z, )\n"),
            "(expr (call (attribute m forward) x (starred '*' y) "
            "(keyword k 1) (starred '**' z)))");
  EXPECT_EQ(dump_statement("annotate(List[int], [])\n"),
            "(expr (call annotate (index List int) (list)))");
}

TEST(Parser, Subscripts) {
  EXPECT_EQ(dump_statement("a[1:, ..., ::2, None, :n]\n"),
            "(expr (index a (slice 1 _ _) ... (slice _ _ 2) None "
            "(slice _ n _)))");
  EXPECT_EQ(dump_statement("a[0][(1, 2)]\n"),
            "(expr (index (index a 0) (tuple 1 2)))");
}

TEST(Parser, Collections) {
  EXPECT_EQ(dump_statement("((), (a,), (a), [a, ], {}, {k: v, })\n"),
            "(expr (tuple (tuple) (tuple a) a (list a) (dict) (dict k v)))");
  EXPECT_EQ(dump_statement("[f(i) for i in x if i]\n"),
            "(expr (listcomp (call f i) i x i))");
  EXPECT_EQ(dump_statement("{k: v for k, v in x}\n"),
            "(expr (dictcomp k v (tuple k v) x _))");
}

TEST(Parser, OperatorsBindAsInPython) {
  EXPECT_EQ(dump_statement("a or b and not c\n"),
            "(expr (binary 'or' a (binary 'and' b (unary 'not' c))))");
  EXPECT_EQ(dump_statement("a - b - c * d\n"),
            "(expr (binary '-' (binary '-' a b) (binary '*' c d)))");
  EXPECT_EQ(dump_statement("-a ** -b\n"),
            "(expr (unary '-' (binary '**' a (unary '-' b))))");
  EXPECT_EQ(dump_statement("a | b ^ c & d << ~e\n"),
            "(expr (binary '|' a (binary '^' b (binary '&' c "
            "(binary '<<' d (unary '~' e))))))");
  EXPECT_EQ(dump_statement("a if b else c if d else e\n"),
            "(expr (ifexpr a b (ifexpr c d e)))");
  EXPECT_EQ(dump_statement("a is not b\n"), "(expr (binary 'is not' a b))");
  EXPECT_EQ(dump_statement("a not in b\n"), "(expr (binary 'not in' a b))");
  EXPECT_EQ(dump_statement("2.5+1.j\n"), "(expr (binary '+' 2.5 1.j))");
}

TEST(Parser, Functions) {
  EXPECT_EQ(dump_statement("def f(self, x: Tensor=1, *, k: int) -> None:\n"
                           "  def g():\n    return x\n  return g\n"),
            "(def f (params (param self _ _) (param x Tensor 1) (*) "
            "(param k int _)) None (block (def g (params) _ "
            "(block (return x))) (return g)))");
}

TEST(Parser, ReservedWordsAsAttributes) {
  EXPECT_EQ(dump_statement("class X(Module):\n  class : Tensor\n  if : int\n"),
            "(class X Module (block (= class Tensor _) (= if int _)))");
  EXPECT_EQ(dump_statement("self.class.in\n"),
            "(expr (attribute (attribute self class) in))");
}

TEST(Parser, AdjacentStringsAreOne) {
  Tree tree = parse("x = (\"a\\t\" # it's\n 'b')\n", Depth::kBodies);
  NodeId value = as_assign(tree, tree.child(tree.root, 0)).value;
  EXPECT_EQ(string_value(tree, value), "a\tb");
}

TEST(Parser, StringEscapes) {
  auto value = [](std::string literal) {
    literal += "\n";
    Tree tree = parse(literal, Depth::kBodies);
    return string_value(tree, tree.child(tree.child(tree.root, 0), 0));
  };
  EXPECT_EQ(value(R"("\n\t\\\'\"\a\b\f\v\r")"), "\n\t\\'\"\a\b\f\v\r");
  EXPECT_EQ(value(R"("\101\x42\7.\1234")"), "AB\a.S4");
  EXPECT_EQ(value(R"("\u00e9\U0001f600")"), "\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_EQ(value(R"("\q\U00110000")"), "\\q\xef\xbf\xbd");
  EXPECT_EQ(value("'''a'b\n\\\nc'''"), "a'b\nc");
  EXPECT_EQ(value("''"), "");
}

TEST(Parser, PositionsAreBytesOfTheSource) {
  std::string_view source = "a = (m).f( x )\n";
  Tree tree = parse(source, Depth::kBodies);
  NodeId call = as_assign(tree, tree.child(tree.root, 0)).value;
  EXPECT_EQ(tree.text(call), "(m).f( x )");
  EXPECT_EQ(tree[call].begin, 4u);
  EXPECT_EQ(tree.text(tree.child(call, 1)), "x");
}

TEST(Parser, BodiesCanBeReadLater) {
  std::string_view source =
      "class A(Module):\n"
      "  def f(self):\n"
      "    if a:\n"
      "      b(\n"
      "c)\n"
      "    return '''\n"
      "d'''\n"
      "  x : int\n";
  Tree tree = parse(source, Depth::kSignatures);
  NodeId block = as_class(tree, tree.child(tree.root, 0)).body;
  NodeId body = as_function(tree, tree.child(block, 0)).body;
  EXPECT_EQ(dump(tree, tree.child(block, 1)), "(= x int _)");
  ASSERT_EQ(tree.kind(body), NodeKind::kSkipped);
  Tree later = parse_body(source, tree.range(body));
  EXPECT_EQ(dump(later, later.root),
            "(block (if a (block (expr (call b c))) _) (return '''\nd'''))");
  NodeId last = later.child(later.root, 1);
  EXPECT_EQ(later[last].begin, source.find("return"));
}

TEST(ParserBadInput, SaysWhatWasExpectedAndFoundAndWhere) {
  EXPECT_THAT(error_of("class A(Module)\n"),
              StrEq("malformed: 0x0000000f: expected ':', found end of line"));
  EXPECT_THAT(error_of("def f(1): pass\n"),
              StrEq("malformed: 0x00000006: expected name, found number"));
  EXPECT_THAT(error_of("x = \n"),
              StrEq("malformed: 0x00000004: expected expression, found end of "
                    "line"));
  EXPECT_THAT(error_of("f(a b)\n"),
              StrEq("malformed: 0x00000004: expected ')', found name"));
  EXPECT_THAT(error_of("def f():\nreturn\n"),
              StrEq("malformed: 0x00000009: expected indent, found 'return'"));
}

TEST(ParserBadInput, StatementsThatAreNone) {
  for (const char* source : {"1 = 2\n",
                             "f() += 1\n",
                             "a + b : int\n",
                             "  a = 1\n",
                             "else:\n  a\n",
                             "elif a:\n  b\n",
                             "a = b = c\n",
                             "if a\n  b\n",
                             "if a: b\n",
                             "for in b:\n  c\n",
                             "for a b:\n  c\n",
                             "while:\n  a\n",
                             "import\n",
                             "from a import\n",
                             "class:\n",
                             "class A\n",
                             "class A:\npass\n",
                             "def f:\n  a\n",
                             "def f(a, , b):\n  c\n",
                             "def f(a:):\n  c\n",
                             "assert\n",
                             "del\n",
                             "pass pass\n",
                             "return return\n",
                             "with a as:\n",
                             "raise 1 2\n",
                             "@f\ndef g():\n  a\n",
                             "a; b\n"}) {
    EXPECT_THAT(error_of(source), testing::StartsWith("malformed: 0x"))
        << source;
  }
}

TEST(ParserBadInput, ExpressionsThatAreNone) {
  for (const char* source : {"(",
                             ")",
                             "[",
                             "]",
                             "{",
                             "}",
                             "(a",
                             "[a",
                             "{a",
                             "{a:",
                             "{a}",
                             "a.",
                             "a.1",
                             "a[",
                             "a[]",
                             "a[1",
                             "a[1:2:3:4]",
                             "f(,)",
                             "f(a=)",
                             "f(1=2)",
                             "a +",
                             "+",
                             "not",
                             "a not b",
                             "a is",
                             "a if b",
                             "a if b else",
                             "[a for]",
                             "[a for b]",
                             "[a for b in]",
                             "[a for b in c",
                             "*",
                             "a b",
                             "(a]",
                             "(*a)",
                             "(*a).b",
                             "lambda x: x",
                             "a <> b",
                             "..",
                             "f(**)",
                             "x y z",
                             "1 2"}) {
    EXPECT_THAT(error_of(std::string("x = ") + source + "\n"),
                testing::StartsWith("malformed: 0x"))
        << source;
  }
}

TEST(ParserBadInput, SignaturesFailWithTheirBodies) {
  EXPECT_NE(error_of("def f():\n  'a\n", Depth::kSignatures), "");
  EXPECT_NE(error_of("def f():\n  (a\n", Depth::kSignatures), "");
  EXPECT_NE(error_of("def f():\n", Depth::kSignatures), "");
  EXPECT_NE(error_of("def f():\n    a\n  b\n", Depth::kSignatures), "");
  EXPECT_EQ(error_of("def f():\n  a b c\n", Depth::kSignatures), "");
}

TEST(ParserBadInput, BodyOutsideOfTheSource) {
  EXPECT_EQ(parse_body("a\n", {7, 9}).nodes.size(), 2u);
  EXPECT_EQ(parse_body("", {0, 0}).nodes.size(), 2u);
}

std::string repeat(std::string_view text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

// Nested in every way there is, a hundred thousand times.
TEST(ParserBadInput, DeepNestingIsALimit) {
  for (const char* open :
       {"(", "[", "{", "{a:", "f(", "a[", "not ", "-", "~", "a if b else ",
        "a ** ", "f(x=", "f(*", "[a for b in (", "a[b:(", "{a: b for c in ("}) {
    EXPECT_THAT(error_of("x = " + repeat(open, 100'000)),
                testing::StartsWith("limit exceeded: 0x"))
        << open;
  }
  for (const char* next : {".a", "()", "[0]", "+a", " and a", " in a"}) {
    EXPECT_THAT(error_of("x = a" + repeat(next, 100'000)),
                testing::StartsWith("limit exceeded: 0x"))
        << next;
  }
}

TEST(ParserBadInput, DeepBlocksAreALimit) {
  std::string source;
  for (size_t i = 0; i < 300; ++i) source += std::string(i, ' ') + "if a:\n";
  EXPECT_THAT(error_of(source), testing::StartsWith("limit exceeded: 0x"));
  EXPECT_THAT(error_of("if a:\n  b\n" + repeat("elif a:\n  b\n", 100'000)),
              testing::StartsWith("limit exceeded: 0x"));
}

TEST(ParserBadInput, LimitsAreTheCallers) {
  Limits limits;
  limits.source_depth = 4;
  EXPECT_EQ(error_of("x = [[[1]]]\n", Depth::kBodies, limits), "");
  EXPECT_THAT(error_of("x = [[[[1]]]]\n", Depth::kBodies, limits),
              testing::StartsWith("limit exceeded: 0x"));
}

constexpr std::string_view kSource =
    "op_version_set = 1\n"
    "import __torch__.b\n"
    "class A(Module):\n"
    "  __parameters__ = [\"w\", ]\n"
    "  __annotations__[\"0\"] = __torch__.b.B\n"
    "  k : Final[int] = 4\n"
    "  def forward(self: __torch__.A,\n"
    "    x: Optional[Tensor]=None, *, s: str=\"a\\n\") -> Tuple[int, Tensor]:\n"
    "    if torch.__is__(x, None):\n"
    "      _0, _1, = f(x[1:, None], k=-1e-05)\n"
    "    else:\n"
    "      _0 = {\"a\": [1, 2.+1.j], }\n"
    "    while _0:\n"
    "      with a as b:\n"
    "        y = '''q\n'q''' if a is not b else not c\n"
    "    return (_0, torch.add(x, 1))\n"
    "class P(NamedTuple):\n"
    "  x : Tensor\n";

// Everything that is read from a record; an Error is a result too.
void read_all(std::string_view source) {
  for (Depth depth : {Depth::kBodies, Depth::kSignatures}) {
    try {
      Tree tree = parse(source, depth);
      for (const ClassInfo& info : read_classes(tree, "__torch__")) {
        for (const MethodInfo& method : info.methods) {
          schema_text(tree, method.node, info.name, {});
          Range body = tree.range(as_function(tree, method.node).body);
          parse_body(source, body);
        }
      }
    } catch (const Error&) {
    }
  }
}

TEST(ParserProperty, EveryCutEndsInAResultOrAnError) {
  ASSERT_EQ(error_of(kSource), "");
  for (size_t size = 0; size < kSource.size(); ++size) {
    read_all(std::string(kSource.substr(0, size)));
  }
}

TEST(ParserProperty, EveryFlippedByteEndsInAResultOrAnError) {
  for (size_t i = 0; i < kSource.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string source(kSource);
      source[i] = static_cast<char>(source[i] ^ (1u << bit));
      read_all(source);
    }
  }
}

TEST(ParserProperty, TreesAreASmallMultipleOfTheirText) {
  for (const char* text : {"a\n", "a=b\n", "a[:,:]\n", "f(a,b)\n", "pass\n"}) {
    std::string source = repeat(text, 10'000);
    Tree tree = parse(source, Depth::kBodies);
    size_t bytes =
        tree.nodes.size() * sizeof(Node) + tree.links.size() * sizeof(NodeId);
    EXPECT_LE(bytes, 40 * source.size()) << text;
  }
}

}  // namespace
}  // namespace tsinspect::torchscript
