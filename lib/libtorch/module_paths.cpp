#include "libtorch/module_paths.h"

#include <unordered_set>

namespace tsinspect {
namespace {

void collect(const torch::jit::Module& module, const std::string& path,
             std::unordered_set<const void*>* seen,
             std::vector<NamedSubmodule>* result) {
  if (!seen->insert(object_of(module._ivalue())).second) return;
  result->push_back({path, module});
  const auto& object = *module._ivalue();
  for (size_t i = 0; i < object.type()->numAttributes(); ++i) {
    const c10::IValue& value = object.getSlot(i);
    if (!value.isModule()) continue;
    const std::string& name = object.type()->getAttributeName(i);
    collect(value.toModule(), path.empty() ? name : path + "." + name, seen,
            result);
  }
}

}  // namespace

std::vector<NamedSubmodule> named_submodules(const torch::jit::Module& root) {
  std::unordered_set<const void*> seen;
  std::vector<NamedSubmodule> result;
  collect(root, "", &seen, &result);
  return result;
}

std::string type_name(const torch::jit::Module& module) {
  auto name = module.type()->name();
  return name ? name->qualifiedName() : "";
}

const void* object_of(const c10::IValue& value) {
  return value.isObject() ? &value.toObjectRef() : nullptr;
}

}  // namespace tsinspect
