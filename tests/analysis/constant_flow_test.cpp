#include "analysis/constant_flow.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <string>

#include "torchscript/lowered.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using torchscript::FunctionGraph;
using torchscript::Program;

// "c0 → aten::conv2d weight[1] (t, view)" of each use in these functions.
std::vector<std::string> uses_in(const std::string& source) {
  Model model = torchscript::source_model(source);
  Program program(model);
  std::vector<std::string> all;
  for (const ConstantUse& use : constant_uses(program)) {
    const FunctionGraph& function = *use.function;
    const auto& operation = function[use.operation];
    std::string text =
        fmt::format("c{} → {} {}", use.constant, operation.name,
                    function.argument_name(operation, use.input));
    if (use.position) text += fmt::format("[{}]", *use.position);
    if (!use.through.empty()) {
      text += fmt::format(" ({})", fmt::join(use.through, ", "));
    }
    all.push_back(std::move(text));
  }
  return all;
}

// The same for the body of one function, one statement a line.
std::vector<std::string> uses(const std::string& body) {
  std::string source = "def f(self, x: Tensor, c: bool):\n";
  for (size_t at = 0; at < body.size();) {
    size_t end = std::min(body.find('\n', at), body.size());
    source += "  " + body.substr(at, end - at) + '\n';
    at = end + 1;
  }
  return uses_in(source);
}

TEST(ConstantFlow, EndsAtTheOperatorThatTakesIt) {
  EXPECT_THAT(
      uses("torch.linear(x, CONSTANTS.c1, CONSTANTS.c0)"),
      ElementsAre("c0 → aten::linear bias", "c1 → aten::linear weight"));
  EXPECT_THAT(uses("w = CONSTANTS.c0\ntorch.linear(x, weight=w)"),
              ElementsAre("c0 → aten::linear weight"));
  EXPECT_THAT(uses("ops.my.op(CONSTANTS.c0)"), ElementsAre("c0 → my::op "));
}

TEST(ConstantFlow, PassesThroughViewsAndCasts) {
  EXPECT_THAT(
      uses("w = torch.t(CONSTANTS.c0)\n"
           "w = torch.to(w, 5)\n"
           "torch.mm(x, torch.view(w, [1]))"),
      ElementsAre("c0 → aten::mm mat2 (aten::t, aten::to, aten::view)"));
  EXPECT_THAT(
      uses(
          "torch.relu(unchecked_cast(Tensor, annotate(Tensor, CONSTANTS.c0)))"),
      ElementsAre("c0 → aten::relu self"));
  // Only the first argument is what a view gives.
  EXPECT_THAT(uses("torch.relu(torch.view_as(x, CONSTANTS.c0))"),
              ElementsAre("c0 → aten::view_as other"));
}

TEST(ConstantFlow, RemembersItsPlaceInAList) {
  EXPECT_THAT(
      uses("torch.cat([x, CONSTANTS.c0, CONSTANTS.c1])"),
      ElementsAre("c0 → aten::cat tensors[1]", "c1 → aten::cat tensors[2]"));
  EXPECT_THAT(
      uses("torch.cat([CONSTANTS.c0, CONSTANTS.c0])"),
      ElementsAre("c0 → aten::cat tensors[0]", "c0 → aten::cat tensors[1]"));
  EXPECT_THAT(
      uses("w = CONSTANTS.c0\ntorch.cat([w, w])"),
      ElementsAre("c0 → aten::cat tensors[0]", "c0 → aten::cat tensors[1]"));
}

TEST(ConstantFlow, IsTheItemThatATupleIsTakenApartInto) {
  EXPECT_THAT(uses("a, b = (CONSTANTS.c0, CONSTANTS.c1)\n"
                   "torch.relu(b)\ntorch.sin(a)"),
              ElementsAre("c0 → aten::sin self", "c1 → aten::relu self"));
  EXPECT_THAT(uses("t = (CONSTANTS.c0, x)\ntorch.relu((t)[1])"), IsEmpty());
  EXPECT_THAT(uses("t = (CONSTANTS.c0, x)\ntorch.relu((t)[0])"),
              ElementsAre("c0 → aten::relu self"));
  EXPECT_THAT(uses("a, b = torch.chunk(CONSTANTS.c0, 2)\ntorch.relu(b)"),
              ElementsAre("c0 → aten::relu self (aten::chunk)"));
}

