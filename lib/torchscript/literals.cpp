// Source of truth: the printers in aten/src/ATen/core/ivalue.cpp, and
// c10::printQuotedString() in c10/util/StringUtil.h.

#include "torchscript/literals.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace tsinspect::torchscript {
namespace {

// A double as LibTorch prints it: 17 digits, but `1.` where it is integral.
std::string double_text(double value) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::isnan(value)) return "nan";
  if (std::abs(value) < kTwoTo63 && std::trunc(value) == value) {
    return fmt::format("{}.", static_cast<int64_t>(value));
  }
  return fmt::format("{:.17g}", value);
}

// A number without its `j`.
std::optional<double> parse_double(std::string_view text) {
  double value = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::string number_text(std::string_view text, bool negative) {
  bool imaginary = text.ends_with('j');
  if (imaginary) text.remove_suffix(1);
  bool integral = text.find_first_of(".eE") == text.npos;
  std::string_view sign = negative ? "-" : "";
  std::optional<double> value =
      integral && !imaginary ? std::nullopt : parse_double(text);
  if (!value) return fmt::format("{}{}", sign, text);
  double signed_value = negative ? 0 - *value : *value;
  if (!imaginary) return double_text(signed_value);
  return fmt::format("{}.{}{}j", 0, negative ? "" : "+",
                     double_text(signed_value));
}

std::string values_text(const Tree& tree, std::span<const NodeId> ids) {
  std::vector<std::string> texts;
  for (NodeId id : ids) texts.push_back(value_text(tree, id));
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string dict_text(const Tree& tree, NodeId id) {
  std::vector<std::string> texts;
  for (size_t i = 0; i + 1 < tree[id].child_count; i += 2) {
    texts.push_back(fmt::format("{}: {}", value_text(tree, tree.child(id, i)),
                                value_text(tree, tree.child(id, i + 1))));
  }
  return fmt::format("{{{}}}", fmt::join(texts, ", "));
}

std::string call_text(const Tree& tree, NodeId id) {
  std::string callee = dotted_name(tree, tree.child(id, 0));
  bool is_literal = callee == "torch.device" || callee == "float";
  if (is_literal && tree.kind(tree.child(id, 1)) == NodeKind::kString) {
    return string_value(tree, tree.child(id, 1));
  }
  bool is_cast = callee == "annotate" || callee == "unchecked_cast";
  if (is_cast) return value_text(tree, tree.child(id, 2));
  return std::string(tree.text(id));
}

// `2.+0.5j`: a real and an imaginary number.
std::string binary_text(const Tree& tree, NodeId id) {
  NodeId right = tree.child(id, 1);
  bool is_complex =
      tree.kind(right) == NodeKind::kNumber &&
      tree.text(right).ends_with('j') &&
      (tree[id].op == TokenKind::kPlus || tree[id].op == TokenKind::kMinus);
  std::string_view digits = tree.text(right);
  if (!is_complex) return std::string(tree.text(id));
  digits.remove_suffix(1);
  double imaginary = parse_double(digits).value_or(0);
  return fmt::format("{}{}{}j", value_text(tree, tree.child(id, 0)),
                     tree[id].op == TokenKind::kPlus ? "+" : "-",
                     double_text(imaginary));
}

std::string unary_text(const Tree& tree, NodeId id) {
  NodeId operand = tree.child(id, 0);
  if (tree[id].op != TokenKind::kMinus) return std::string(tree.text(id));
  if (tree.kind(operand) == NodeKind::kNumber) {
    return number_text(tree.text(operand), true);
  }
  return "-" + value_text(tree, operand);
}

}  // namespace

std::string value_text(const Tree& tree, NodeId id) {
  switch (tree.kind(id)) {
    case NodeKind::kNumber:
      return number_text(tree.text(id), false);
    case NodeKind::kString:
      return string_value(tree, id);
    case NodeKind::kUnary:
      return unary_text(tree, id);
    case NodeKind::kBinary:
      return binary_text(tree, id);
    case NodeKind::kList:
      return fmt::format("[{}]", values_text(tree, tree.children(id)));
    case NodeKind::kTuple:
      return fmt::format("({}{})", values_text(tree, tree.children(id)),
                         tree[id].child_count == 1 ? "," : "");
    case NodeKind::kDict:
      return dict_text(tree, id);
    case NodeKind::kCall:
      return call_text(tree, id);
    default:
      return std::string(tree.text(id));
  }
}

std::string plain_value(std::string_view text) {
  bool is_float = text.find_first_of(".e") != text.npos;
  std::optional<double> number = is_float ? parse_double(text) : std::nullopt;
  return number ? fmt::format("{}", *number) : std::string(text);
}

std::string quoted_text(std::string_view text) {
  constexpr std::array kEscapes = {
      std::pair{'\\', "\\\\"}, std::pair{'\'', "\\'"}, std::pair{'"', "\\\""},
      std::pair{'\a', "\\a"},  std::pair{'\b', "\\b"}, std::pair{'\f', "\\f"},
      std::pair{'\n', "\\n"},  std::pair{'\r', "\\r"}, std::pair{'\t', "\\t"},
      std::pair{'\v', "\\v"}};
  std::string out = "\"";
  for (char c : text) {
    auto row = std::find_if(kEscapes.begin(), kEscapes.end(),
                            [&](const auto& pair) { return pair.first == c; });
    if (row != kEscapes.end()) {
      out += row->second;
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      out += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    }
  }
  return out + "\"";
}

}  // namespace tsinspect::torchscript
