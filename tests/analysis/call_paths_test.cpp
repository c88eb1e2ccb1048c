#include "analysis/call_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tsinspect {
namespace {

using testing::ElementsAre;

// Frames of torch's between those of two modules, and around a trace.
const Frame kCall = {"/opt/torch/nn/modules/module.py", 1768, "_call_impl"};
const Frame kTrace = {"/opt/torch/jit/_trace.py", 1216, "trace_module"};

Frame in(const std::string& file, uint64_t line) {
  return {file, line, "forward"};
}

Frame torch_module(const std::string& file, uint64_t line) {
  return in("/opt/torch/nn/modules/" + file, line);
}

// A stack, the outermost module first.
std::vector<Frame> stack(const std::vector<Frame>& modules) {
  std::vector<Frame> frames = {kTrace};
  for (const Frame& module : modules) {
    frames.insert(frames.begin(), kCall);
    frames.insert(frames.begin(), module);
  }
  return frames;
}

std::vector<std::string> paths(const std::vector<std::vector<Frame>>& stacks) {
  CallPaths paths;
  std::vector<std::string> all;
  for (const auto& frames : stacks) all.push_back(paths.path("conv", frames));
  return all;
}

const Frame kRoot = in("net.py", 10);
const Frame kConv = torch_module("conv.py", 560);

TEST(CallPaths, ALeafOfTheRootHasNone) {
  EXPECT_THAT(paths({stack({kRoot, kConv}), {}, {kTrace}}),
              ElementsAre("", "", ""));
}

TEST(CallPaths, LinesOfOneBlockAreInIt) {
  EXPECT_THAT(paths({stack({kRoot, in("block.py", 5), kConv}),
                     stack({kRoot, in("block.py", 6), kConv})}),
              ElementsAre("block", "block"));
}

TEST(CallPaths, ALineThatComesAgainIsTheNextBlock) {
  const Frame all = torch_module("container.py", 253);
  EXPECT_THAT(
      paths({stack({kRoot, all, in("block.py", 5), kConv}),
             stack({kRoot, all, in("block.py", 6), kConv}),
             stack({kRoot, all, in("block.py", 5), kConv})}),
      ElementsAre("container.block", "container.block", "container.block_1"));
}

TEST(CallPaths, AnEarlierLineOfOneStatementIsNot) {
  EXPECT_THAT(paths({stack({kRoot, in("block.py", 6), kConv}),
                     stack({kRoot, in("block.py", 5), kConv})}),
              ElementsAre("block", "block"));
}

TEST(CallPaths, AContainersChildrenAreNotTheSame) {
  const Frame all = torch_module("container.py", 253);
  EXPECT_THAT(paths({stack({kRoot, all, in("block.py", 5), kConv}),
                     stack({kRoot, all, in("block.py", 5), kConv}),
                     stack({kRoot, all, kConv}), stack({kRoot, all, kConv})}),
              ElementsAre("container.block", "container.block_1", "container",
                          "container"));
}

TEST(CallPaths, AnotherLineOfTheParentIsAnotherModule) {
  EXPECT_THAT(paths({stack({in("net.py", 10), in("block.py", 5), kConv}),
                     stack({in("net.py", 11), in("block.py", 5), kConv})}),
              ElementsAre("block", "block_1"));
}

TEST(CallPaths, ALoopStaysInItsModule) {
  EXPECT_THAT(paths({stack({kRoot, in("block.py", 5), kConv}),
                     stack({kRoot, in("block.py", 5), kConv})}),
              ElementsAre("block", "block"));
}

TEST(CallPaths, NamesAreUniqueWhateverFilesAreCalled) {
  EXPECT_THAT(paths({stack({in("net.py", 1), in("block_1.py", 5), kConv}),
                     stack({in("net.py", 2), in("block.py", 5), kConv}),
                     stack({in("net.py", 3), in("a/block.py", 5), kConv}),
                     stack({in("net.py", 4), in("v1.2.py", 5), kConv})}),
              ElementsAre("block_1", "block", "block_2", "v1_2"));
}

TEST(CallPaths, HostileStacksAreCut) {
  std::vector<Frame> deep(1000, in(std::string(5000, 'x') + ".py", 1));
  EXPECT_LT(paths({stack(deep)})[0].size(), 10'000U);
}

}  // namespace
}  // namespace tsinspect
