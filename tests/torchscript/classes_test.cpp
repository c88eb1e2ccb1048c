#include "torchscript/classes.h"

#include <gmock/gmock.h>

#include <string>

#include "torchscript/parser.h"

namespace tsinspect::torchscript {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

// "name|type|value" of every attribute, "name" of every method.
std::vector<std::string> attributes(const Tree& tree, const ClassInfo& info) {
  std::vector<std::string> all;
  for (const AttributeInfo& attribute : info.attributes) {
    all.push_back(attribute.name + "|" + std::string(attribute.type) + "|" +
                  std::string(tree.text(attribute.value)));
  }
  return all;
}

std::vector<std::string> names(const std::vector<MethodInfo>& methods) {
  std::vector<std::string> all;
  for (const MethodInfo& method : methods) all.emplace_back(method.name);
  return all;
}

TEST(Classes, Module) {
  Tree tree = parse(
      "class Net(Module):\n"
      "  __parameters__ = [\"weight\", \"0\", ]\n"
      "  __buffers__ = []\n"
      "  weight : Tensor\n"
      "  __annotations__[\"0\"] = Optional[Tensor]\n"
      "  __annotations__[\"a.b\"] = __torch__.c.D\n"
      "  k : Final[int] = 4\n"
      "  def forward(self) -> None:\n"
      "    return None\n",
      Depth::kSignatures);
  auto classes = read_classes(tree, "__torch__.a");
  ASSERT_EQ(classes.size(), 1u);
  const ClassInfo& net = classes[0];
  EXPECT_EQ(net.name, "__torch__.a.Net");
  EXPECT_EQ(net.kind, ClassKind::kModule);
  EXPECT_THAT(net.parameters, Optional(ElementsAre("weight", "0")));
  EXPECT_THAT(net.buffers, Optional(IsEmpty()));
  EXPECT_THAT(attributes(tree, net),
              ElementsAre("weight|Tensor|", "0|Optional[Tensor]|",
                          "a.b|__torch__.c.D|", "k|int|4"));
  EXPECT_THAT(names(net.methods), ElementsAre("forward"));
}

TEST(Classes, HooksAreNoMethods) {
  Tree tree = parse(
      "class H(Module):\n"
      "  __forward_pre_hooks__ = [\"pre\", ]\n"
      "  __forward_hooks__ = [\"hook\", ]\n"
      "  def forward(self):\n    pass\n"
      "  def hook(self):\n    pass\n"
      "  def pre(self):\n    pass\n",
      Depth::kSignatures);
  ClassInfo info = read_classes(tree, "")[0];
  EXPECT_EQ(info.name, "H");
  EXPECT_THAT(names(info.methods), ElementsAre("forward"));
  EXPECT_THAT(names(info.hooks), ElementsAre("hook", "pre"));
  EXPECT_THAT(info.forward_hooks, ElementsAre("hook"));
  EXPECT_THAT(info.forward_pre_hooks, ElementsAre("pre"));
}

TEST(Classes, Kinds) {
  Tree tree = parse(
      "class A:\n  pass\nclass B():\n  pass\nclass C(NamedTuple):\n  x : int\n"
      "class D(Interface):\n  pass\nclass E(ModuleInterface):\n  pass\n"
      "class F(Enum):\n  RED = \"r\"\nclass G(Other):\n  pass\n",
      Depth::kSignatures);
  std::vector<ClassKind> kinds;
  auto classes = read_classes(tree, "p");
  for (const ClassInfo& info : classes) kinds.push_back(info.kind);
  EXPECT_THAT(kinds, ElementsAre(ClassKind::kPlain, ClassKind::kPlain,
                                 ClassKind::kNamedTuple, ClassKind::kInterface,
                                 ClassKind::kModuleInterface, ClassKind::kEnum,
                                 ClassKind::kOther));
  EXPECT_THAT(attributes(tree, classes[2]), ElementsAre("x|int|"));
  EXPECT_THAT(attributes(tree, classes[5]), ElementsAre("RED||\"r\""));
  EXPECT_EQ(to_string(ClassKind::kModuleInterface), "ModuleInterface");
  EXPECT_EQ(to_string(ClassKind::kPlain), "");
}

TEST(Classes, OldModulesDoNotListBuffers) {
  Tree tree =
      parse("class A(Module):\n  __parameters__ = []\n", Depth::kSignatures);
  ClassInfo info = read_classes(tree, "p")[0];
  EXPECT_TRUE(info.parameters.has_value());
  EXPECT_FALSE(info.buffers.has_value());
}

TEST(Classes, LegacyModuleHasMethodsAtTheTopLevel) {
  Tree tree = parse(
      "op_version_set = 0\n"
      "def forward(self,\n    x: Tensor) -> Tensor:\n  return x\n"
      "def relu(x: Tensor) -> Tensor:\n  return x\n",
      Depth::kSignatures);
  auto legacy = read_legacy_module(tree, "foo");
  ASSERT_TRUE(legacy.has_value());
  EXPECT_EQ(legacy->name, "foo");
  EXPECT_THAT(names(legacy->methods), ElementsAre("forward"));
  EXPECT_THAT(read_classes(tree, "foo"), IsEmpty());
}

TEST(Classes, FunctionsAloneAreNoModule) {
  Tree tree = parse("def relu(x: Tensor):\n  pass\ndef f():\n  pass\n",
                    Depth::kSignatures);
  EXPECT_FALSE(read_legacy_module(tree, "p").has_value());
}

TEST(Classes, PrefixOfARecord) {
  EXPECT_EQ(qualified_prefix("code/__torch__/a/b.py"), "__torch__.a.b");
  EXPECT_EQ(qualified_prefix("net/code/__torch__.py"), "__torch__");
  EXPECT_EQ(qualified_prefix("code/code/__torch__/code/c.py"),
            "code.__torch__.code.c");
  EXPECT_EQ(qualified_prefix("foo.py"), "foo");
  EXPECT_EQ(qualified_prefix(""), "");
}

TEST(ClassesBadInput, WhatIsNoListOfNames) {
  Tree tree = parse(
      "class A(Module):\n"
      "  __parameters__ = w\n"
      "  __buffers__ = [1, \"b\", f(\"c\")]\n"
      "  __annotations__[0] = int\n"
      "  __annotations__ = []\n"
      "  __other__[\"x\"] = int\n"
      "  a.b : int\n",
      Depth::kSignatures);
  ClassInfo info = read_classes(tree, "p")[0];
  EXPECT_THAT(info.parameters, Optional(IsEmpty()));
  EXPECT_THAT(info.buffers, Optional(ElementsAre("b")));
  EXPECT_THAT(info.attributes, IsEmpty());
}

TEST(ClassesBadInput, NothingThere) {
  Tree tree = parse("", Depth::kSignatures);
  EXPECT_THAT(read_classes(tree, "p"), IsEmpty());
  EXPECT_FALSE(read_legacy_module(tree, "p").has_value());
  EXPECT_THAT(read_classes(Tree(), "p"), IsEmpty());
}

}  // namespace
}  // namespace tsinspect::torchscript
