#include "tsinspect/module_tree.h"

#include <gtest/gtest.h>

#include "analysis/hand_made.h"

namespace tsinspect {
namespace {

// "path(type) own/all" of every node.
std::vector<std::string> nodes_of(const ModuleTree& tree) {
  std::vector<std::string> out;
  for (const ModuleNode& node : tree.nodes) {
    out.push_back(std::string(node.path) + " " +
                  std::to_string(node.parameters.elements) + "/" +
                  std::to_string(node.all_parameters.elements) + " " +
                  std::to_string(node.all_buffers.elements));
  }
  return out;
}

TEST(ModuleTree, CountsOwnAndAll) {
  Model model;
  model.modules = {{"", "Net", kNoIndex, kNoIndex, {}},
                   {"fc", "Linear", 0, kNoIndex, {}},
                   {"fc.inner.x", "Linear", 1, kNoIndex, {}}};
  add_tensor(&model, "w", {2}, 0, Role::kParameter).module = 0;
  add_tensor(&model, "fc.w", {3}, 1, Role::kParameter).module = 1;
  add_tensor(&model, "fc.inner.x.w", {5}, 2, Role::kParameter).module = 2;
  add_tensor(&model, "fc.inner.x.b", {7}, 3, Role::kBuffer).module = 2;
  ModuleTree tree = module_tree(model);
  EXPECT_FALSE(tree.derived);
  EXPECT_EQ(nodes_of(tree), (std::vector<std::string>{" 2/10 7", "fc 3/8 7",
                                                      "fc.inner.x 5/5 7"}));
  EXPECT_EQ(tree.nodes[2].name, "inner.x");
  EXPECT_EQ(tree.nodes[0].children, std::vector<uint32_t>{1});
}

TEST(ModuleTree, IsDerivedFromNames) {
  Model model;
  add_tensor(&model, "a.b.weight", {2}, 0);
  add_tensor(&model, "c.weight", {3}, 1);
  add_tensor(&model, "a.b.bias", {5}, 2);
  add_tensor(&model, "scale", {1}, 3);
  ModuleTree tree = module_tree(model);
  EXPECT_TRUE(tree.derived);
  EXPECT_EQ(nodes_of(tree), (std::vector<std::string>{" 1/11 0", "a 0/7 0",
                                                      "a.b 7/7 0", "c 3/3 0"}));
}

TEST(ModuleTree, OddNamesAreNotLost) {
  Model model;
  add_tensor(&model, "", {1}, 0);
  add_tensor(&model, ".x", {1}, 1);
  add_tensor(&model, "a..b", {1}, 2);
  add_tensor(&model, "...", {1}, 3);
  ModuleTree tree = module_tree(model);
  EXPECT_EQ(tree.nodes[0].all_parameters.tensors, 4u);
}

TEST(ModuleTree, AMillionDotsCostNoMillionNodes) {
  Model model;
  add_tensor(&model, std::string(1'000'000, '.'), {1}, 0);
  EXPECT_LT(module_tree(model).nodes.size(), 100u);
}

TEST(ModuleTree, IsEmptyWithoutNames) {
  EXPECT_TRUE(module_tree(Model()).nodes.empty());
}

TEST(ShortType, LeavesManglingOut) {
  EXPECT_EQ(short_type("__torch__.torch.nn.___torch_mangle_3.Conv2d"),
            "Conv2d");
  EXPECT_EQ(short_type("Net"), "Net");
}

TEST(Unmangled, LeavesOnlyManglingOut) {
  EXPECT_EQ(unmangled("__torch__.nn.___torch_mangle_3.Conv2d"),
            "__torch__.nn.Conv2d");
  EXPECT_EQ(unmangled("__torch__.Net"), "__torch__.Net");
  EXPECT_EQ(unmangled("___torch_mangle_3"), "___torch_mangle_3");
  EXPECT_EQ(unmangled(""), "");
}

}  // namespace
}  // namespace tsinspect
