#include "analysis/code_units.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "tsinspect/module_tree.h"

namespace tsinspect {
namespace {

using torchscript::ClassInfo;
using torchscript::kNoNode;
using torchscript::Library;
using torchscript::MethodInfo;
using torchscript::NodeId;
using torchscript::NodeKind;

std::unordered_set<const ClassInfo*> module_classes(const Model& model) {
  std::unordered_set<const ClassInfo*> classes;
  for (const Module& module : model.modules) {
    classes.insert(model.source->find(module.type));
  }
  return classes;
}

void add_class(const Library& library, const ClassInfo& info,
               std::vector<CodeUnit>* units) {
  const Library::Source& source = library.source_of(info);
  bool is_declared = source.tree.kind(info.node) == NodeKind::kClass;
  if (is_declared) units->push_back({&source, &info, kNoNode, info.name});
  for (CodeUnit& method : methods_of(library, info)) {
    method.name = info.name + '.' + method.name;
    units->push_back(std::move(method));
  }
}

void add_functions(const Library::Source& source,
                   std::vector<CodeUnit>* units) {
  for (NodeId id : source.tree.children(source.tree.root)) {
    if (source.tree.kind(id) != NodeKind::kFunction) continue;
    NodeId name = torchscript::as_function(source.tree, id).name;
    std::string qualified = source.prefix + '.';
    qualified += source.tree.text(name);
    units->push_back({&source, nullptr, id, std::move(qualified)});
  }
}

}  // namespace

std::string_view CodeUnit::text() const {
  return source->tree.text(node == kNoNode ? owner->node : node);
}

std::vector<CanonicalLine> CodeUnit::lines(CanonicalOptions options) const {
  if (node == kNoNode) return canonical_class(source->tree, *owner);
  options.is_method = owner != nullptr;
  return canonical_function(source->tree, node, options);
}

std::vector<CodeUnit> methods_of(const Library& library,
                                 const ClassInfo& info) {
  std::vector<CodeUnit> units;
  const Library::Source& source = library.source_of(info);
  for (const auto* methods : {&info.methods, &info.hooks}) {
    for (const MethodInfo& method : *methods) {
      units.push_back({&source, &info, method.node, std::string(method.name)});
    }
  }
  return units;
}

std::vector<CodeUnit> other_units(const Model& model) {
  std::vector<CodeUnit> units;
  const Library& library = *model.source;
  auto of_modules = module_classes(model);
  for (const Library::Source& source : library.sources()) {
    bool is_legacy_module = false;
    for (const ClassInfo& info : source.classes) {
      if (library.find(info.name) != &info) continue;
      is_legacy_module |= info.node == source.tree.root;
      if (!of_modules.contains(&info)) add_class(library, info, &units);
    }
    if (!is_legacy_module) add_functions(source, &units);
  }
  // Numbers of classes of one name count up as they were made.
  std::ranges::stable_sort(units, {}, [](const CodeUnit& unit) {
    return std::pair(unit.name.size(), std::string_view(unit.name));
  });
  std::ranges::stable_sort(
      units, {}, [](const CodeUnit& unit) { return unmangled(unit.name); });
  return units;
}

}  // namespace tsinspect
