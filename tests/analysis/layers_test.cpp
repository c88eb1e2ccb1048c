#include "tsinspect/layers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <set>
#include <string>

#include "support/script_archive.h"
#include "tsinspect/recovered_names.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A frozen module with this body and so many constants, each of one element.
Model frozen(const std::string& body, size_t constants = 1,
             const std::string& functions = "") {
  std::string source =
      "class Net(Module):\n"
      "  __parameters__ = []\n"
      "  __buffers__ = []\n"
      "  def forward(self: __torch__.Net, x: Tensor) -> Tensor:\n";
  for (size_t at = 0; at < body.size();) {
    size_t end = std::min(body.find('\n', at), body.size());
    source += "    " + body.substr(at, end - at) + '\n';
    at = end + 1;
  }
  std::vector<pkl::Code> all(constants, pkl::float_vector("0", 1));
  return script_model(pkl::global("__torch__.Net") + ")\x81",
                      source + functions, pkl::tuple(all));
}

// "conv2d: weight=c0 bias=c1 | stride=[2, 2]" of each layer.
std::vector<std::string> layer_lines(const Model& model) {
  std::vector<std::string> lines;
  for (const Layer& layer : layers(model)) {
    std::vector<std::string> tensors, settings;
    for (const LayerTensor& tensor : layer.tensors) {
      std::string name = model.tensors[tensor.tensor].name;
      tensors.push_back(tensor.role + '=' + name.substr(name.find('.') + 1));
    }
    for (const LayerSetting& setting : layer.settings) {
      settings.push_back(setting.name + '=' + setting.value);
    }
    std::string line =
        fmt::format("{}: {}", layer.name, fmt::join(tensors, " "));
    if (!settings.empty()) {
      line += fmt::format(" | {}", fmt::join(settings, " "));
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

TEST(Layers, HaveTensorsInTheOrderOfTheArguments) {
  Model model = frozen("return torch.linear(x, CONSTANTS.c1, CONSTANTS.c0)", 2);
  EXPECT_THAT(layer_lines(model), ElementsAre("linear: weight=c1 bias=c0"));
  Layer layer = layers(model)[0];
  EXPECT_EQ(layer.op, "aten::linear");
  EXPECT_EQ(layer.function, "__torch__.Net.forward");
  EXPECT_EQ(layer.place.record, "net/code/__torch__.py");
  EXPECT_EQ(layer.tensors[1].argument, "bias");
}

TEST(Layers, AreNumberedInOrderOfTheirPlace) {
  Model model = frozen(
      "_0 = torch.relu(torch.linear(x, CONSTANTS.c2))\n"
      "_1 = torch.linear(torch.linear(_0, CONSTANTS.c1), CONSTANTS.c0)\n"
      "return _1",
      3);
  auto lines = layer_lines(model);
  EXPECT_EQ(lines.size(), 3U);
  std::set<std::string> names;
  for (const OperatorName& row : operator_names(model)) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
  EXPECT_THAT(names, ElementsAre("linear", "linear_1", "linear_2", "relu"));
  EXPECT_EQ(lines[0], "linear: weight=c2");
}

TEST(Layers, NamesAreUniqueWhateverOperatorsAreCalled) {
  Model model = frozen(
      "ops.my.relu_1(x)\ntorch.relu(x)\ntorch.relu_(x)\nops.my.relu_1(x)\n"
      "return torch.relu(x)");
  std::set<std::string> names;
  auto all = operator_names(model);
  for (const OperatorName& row : all) names.insert(row.name);
  EXPECT_EQ(names.size(), all.size());
  EXPECT_EQ(all.size(), 5U);
}

TEST(Layers, ConvolutionsAreNamedByWhatTheyAre) {
  EXPECT_THAT(
      layer_lines(frozen(
          "_0 = torch._convolution(x, CONSTANTS.c0, None, [2], [0], [1], "
          "False, [0], 1, False, False, True, True)\n"
          "return torch._convolution(_0, CONSTANTS.c0, None, [1, 1, 1], "
          "[0, 0, 0], [1, 1, 1], True, [0, 0, 0], 4, False, False, True, "
          "True)")),
      ElementsAre("conv1d: weight=c0 | stride=[2]",
                  "conv_transpose3d: weight=c0 | transposed=True groups=4"));
}

TEST(Layers, SettingsAreThoseThatDiffer) {
  EXPECT_THAT(
      layer_lines(frozen("return torch.conv2d(x, CONSTANTS.c0, None, [1, 1], "
                         "[0, 0], [1, 1], 1)")),
      ElementsAre("conv2d: weight=c0"));
  EXPECT_THAT(
      layer_lines(frozen("return torch.conv2d(x, CONSTANTS.c0, None, [2, 1], "
                         "[3, 3], [1, 1], 8)")),
      ElementsAre("conv2d: weight=c0 | stride=[2, 1] padding=[3, 3] groups=8"));
  EXPECT_THAT(layer_lines(frozen(
                  "return torch.batch_norm(x, CONSTANTS.c0, CONSTANTS.c1, "
                  "CONSTANTS.c2, CONSTANTS.c3, False, 0.10000000000000001, "
                  "1.0000000000000001e-05, True)",
                  4)),
              ElementsAre("batch_norm: weight=c0 bias=c1 running_mean=c2 "
                          "running_var=c3 | momentum=0.1 eps=1e-05"));
}

TEST(Layers, SettingsThatAreComputedOrHugeAreLeftOut) {
  std::string many = "0";
  for (int i = 0; i < 1000; ++i) many += ", 2";
  EXPECT_THAT(
      layer_lines(frozen("n = torch.size(x, 0)\n"
                         "torch.conv2d(x, CONSTANTS.c0, None, [n, 2])\n"
                         "return torch.conv2d(x, CONSTANTS.c0, None, [" +
                         many + "])")),
      ElementsAre("conv2d: weight=c0", "conv2d_1: weight=c0"));
}

TEST(Layers, LinearOperatorsHaveWeightsAndBiases) {
  EXPECT_THAT(layer_lines(frozen("torch.addmm(CONSTANTS.c0, x, CONSTANTS.c1)\n"
                                 "torch.matmul(x, CONSTANTS.c1)\n"
                                 "torch.mm(x, CONSTANTS.c1)\n"
                                 "return torch.matmul(CONSTANTS.c1, x)",
                                 2)),
              ElementsAre("addmm: bias=c0 weight=c1", "matmul: weight=c1",
                          "mm: weight=c1", "matmul_1: self=c1"));
}

// Rows `lstm(x, [], [CONSTANTS.c0, …], biases, layers, 0., False, both, True)`.
std::vector<std::string> lstm_roles(size_t constants, const char* biases,
                                    int count, const char* both) {
  std::string params;
  for (size_t i = 0; i < constants; ++i) {
    params += fmt::format("CONSTANTS.c{}, ", i);
  }
  Model model = frozen(
      fmt::format("a, b, c = torch.lstm(x, [x, x], [{}], {}, {}, 0., False, "
                  "{}, True)\nreturn a",
                  params, biases, count, both),
      constants);
  std::vector<std::string> roles;
  for (const Layer& layer : layers(model)) {
    for (const LayerTensor& tensor : layer.tensors) {
      EXPECT_EQ(tensor.tensor, roles.size());
      roles.push_back(tensor.role);
    }
  }
  return roles;
}

TEST(Layers, RecurrentWeightsAreNamedAsModulesNameThem) {
  EXPECT_THAT(
      lstm_roles(4, "True", 1, "False"),
      ElementsAre("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"));
  EXPECT_THAT(lstm_roles(4, "False", 2, "False"),
              ElementsAre("weight_ih_l0", "weight_hh_l0", "weight_ih_l1",
                          "weight_hh_l1"));
  EXPECT_THAT(
      lstm_roles(8, "True", 1, "True"),
      ElementsAre("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
                  "weight_ih_l0_reverse", "weight_hh_l0_reverse",
                  "bias_ih_l0_reverse", "bias_hh_l0_reverse"));
  EXPECT_THAT(
      lstm_roles(8, "False", 2, "True"),
      ElementsAre("weight_ih_l0", "weight_hh_l0", "weight_ih_l0_reverse",
                  "weight_hh_l0_reverse", "weight_ih_l1", "weight_hh_l1",
                  "weight_ih_l1_reverse", "weight_hh_l1_reverse"));
}

TEST(Layers, CellsAndListsHaveRolesToo) {
  EXPECT_THAT(
      layer_lines(frozen("torch.gru_cell(x, x, CONSTANTS.c0, CONSTANTS.c1, "
                         "CONSTANTS.c2, CONSTANTS.c3)\n"
                         "return torch.cat([x, CONSTANTS.c0])",
                         4)),
      ElementsAre("gru_cell: weight_ih=c0 weight_hh=c1 bias_ih=c2 bias_hh=c3",
                  "cat: tensors.1=c0"));
}

TEST(Layers, WhatAnExtensionTakesIsAnArgument) {
  EXPECT_THAT(layer_lines(frozen("return ops.my.op(x, CONSTANTS.c0)")),
              ElementsAre("op: argument=c0"));
}

TEST(Layers, ConstantsThatAreNoTensorsAreNone) {
  EXPECT_THAT(layer_lines(frozen("return torch.relu(CONSTANTS.c5)")),
              IsEmpty());
  EXPECT_THAT(layer_lines(frozen("return torch.relu(x)")), IsEmpty());
}

// "c0=name" of each constant.
std::vector<std::string> recovered(Model model) {
  recover_names(&model);
  std::vector<std::string> all;
  for (const Tensor& tensor : model.tensors) {
    all.push_back(tensor.name.substr(tensor.name.find('.') + 1) + '=' +
                  std::string(tensor.display_name()));
  }
  return all;
}

TEST(RecoveredNames, PreferLayersToArithmetic) {
  EXPECT_THAT(recovered(frozen("torch.add(x, CONSTANTS.c0)\n"
                               "return torch.linear(x, CONSTANTS.c0)")),
              ElementsAre("c0=linear.weight"));
}

TEST(RecoveredNames, AreUnique) {
  EXPECT_THAT(
      recovered(frozen("return ops.my.op(CONSTANTS.c0, CONSTANTS.c1)", 2)),
      ElementsAre("c0=op.argument", "c1=op.argument_1"));
}

TEST(RecoveredNames, WhatNothingTakesKeepsItsOwn) {
  EXPECT_THAT(recovered(frozen("return x")), ElementsAre("c0=CONSTANTS.c0"));
}

}  // namespace
}  // namespace tsinspect
