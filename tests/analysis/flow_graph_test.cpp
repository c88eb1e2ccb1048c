#include <gmock/gmock.h>

#include "analysis/graph_lines.h"
#include "support/expect_error.h"
#include "support/script_archive.h"

namespace tsinspect {
namespace {

using pkl::Code;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Code root() {
  return script_object(
      "Net", {{"w", pkl::float_vector("0", 1)}, {"a", script_object("Leaf")}});
}

// A class Net whose forward has that body, a module Leaf at `a` and a parameter
// `w`.
std::string net(const std::string& body, const std::string& rest = "") {
  return "class Leaf(Module):\n"
         "  def forward(self: __torch__.Leaf, x: Tensor) -> Tensor:\n"
         "    return torch.relu(x)\n"
         "class Net(Module):\n"
         "  __parameters__ = [\"w\", ]\n"
         "  w : Tensor\n"
         "  a : __torch__.Leaf\n"
         "  n : int\n"
         "  def forward(self: __torch__.Net, x: Tensor, y: Tensor) -> "
         "Tensor:\n" +
         body + rest;
}

Model model_of(const std::string& body, const std::string& rest = "") {
  return script_model(root(), net(body, rest),
                      pkl::tuple({pkl::float_vector("0", 1)}));
}

Graph flow_of(const std::string& body, const GraphOptions& options = {}) {
  return flow_graph(model_of(body), "forward", options);
}

TEST(FlowGraph, ConnectsOperatorsWithWhatTheyTake) {
  Graph graph = flow_of(
      "    z = torch.conv1d(x, self.w, CONSTANTS.c0, [1], [0])\n"
      "    return torch.relu(z)\n");
  EXPECT_THAT(node_lines(graph),
              ElementsAre("parameter x: Tensor", "parameter y: Tensor",
                          "constant CONSTANTS.c0: float32 [1]",
                          "operator conv1d: ", "attribute self.w: float32 [1]",
                          "operator relu: ", "return return: "));
  EXPECT_THAT(edge_lines(graph),
              ElementsAre("x -> conv1d", "self.w -> conv1d [weight]",
                          "CONSTANTS.c0 -> conv1d [bias]", "conv1d -> relu",
                          "relu -> return"));
  EXPECT_EQ(graph.nodes[3].name, "aten::conv1d");
}

TEST(FlowGraph, CallsConstantsByTheirRecoveredNames) {
  Model model = model_of("    return torch.mul(x, CONSTANTS.c0)\n");
  auto details = std::make_shared<TensorDetails>();
  details->recovered = RecoveredName{"scale", "content", "", {}};
  model.tensors.back().details = details;
  Graph graph = flow_graph(model, "forward");
  EXPECT_THAT(node_lines(graph), Contains("constant scale: float32 [1]"));
  EXPECT_EQ(graph.nodes[2].name, "CONSTANTS.c0");
}

TEST(FlowGraph, HasModulesMethodsAndFunctionsAsCalls) {
  Graph graph = flow_graph(
      model_of("    z = (self.a).forward(x, )\n"
               "    v = (self).helper(z, )\n"
               "    _0 = __torch__.after\n"
               "    return _0(v, self.w, )\n",
               "  def helper(self: __torch__.Net, x: Tensor) -> Tensor:\n"
               "    return x\n"
               "def after(x: Tensor, scale: Tensor) -> Tensor:\n"
               "  return x\n"),
      "forward");
  EXPECT_THAT(edge_lines(graph),
              ElementsAre("x -> self.a", "self.a -> self.helper",
                          "self.helper -> after", "self.w -> after [scale]",
                          "after -> return"));
  EXPECT_EQ(graph.nodes[2].name, "a.forward");
  EXPECT_EQ(graph.nodes[2].detail, "Leaf");
}

TEST(FlowGraph, PassesListsTuplesAndCastsThrough) {
  Graph graph = flow_of(
      "    z = torch.cat([x, unchecked_cast(Tensor, y)], 1)\n"
      "    a, b, = (z, y)\n"
      "    return torch.add(b, a)\n");
  EXPECT_THAT(edge_lines(graph), ElementsAre("x -> cat", "y -> cat", "y -> add",
                                             "cat -> add", "add -> return"));
}

TEST(FlowGraph, NumbersTheResultsOfAnOperator) {
  Graph graph = flow_of(
      "    values, indices, = torch.max(x, 0)\n"
      "    return torch.add(indices, values)\n");
  EXPECT_THAT(edge_lines(graph),
              ElementsAre("x -> max", "max -> add [[1]]", "max -> add [[0]]",
                          "add -> return"));
}

TEST(FlowGraph, DrawsAListThatSeveralTake) {
  Graph graph = flow_of(
      "    l = [x, y]\n"
      "    return torch.add(torch.cat(l), torch.stack(l))\n");
  EXPECT_THAT(edge_lines(graph),
              ElementsAre("x -> […]", "y -> […]", "[…] -> cat", "[…] -> stack",
                          "cat -> add", "stack -> add", "add -> return"));
}

TEST(FlowGraph, FillsTheListThatValuesAreAppendedTo) {
  Graph graph = flow_of(
      "    l = annotate(List[Tensor], [])\n"
      "    _0 = torch.append(l, x)\n"
      "    return torch.stack(l)\n");
  EXPECT_THAT(
      edge_lines(graph),
      ElementsAre("x -> […] [append]", "[…] -> stack", "stack -> return"));
}

TEST(FlowGraph, JoinsWhatBranchesGive) {
  Graph graph = flow_of(
      "    if torch.eq(self.n, 0):\n"
      "      z = torch.relu(x)\n"
      "      v = y\n"
      "    else:\n"
      "      z = torch.neg(x)\n"
      "      v = y\n"
      "    return torch.add(z, v)\n");
  EXPECT_THAT(edge_lines(graph),
              ElementsAre("x -> relu", "x -> neg", "relu -> ", "neg -> ",
                          " -> add", "y -> add", "add -> return"));
}

constexpr const char* kShapes =
    "    n = torch.mul(torch.size(x, 0), 2)\n"
    "    if torch.gt(n, 3):\n"
    "      ops.prim.RaiseException(\"n\")\n"
    "    else:\n"
    "      pass\n"
    "    return torch.reshape(x, [n])\n";

TEST(FlowGraph, LeavesOutTheArithmeticOfShapes) {
  EXPECT_THAT(edge_lines(flow_of(kShapes)),
              ElementsAre("x -> reshape", "reshape -> return"));
  EXPECT_THAT(
      edge_lines(flow_of(kShapes, {.all = true})),
      ElementsAre("x -> size", "size -> mul", "mul -> gt", "x -> reshape",
                  "mul -> reshape", "reshape -> return"));
}

TEST(FlowGraph, KeepsNumbersThatComeFromElements) {
  Graph graph = flow_of(
      "    n = torch.mul(float(torch.item(torch.sum(y))), 2.)\n"
      "    return torch.mul(x, n)\n");
  EXPECT_THAT(edge_lines(graph), Contains("mul -> mul"));
}

TEST(FlowGraph, HasAssignmentsToAttributes) {
  Graph graph = flow_of("    self.w = torch.relu(x)\n    return x\n");
  EXPECT_THAT(edge_lines(graph),
              ElementsAre("x -> relu", "relu -> self.w =", "x -> return"));
}

TEST(FlowGraph, IsOfTheMethodThatANameMeans) {
  Model model = model_of("    return x\n",
                         "def after(z: Tensor) -> Tensor:\n  return z\n");
  for (const char* name : {"a.forward", "a", "__torch__.Leaf.forward"}) {
    EXPECT_THAT(edge_lines(flow_graph(model, name)),
                ElementsAre("x -> relu", "relu -> return"));
  }
  EXPECT_THAT(edge_lines(flow_graph(model, "__torch__.after")),
              ElementsAre("z -> return"));
}

TEST(BadFlowGraph, SuggestsTheNearestMethod) {
  Model model = model_of("    return x\n");
  expect_error(ErrorKind::kNotFound,
               "no method is named 'a.forwrd'; did you mean 'a.forward'?",
               [&] { flow_graph(model, "a.forwrd"); });
  expect_error(ErrorKind::kNotFound, "no method is named 'q\\n'",
               [&] { flow_graph(model, "q\n"); });
}

TEST(BadFlowGraph, IsOfTorchScriptOnly) {
  EXPECT_THROW(flow_graph(opened(torch_zip(pkl::dict({}))), "forward"), Error);
}

TEST(BadFlowGraph, TakesWhatIsNotThereForNothing) {
  Graph graph = flow_of(
      "    z = torch.add(nothing, CONSTANTS.c7)\n"
      "    v = (missing).forward(z, )\n"
      "    return (self.b.c).forward(v, )\n");
  EXPECT_THAT(edge_lines(graph), Contains("self.b.c -> return"));
  EXPECT_THAT(flow_of("    pass\n").edges, IsEmpty());
}

TEST(BadFlowGraph, CutsLongNames) {
  std::string name(100'000, 'n');
  std::string body = "    f = __torch__." + name + "\n";
  for (int i = 0; i < 100; ++i) body += "    x = f(self." + name + ", x, )\n";
  Graph graph = flow_of(body + "    return x\n");
  for (const GraphNode& node : graph.nodes) {
    EXPECT_LE(node.name.size(), kGraphTextBytes + 3);
    EXPECT_LE(node.label.size(), kGraphTextBytes + 3);
  }
}

TEST(BadFlowGraph, HasNoMoreEdgesThanTheSourceHasArguments) {
  // Each list holds the one before; each operator takes a list of many.
  std::string body = "    l0 = (x, y)\n";
  size_t arguments = 2;
  for (int i = 1; i < 3'000; ++i) {
    std::string before = "l" + std::to_string(i - 1);
    std::string list = "l" + std::to_string(i);
    body += "    " + list + " = (" + before + ", x, y)\n";
    body += "    _0 = torch.cat(" + list + ")\n";
    arguments += 4;
  }
  Graph graph = flow_of(body + "    return x\n", {.all = true});
  EXPECT_LE(graph.edges.size(), arguments + 1);
}

TEST(BadFlowGraph, PassesNoMoreThanAFewSourcesThrough) {
  std::string body = "    l0 = (x, y)\n";
  for (int i = 1; i < 3'000; ++i) {
    body += "    l" + std::to_string(i) + " = (x, l" + std::to_string(i - 1) +
            ")\n";
  }
  Graph graph = flow_of(body + "    return l2999\n");
  EXPECT_LE(graph.edges.size(), 2u * 3'000 + 1);
}

}  // namespace
}  // namespace tsinspect
