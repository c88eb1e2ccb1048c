// load_state_dict() against what torch found in the fixtures, and into modules.

#include "tsinspect/libtorch/state_dict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/json.h"
#include "format/temp_folder.h"
#include "libtorch/tensor_model.h"
#include "tsinspect/dtype.h"
#include "tsinspect/libtorch/load.h"
#include "tsinspect/model.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string fixture(const std::string& name) {
  return std::string(TSINSPECT_FIXTURES) + "/" + name;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::map<std::string, at::Tensor> by_name(const StateDict& state) {
  std::map<std::string, at::Tensor> result;
  for (const NamedTensor& item : state) result[item.name] = item.tensor;
  return result;
}

// One line of fixtures/expected.jsonl: "name dtype [shape] sha256" of each
// tensor.
class Expected : public JsonHandler {
 public:
  std::string file;
  std::vector<std::string> tensors;
  bool failed = true;

  void key(uint32_t depth, std::string_view text) override {
    if (depth == 1) section_ = text;
    if (depth == 3) key_ = text;
  }
  void string(uint32_t depth, std::string_view text) override {
    if (depth == 1 && section_ == "file") file = text;
    if (depth == 3 && section_ == "tensors") values_[key_] = text;
  }
  void integer(uint32_t depth, int64_t value) override {
    if (depth == 4 && key_ == "shape") shape_.push_back(value);
  }
  void null(uint32_t depth) override {
    if (depth == 1 && section_ == "error") failed = false;
  }
  void end_object(uint32_t depth) override {
    if (depth != 2 || section_ != "tensors") return;
    std::ostringstream line;
    line << values_["name"] << " " << values_["dtype"] << " "
         << at::IntArrayRef(shape_) << " " << values_["sha256"];
    tensors.push_back(line.str());
    values_.clear();
    shape_.clear();
  }

 private:
  std::string section_, key_;
  std::map<std::string, std::string> values_;
  std::vector<int64_t> shape_;
};

void append_parts(Model* model, const NamedTensor& item) {
  const at::Tensor& tensor = item.tensor;
  bool by_column =
      tensor.layout() == at::kSparseCsc || tensor.layout() == at::kSparseBsc;
  if (by_column) {
    append_tensor(model, item.name + ".ccol_indices", tensor.ccol_indices());
    append_tensor(model, item.name + ".row_indices", tensor.row_indices());
  } else if (tensor.layout() == at::kSparseBsr) {
    append_tensor(model, item.name + ".crow_indices", tensor.crow_indices());
    append_tensor(model, item.name + ".col_indices", tensor.col_indices());
  } else {
    append_tensor(model, item.name, tensor);
    return;
  }
  append_tensor(model, item.name + ".values", tensor.values());
}

// The same lines of what was loaded. Of a sparse tensor, its parts.
std::vector<std::string> lines_of(const StateDict& state) {
  Model model;
  for (const NamedTensor& item : state) append_parts(&model, item);
  std::vector<std::string> lines;
  for (const Tensor& tensor : model.tensors) {
    std::ostringstream line;
    line << tensor.name << " " << dtype_info(tensor.dtype).name << " "
         << at::IntArrayRef(tensor.shape) << " "
         << (tensor.storage == kNoIndex ? std::string(64, '0')
                                        : sha256(model, tensor));
    lines.push_back(line.str());
  }
  return lines;
}

TEST(StateDict, IsWhatTorchFindsInEveryFixture) {
  std::ifstream list(fixture("expected.jsonl"));
  std::string line;
  int compared = 0;
  std::vector<std::string> unsupported;
  while (std::getline(list, line)) {
    Expected expected;
    read_json(line, "expected.jsonl", 0, &expected);
    if (expected.failed) continue;
    // Their tensors may be named in several ways, or left out.
    if (expected.file == "jagged.pt") continue;
    if (expected.file == "tensor_subclass.pt") continue;
    SCOPED_TRACE(expected.file);
    try {
      std::vector<std::string> ours =
          lines_of(load_state_dict(fixture(expected.file)));
      EXPECT_THAT(ours, testing::UnorderedElementsAreArray(expected.tensors));
      ++compared;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUnsupported) << error.what();
      unsupported.push_back(expected.file + ": " + error.what());
    }
  }
  EXPECT_GT(compared, 120);
  for (const std::string& each : unsupported) std::cout << each << "\n";
}

