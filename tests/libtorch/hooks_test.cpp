#include "tsinspect/libtorch/hooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "libtorch/modules.h"
#include "libtorch/soak.h"
#include "libtorch/torch.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using c10::IValue;
using testing::ElementsAre;
using Inputs = c10::ArrayRef<IValue>;

at::Tensor ones() { return torch::ones({2}); }

double first(const IValue& value) { return value.toTensor()[0].item<double>(); }

std::vector<std::string> names_of_run(HookableModule& model,
                                      const std::string& target) {
  std::vector<std::string> names;
  auto handle = model.register_forward_hook(
      target, [&](const HookContext& context, Inputs, const IValue&) {
        names.push_back(context.name());
      });
  model.forward({ones()});
  return names;
}

TEST(Hooks, AreCalledInOrderOfCompletion) {
  HookableModule model(chain());
  EXPECT_THAT(names_of_run(model, "*"),
              ElementsAre("block.twice", "block.plus", "block", "block.twice#2",
                          "block.plus#2", "block#2", "(root)"));
  EXPECT_THAT(names_of_run(model, "block.t*"),
              ElementsAre("block.twice", "block.twice#2"));
  EXPECT_THAT(names_of_run(model, ""), ElementsAre("(root)"));
}

TEST(Hooks, SeeInputsAndOutput) {
  HookableModule model(chain());
  std::vector<double> seen;
  auto handle = model.register_forward_hook(
      "block.plus",
      [&](const HookContext& context, Inputs inputs, const IValue& output) {
        EXPECT_EQ(context.method, "forward");
        EXPECT_EQ(context.type, "__torch__.Plus");
        ASSERT_EQ(inputs.size(), 2u);
        EXPECT_EQ(inputs[1].toInt(), 1);
        seen.push_back(first(inputs[0]));
        seen.push_back(first(output));
      });
  EXPECT_EQ(first(model.forward({ones()})), 7);
  EXPECT_THAT(seen, ElementsAre(2, 3, 6, 7));
}

TEST(Hooks, WhatOneReturnsTheRestSees) {
  HookableModule model(chain());
  auto set = model.register_forward_hook(
      "block.twice", [](const HookContext&, Inputs, const IValue& output) {
        return std::optional<IValue>(output.toTensor() * 10);
      });
  double seen = 0;
  auto look = model.register_forward_hook(
      "block.twice", [&](const HookContext&, Inputs, const IValue& output) {
        seen = first(output);
      });
  // ((1 * 20) + 1) * 20 + 1
  EXPECT_EQ(first(model.forward({ones()})), 421);
  EXPECT_EQ(seen, 420);
  set.remove();
  EXPECT_EQ(first(model.forward({ones()})), 7);
}

TEST(Hooks, PreHooksReplaceArguments) {
  HookableModule model(chain());
  auto handle = model.register_forward_pre_hook(
      "block.plus", [](const HookContext&, Inputs inputs) {
        return std::optional(std::vector<IValue>{inputs[0], IValue(5)});
      });
  EXPECT_EQ(first(model.forward({ones()})), 19);  // (1 * 2 + 5) * 2 + 5
  auto root =
      model.register_forward_pre_hook("", [](const HookContext&, Inputs) {
        return std::optional(std::vector<IValue>{torch::zeros({2})});
      });
  EXPECT_EQ(first(model.forward({ones()})), 15);
}

TEST(Hooks, PrependedOnesComeFirst) {
  HookableModule model(chain());
  std::string order;
  auto note = [&](char c) {
    return
        [&order, c](const HookContext&, Inputs, const IValue&) { order += c; };
  };
  auto a = model.register_forward_hook("", note('a'));
  auto b = model.register_forward_hook("", note('b'));
  auto c = model.register_forward_hook("", note('c'), {.prepend = true});
  model.forward({ones()});
  EXPECT_EQ(order, "cab");
}

TEST(Hooks, OtherMethodsAreHookedByName) {
  HookableModule model(chain());
  std::vector<std::string> names;
  auto handle = model.register_forward_hook(
      "*",
      [&](const HookContext& context, Inputs, const IValue&) {
        names.push_back(context.name());
      },
      {.method = "*"});
  model.run_method("embed", {ones()});
  EXPECT_THAT(names, ElementsAre("block.twice", "block.plus", "block",
                                 "(root)::embed"));
}

TEST(Hooks, ExceptionsReachTheCallerAndLeaveTheModuleUsable) {
  struct Mine {};
  HookableModule model(chain());
  auto handle = model.register_forward_hook(
      "block.plus",
      [](const HookContext&, Inputs, const IValue&) { throw Mine(); });
  EXPECT_THROW(model.forward({ones()}), Mine);
  EXPECT_THROW(model.forward({ones()}), Mine);
  handle.remove();
  EXPECT_EQ(first(model.forward({ones()})), 7);
}

