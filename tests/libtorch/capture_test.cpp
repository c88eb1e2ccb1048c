#include "tsinspect/libtorch/capture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libtorch/modules.h"
#include "libtorch/torch.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;

at::Tensor ones() { return torch::ones({2}); }

std::vector<std::string> names(const Captured& captured) {
  std::vector<std::string> result;
  for (const Activation& row : captured.activations) {
    result.push_back(row.name);
  }
  return result;
}

double first(const c10::IValue& value) {
  return value.toTensor()[0].item<double>();
}

TEST(Capture, GivesEverySubmodulesOutput) {
  HookableModule model(chain());
  Captured captured = capture(model, {ones()});
  EXPECT_THAT(names(captured),
              ElementsAre("block.twice", "block.plus", "block", "block.twice#2",
                          "block.plus#2", "block#2", "(root)"));
  EXPECT_EQ(first(captured.activations[3].value), 6);
  EXPECT_EQ(first(captured.output), 7);
  EXPECT_GT(captured.activations[3].context.milliseconds, 0);
  EXPECT_THAT(captured.activations[3].shape, ElementsAre(2));
}

TEST(Capture, ValuesAreOfTheMoment) {
  HookableModule model(define(
      "Net",
      "def forward(self, x: Tensor):\n  return self.one.forward(x).mul_(2)\n",
      {{"one", define("One",
                      "def forward(self, x: Tensor):\n"
                      "  return x.add_(1)\n")}}));
  Captured captured =
      capture(model, {ones()}, {.modules = {"one"}, .inputs = true});
  EXPECT_THAT(names(captured), ElementsAre("one@in.0", "one"));
  EXPECT_EQ(first(captured.activations[0].value), 1);
  EXPECT_EQ(first(captured.activations[1].value), 2);
  EXPECT_EQ(first(captured.output), 4);
}

TEST(Capture, SelectsByPathMethodAndMode) {
  HookableModule model(chain());
  EXPECT_THAT(names(capture(model, {ones()}, {.modules = {"*", "!*.*", "!"}})),
              ElementsAre("block", "block#2"));
  EXPECT_THAT(
      names(capture(model, {ones()}, {.method = "embed"})),
      ElementsAre("block.twice", "block.plus", "block", "(root)::embed"));
  EXPECT_THAT(names(capture(model, {ones()},
                            {.method = "embed", .modules = {"*::embed"}})),
              ElementsAre("(root)::embed"));
  EXPECT_THROW(capture(model, {ones()}, {.modules = {"blok"}}), Error);
}

TEST(Capture, StopsWhenWhatIsWantedIsThere) {
  HookableModule model(chain());
  Captured captured = capture(model, {ones()}, {.halt_after = "block.plus"});
  EXPECT_TRUE(captured.halted);
  EXPECT_TRUE(captured.output.isNone());
  EXPECT_THAT(names(captured), ElementsAre("block.twice", "block.plus"));
  EXPECT_THROW(capture(model, {ones()}, {.halt_after = "block#3"}), Error);
  EXPECT_EQ(first(model.forward({ones()})), 7);
}

TEST(Capture, NestedOutputsAreNamedByPlace) {
  HookableModule model(define(
      "Net",
      "def forward(self, x: Tensor) -> Tuple[Dict[str, List[Tensor]], int, "
      "Optional[Tensor]]:\n"
      "  return {'k': [x, x + 1]}, 3, None\n"));
  Captured captured = capture(model, {ones()});
  EXPECT_THAT(names(captured),
              ElementsAre("add", "(root)@out.0.k.0", "(root)@out.0.k.1",
                          "(root)@out.1", "(root)@out.2"));
  EXPECT_EQ(first(captured.activations[2].value), 2);
  EXPECT_EQ(captured.activations[3].value.toInt(), 3);
  EXPECT_TRUE(captured.activations[4].value.isNone());
}

TEST(Capture, ReducesInsteadOfKeeping) {
  HookableModule model(chain());
  Captured captured =
      capture(model, {torch::arange(6.).view({1, 2, 3})},
              {.modules = {"block.twice"}, .reduce = channel_means});
  EXPECT_THAT(captured.activations[0].value.toTensor().sizes(),
              ElementsAre(1, 2));
  EXPECT_THAT(captured.activations[0].shape, ElementsAre(1, 2, 3));
  EXPECT_EQ(captured.activations[0].value.toTensor()[0][1].item<double>(), 8);
  captured = capture(model, {torch::tensor({1., 5., 3.})},
                     {.modules = {"block.twice"}, .reduce = top_k(2)});
  EXPECT_TRUE(torch::equal(captured.activations[0].value.toTensor(),
                           torch::tensor({10., 6.})));
}

TEST(Capture, StatisticsNeedNoCopies) {
  HookableModule model(chain());
  Captured captured = capture(model, {torch::tensor({1.f, NAN, -3.f})},
                              {.modules = {"block.twice"},
                               .values = false,
                               .statistics = StatsOptions{}});
  const Activation& row = captured.activations[0];
  EXPECT_TRUE(row.value.isNone());
  EXPECT_EQ(row.stats->nan, 1u);
  EXPECT_EQ(to_double(row.stats->finite.max), 2);
}

TEST(Capture, StreamsToASink) {
  HookableModule model(chain());
  std::vector<std::string> seen;
  CaptureOptions options;
  options.sink = [&](Activation activation) {
    seen.push_back(activation.name);
  };
  EXPECT_TRUE(capture(model, {ones()}, options).activations.empty());
  EXPECT_EQ(seen.size(), 7u);
}

TEST(Capture, LeavesTheModulesOwnHooksInPlace) {
  HookableModule model(chain());
  auto handle = model.register_forward_hook(
      "block.twice", [](const HookContext&, auto, const c10::IValue& output) {
        return std::optional<c10::IValue>(output.toTensor() * 10);
      });
  Captured captured = capture(model, {ones()}, {.modules = {"block.twice"}});
  EXPECT_EQ(first(captured.activations[0].value), 20);
}

// What only TorchScript from a file has: operators by their names.
TEST(Capture, FrozenModulesGiveTheirOperators) {
  std::string path = TSINSPECT_FIXTURES "/frozen/residual.script.pt";
  HookableModule model(load(path));
  ASSERT_EQ(model.modules().size(), 1u);
  Captured captured = capture(model, {torch::ones({1, 3, 8, 8})});
  std::vector<std::string> found = names(captured);
  EXPECT_THAT(found, testing::IsSupersetOf({"conv2d", "conv2d_1", "linear"}));
  c10::IValue output = load(path).module.forward({torch::ones({1, 3, 8, 8})});
  EXPECT_TRUE(torch::equal(output.toTensor(), captured.output.toTensor()));
  EXPECT_THAT(names(capture(model, {torch::ones({1, 3, 8, 8})},
                            {.modules = {"aten::linear"}})),
              ElementsAre("linear"));
}

}  // namespace
}  // namespace tsinspect
