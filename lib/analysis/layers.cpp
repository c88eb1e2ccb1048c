#include "tsinspect/layers.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>

#include "analysis/constant_flow.h"
#include "analysis/constant_rows.h"
#include "analysis/layer_roles.h"
#include "analysis/operator_kinds.h"
#include "base/file.h"
#include "torchscript/literals.h"

namespace tsinspect {
namespace {

using torchscript::FunctionGraph;
using torchscript::kNoNode;
using torchscript::NodeId;
using torchscript::NodeKind;
using torchscript::Operation;
using torchscript::OperationId;
using torchscript::OperationKind;
using torchscript::Program;
using torchscript::Tree;

// Arguments that say how an operator runs, not what it is.
constexpr std::array kHowItRuns = {
    std::string_view("benchmark"),     std::string_view("deterministic"),
    std::string_view("cudnn_enabled"), std::string_view("cudnn_enable"),
    std::string_view("allow_tf32"),    std::string_view("train"),
    std::string_view("training"),      std::string_view("dtype"),
};

// What modules have unless they are told otherwise.
struct Default {
  std::string_view name;
  std::string_view value;  // A list of any length has it in every place.
};
constexpr std::array kDefaults = {
    Default{"stride", "1"},     Default{"padding", "0"},
    Default{"dilation", "1"},   Default{"output_padding", "0"},
    Default{"groups", "1"},     Default{"transposed", "False"},
    Default{"dropout", "0."},   Default{"padding_idx", "-1"},
    Default{"sparse", "False"}, Default{"scale_grad_by_freq", "False"},
};

// What a setting's value is at most, and a list's length.
constexpr size_t kMostText = 256;
constexpr size_t kMostItems = 64;

// A literal, or a list of them as it is written.
bool is_fixed(const FunctionGraph& function, OperationId id) {
  const Operation& value = function[id];
  if (value.kind == OperationKind::kLiteral) {
    return value.node != kNoNode &&
           function.body.text(value.node).size() <= kMostText;
  }
  auto items = function.inputs_of(value);
  return value.kind == OperationKind::kConstruct &&
         function.body.text(value.node).size() <= kMostText &&
         items.size() <= kMostItems &&
         std::ranges::all_of(items, [&](const auto& item) {
           return function[item.value].kind == OperationKind::kLiteral;
         });
}

bool is_default(const Tree& tree, NodeId node, std::string_view name) {
  auto row = std::ranges::find(kDefaults, name, &Default::name);
  if (row == kDefaults.end()) return false;
  if (tree.kind(node) != NodeKind::kList) return tree.text(node) == row->value;
  return std::ranges::all_of(tree.children(node), [&](NodeId item) {
    return tree.text(item) == row->value;
  });
}

std::vector<LayerSetting> settings_of(const FunctionGraph& function,
                                      const Operation& operation) {
  std::vector<LayerSetting> settings;
  auto inputs = function.inputs_of(operation);
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::string_view name = function.argument_name(operation, i);
    if (name.empty() || !is_fixed(function, inputs[i].value)) continue;
    if (std::ranges::find(kHowItRuns, name) != kHowItRuns.end()) continue;
    NodeId node = function[inputs[i].value].node;
    if (function.body.kind(node) == NodeKind::kNone) continue;
    if (is_default(function.body, node, name)) continue;
    settings.push_back({std::string(name),
                        torchscript::plain_value(function.body.text(node))});
  }
  return settings;
}

// Tensors of one packed parameter that are told of.
constexpr size_t kMostPacked = 4;

// The roles of what a packed parameter holds: a quantised weight and a bias.
std::string packed_role(const Tensor& tensor) {
  bool is_weight = tensor.details && tensor.details->quantization;
  return is_weight ? "weight" : "bias";
}

class Layers {
 public:
  Layers(const Model& model, const Program& program)
      : model_(model), rows_(constant_rows(model)) {
    for (OperatorName& row : operator_names(model, program)) {
      names_.try_emplace({row.place, row.op}, std::move(row.name));
    }
    for (const ConstantUse& use : constant_uses(program)) add(use);
  }

  std::vector<Layer> take() {
    std::vector<Layer> all;
    for (auto& [key, draft] : layers_) {
      // In the order of the arguments, which constants need not be in.
      std::ranges::stable_sort(draft.tensors, {}, &Taken::order);
      for (Taken& taken : draft.tensors) {
        draft.layer.tensors.push_back(std::move(taken.tensor));
      }
      all.push_back(std::move(draft.layer));
    }
    return all;
  }

 private:
  struct Taken {
    std::pair<uint32_t, std::optional<uint32_t>> order;  // Input, position.
    LayerTensor tensor;
  };
  struct Draft {
    Layer layer;
    std::vector<Taken> tensors;
  };

  void add(const ConstantUse& use) {
    auto rows = rows_.find(use.constant);
    if (rows == rows_.end()) return;
    const FunctionGraph& function = *use.function;
    const Operation& operation = function[use.operation];
    CodePlace place = {function.source->record, function.offset(operation)};
    // The record's own place in the archive orders the functions.
    auto record = static_cast<size_t>(function.source->record.data() -
                                      model_.files[0]->data().data());
    auto [entry, is_new] =
        layers_.try_emplace({record, place.offset, operation.name});
    Layer& layer = entry->second.layer;
    if (is_new) {
      layer.name = names_[{place, std::string(operation.name)}];
      if (layer.name.empty()) layer.name = operator_kind(function, operation);
      layer.op = operation.name;
      layer.function = function.name;
      layer.place = place;
      layer.settings = settings_of(function, operation);
    }
    std::string_view argument = function.argument_name(operation, use.input);
    bool is_packed = rows->second.size() > 1;
    for (uint32_t row :
         std::span(rows->second)
             .first(std::min(rows->second.size(), kMostPacked))) {
      LayerTensor tensor;
      tensor.argument = argument;
      tensor.role =
          is_packed ? packed_role(model_.tensors[row])
                    : layer_role(function, operation, argument, use.position);
      tensor.tensor = row;
      for (std::string_view op : use.through) {
        tensor.through.emplace_back(op.substr(op.find("::") + 2));
      }
      entry->second.tensors.push_back(
          {{use.input, use.position}, std::move(tensor)});
    }
  }

  const Model& model_;
  ConstantRows rows_;
  std::map<std::pair<CodePlace, std::string>, std::string> names_;
  std::map<std::tuple<size_t, uint32_t, std::string_view>, Draft> layers_;
};

}  // namespace

std::vector<Layer> layers(const Model& model) {
  if (model.source == nullptr) return {};
  Program program(model);
  return Layers(model, program).take();
}

}  // namespace tsinspect