TEST(ConstantFlow, FollowsBranchesAndLoops) {
  EXPECT_THAT(uses("if c:\n  w = CONSTANTS.c0\nelse:\n  w = CONSTANTS.c1\n"
                   "torch.relu(w)"),
              ElementsAre("c0 → aten::relu self", "c1 → aten::relu self"));
  EXPECT_THAT(uses("w = CONSTANTS.c0\nif c:\n  w = torch.t(w)\ntorch.relu(w)"),
              ElementsAre("c0 → aten::relu self"));
  EXPECT_THAT(uses("torch.relu(CONSTANTS.c0 if c else x)"),
              ElementsAre("c0 → aten::relu self"));
  EXPECT_THAT(uses("w = x\nfor i in range(3):\n  w = CONSTANTS.c0\n"
                   "torch.relu(w)"),
              ElementsAre("c0 → aten::relu self"));
}

TEST(ConstantFlow, FollowsCallsOfTheProgramsOwn) {
  constexpr const char* kCallee =
      "def g(a: Tensor, b: Tensor) -> Tensor:\n"
      "  return torch.linear(a, torch.t(b))\n"
      "def f(x: Tensor) -> Tensor:\n";
  EXPECT_THAT(
      uses_in(std::string(kCallee) + "  return __torch__.g(x, CONSTANTS.c0)\n"),
      ElementsAre("c0 → aten::linear weight (aten::t)"));
  EXPECT_THAT(uses_in(std::string(kCallee) +
                      "  return __torch__.g(b=CONSTANTS.c0, a=x)\n"),
              ElementsAre("c0 → aten::linear weight (aten::t)"));
  EXPECT_THAT(uses_in(std::string(kCallee) +
                      "  return __torch__.g(x, k=CONSTANTS.c0)\n"),
              IsEmpty());
  EXPECT_THAT(uses_in(std::string(kCallee) +
                      "  return __torch__.g(x, x, CONSTANTS.c0)\n"),
              IsEmpty());
}

TEST(ConstantFlow, FollowsMethodsBehindTheirSelf) {
  EXPECT_THAT(uses_in("class A(Module):\n"
                      "  __parameters__ = []\n"
                      "  __buffers__ = []\n"
                      "  def run(self: __torch__.A, w: Tensor) -> Tensor:\n"
                      "    return torch.relu(w)\n"
                      "  def forward(self: __torch__.A) -> Tensor:\n"
                      "    return (self).run(CONSTANTS.c0, )\n"),
              ElementsAre("c0 → aten::relu self"));
}

TEST(ConstantFlow, EndsInFunctionsThatCallThemselves) {
  EXPECT_THAT(
      uses_in("def g(w: Tensor) -> Tensor:\n"
              "  torch.relu(w)\n"
              "  return __torch__.h(torch.t(w))\n"
              "def h(w: Tensor) -> Tensor:\n"
              "  return __torch__.g([w])\n"
              "def f() -> Tensor:\n"
              "  return __torch__.g(CONSTANTS.c0)\n"),
      ElementsAre("c0 → aten::relu self", "c0 → aten::relu self[0] (aten::t)"));
}

TEST(ConstantFlow, QuestionsAreNoUses) {
  EXPECT_THAT(uses("w = CONSTANTS.c0\n"
                   "torch.size(w)\n"
                   "torch.dim(w)\n"
                   "ops.prim.device(w)\n"
                   "ops.prim.dtype(w)\n"
                   "torch.__isnot__(w, None)\n"
                   "w.shape"),
              IsEmpty());
}

TEST(ConstantFlow, TellsOfSomeViewsOfViewsOnly) {
  std::string body = "w = CONSTANTS.c0\n";
  for (int i = 0; i < 1000; ++i) body += "w = torch.t(w)\n";
  Model model = torchscript::source_model(
      "def f():\n  w = CONSTANTS.c0\n  torch.relu(w)\n");
  auto all = uses(body + "torch.relu(w)");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_LT(all[0].size(), 400U);
}

}  // namespace
}  // namespace tsinspect
