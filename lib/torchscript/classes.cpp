// Source of truth: torch/csrc/jit/serialization/import_source.cpp.

#include "torchscript/classes.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_set>

namespace tsinspect::torchscript {
namespace {

struct Base {
  std::string_view name;
  ClassKind kind;
};
constexpr std::array kBases = {
    Base{"Module", ClassKind::kModule},
    Base{"NamedTuple", ClassKind::kNamedTuple},
    Base{"Interface", ClassKind::kInterface},
    Base{"ModuleInterface", ClassKind::kModuleInterface},
    Base{"Enum", ClassKind::kEnum},
};

std::vector<std::string> strings(const Tree& tree, NodeId list) {
  std::vector<std::string> all;
  for (NodeId item : tree.children(list)) {
    if (tree.kind(item) == NodeKind::kString) {
      all.push_back(string_value(tree, item));
    }
  }
  return all;
}

// What assignments to these names mean.
struct Special {
  std::string_view name;
  void (*store)(std::vector<std::string>, ClassInfo*);
};
constexpr std::array kSpecials = {
    Special{"__parameters__",
            [](std::vector<std::string> names, ClassInfo* info) {
              info->parameters = std::move(names);
            }},
    Special{"__buffers__",
            [](std::vector<std::string> names, ClassInfo* info) {
              info->buffers = std::move(names);
            }},
    Special{"__forward_hooks__",
            [](std::vector<std::string> names, ClassInfo* info) {
              info->forward_hooks = std::move(names);
            }},
    Special{"__forward_pre_hooks__",
            [](std::vector<std::string> names, ClassInfo* info) {
              info->forward_pre_hooks = std::move(names);
            }},
    // Only its subscripts mean something.
    Special{"__annotations__", [](std::vector<std::string>, ClassInfo*) {}},
};

ClassKind kind_of(const Tree& tree, NodeId base) {
  if (base == kNoNode) return ClassKind::kPlain;
  for (const Base& row : kBases) {
    if (row.name == tree.text(base)) return row.kind;
  }
  return ClassKind::kOther;
}

// The type within `Final[type]`; any other type is itself.
NodeId without_final(const Tree& tree, NodeId type) {
  bool is_final = tree.kind(type) == NodeKind::kSubscript &&
                  tree.text(tree.child(type, 0)) == "Final";
  return is_final ? tree.child(type, 1) : type;
}

AttributeInfo attribute(const Tree& tree, std::string name, NodeId type,
                        NodeId value) {
  type = without_final(tree, type);
  return {std::move(name), tree.text(type), type, value};
}

void read_assign(const Tree& tree, NodeId id, ClassInfo* info) {
  Assign assign = as_assign(tree, id);
  std::string_view target = tree.text(assign.target);
  if (tree.kind(assign.target) == NodeKind::kSubscript) {
    NodeId key = tree.child(assign.target, 1);
    bool is_annotation =
        tree.text(tree.child(assign.target, 0)) == "__annotations__" &&
        tree.kind(key) == NodeKind::kString;
    if (!is_annotation) return;
    info->attributes.push_back(
        attribute(tree, string_value(tree, key), assign.value, kNoNode));
    return;
  }
  if (tree.kind(assign.target) != NodeKind::kName) return;
  if (assign.annotation == kNoNode) {
    for (const Special& row : kSpecials) {
      if (row.name == target) {
        return row.store(strings(tree, assign.value), info);
      }
    }
  }
  info->attributes.push_back(
      attribute(tree, std::string(target), assign.annotation, assign.value));
}

// Moves the methods that are hooks out of the others.
void set_hooks_apart(ClassInfo* info) {
  std::unordered_set<std::string_view> names(info->forward_hooks.begin(),
                                             info->forward_hooks.end());
  names.insert(info->forward_pre_hooks.begin(), info->forward_pre_hooks.end());
  auto is_hook = [&](const MethodInfo& method) {
    return names.contains(method.name);
  };
  auto& methods = info->methods;
  std::copy_if(methods.begin(), methods.end(), std::back_inserter(info->hooks),
               is_hook);
  std::erase_if(methods, is_hook);
}

void read_methods(const Tree& tree, NodeId block, ClassInfo* info) {
  for (NodeId id : tree.children(block)) {
    if (tree.kind(id) == NodeKind::kFunction) {
      info->methods.push_back({tree.text(as_function(tree, id).name), id});
    }
  }
}

}  // namespace

std::string_view to_string(ClassKind kind) {
  for (const Base& row : kBases) {
    if (row.kind == kind) return row.name;
  }
  return {};
}

bool is_mangle(std::string_view part) {
  constexpr std::string_view kMangle = "___torch_mangle_";
  if (!part.starts_with(kMangle)) return false;
  part.remove_prefix(kMangle.size());
  return !part.empty() && part.find_first_not_of("0123456789") == part.npos;
}

std::string qualified_prefix(std::string_view record) {
  constexpr std::string_view kFolder = "code/";
  constexpr std::string_view kSuffix = ".py";
  size_t code = record.starts_with(kFolder) ? 0 : record.find("/code/");
  if (code != record.npos) {
    record.remove_prefix(record.find(kFolder, code) + kFolder.size());
  }
  if (record.ends_with(kSuffix)) record.remove_suffix(kSuffix.size());
  std::string prefix(record);
  std::replace(prefix.begin(), prefix.end(), '/', '.');
  return prefix;
}

std::vector<ClassInfo> read_classes(const Tree& tree, std::string_view prefix) {
  std::vector<ClassInfo> all;
  for (NodeId id : tree.children(tree.root)) {
    if (tree.kind(id) != NodeKind::kClass) continue;
    Class definition = as_class(tree, id);
    ClassInfo& info = all.emplace_back();
    info.name = prefix.empty() ? "" : std::string(prefix) + ".";
    info.name += tree.text(definition.name);
    info.kind = kind_of(tree, definition.base);
    info.node = id;
    for (NodeId statement : tree.children(definition.body)) {
      if (tree.kind(statement) == NodeKind::kAssign) {
        read_assign(tree, statement, &info);
      }
    }
    read_methods(tree, definition.body, &info);
    set_hooks_apart(&info);
  }
  return all;
}

std::optional<ClassInfo> read_legacy_module(const Tree& tree,
                                            std::string_view prefix) {
  ClassInfo info;
  info.name = prefix;
  info.kind = ClassKind::kModule;
  info.node = tree.root;
  read_methods(tree, tree.root, &info);
  std::erase_if(info.methods, [&](const MethodInfo& method) {
    NodeId parameters = as_function(tree, method.node).parameters;
    NodeId first = as_parameter(tree, tree.child(parameters, 0)).name;
    return tree.text(first) != "self";
  });
  if (info.methods.empty()) return std::nullopt;
  return info;
}

}  // namespace tsinspect::torchscript
