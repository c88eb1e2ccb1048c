// A method's graph that also returns the activations.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libtorch/torch.h"

namespace tsinspect {

// What to return, by name.
struct ExposeSelection {
  std::function<bool(const std::string& path, const std::string& method)>
      modules;
  // The operator's name; empty for one that is not to be returned.
  std::function<std::string(const torch::jit::Node& node)> operators;
};

// A copy of the module, with the same weights, whose method `name` returns
// (output, names, values). The module is not changed.
torch::jit::Module with_activations(const torch::jit::Module& module,
                                    const std::string& name,
                                    const ExposeSelection& selection);

}  // namespace tsinspect
