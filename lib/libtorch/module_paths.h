// The submodules of a module by the names that Python gives them.

#pragma once

#include <string>
#include <vector>

#include "libtorch/torch.h"

namespace tsinspect {

struct NamedSubmodule {
  std::string path;  // Empty for the module itself.
  torch::jit::Module module;
};

// Every submodule once, under its first path, in the order of Python's
// named_modules().
std::vector<NamedSubmodule> named_submodules(const torch::jit::Module& root);

// "__torch__.torch.nn.modules.conv.Conv2d"
std::string type_name(const torch::jit::Module& module);

// The object that a value is, as what tells submodules apart; null for a value
// that is no object.
const void* object_of(const c10::IValue& value);

}  // namespace tsinspect
