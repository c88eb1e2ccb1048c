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

// A long name of a record or class is in the names of all that it has.
constexpr size_t kMostNameBytes = size_t{64} << 20;

class OtherUnits {
 public:
  explicit OtherUnits(const Library& library) : library_(library) {}

  void add_class(const ClassInfo& info) {
    const Library::Source& source = library_.source_of(info);
    bool is_declared = source.tree.kind(info.node) == NodeKind::kClass;
    if (is_declared) add({&source, &info, kNoNode, ""}, info.name, "");
    for (CodeUnit& method : methods_of(library_, info)) {
      std::string name = std::move(method.name);
      add(std::move(method), info.name, name);
    }
  }

  void add_functions(const Library::Source& source) {
    for (NodeId id : source.tree.children(source.tree.root)) {
      if (source.tree.kind(id) != NodeKind::kFunction) continue;
      NodeId name = torchscript::as_function(source.tree, id).name;
      add({&source, nullptr, id, ""}, source.prefix, source.tree.text(name));
    }
  }

  bool complete() const { return complete_; }
  std::vector<CodeUnit> take() { return std::move(units_); }

 private:
  void add(CodeUnit unit, std::string_view prefix, std::string_view name) {
    size_t bytes = prefix.size() + 1 + name.size();
    complete_ &= bytes <= bytes_left_;
    if (!complete_) return;
    bytes_left_ -= bytes;
    unit.name = prefix;
    if (!name.empty()) unit.name += '.';
    unit.name += name;
    units_.push_back(std::move(unit));
  }

  const Library& library_;
  std::vector<CodeUnit> units_;
  size_t bytes_left_ = kMostNameBytes;
  bool complete_ = true;
};

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

std::vector<CodeUnit> other_units(const Model& model, bool* complete) {
  const Library& library = *model.source;
  OtherUnits others(library);
  auto of_modules = module_classes(model);
  for (const Library::Source& source : library.sources()) {
    bool is_legacy_module = false;
    for (const ClassInfo& info : source.classes) {
      if (library.find(info.name) != &info) continue;
      is_legacy_module |= info.node == source.tree.root;
      if (!of_modules.contains(&info)) others.add_class(info);
    }
    if (!is_legacy_module) others.add_functions(source);
  }
  if (!others.complete()) *complete = false;
  std::vector<CodeUnit> units = others.take();
  // Numbers of classes of one name count up as they were made.
  std::ranges::stable_sort(units, {}, [](const CodeUnit& unit) {
    return std::pair(unit.name.size(), std::string_view(unit.name));
  });
  std::ranges::stable_sort(
      units, {}, [](const CodeUnit& unit) { return unmangled(unit.name); });
  return units;
}

}  // namespace tsinspect
