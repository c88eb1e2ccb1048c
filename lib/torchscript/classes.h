// The classes that a record of TorchScript source defines.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "torchscript/syntax.h"

namespace tsinspect::torchscript {

enum class ClassKind : uint8_t {
  kPlain,            // class X:
  kModule,           // class X(Module):
  kNamedTuple,       // class X(NamedTuple):
  kInterface,        // class X(Interface):
  kModuleInterface,  // class X(ModuleInterface):
  kEnum,             // class X(Enum):
  kOther,            // Any other base.
};

// The base that says so: "Module", "NamedTuple", …; empty for kPlain, kOther.
std::string_view to_string(ClassKind kind);

// An attribute as it is declared: `name : type`, `__annotations__["name"] =
// type`, `name : Final[type] = value`, and for an enum's member `name = value`.
struct AttributeInfo {
  std::string name;
  std::string_view type;  // Source text, without Final[]; empty if none.
  NodeId type_node = kNoNode;
  NodeId value = kNoNode;  // A constant's or member's value.
};

struct MethodInfo {
  std::string_view name;
  NodeId node = kNoNode;  // Its kFunction.
};

// One class, in the order of its source. The views and nodes are those of the
// tree that it was read from.
struct ClassInfo {
  std::string name;  // Qualified: "__torch__.a.b.C".
  ClassKind kind = ClassKind::kPlain;
  NodeId node = kNoNode;  // Its kClass; the tree's root for a legacy module.

  // What `__parameters__` and `__buffers__` list, where the class has them. One
  // without `__buffers__` (before torch 1.6) does not tell buffers from
  // attributes.
  std::optional<std::vector<std::string>> parameters;
  std::optional<std::vector<std::string>> buffers;

  std::vector<AttributeInfo> attributes;
  std::vector<MethodInfo> methods;  // But for hooks, which LibTorch sets apart.
  std::vector<MethodInfo> hooks;    // What the next two lists name.
  std::vector<std::string> forward_hooks;
  std::vector<std::string> forward_pre_hooks;
};

// True for "___torch_mangle_12": the part of a qualified name by which LibTorch
// tells classes and functions of one name apart.
bool is_mangle(std::string_view part);

// "__torch__.a.b" for the record "code/__torch__/a/b.py", or for one that a top
// folder stands in front of.
std::string qualified_prefix(std::string_view record);

// The classes of a record, whose own are called `prefix` + "." + name.
std::vector<ClassInfo> read_classes(const Tree& tree, std::string_view prefix);

// A record of torch 1.0 and 1.1 has the methods of one module at its top level,
// and no class: those methods, with `prefix` as the class's name. Empty for any
// other record.
std::optional<ClassInfo> read_legacy_module(const Tree& tree,
                                            std::string_view prefix);

// Kinds by qualified name, of all records: what schema_text() looks up.
using ClassKinds = std::unordered_map<std::string, ClassKind>;

}  // namespace tsinspect::torchscript
