// Source of truth: the printers in aten/src/ATen/core/function_schema.h,
// type.cpp and ivalue.cpp; torch/csrc/jit/frontend/script_type_parser.cpp for
// the names.

#include "torchscript/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace tsinspect::torchscript {
namespace {

struct Renamed {
  std::string_view annotation;
  std::string_view printed;
};
constexpr std::array kRenamed = {
    Renamed{"None", "NoneType"},       Renamed{"number", "Scalar"},
    Renamed{"torch.Tensor", "Tensor"}, Renamed{"torch.device", "Device"},
    Renamed{"torch.dtype", "int"},     Renamed{"torch.Generator", "Generator"},
    Renamed{"torch.Stream", "Stream"},
};

// The constructors that print as brackets around or behind their arguments.
struct Constructor {
  std::string_view name;
  std::string_view open, close;
};
constexpr std::array kConstructors = {
    Constructor{"List", "", "[]"},       Constructor{"Optional", "", "?"},
    Constructor{"Tuple", "(", ")"},      Constructor{"Dict", "Dict(", ")"},
    Constructor{"Union", "Union(", ")"}, Constructor{"Future", "Future(", ")"},
    Constructor{"RRef", "RRef(", ")"},   Constructor{"Await", "Await(", ")"},
    Constructor{"Final", "", ""},
};

std::string_view last_atom(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

std::string name_text(const std::string& name, const ClassKinds& kinds) {
  for (const Renamed& row : kRenamed) {
    if (row.annotation == name) return std::string(row.printed);
  }
  auto found = kinds.find(name);
  if (found == kinds.end()) return name;
  switch (found->second) {
    case ClassKind::kEnum:
      return fmt::format("Enum<{}>", name);
    case ClassKind::kInterface:
    case ClassKind::kModuleInterface:
      return fmt::format("InterfaceType<{}>", last_atom(name));
    default:
      return name;
  }
}

bool is_constructor(const Tree& tree, NodeId type, std::string_view name) {
  return tree.kind(type) == NodeKind::kSubscript &&
         tree.text(tree.child(type, 0)) == name;
}

// The arguments of `Name[a, b]`; none for `Tuple[()]`.
std::vector<std::string> argument_texts(const Tree& tree, NodeId type,
                                        const ClassKinds& kinds) {
  std::vector<std::string> texts;
  for (NodeId argument : tree.children(type).subspan(1)) {
    bool is_empty = tree.kind(argument) == NodeKind::kTuple &&
                    tree[argument].child_count == 0;
    if (!is_empty) texts.push_back(type_text(tree, argument, kinds));
  }
  return texts;
}

std::string constructor_text(const Tree& tree, NodeId type,
                             const ClassKinds& kinds) {
  std::vector<std::string> arguments = argument_texts(tree, type, kinds);
  std::string_view name = tree.text(tree.child(type, 0));
  // What LibTorch reads as the optional that it is.
  auto none = std::find(arguments.begin(), arguments.end(), "NoneType");
  if (name == "Union" && arguments.size() == 2 && none != arguments.end()) {
    arguments.erase(none);
    name = "Optional";
  }
  if (name == "Optional" && is_constructor(tree, tree.child(type, 1), name)) {
    return arguments.front();
  }
  for (const Constructor& row : kConstructors) {
    if (row.name == name) {
      return fmt::format("{}{}{}", row.open, fmt::join(arguments, ", "),
                         row.close);
    }
  }
  return fmt::format("{}[{}]", name, fmt::join(arguments, ", "));
}

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

// As c10::printQuotedString does: what is not printable in octal.
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

std::string value_text(const Tree& tree, NodeId id);

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

// A default value as c10::IValue prints it.
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

bool is_enum(const Tree& tree, NodeId type, const ClassKinds& kinds) {
  auto found = kinds.find(dotted_name(tree, type));
  return found != kinds.end() && found->second == ClassKind::kEnum;
}

std::string default_text(const Tree& tree, const Parameter& parameter,
                         std::string_view type, const ClassKinds& kinds) {
  NodeId value = parameter.value;
  if (tree.kind(value) == NodeKind::kString &&
      (type == "str" || type == "str?")) {
    return quoted_text(string_value(tree, value));
  }
  // Schemas write equal integers once, as if the list were of a fixed size.
  std::span<const NodeId> items = tree.children(value);
  if (tree.kind(value) == NodeKind::kList && type == "int[]" &&
      items.size() > 1) {
    std::string first = value_text(tree, items.front());
    bool all_equal = std::all_of(items.begin(), items.end(), [&](NodeId id) {
      return value_text(tree, id) == first;
    });
    if (all_equal) return first;
  }
  if (tree.kind(value) == NodeKind::kAttribute) {
    NodeId owner = tree.child(value, 0);
    if (is_enum(tree, owner, kinds)) {
      return fmt::format("Enum<{}.{}>", last_atom(tree.text(owner)),
                         tree.text(tree.child(value, 1)));
    }
  }
  return value_text(tree, value);
}

std::string parameter_text(const Tree& tree, NodeId id,
                           std::string_view missing_type,
                           const ClassKinds& kinds) {
  if (tree.kind(id) == NodeKind::kKeywordOnly) return "*";
  Parameter parameter = as_parameter(tree, id);
  std::string text = parameter.annotation == kNoNode
                         ? std::string(missing_type)
                         : type_text(tree, parameter.annotation, kinds);
  if (parameter.value == kNoNode) {
    return fmt::format("{} {}", text, tree.text(parameter.name));
  }
  return fmt::format("{} {}={}", text, tree.text(parameter.name),
                     default_text(tree, parameter, text, kinds));
}

}  // namespace

std::string type_text(const Tree& tree, NodeId type, const ClassKinds& kinds) {
  if (tree.kind(type) == NodeKind::kSubscript) {
    return constructor_text(tree, type, kinds);
  }
  std::string name = dotted_name(tree, type);
  if (!name.empty()) return name_text(name, kinds);
  if (tree.kind(type) == NodeKind::kNone) return "NoneType";
  return std::string(tree.text(type));
}

std::string schema_text(const Tree& tree, NodeId function,
                        std::string_view self_type, const ClassKinds& kinds) {
  Function parts = as_function(tree, function);
  std::vector<std::string> parameters;
  for (NodeId id : tree.children(parts.parameters)) {
    std::string_view missing = parameters.empty() ? self_type : "Tensor";
    parameters.push_back(parameter_text(tree, id, missing, kinds));
  }
  std::string head =
      fmt::format("{}({})", tree.text(parts.name), fmt::join(parameters, ", "));
  if (parts.returns == kNoNode) return head;
  std::string returns = type_text(tree, parts.returns, kinds);
  // LibTorch's parser would take a tuple in single ones for several results.
  const char* format = returns.starts_with('(') ? "{} -> ({})" : "{} -> {}";
  return fmt::format(fmt::runtime(format), head, returns);
}

}  // namespace tsinspect::torchscript