TEST(Hooks, AReplacementOfAnotherTypeIsAnError) {
  HookableModule model(chain());
  auto handle = model.register_forward_hook(
      "block", [](const HookContext&, Inputs, const IValue&) {
        return std::optional<IValue>("text");
      });
  try {
    model.forward({ones()});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "a hook of 'block' puts str in place of the output, which is "
                 "Tensor");
  }
}

TEST(Hooks, UnknownNamesAreAnError) {
  HookableModule model(chain());
  try {
    auto handle = model.register_forward_hook(
        "block.twise", [](const HookContext&, Inputs, const IValue&) {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "no submodule or operator 'block.twise'; did you mean "
                 "block.twice");
  }
}

TEST(Hooks, GradientsFlowThroughThem) {
  HookableModule model(chain());
  for (int run = 0; run < 4; ++run) {
    at::Tensor activation;
    auto handle = model.register_forward_hook(
        "block.twice", [&](const HookContext&, Inputs, const IValue& output) {
          activation = output.toTensor();
        });
    at::Tensor x = ones().requires_grad_();
    at::Tensor y = model.forward({x}).toTensor().sum();
    at::Tensor gradient = torch::autograd::grad({y}, {activation})[0];
    EXPECT_EQ(first(gradient), 1);  // The second call's.
    EXPECT_EQ(first(torch::autograd::grad({model.forward({x}).toTensor().sum()},
                                          {x})[0]),
              4);
  }
}

// How often each hook was called in the run of this thread.
thread_local std::map<int, int> calls_in_run;

void run_and_count(const HookableModule& model, const at::Tensor& expected,
                   std::atomic<int>* wrong) {
  calls_in_run.clear();
  at::Tensor result = model.forward({ones()}).toTensor();
  if (!torch::equal(result, expected)) ++*wrong;
  for (auto [hook, calls] : calls_in_run) {
    if (calls != 7) ++*wrong;  // Of all submodules, or not in this run.
  }
}

TEST(HooksSoak, ThreadsSeeOneConsistentSet) {
  HookableModule model(chain());
  at::Tensor expected = chain().forward({ones()}).toTensor();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      torch::NoGradGuard no_grad;
      std::vector<HookHandle> handles;
      for (int i = 0; i < soak_rounds(200); ++i) {
        int id = 1000 * i + t;
        auto hook = [id](const HookContext&, Inputs, const IValue&) {
          ++calls_in_run[id];
        };
        if (random() % 2) {
          handles.push_back(model.register_forward_hook("*", hook));
        }
        run_and_count(model, expected, &wrong);
        if (random() % 2 && !handles.empty()) handles.pop_back();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

size_t resident_pages() {
  std::ifstream statm("/proc/self/statm");
  size_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident;
}

TEST(HooksSoak, RegisteringAndRemovingLeaksNothing) {
  HookableModule model(chain());
  torch::NoGradGuard no_grad;
  auto round = [&] {
    auto hook = model.register_forward_hook(
        "block.*", [](const HookContext&, Inputs, const IValue&) {});
    auto before = model.register_forward_pre_hook(
        "block", [](const HookContext&, Inputs) {});
    model.forward({ones()});
  };
  for (int i = 0; i < 500; ++i) round();
  size_t before = resident_pages();
  for (int i = 0; i < soak_rounds(10000); ++i) round();
  // Ten bytes a round would be 25 pages.
  EXPECT_LT(resident_pages(), before + 100);
}

// Grad-CAM: how much a class's score rises with each activation of a layer.
TEST(Hooks, GiveTheGradientsOfAScriptedModelsLayer) {
  torch::jit::Module net =
      define("Scores",
             "def forward(self, x: Tensor):\n"
             "  return self.features.forward(x).mean([2, 3])\n",
             {{"features", define("Features",
                                  "def forward(self, x: Tensor):\n"
                                  "  return torch.relu(x) * 3\n")}});
  HookableModule model(net);
  at::Tensor activation;
  auto handle = model.register_forward_hook(
      "features", [&](const HookContext&, Inputs, const IValue& output) {
        activation = output.toTensor();
      });
  at::Tensor x = torch::randn({1, 2, 3, 3}).requires_grad_();
  at::Tensor score = model.forward({x}).toTensor()[0][1];
  at::Tensor gradient = torch::autograd::grad({score}, {activation})[0];
  at::Tensor weights = gradient.mean({2, 3}, /*keepdim=*/true);
  at::Tensor map = torch::relu((weights * activation).sum(1));
  // The score is the mean of the second channel alone.
  EXPECT_TRUE(
      torch::allclose(map, torch::relu(x)[0][1].unsqueeze(0).detach() * 3 / 9));
}

}  // namespace
}  // namespace tsinspect
