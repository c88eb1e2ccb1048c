#include "torchscript/library.h"

#include <fmt/format.h>

#include <algorithm>

#include "torchscript/parser.h"
#include "torchscript/schema.h"
#include "tsinspect/error.h"

namespace tsinspect::torchscript {
namespace {

// Bytes of the qualified names of all that a record defines. Each of them
// repeats the record's name, which may be far longer than a definition.
uint64_t name_bytes(const Tree& tree, std::string_view prefix) {
  uint64_t bytes = 0;
  for (NodeId id : tree.children(tree.root)) {
    uint64_t name = prefix.size() + tree.text(tree.child(id, 0)).size() + 1;
    if (tree.kind(id) == NodeKind::kFunction) bytes += name;
    if (tree.kind(id) != NodeKind::kClass) continue;
    auto members = tree.children(as_class(tree, id).body);
    auto methods = std::ranges::count_if(members, [&](NodeId member) {
      return tree.kind(member) == NodeKind::kFunction;
    });
    bytes += name * (1 + static_cast<uint64_t>(methods));
  }
  return bytes;
}

// Each operation of a function may be told with the function's name.
constexpr size_t kLongestName = 4096;

void check_names(const Tree& tree, std::string_view prefix) {
  auto check = [&](std::string_view name) {
    if (prefix.size() + name.size() < kLongestName) return;
    throw Error(ErrorKind::kLimit,
                fmt::format("a name of more than {} bytes", kLongestName));
  };
  for (NodeId id : tree.children(tree.root)) {
    if (tree.kind(id) == NodeKind::kFunction) {
      check(tree.text(as_function(tree, id).name));
    }
    if (tree.kind(id) != NodeKind::kClass) continue;
    Class parts = as_class(tree, id);
    check(tree.text(parts.name));
    for (NodeId member : tree.children(parts.body)) {
      if (tree.kind(member) != NodeKind::kFunction) continue;
      check(tree.text(as_function(tree, member).name));
    }
  }
}

}  // namespace

void Library::add(std::string_view record, std::string_view source,
                  const Limits& limits) {
  Source parsed = {record,
                   qualified_prefix(record),
                   parse(source, Depth::kSignatures, limits),
                   {}};
  check_names(parsed.tree, parsed.prefix);
  name_bytes_ += name_bytes(parsed.tree, parsed.prefix);
  if (name_bytes_ > limits.metadata_bytes) {
    throw Error(ErrorKind::kLimit,
                fmt::format("more than {} bytes of qualified names",
                            limits.metadata_bytes));
  }
  Source& added = sources_.emplace_back(std::move(parsed));
  added.classes = read_classes(added.tree, added.prefix);
  size_t declared = added.classes.size();
  if (auto legacy = read_legacy_module(added.tree, added.prefix)) {
    added.classes.push_back(std::move(*legacy));
  }
  for (size_t i = 0; i < added.classes.size(); ++i) {
    const ClassInfo& info = added.classes[i];
    // The functions of a namespace may bear the name of a class: hooks do.
    if (i >= declared && classes_.contains(info.name)) continue;
    classes_[info.name] = {&info, &added};
    kinds_[info.name] = info.kind;
  }
  add_functions(added);
}

void Library::add_functions(const Source& source) {
  const Tree& tree = source.tree;
  for (NodeId id : tree.children(tree.root)) {
    if (tree.kind(id) != NodeKind::kFunction) continue;
    std::string name = source.prefix + '.';
    name += tree.text(as_function(tree, id).name);
    functions_.try_emplace(std::move(name), Function{&source, id});
  }
}

Library::Function Library::find_function(std::string_view name) const {
  auto entry = functions_.find(std::string(name));
  return entry == functions_.end() ? Function() : entry->second;
}

const ClassInfo* Library::find(std::string_view name) const {
  auto entry = classes_.find(name);
  return entry == classes_.end() ? nullptr : entry->second.info;
}

const Library::Source& Library::source_of(const ClassInfo& info) const {
  return *classes_.find(info.name)->second.source;
}

ScriptType Library::describe(const ClassInfo& info) const {
  ScriptType type;
  type.name = info.name;
  type.forward_hooks = info.forward_hooks;
  type.forward_pre_hooks = info.forward_pre_hooks;
  const Tree& tree = source_of(info).tree;
  for (const MethodInfo& method : info.methods) {
    type.methods.push_back({std::string(method.name),
                            schema_text(tree, method.node, info.name, kinds_)});
  }
  return type;
}

}  // namespace tsinspect::torchscript
