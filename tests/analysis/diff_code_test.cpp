// What of two TorchScript programs diff() sets side by side.

#include <gmock/gmock.h>

#include <deque>

#include "analysis/diff_models.h"
#include "torchscript/library.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A model of source that is written by hand.
class Scripted : public HandModel {
 public:
  Scripted() {
    library_ = std::make_shared<torchscript::Library>();
    model.source = library_;
    model.form = Form::kTorchScript;
  }

  // A record whose classes are called __torch__.NAME.….
  Scripted& source(const std::string& name, const std::string& text) {
    records_.push_back("x/code/__torch__/" + name + ".py");
    texts_.push_back(text);
    library_->add(records_.back(), texts_.back(), {});
    return *this;
  }

  Scripted& module(const std::string& path, const std::string& type) {
    Module& added = model.modules.emplace_back();
    added.path = path;
    added.type = "__torch__." + type;
    return *this;
  }

 private:
  std::deque<std::string> records_, texts_;
  std::shared_ptr<torchscript::Library> library_;
};

// A class with a constant `stride` and a method that has it, too.
std::string conv(const std::string& stride, const std::string& body = "") {
  return "class Conv(Module):\n"
         "  stride : Final[Tuple[int, int]] = (" +
         stride + ", " + stride +
         ")\n"
         "  def forward(self: __torch__.m.Conv,\n"
         "    x: Tensor) -> Tensor:\n"
         "    y = torch.conv2d(x, [" +
         stride + ", " + stride + "])\n" + body + "    return y\n";
}

const std::string kRelu =
    "class Act(Module):\n"
    "  def forward(self: __torch__.m.Act, x: Tensor) -> Tensor:\n"
    "    return torch.relu(x)\n";

CodeDiff code_of(const Scripted& a, const Scripted& b,
                 const DiffOptions& options = {}) {
  return diff(a.model, b.model, options).code;
}

std::vector<std::string> names(const std::vector<MethodDiff>& methods) {
  std::vector<std::string> all;
  for (const MethodDiff& method : methods) {
    all.push_back(std::string(to_string(method.kind)) + ' ' + method.name);
  }
  return all;
}

