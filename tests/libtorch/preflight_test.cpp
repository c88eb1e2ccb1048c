#include "libtorch/preflight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libtorch/providers.h"

namespace tsinspect {
namespace {

Model fixture(const char* name) {
  return open_partial(std::string(TSINSPECT_FIXTURES "/") + name);
}

TEST(Preflight, WhatLibTorchHasWouldLoad) {
  for (const char* name : {"scripted_cnn.pt", "traced_cnn.pt", "frozen_cnn.pt",
                           "scripted_hooks.pt", "quantized.pt"}) {
    Model model = fixture(name);
    if (model.source == nullptr) continue;
    PreflightResult result = preflight(model, {});
    EXPECT_TRUE(result.would_load()) << name << result.problems[0];
    EXPECT_FALSE(result.needs.empty()) << name;
    EXPECT_TRUE(result.file_version->fits()) << name;
  }
}

TEST(Preflight, BytecodeHasAVersionToo) {
  PreflightResult result = preflight(fixture("mobile_cnn.ptl"), {});
  EXPECT_TRUE(result.mobile_problems.empty());
  EXPECT_TRUE(result.bytecode_version->fits());
  EXPECT_TRUE(
      std::any_of(result.needs.begin(), result.needs.end(),
                  [](const PreflightNeed& need) { return need.in_bytecode; }));
}

TEST(Preflight, VersionsOfTheFutureWouldNotLoad) {
  Model model = fixture("scripted_cnn.pt");
  model.producer.file_version = "99";
  PreflightResult result = preflight(model, {});
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_THAT(result.problems[0],
              testing::StartsWith("file version 99, where this LibTorch reads "
                                  "1 to "));
}

TEST(Preflight, WhatHasNoProgramIsUnsupported) {
  try {
    preflight(fixture("state_dict.pt"), {});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
  }
}

TEST(Preflight, LibrariesThatAreNotThereAreErrors) {
  try {
    preflight(fixture("scripted_cnn.pt"), {"/nosuch/library.so"});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIo);
  }
}

TEST(Providers, AreFoundByNamespace) {
  EXPECT_THAT(std::string(provider_of("torchvision::nms")),
              testing::HasSubstr("libtorchvision"));
  EXPECT_THAT(
      std::string(provider_of("__torch__.torch.classes.torchtext.Vocab")),
      testing::HasSubstr("libtorchtext"));
  EXPECT_EQ(provider_of("nobody::knows"), "");
  EXPECT_EQ(provider_of(""), "");
}

}  // namespace
}  // namespace tsinspect
