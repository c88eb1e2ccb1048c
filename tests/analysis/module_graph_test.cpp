#include <gmock/gmock.h>

#include "analysis/graph_lines.h"
#include "support/expect_error.h"
#include "support/script_archive.h"

namespace tsinspect {
namespace {

using pkl::Code;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kLeaf =
    "class Leaf(Module):\n"
    "  def forward(self: __torch__.Leaf, x: Tensor) -> Tensor:\n"
    "    return x\n"
    "  def embed(self: __torch__.Leaf, x: Tensor) -> Tensor:\n"
    "    return x\n";

Code leaf() { return script_object("Leaf"); }

// A class `Net` with one forward of that body, and the class Leaf.
std::string net(const std::string& attributes, const std::string& body,
                const std::string& rest = "") {
  return kLeaf + std::string("class Net(Module):\n") + attributes +
         "  def forward(self: __torch__.Net, x: Tensor) -> Tensor:\n" + body +
         rest;
}

constexpr const char* kTwoLeaves =
    "  a : __torch__.Leaf\n"
    "  b : __torch__.Leaf\n";

Graph graph_of(const Code& root, const std::string& source,
               const GraphOptions& options = {}) {
  return module_graph(script_model(root, source), options);
}

Code two_leaves() {
  return script_object("Net", {{"a", leaf()}, {"b", leaf()}});
}

TEST(ModuleGraph, HasCallsInTheirOrder) {
  Graph graph = graph_of(two_leaves(), net(kTwoLeaves,
                                           "    b = self.b\n"
                                           "    a = self.a\n"
                                           "    y = (b).forward(x, )\n"
                                           "    return (a).forward(y, )\n"));
  EXPECT_THAT(
      node_lines(graph),
      ElementsAre("module (root): Net", "module a: Leaf", "module b: Leaf"));
  EXPECT_THAT(edge_lines(graph), ElementsAre("(root) -> b", "(root) -> a"));
}

TEST(ModuleGraph, CountsCallsByMethod) {
  Graph graph = graph_of(
      two_leaves(),
      net(kTwoLeaves,
          "    a = self.a\n"
          "    y = (a).forward((a).forward(x, ), )\n"
          "    return (a).embed((getattr(self, \"b\")).forward(y, ), )\n"));
  EXPECT_THAT(edge_lines(graph), ElementsAre("(root) -> a ×2", "(root) -> b",
                                             "(root) -> a [embed]"));
}

TEST(ModuleGraph, FollowsMethodsAndFunctionsThatTakeSelf) {
  Graph graph =
      graph_of(two_leaves(),
               net(kTwoLeaves,
                   "    y = (self).helper(x, )\n"
                   "    _0 = __torch__.after\n"
                   "    return _0(self, y, )\n",
                   "  def helper(self: __torch__.Net, x: Tensor) -> Tensor:\n"
                   "    return (self.a).forward(x, )\n"
                   "def after(self: __torch__.Net, x: Tensor) -> Tensor:\n"
                   "  return (self.b).forward(x, )\n"));
  EXPECT_THAT(edge_lines(graph), ElementsAre("(root) -> a", "(root) -> b"));
}

TEST(ModuleGraph, FindsWhatAnInterfaceStandsFor) {
  Graph graph =
      graph_of(two_leaves(), net("  a : __torch__.Any\n",
                                 "    return (self.a).forward(x, )\n",
                                 "class Any(ModuleInterface):\n"
                                 "  def forward(self, x: Tensor) -> Tensor:\n"
                                 "    pass\n"));
  EXPECT_THAT(edge_lines(graph), ElementsAre("(root) -> a", "(root) .. b"));
}

// A list of modules, which nothing calls itself.
constexpr const char* kList =
    "class List(Module):\n"
    "  __annotations__[\"0\"] = __torch__.Leaf\n"
    "  __annotations__[\"1\"] = __torch__.Leaf\n"
    "  __annotations__[\"2\"] = __torch__.Leaf\n";
constexpr const char* kListBody =
    "    l = self.l\n"
    "    y = (getattr(l, \"0\")).forward(x, )\n"
    "    z = (getattr(l, \"1\")).forward(y, )\n"
    "    return (getattr(l, \"2\")).forward(z, )\n";

Code list_net(const Code& last) {
  return script_object(
      "Net", {{"l", script_object(
                        "List", {{"0", leaf()}, {"1", leaf()}, {"2", last}})}});
}

TEST(ModuleGraph, DrawsRepeatsAsOne) {
  std::string source = net("  l : __torch__.List\n", kListBody, kList);
  Graph graph = graph_of(list_net(leaf()), source);
  EXPECT_THAT(node_lines(graph),
              ElementsAre("module (root): Net", "module l: List",
                          "module l.0 … l.2: Leaf ×3"));
  EXPECT_THAT(edge_lines(graph),
              ElementsAre("(root) -> l.0 … l.2 ×3", "(root) .. l"));
  Graph all = graph_of(list_net(leaf()), source, {.all = true});
  EXPECT_THAT(all.nodes, SizeIs(5));
}

TEST(ModuleGraph, TellsRepeatsByWhatLiesBelow) {
  Code other = script_object("Leaf", {{"more", leaf()}});
  Graph graph = graph_of(list_net(other),
                         net("  l : __torch__.List\n", kListBody, kList));
  EXPECT_THAT(node_lines(graph),
              ElementsAre("module (root): Net", "module l: List",
                          "module l.0 … l.1: Leaf ×2", "module l.2: Leaf",
                          "module more: Leaf"));
}

TEST(ModuleGraph, KeepsNamedSiblingsApart) {
  Graph graph = graph_of(two_leaves(),
                         net(kTwoLeaves, "    return (self.a).forward(x, )\n"));
  EXPECT_THAT(graph.nodes, SizeIs(3));
}

TEST(ModuleGraph, DrawsDeepModulesAsTheirAncestor) {
  std::string source = net("  l : __torch__.List\n", kListBody, kList);
  Graph graph = graph_of(list_net(leaf()), source, {.depth = 1});
  EXPECT_THAT(node_lines(graph),
              ElementsAre("module (root): Net", "module l: List +3"));
  EXPECT_THAT(edge_lines(graph), ElementsAre("(root) -> l ×3"));
  Graph root = graph_of(list_net(leaf()), source, {.depth = 0});
  EXPECT_THAT(node_lines(root), ElementsAre("module (root): Net +4"));
  EXPECT_THAT(root.edges, IsEmpty());
}

TEST(BadModuleGraph, IsOfTorchScriptOnly) {
  expect_error(ErrorKind::kUnsupported,
               "a file of form torch-save-zip has no program; TorchScript "
               "archives, ONNX and TensorFlow graphs do",
               [] { module_graph(opened(torch_zip(pkl::dict({})))); });
}

TEST(BadModuleGraph, EndsWhereMethodsCallThemselves) {
  Graph graph = graph_of(two_leaves(),
                         net(kTwoLeaves,
                             "    y = (self).forward((self.a).forward(x, ), )\n"
                             "    return (self).forward(y, )\n"));
  EXPECT_THAT(edge_lines(graph), ElementsAre("(root) -> a", "(root) .. b"));
}

TEST(BadModuleGraph, LeavesOutCallsOfWhatIsNotThere) {
  Graph graph = graph_of(
      two_leaves(), net(kTwoLeaves,
                        "    y = (self.c).forward((self.a.d).forward(x, ), )\n"
                        "    z = (x.a).forward((nothing).forward(y, ), )\n"
                        "    return (self.a).no_such_method(y, )\n"));
  EXPECT_THAT(edge_lines(graph),
              ElementsAre("(root) -> a [no_such_method]", "(root) .. b"));
}

TEST(BadModuleGraph, TellsOfSourceThatCannotBeRead) {
  Graph graph = graph_of(two_leaves(), net(kTwoLeaves, "    return x x\n"));
  EXPECT_THAT(graph.findings, SizeIs(1));
  EXPECT_THAT(graph.nodes, SizeIs(3));
}

TEST(BadModuleGraph, IsCutWhereEveryModuleCallsTooMuch) {
  std::string calls;
  for (int i = 0; i < 1'200; ++i) {
    calls += "    y" + std::to_string(i) + " = (self.m" + std::to_string(i) +
             ").forward(x, )\n";
  }
  std::string source =
      "class Net(Module):\n"
      "  def forward(self: __torch__.Net, x: Tensor) -> Tensor:\n" +
      calls + "    return x\n";
  ScriptMembers members;
  for (int i = 0; i < 1'000; ++i) {
    members.push_back({"m" + std::to_string(i), script_object("Net")});
  }
  Graph graph = graph_of(script_object("Net", members), source);
  EXPECT_TRUE(graph.truncated);
  EXPECT_THAT(graph.nodes, SizeIs(1'001));
}

TEST(BadModuleGraph, TakesLongChainsOfModules) {
  Code chain = leaf();
  for (int i = 0; i < 100; ++i) chain = script_object("Link", {{"m", chain}});
  Graph graph = graph_of(
      chain,
      kLeaf + std::string("class Link(Module):\n"
                          "  m : __torch__.Link\n"
                          "  def forward(self: __torch__.Link, x: Tensor) -> "
                          "Tensor:\n"
                          "    return (self.m).forward(x, )\n"));
  EXPECT_THAT(graph.edges, SizeIs(100));
}

}  // namespace
}  // namespace tsinspect
