#include "torchscript/schema.h"

#include <gtest/gtest.h>

#include <string>

#include "torchscript/parser.h"

namespace tsinspect::torchscript {
namespace {

const ClassKinds kKinds = {{"__torch__.Color", ClassKind::kEnum},
                           {"__torch__.Net", ClassKind::kModuleInterface},
                           {"__torch__.Go", ClassKind::kInterface},
                           {"__torch__.P", ClassKind::kNamedTuple}};

std::string schema(const std::string& signature) {
  std::string source = "def " + signature + ":\n  pass\n";
  Tree tree = parse(source, Depth::kSignatures);
  return schema_text(tree, tree.child(tree.root, 0), "__torch__.Self", kKinds);
}

std::string type(const std::string& annotation) {
  std::string source = "x : " + annotation + "\n";
  Tree tree = parse(source, Depth::kBodies);
  NodeId id = as_assign(tree, tree.child(tree.root, 0)).annotation;
  return type_text(tree, id, kKinds);
}

// What a default value is printed as.
std::string value(const std::string& annotation, const std::string& value) {
  std::string text = schema("f(x: " + annotation + "=" + value + ")");
  return text.substr(text.find('=') + 1, text.size() - text.find('=') - 2);
}

// The expected texts of this file are what torch 2.13 prints.
TEST(Schema, Method) {
  EXPECT_EQ(schema("forward(self: __torch__.a.___torch_mangle_5.Linear,\n"
                   "    input: Tensor) -> Tensor"),
            "forward(__torch__.a.___torch_mangle_5.Linear self, Tensor input) "
            "-> Tensor");
}

TEST(Schema, TuplesAreReturnedInTwoParentheses) {
  EXPECT_EQ(schema("f() -> Tuple[Tensor, int]"), "f() -> ((Tensor, int))");
  EXPECT_EQ(schema("f() -> List[Tuple[int, int]]"), "f() -> ((int, int)[])");
  EXPECT_EQ(schema("f() -> Tuple[()]"), "f() -> (())");
  EXPECT_EQ(schema("f() -> None"), "f() -> NoneType");
}

TEST(Schema, KeywordOnlyParameters) {
  EXPECT_EQ(schema("f(x: Tensor, *, y: int, z: int=3) -> Tensor"),
            "f(Tensor x, *, int y, int z=3) -> Tensor");
}

TEST(Schema, WithoutAnnotations) {
  EXPECT_EQ(schema("forward(self, x)"),
            "forward(__torch__.Self self, Tensor x)");
}

TEST(Schema, Types) {
  EXPECT_EQ(type("List[List[int]]"), "int[][]");
  EXPECT_EQ(type("Optional[List[Optional[Tensor]]]"), "Tensor?[]?");
  EXPECT_EQ(type("Dict[str, Tuple[int, float]]"), "Dict(str, (int, float))");
  EXPECT_EQ(type("Union[int, NoneType, str]"), "Union(int, NoneType, str)");
  EXPECT_EQ(type("Union[int, NoneType]"), "int?");
  EXPECT_EQ(type("Optional[Optional[int]]"), "int?");
  EXPECT_EQ(type("Future[Tensor]"), "Future(Tensor)");
  EXPECT_EQ(type("RRef[int]"), "RRef(int)");
  EXPECT_EQ(type("Await[int]"), "Await(int)");
  EXPECT_EQ(type("Tuple[int]"), "(int)");
  EXPECT_EQ(type("number"), "Scalar");
  EXPECT_EQ(type("torch.device"), "Device");
  EXPECT_EQ(type("torch.dtype"), "int");
  EXPECT_EQ(type("Any"), "Any");
}

TEST(Schema, TypesThatAreClasses) {
  EXPECT_EQ(type("Optional[__torch__.Color]"), "Enum<__torch__.Color>?");
  EXPECT_EQ(type("List[__torch__.Net]"), "InterfaceType<Net>[]");
  EXPECT_EQ(type("__torch__.Go"), "InterfaceType<Go>");
  EXPECT_EQ(type("__torch__.P"), "__torch__.P");
  EXPECT_EQ(type("__torch__.torch.classes.a.B"), "__torch__.torch.classes.a.B");
}

TEST(Schema, Numbers) {
  EXPECT_EQ(value("int", "-1"), "-1");
  EXPECT_EQ(value("int", "9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(value("float", "1."), "1.");
  EXPECT_EQ(value("float", "-0."), "0.");
  EXPECT_EQ(value("float", "0.1"), "0.10000000000000001");
  EXPECT_EQ(value("float", "1e16"), "10000000000000000.");
  EXPECT_EQ(value("float", "1e100"), "1e+100");
  EXPECT_EQ(value("float", "5e-324"), "4.9406564584124654e-324");
  EXPECT_EQ(value("float", "float(\"-inf\")"), "-inf");
  EXPECT_EQ(value("complex", "1.j"), "0.+1.j");
  EXPECT_EQ(value("complex", "-2.5+0.001j"), "-2.5+0.001j");
  EXPECT_EQ(value("complex", "2.-1.j"), "2.-1.j");
}

TEST(Schema, StringsAreQuotedOnlyWhereTheTypeIsOne) {
  EXPECT_EQ(value("str", R"("a'b\"\n\\\001")"), R"("a\'b\"\n\\\001")");
  EXPECT_EQ(value("Optional[str]", "'hi'"), "\"hi\"");
  EXPECT_EQ(value("Any", "'hi'"), "hi");
  EXPECT_EQ(value("List[str]", "['a', \"b'\"]"), "[a, b']");
}

TEST(Schema, Collections) {
  EXPECT_EQ(value("List[int]", "[1, 1]"), "1");
  EXPECT_EQ(value("List[int]", "[1, 2]"), "[1, 2]");
  EXPECT_EQ(value("List[int]", "[3]"), "[3]");
  EXPECT_EQ(value("List[int]", "[]"), "[]");
  EXPECT_EQ(value("Optional[List[int]]", "[2, 2]"), "[2, 2]");
  EXPECT_EQ(value("List[float]", "[1., 1.]"), "[1., 1.]");
  EXPECT_EQ(value("Tuple[int]", "(1,)"), "(1,)");
  EXPECT_EQ(value("Tuple[Tuple[int, str], int]", "((1, 'x'), 2)"),
            "((1, x), 2)");
  EXPECT_EQ(value("Dict[str, int]", "{'a': 1, 'b': 2}"), "{a: 1, b: 2}");
  EXPECT_EQ(value("List[int]", "annotate(List[int], [])"), "[]");
}

TEST(Schema, OtherValues) {
  EXPECT_EQ(value("bool", "True"), "True");
  EXPECT_EQ(value("Optional[int]", "None"), "None");
  EXPECT_EQ(value("Device", "torch.device(\"cuda:1\")"), "cuda:1");
  EXPECT_EQ(value("__torch__.Color", "__torch__.Color.RED"), "Enum<Color.RED>");
  EXPECT_EQ(value("str", "CONSTANTS.c0"), "CONSTANTS.c0");
}

// Nothing here is a type or a value to LibTorch; it is shown as it is written.
TEST(SchemaBadInput, WhatIsNoType) {
  EXPECT_EQ(type("List[()]"), "[]");
  EXPECT_EQ(type("Set[int, 1]"), "Set[int, 1]");
  EXPECT_EQ(type("Optional[1:2]"), "1:2?");
  EXPECT_EQ(type("f(x)"), "f(x)");
  EXPECT_EQ(type("(a).b[0][1]"), "(a).b[0][1]");
  EXPECT_EQ(type("\"Tensor\""), "\"Tensor\"");
  EXPECT_EQ(type("Union[None]"), "Union(NoneType)");
}

TEST(SchemaBadInput, WhatIsNoLiteral) {
  EXPECT_EQ(value("int", "1 + 2"), "1 + 2");
  EXPECT_EQ(value("int", "-f(x)"), "-f(x)");
  EXPECT_EQ(value("float", "1e999"), "1e999");
  EXPECT_EQ(value("int", "99999999999999999999"), "99999999999999999999");
  EXPECT_EQ(value("complex", "1 + 1e999j"), "1+0.j");
  EXPECT_EQ(value("Any", "annotate()"), "");
  EXPECT_EQ(value("Any", "float(x)"), "float(x)");
  EXPECT_EQ(value("Any", "a.b.c"), "a.b.c");
}

}  // namespace
}  // namespace tsinspect::torchscript