std::string replaced(std::string text, const std::string& from,
                     const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(DiffCode, NothingIsComparedWithoutSourceInBoth) {
  Scripted a;
  a.source("m", kRelu).module("", "m.Act");
  HandModel b;
  Diff d = diff(a.model, b.model);
  EXPECT_FALSE(d.code.compared);
  EXPECT_TRUE(d.code.same());
}

TEST(DiffCode, ClassesOfOtherNumbersAreTheSame) {
  Scripted a, b;
  a.source("m/___torch_mangle_1", kRelu)
      .module("act", "m.___torch_mangle_1.Act");
  b.source("m/___torch_mangle_9", replaced(kRelu, "m.Act", "m.x.Act"))
      .module("act", "m.___torch_mangle_9.Act");
  CodeDiff code = code_of(a, b);
  EXPECT_TRUE(code.compared);
  EXPECT_TRUE(code.same());
  EXPECT_EQ(code.compared_methods, 1u);
}

TEST(DiffCode, MethodsArePairedByThePathsOfTheirModules) {
  Scripted a, b;
  a.source("m", kRelu).module("layer.act", "m.Act");
  b.source("n", replaced(replaced(kRelu, "relu", "gelu"), "Act", "Gelu"))
      .module("layer.act", "n.Gelu");
  CodeDiff code = code_of(a, b);
  EXPECT_THAT(names(code.methods), ElementsAre("changed layer.act.forward"));
  ASSERT_THAT(code.modules, SizeIs(1));
  EXPECT_EQ(code.modules[0].a, "__torch__.m.Act");
  EXPECT_EQ(code.modules[0].b, "__torch__.n.Gelu");
}

TEST(DiffCode, APairOfClassesIsComparedOnce) {
  Scripted a, b;
  a.source("m", kRelu);
  b.source("m", replaced(kRelu, "relu", "gelu"));
  for (Scripted* each : {&a, &b}) {
    each->module("", "Top").module("x", "m.Act").module("y", "m.Act");
  }
  CodeDiff code = code_of(a, b);
  ASSERT_THAT(names(code.methods), ElementsAre("changed x.forward"));
  EXPECT_EQ(code.methods[0].modules, 2u);
  EXPECT_EQ(code.compared_methods, 1u);
}

TEST(DiffCode, ModulesThatAreAddedHaveNoMethodsOfTheirOwn) {
  Scripted a, b;
  a.source("m", kRelu).module("x", "m.Act");
  b.source("m", kRelu).module("y", "m.Act");
  CodeDiff code = code_of(a, b);
  EXPECT_THAT(code.methods, IsEmpty());
  ASSERT_THAT(code.modules, SizeIs(2));
  EXPECT_EQ(code.modules[0].path, "x");
  EXPECT_EQ(code.modules[0].kind, ObjectDiff::Kind::kRemoved);
  EXPECT_EQ(code.modules[1].kind, ObjectDiff::Kind::kAdded);
}

TEST(DiffCode, MethodsAddedAndRemoved) {
  Scripted a, b;
  a.source("m", kRelu).module("", "m.Act");
  b.source("m", replaced(kRelu, "forward", "apply")).module("", "m.Act");
  EXPECT_THAT(names(code_of(a, b).methods),
              ElementsAre("removed forward", "added apply"));
}

TEST(DiffCode, ASettingIsToldOfEveryModuleAndNotOfTheCodeThatHasIt) {
  Scripted a, b;
  a.source("m", conv("1")).module("p", "m.Conv").module("q", "m.Conv");
  b.source("m", conv("2")).module("p", "m.Conv").module("q", "m.Conv");
  CodeDiff code = code_of(a, b);
  EXPECT_THAT(code.methods, IsEmpty());
  ASSERT_THAT(code.settings, SizeIs(2));
  EXPECT_EQ(code.settings[1].where, "q");
  EXPECT_EQ(code.settings[1].name, "stride");
  EXPECT_EQ(code.settings[1].a, "(1, 1)");
  EXPECT_EQ(code.settings[1].b, "(2, 2)");
  EXPECT_FALSE(code.same());
}

TEST(DiffCode, WhatASettingDoesNotExplainIsTold) {
  Scripted a, b;
  a.source("m", conv("1", "    y = f(y, 3)\n")).module("", "m.Conv");
  b.source("m", conv("2", "    y = f(y, 4)\n")).module("", "m.Conv");
  EXPECT_THAT(names(code_of(a, b).methods), ElementsAre("changed forward"));
}

TEST(DiffCode, ConstantsOfOneClassOnlyCountIfTheOtherHasAny) {
  Scripted a, b, traced;
  a.source("m", conv("1")).module("", "m.Conv");
  std::string more = replaced(conv("1"), "  def", "  groups : int = 1\n  def");
  b.source("m", more).module("", "m.Conv");
  std::string none = conv("1");
  none.erase(none.find("  stride"), none.find("  def") - none.find("  stride"));
  traced.source("m", none).module("", "m.Conv");
  CodeDiff code = code_of(a, b);
  ASSERT_THAT(code.settings, SizeIs(1));
  EXPECT_EQ(code.settings[0].a, std::nullopt);
  EXPECT_TRUE(code_of(a, traced).same());
}

TEST(DiffCode, ValuesOfSettingsAreComparedNotTheirText) {
  auto text = [](const char* eps) {
    return std::string("class N(Module):\n  eps : Final[float] = ") + eps;
  };
  Scripted a, b, c;
  a.source("m", text("1e-05\n")).module("", "m.N");
  b.source("m", text("1.0000000000000001e-05\n")).module("", "m.N");
  c.source("m", text("\"1e-05\"\n")).module("", "m.N");
  EXPECT_TRUE(code_of(a, b).same());
  EXPECT_FALSE(code_of(a, c).same());
}

TEST(DiffCode, FunctionsAndOtherClassesArePairedByName) {
  std::string tuple = "class P(NamedTuple):\n  a : Tensor\n  b : int\n";
  std::string function = "def f(x: Tensor) -> Tensor:\n  return x\n";
  Scripted a, b;
  a.source("m", tuple + function).source("gone", function);
  b.source("m/___torch_mangle_4", replaced(tuple, "b : int", "b : float"))
      .source("m", replaced(function, "return x", "return torch.neg(x)"));
  EXPECT_THAT(names(code_of(a, b).methods),
              ElementsAre("removed __torch__.gone.f", "changed __torch__.m.P",
                          "changed __torch__.m.f"));
}

TEST(DiffCode, FiltersPickModulesAndMethods) {
  Scripted a, b;
  a.source("m", kRelu).module("x", "m.Act").module("y", "m.Act");
  b.source("m", replaced(kRelu, "relu", "gelu"))
      .module("x", "m.Act")
      .module("y", "m.Act");
  for (const char* glob : {"y", "y.forward", "y.*"}) {
    DiffOptions options;
    options.filter = NameFilter(std::vector<std::string>{glob});
    CodeDiff code = code_of(a, b, options);
    ASSERT_THAT(names(code.methods), ElementsAre("changed y.forward")) << glob;
    EXPECT_EQ(code.methods[0].modules, 1u);
  }
  DiffOptions options;
  options.filter = NameFilter(std::vector<std::string>{"z"});
  EXPECT_EQ(code_of(a, b, options).compared_methods, 0u);
}

TEST(DiffCode, PathsAreStrippedAndMappedAsNamesAre) {
  Scripted a, b;
  a.source("m", kRelu).module("", "Top").module("net", "m.Act");
  b.source("m", kRelu).module("", "m.Act");
  DiffOptions options;
  options.strip_prefixes = {"net."};
  EXPECT_TRUE(code_of(a, b, options).same());
  Scripted c;
  c.source("m", kRelu).module("", "Top").module("enc", "m.Act");
  options = {};
  options.maps = {{"net.*", "enc.*"}};
  EXPECT_TRUE(code_of(a, c, options).same());
}

TEST(DiffCode, ModulesAreNotToldAgainAmongObjects) {
  Scripted a, b;
  a.source("m", kRelu).module("", "m.Act");
  b.source("m", kRelu).module("", "m.Act").module("more", "m.Act");
  auto top = [](Scripted& of, std::vector<ObjectRef> items) {
    of.model.root = dict(of.model.objects, items);
  };
  ObjectGraph& graph = b.model.objects;
  top(a, {});
  top(b, {text(graph, "more"), object(graph, "__torch__.m.Act"),
          text(graph, "other"), graph.add_int(1)});
  Diff d = diff(a.model, b.model);
  ASSERT_THAT(d.objects.changes, SizeIs(1));
  EXPECT_EQ(d.objects.changes[0].path, "other");
  EXPECT_THAT(d.code.modules, SizeIs(1));
}

// A model whose method takes two constants of one type.
void add_constants(Scripted* model, const std::string& arguments,
                   std::vector<float> c0, std::vector<float> c1) {
  model->source("m",
                "class N(Module):\n  def forward(self) -> Tensor:\n"
                "    return f(" +
                    arguments + ")\n");
  model->module("", "m.N");
  model->floats("CONSTANTS.c0", c0).role = Role::kConstant;
  model->floats("CONSTANTS.c1", c1).role = Role::kConstant;
}

TEST(DiffCode, ConstantsOfOtherNumbersAreTheSame) {
  Scripted a, b;
  add_constants(&a, "CONSTANTS.c0, CONSTANTS.c1", {1, 2}, {3, 4});
  add_constants(&b, "CONSTANTS.c1, CONSTANTS.c0", {5, 6}, {7, 8});
  EXPECT_TRUE(code_of(a, b).same());
}

TEST(DiffCode, ConstantsThatTradePlacesAreNot) {
  Scripted a, b;
  add_constants(&a, "CONSTANTS.c0, CONSTANTS.c1", {1, 2}, {3, 4});
  add_constants(&b, "CONSTANTS.c1, CONSTANTS.c0", {1, 2}, {3, 4});
  EXPECT_THAT(names(code_of(a, b).methods), ElementsAre("changed forward"));
}

TEST(DiffCode, BodiesThatCannotBeParsedAreEqualOnlyIfTheirTextIs) {
  Scripted a, b, c;
  a.source("m", replaced(kRelu, "(x)", " x")).module("", "m.Act");
  b.source("m", replaced(kRelu, "(x)", " x")).module("", "m.Act");
  c.source("m", replaced(kRelu, "(x)", " x x")).module("", "m.Act");
  EXPECT_TRUE(code_of(a, b).same());
  CodeDiff code = code_of(a, c);
  ASSERT_THAT(names(code.methods), ElementsAre("changed forward"));
  EXPECT_THAT(code.methods[0].lines, IsEmpty());
}

TEST(DiffCode, HugeMethodsThatAreAllUnlikeDifferWithoutLines) {
  std::string head = "class N(Module):\n  def forward(self, x: Tensor):\n";
  std::string of_a, of_b;
  for (int i = 0; i < 20'000; ++i) {
    of_a += "    x = torch.a" + std::to_string(i) + "(x)\n";
    of_b += "    x = torch.b" + std::to_string(i) + "(x)\n";
  }
  Scripted a, b;
  a.source("m", head + of_a).module("", "m.N");
  b.source("m", head + of_b).module("", "m.N");
  CodeDiff code = code_of(a, b);
  ASSERT_THAT(names(code.methods), ElementsAre("changed forward"));
  EXPECT_THAT(code.methods[0].lines, IsEmpty());
}

// One class of A has all the modules, and each has another class in B.
TEST(DiffCode, WhatIsTooMuchToCompareIsNotTheSame) {
  std::string many = "class N(Module):\n";
  for (int i = 0; i < 20'000; ++i) {
    many += "  k" + std::to_string(i) + " : int = 1\n";
  }
  Scripted a, b;
  a.source("m", many);
  std::string classes;
  for (int i = 0; i < 3'000; ++i) {
    std::string name = "C" + std::to_string(i);
    classes += "class " + name + "(Module):\n  k0 : int = 1\n";
    a.module(name, "m.N");
    b.module(name, "m." + name);
  }
  b.source("m", classes);
  CodeDiff code = code_of(a, b);
  EXPECT_FALSE(code.complete);
  EXPECT_FALSE(code.same());
}

}  // namespace
}  // namespace tsinspect
