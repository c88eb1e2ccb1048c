#include "libtorch/traced_inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libtorch/input_spec.h"

namespace tsinspect {
namespace {

Model fixture(const char* name) {
  return open_program(std::string(TSINSPECT_FIXTURES "/") + name);
}

TEST(TracedInputs, AreTextsForInput) {
  auto inputs = traced_inputs(fixture("traced_cnn.pt"), "forward");
  ASSERT_TRUE(inputs);
  EXPECT_THAT(*inputs, testing::ElementsAre("rand(1,3,6,6)"));
  EXPECT_EQ(parse_input((*inputs)[0]).value.items.size(), 4u);
}

TEST(TracedInputs, AreOfTheMethod) {
  EXPECT_FALSE(traced_inputs(fixture("traced_cnn.pt"), "other"));
}

TEST(TracedInputs, ScriptedAndFrozenFilesHaveNone) {
  EXPECT_FALSE(traced_inputs(fixture("scripted_cnn.pt"), "forward"));
  EXPECT_FALSE(traced_inputs(fixture("frozen_traced_cnn.pt"), "forward"));
}

}  // namespace
}  // namespace tsinspect