TEST(StateDict, TiesAndViewsShareTheirStorage) {
  auto tied = by_name(load_state_dict(fixture("tied.pt")));
  EXPECT_TRUE(tied["encoder.weight"].is_alias_of(tied["decoder.weight"]));
  auto views = by_name(load_state_dict(fixture("views.pt")));
  EXPECT_TRUE(views["base"].is_alias_of(views["transposed"]));
  EXPECT_FALSE(views["transposed"].is_contiguous());
  views["base"].fill_(3);
  EXPECT_TRUE(views["transposed"].eq(3).all().item<bool>());
}

TEST(StateDict, WritingLeavesTheFileAlone) {
  TempFolder folder;
  for (const char* name : {"state_dict.pt", "state_dict_legacy.pt",
                           "frozen/residual.state.safetensors", "array.npy"}) {
    std::string before = contents(fixture(name));
    std::string path = folder.add(name, before);
    StateDict state = load_state_dict(path);
    ASSERT_FALSE(state.empty());
    for (NamedTensor& item : state) item.tensor.zero_();
    EXPECT_EQ(contents(path), before) << name;
    EXPECT_NE(lines_of(state), lines_of(load_state_dict(path))) << name;
  }
}

TEST(StateDict, ATensorOutlivesTheRest) {
  at::Tensor kept = load_state_dict(fixture("state_dict.pt"))[0].tensor;
  at::Tensor same = load_state_dict(fixture("state_dict.pt"))[0].tensor;
  EXPECT_TRUE(kept.equal(same));
  EXPECT_FALSE(kept.is_alias_of(same));
  EXPECT_FALSE(kept.requires_grad());
}

TEST(StateDict, KeepsQuantisation) {
  auto state = by_name(load_state_dict(fixture("quantized.pt")));
  EXPECT_EQ(state["per_tensor"].qscheme(), at::kPerTensorAffine);
  EXPECT_EQ(state["per_channel"].qscheme(), at::kPerChannelAffine);
  EXPECT_EQ(state["float_qparams"].qscheme(),
            at::kPerChannelAffineFloatQParams);
  at::Tensor tensor = state["per_channel"];
  at::Tensor by_hand =
      (tensor.int_repr().to(at::kDouble) -
       tensor.q_per_channel_zero_points().to(at::kDouble).unsqueeze(1)) *
      tensor.q_per_channel_scales().unsqueeze(1);
  ASSERT_EQ(tensor.q_per_channel_axis(), 0);
  EXPECT_TRUE(tensor.dequantize().allclose(by_hand.to(at::kFloat)));
}

TEST(StateDict, PutsSparseTensorsTogether) {
  auto state = by_name(load_state_dict(fixture("sparse.pt")));
  EXPECT_EQ(state["coo"].layout(), at::kSparse);
  EXPECT_EQ(state["csr"].layout(), at::kSparseCsr);
  EXPECT_GT(state["coo"].to_dense().abs().sum().item<double>(), 0);
  EXPECT_EQ(state.count("coo.indices"), 0U);
}

TEST(StateDict, KeepsBitsAndMeta) {
  auto state = by_name(load_state_dict(fixture("conj_and_neg.pt")));
  EXPECT_TRUE(state["conj"].is_conj());
  EXPECT_TRUE(load_state_dict(fixture("meta.pt"))[0].tensor.is_meta());
}

TEST(StateDict, SwapsBigEndianBytes) {
  auto big = load_state_dict(fixture("big_endian.pt"));
  ASSERT_FALSE(big.empty());
  Model model = open_model(fixture("big_endian.pt"));
  ASSERT_TRUE(model.producer.big_endian);
  for (size_t i = 0; i < big.size(); ++i) {
    Model ours;
    append_tensor(&ours, big[i].name, big[i].tensor);
    EXPECT_EQ(sha256(ours, ours.tensors[0]), sha256(model, model.tensors[i]));
  }
}

struct Net : torch::nn::Module {
  Net() {
    fc = register_module("fc", torch::nn::Linear(2, 3));
    scale = register_buffer("scale", torch::ones({}));
  }
  torch::nn::Linear fc{nullptr};
  at::Tensor scale;
};

