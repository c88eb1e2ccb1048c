#include "analysis/layer_roles.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analysis/operator_kinds.h"

namespace tsinspect {
namespace {

using torchscript::FunctionGraph;
using torchscript::Operation;

struct Renamed {
  std::string_view op;  // Empty: any.
  std::string_view argument;
  std::string_view role;
};
// As the modules of torch.nn call them.
constexpr std::array kRenamed = {
    Renamed{"aten::addmm", "self", "bias"},
    Renamed{"aten::addmm", "mat2", "weight"},
    Renamed{"aten::matmul", "other", "weight"},
    Renamed{"aten::mm", "mat2", "weight"},
    Renamed{"", "w_ih", "weight_ih"},
    Renamed{"", "w_hh", "weight_hh"},
    Renamed{"", "b_ih", "bias_ih"},
    Renamed{"", "b_hh", "bias_hh"},
};

// Operators that run whole recurrent layers, whose list `params` has the
// weights of each layer and direction in turn.
constexpr std::array kRecurrent = {
    std::string_view("aten::lstm"), std::string_view("aten::gru"),
    std::string_view("aten::rnn_tanh"), std::string_view("aten::rnn_relu")};
constexpr std::array kRecurrentParts = {"weight_ih", "weight_hh", "bias_ih",
                                        "bias_hh"};

// What layers are made of, as opposed to arithmetic.
constexpr std::array kLayers = {
    std::string_view("conv"),     std::string_view("linear"),
    std::string_view("norm"),     std::string_view("embedding"),
    std::string_view("lstm"),     std::string_view("gru"),
    std::string_view("rnn"),      std::string_view("addmm"),
    std::string_view("bilinear"), std::string_view("prelu"),
    std::string_view("matmul"),
};

std::string recurrent_role(const FunctionGraph& function,
                           const Operation& operation, uint32_t position) {
  bool has_biases = argument_text(function, operation, "has_biases") != "False";
  bool both_ways =
      argument_text(function, operation, "bidirectional") == "True";
  uint32_t parts = has_biases ? 4 : 2;
  uint32_t cell = position / parts;
  uint32_t layer = both_ways ? cell / 2 : cell;
  const char* suffix = both_ways && cell % 2 == 1 ? "_reverse" : "";
  return fmt::format("{}_l{}{}", kRecurrentParts[position % parts], layer,
                     suffix);
}

}  // namespace

std::string layer_role(const FunctionGraph& function,
                       const Operation& operation, std::string_view argument,
                       std::optional<uint32_t> position) {
  bool is_recurrent =
      std::ranges::find(kRecurrent, operation.name) != kRecurrent.end();
  if (is_recurrent && argument == "params" && position) {
    return recurrent_role(function, operation, *position);
  }
  for (const Renamed& row : kRenamed) {
    bool of_op = row.op.empty() || row.op == operation.name;
    if (of_op && row.argument == argument) return std::string(row.role);
  }
  std::string role(argument.empty() ? "argument" : argument);
  if (position) role += fmt::format(".{}", *position);
  return role;
}

int layer_rank(std::string_view op) {
  // A fused operator takes what its plain layers take elsewhere, under other
  // names.
  if (op.ends_with("_fwd") || op.starts_with("aten::_native")) return 1;
  auto is_part = [&](std::string_view part) {
    return op.find(part) != op.npos;
  };
  return std::ranges::any_of(kLayers, is_part) ? 0 : 2;
}

}  // namespace tsinspect
