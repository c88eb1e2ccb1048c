#include "tsinspect/listing.h"

#include <gtest/gtest.h>

#include "analysis/hand_made.h"

namespace tsinspect {
namespace {

Model three() {
  Model model;
  add_tensor(&model, "b", {4}, 0, Role::kParameter);
  add_tensor(&model, "a", {2, 3}, 1, Role::kBuffer);
  add_tensor(&model, "c", {4}, 2, Role::kParameter);
  return model;
}

using Rows = std::vector<uint32_t>;

TEST(SelectTensors, KeepsTheFilesOrder) {
  EXPECT_EQ(select_tensors(three(), {}), (Rows{0, 1, 2}));
}

TEST(SelectTensors, PicksRolesAndNames) {
  EXPECT_EQ(select_tensors(three(), is_parameter, {}), (Rows{0, 2}));
  EXPECT_EQ(select_tensors(three(), is_buffer, {}), Rows{1});
  std::string patterns[] = {"!b"};
  EXPECT_EQ(select_tensors(three(), {.filter = NameFilter(patterns)}),
            (Rows{1, 2}));
}

TEST(SelectTensors, VariablesAreParametersUnlessTheFileSaysOtherwise) {
  Model model;
  add_tensor(&model, "kernel", {4}, 0, Role::kVariable).requires_grad = true;
  add_tensor(&model, "moving_mean", {4}, 1, Role::kVariable).requires_grad =
      false;
  add_tensor(&model, "unsaid", {4}, 2, Role::kVariable);
  add_tensor(&model, "weight", {4}, 3, Role::kInitializer);
  add_tensor(&model, "Const", {4}, 4, Role::kConstant);
  EXPECT_EQ(select_tensors(model, is_parameter, {}), (Rows{0, 2, 3}));
  EXPECT_EQ(select_tensors(model, is_buffer, {}), Rows{1});
}

TEST(SelectTensors, SortsStably) {
  EXPECT_EQ(select_tensors(three(), {.sort = SortKey::kName}), (Rows{1, 0, 2}));
  EXPECT_EQ(select_tensors(three(), {.sort = SortKey::kElements}),
            (Rows{0, 2, 1}));
  EXPECT_EQ(
      select_tensors(three(), {.sort = SortKey::kBytes, .descending = true}),
      (Rows{1, 0, 2}));
  EXPECT_EQ(select_tensors(three(), {.descending = true}), (Rows{2, 1, 0}));
}

TEST(SelectTensors, TakesTheFirst) {
  EXPECT_EQ(select_tensors(three(), {.top = 1}), Rows{0});
  EXPECT_EQ(select_tensors(three(), {.top = 9}).size(), 3u);
  EXPECT_TRUE(select_tensors(three(), {.top = 0}).empty());
}

TEST(TiedTensors, AreTheSameMemorySeenTheSameWay) {
  Model model;
  add_tensor(&model, "encoder", {4, 2}, 0);
  add_tensor(&model, "other", {4, 2}, 1);
  add_tensor(&model, "decoder", {4, 2}, 0);
  add_tensor(&model, "reshaped", {8}, 0);
  add_tensor(&model, "again", {4, 2}, 0);
  EXPECT_EQ(tied_tensors(model), (Rows{kNoIndex, kNoIndex, 0, kNoIndex, 0}));
}

TEST(TiedTensors, AreNotWhatDiffersInOffsetDtypeOrStride) {
  Model model;
  add_tensor(&model, "a", {2}, 0);
  add_tensor(&model, "b", {2}, 0).storage_offset = 2;
  add_tensor(&model, "c", {2}, 0).dtype = DType::kInt32;
  add_tensor(&model, "d", {2}, 0).strides = {2};
  EXPECT_TRUE(tied_tensors(model).empty());
}

TEST(TiedTensors, AreNotTensorsWithoutData) {
  Model model;
  model.tensors.push_back(make_tensor("a", {2}, kNoIndex));
  model.tensors.push_back(make_tensor("b", {2}, kNoIndex));
  EXPECT_TRUE(tied_tensors(model).empty());
}

TEST(AmbiguousTensors, ShareAName) {
  Model model;
  add_tensor(&model, "x", {1}, 0);
  add_tensor(&model, "y", {1}, 1);
  add_tensor(&model, "x", {1}, 2);
  add_tensor(&model, "x", {1}, 3);
  EXPECT_EQ(ambiguous_tensors(model), (Rows{0, 2, 3}));
  EXPECT_TRUE(ambiguous_tensors(three()).empty());
}

}  // namespace
}  // namespace tsinspect
