// Source of truth: the printers in aten/src/ATen/core/function_schema.h,
// type.cpp and ivalue.cpp; torch/csrc/jit/frontend/script_type_parser.cpp for
// the names.

#include "torchscript/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "torchscript/literals.h"

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
