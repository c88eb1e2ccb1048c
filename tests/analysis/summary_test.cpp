#include "tsinspect/summary.h"

#include <gtest/gtest.h>

#include "analysis/hand_made.h"

namespace tsinspect {
namespace {

TEST(Summary, CountsByRoleAndDtype) {
  Model model;
  add_tensor(&model, "a", {4}, 0, Role::kParameter);
  add_tensor(&model, "b", {2, 3}, 1, Role::kBuffer).dtype = DType::kInt64;
  Summary summary = summarize(model);
  EXPECT_EQ(summary.tensors.tensors, 2u);
  EXPECT_EQ(summary.tensors.elements, 10u);
  EXPECT_EQ(summary.by_role[size_t(Role::kBuffer)].elements, 6u);
  EXPECT_EQ(summary.by_dtype[size_t(DType::kFloat32)].bytes, 16u);
}

TEST(Summary, FindsAViewThatKeepsABigStorageAlive) {
  Model model;
  add_tensor(&model, "whole", {4}, 0);
  add_tensor(&model, "view", {4}, 1);
  model.storages[1].size_bytes = 4000;
  Summary summary = summarize(model);
  ASSERT_EQ(summary.hidden.size(), 1u);
  EXPECT_EQ(summary.hidden[0].tensor, 1u);
  EXPECT_EQ(summary.hidden[0].visible_bytes, 16u);
}

TEST(Summary, TiedTensorsShowTheirStorageOnce) {
  Model model;
  add_tensor(&model, "a", {4}, 0);
  add_tensor(&model, "b", {4}, 0);
  model.storages[0].size_bytes = 32;
  Summary summary = summarize(model);
  EXPECT_EQ(summary.tied, 1u);
  EXPECT_EQ(summary.shared_storages, 1u);
  ASSERT_EQ(summary.hidden.size(), 1u);
  EXPECT_EQ(summary.hidden[0].visible_bytes, 16u);
}

TEST(Summary, NamesWhatACheckpointHolds) {
  Model model;
  ObjectGraph& graph = model.objects;
  ObjectRef hyper = dict(graph, {text(graph, "lr"), graph.add_float(0.1),
                                 text(graph, "sizes"), list(graph, {})});
  model.root = dict(graph, {text(graph, "epoch"), graph.add_int(3),
                            text(graph, "hyper_parameters"), hyper});
  Summary summary = summarize(model);
  EXPECT_EQ(summary.top_type, "dict");
  ASSERT_EQ(summary.top_level.size(), 2u);
  ASSERT_EQ(summary.scalars.size(), 1u);
  EXPECT_EQ(summary.scalars[0].name, "epoch");
  ASSERT_EQ(summary.hyper_parameters.size(), 1u);
  EXPECT_EQ(summary.hyper_parameters[0].name, "lr");
}

TEST(Summary, NamesForeignImportsOnce) {
  Model model;
  for (const char* name :
       {"torch._utils._rebuild_tensor_v2", "posix.system", "builtins.set",
        "builtins.eval", "posix.system", "torchvision.models.ResNet"}) {
    model.imports.push_back({.name = name});
  }
  EXPECT_EQ(summarize(model).unknown_imports, (std::vector<uint32_t>{1, 3, 5}));
}

}  // namespace
}  // namespace tsinspect
