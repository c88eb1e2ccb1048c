#include "analysis/frozen_layers.h"

#include <array>
#include <map>
#include <string_view>

#include "tsinspect/values.h"

namespace tsinspect {
namespace {

struct Operator {
  std::string_view name;
  size_t first;  // Of the arguments, that has a role.
  std::vector<std::string> roles;
};

const std::vector<Operator> kOperators = {
    {"conv1d", 1, {"weight", "bias"}},
    {"conv2d", 1, {"weight", "bias"}},
    {"conv3d", 1, {"weight", "bias"}},
    {"conv_transpose2d", 1, {"weight", "bias"}},
    {"_convolution", 1, {"weight", "bias"}},
    {"linear", 1, {"weight", "bias"}},
    {"layer_norm", 2, {"weight", "bias"}},
    {"group_norm", 2, {"weight", "bias"}},
    {"prelu", 1, {"weight"}},
    {"embedding", 0, {"weight"}},
    {"embedding_bag", 0, {"weight"}},
    {"bilinear", 2, {"weight", "bias"}},
    {"lstm_cell", 2, {"weight_ih", "weight_hh", "bias_ih", "bias_hh"}},
    {"gru_cell", 2, {"weight_ih", "weight_hh", "bias_ih", "bias_hh"}},
    {"batch_norm", 1, {"weight", "bias", "running_mean", "running_var"}},
    {"instance_norm", 1, {"weight", "bias", "running_mean", "running_var"}},
};

// The arguments between the parenthesis before `text` and the one that closes
// it.
std::vector<std::string> arguments(std::string_view text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (char c : text) {
    if (c == '(' || c == '[') ++depth;
    if ((c == ')' || c == ']') && depth-- == 0) break;
    if (c == ',' && depth == 0) {
      parts.emplace_back();
    } else if (!parts.back().empty() || c != ' ') {
      parts.back() += c;
    }
  }
  return parts;
}

Layer read_call(const Operator& op, const std::vector<std::string>& arguments,
                const std::map<std::string, uint32_t>& constants) {
  Layer layer;
  layer.op = "aten::" + std::string(op.name);
  for (size_t i = 0; i < op.roles.size(); ++i) {
    if (op.first + i >= arguments.size()) break;
    auto constant = constants.find(arguments[op.first + i]);
    if (constant == constants.end()) continue;
    layer.tensors.push_back({op.roles[i], constant->second, {}});
  }
  if (op.name == "_convolution" && arguments.size() > 8) {
    layer.settings = {{"transposed", arguments[6]}, {"groups", arguments[8]}};
  }
  return layer;
}

void add_layers(std::string_view source,
                const std::map<std::string, uint32_t>& constants,
                std::vector<Layer>* layers) {
  for (size_t at = 0; (at = source.find("torch.", at)) < source.size();) {
    at += 6;
    for (const Operator& op : kOperators) {
      std::string_view rest = source.substr(at);
      if (!rest.starts_with(std::string(op.name) + "(")) continue;
      Layer layer =
          read_call(op, arguments(rest.substr(op.name.size() + 1)), constants);
      if (!layer.tensors.empty()) layers->push_back(std::move(layer));
    }
  }
}

}  // namespace

std::vector<Layer> layers_by_text(const Model& model) {
  std::map<std::string, uint32_t> constants;
  for (uint32_t row = 0; row < model.tensors.size(); ++row) {
    constants[model.tensors[row].name] = row;
  }
  std::vector<Layer> layers;
  for (const Record& record : model.records) {
    if (record.name.find("/code/") == std::string_view::npos ||
        !record.name.ends_with(".py")) {
      continue;
    }
    Bytes bytes = record_bytes(model, record);
    std::string_view source(reinterpret_cast<const char*>(bytes.data.data()),
                            bytes.data.size());
    add_layers(source, constants, &layers);
  }
  return layers;
}

}  // namespace tsinspect