StateDict state_of_net() {
  return {{"fc.weight", torch::full({3, 2}, 2.0, at::kDouble)},
          {"fc.bias", torch::full({3}, 4, at::kLong)},
          {"scale", torch::full({1}, 5.0)}};
}

TEST(LoadInto, CopiesAndConverts) {
  Net net;
  void* before = net.fc->weight.data_ptr();
  EXPECT_TRUE(load_state_dict_into(net, state_of_net()).empty());
  EXPECT_EQ(net.fc->weight.data_ptr(), before);
  EXPECT_TRUE(net.fc->weight.equal(torch::full({3, 2}, 2.0F)));
  EXPECT_TRUE(net.fc->bias.equal(torch::full({3}, 4.0F)));
  EXPECT_EQ(net.scale.item<float>(), 5);
  EXPECT_TRUE(net.fc->weight.requires_grad());
  EXPECT_TRUE(net.fc->weight.is_leaf());
}

TEST(LoadInto, StrictTellsAllAndChangesNothing) {
  Net net;
  at::Tensor before = net.fc->weight.detach().clone();
  StateDict state = {{"fc.weigth", torch::zeros({3, 2})},
                     {"fc.bias", torch::zeros({4})},
                     {"scale", torch::zeros({})}};
  try {
    load_state_dict_into(net, state);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
    EXPECT_STREQ(
        error.what(),
        "the file does not fit the module; missing in the file: fc.weight (is "
        "it fc.weigth?); unexpected in the file: fc.weigth (is it fc.weight?); "
        "size mismatch for fc.bias: [4] in the file, [3] in the module");
  }
  EXPECT_TRUE(net.fc->weight.equal(before));
  EXPECT_EQ(net.scale.item<float>(), 1);
  IncompatibleKeys keys = load_state_dict_into(net, state, false);
  EXPECT_THAT(keys.missing, ElementsAre("fc.weight"));
  EXPECT_THAT(keys.unexpected, ElementsAre("fc.weigth"));
  ASSERT_EQ(keys.mismatched.size(), 1U);
  EXPECT_THAT(keys.mismatched[0].file_shape, ElementsAre(4));
  EXPECT_EQ(net.scale.item<float>(), 0);
}

TEST(LoadInto, RenamesAndLeavesOut) {
  StateDict state;
  for (NamedTensor& item : state_of_net()) {
    state.push_back({"model." + item.name, item.tensor});
  }
  state.push_back({"optimizer.step", torch::ones({})});
  Net net;
  load_state_dict_into(net, state, true, [](const std::string& name) {
    return name.rfind("model.", 0) == 0 ? name.substr(6) : "";
  });
  EXPECT_EQ(net.scale.item<float>(), 5);
}

TEST(LoadInto, WhatCannotBeCopiedChangesNothing) {
  Net net;
  StateDict state = state_of_net();
  state[2].tensor = torch::empty({}, at::kMeta);
  EXPECT_THROW(load_state_dict_into(net, state), Error);
  EXPECT_FALSE(net.fc->weight.eq(2).all().item<bool>());
}

TEST(LoadInto, ScriptedModules) {
  std::string path = fixture("scripted_cnn.pt");
  torch::jit::Module module = load(path).module;
  {
    torch::NoGradGuard no_grad;
    for (at::Tensor each : module.parameters()) each.zero_();
    for (at::Tensor each : module.buffers()) each.zero_();
  }
  IncompatibleKeys keys = load_state_dict_into(module, path, false);
  EXPECT_THAT(keys.missing, IsEmpty());
  torch::jit::Module fresh = load(path).module;
  auto theirs = fresh.named_parameters();
  auto next = theirs.begin();
  for (const auto& item : module.named_parameters()) {
    EXPECT_EQ(item.name, (*next).name);
    EXPECT_TRUE(item.value.equal((*next).value)) << item.name;
    ++next;
  }
}

struct Tied : torch::nn::Module {
  Tied() {
    a = register_parameter("a", torch::zeros({2}));
    b = register_parameter("b", a);
  }
  at::Tensor a, b;
};

TEST(LoadInto, OneNameOfTiedParametersIsEnough) {
  Tied tied;
  load_state_dict_into(tied, StateDict{{"a", torch::ones({2})}});
  EXPECT_EQ(tied.b.sum().item<float>(), 2);
}

}  // namespace
}  // namespace tsinspect
