#include "torchscript/library.h"

#include "torchscript/parser.h"
#include "torchscript/schema.h"

namespace tsinspect::torchscript {

void Library::add(std::string_view record, std::string_view source,
                  const Limits& limits) {
  Source& added =
      sources_.emplace_back(Source{record,
                                   qualified_prefix(record),
                                   parse(source, Depth::kSignatures, limits),
                                   {}});
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
