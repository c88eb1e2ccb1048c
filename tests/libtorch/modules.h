// Small TorchScript modules made of source text.

#pragma once

#include <utility>
#include <vector>

#include "libtorch/torch.h"

namespace tsinspect {

// A module with these methods and children.
inline torch::jit::Module define(
    const char* name, const char* source,
    const std::vector<std::pair<const char*, torch::jit::Module>>& children =
        {}) {
  torch::jit::Module module(name);
  for (const auto& [child, value] : children) {
    module.register_module(child, value);
  }
  module.define(source);
  return module;
}

// Doubles and adds one in submodules of `block`, which it calls twice.
inline torch::jit::Module chain() {
  auto twice =
      define("Twice", "def forward(self, x: Tensor):\n  return x * 2\n");
  auto plus = define("Plus",
                     "def forward(self, x: Tensor, by: int = 1):\n"
                     "  return x + by\n");
  auto block = define("Block",
                      "def forward(self, x: Tensor):\n"
                      "  return self.plus.forward(self.twice.forward(x))\n",
                      {{"twice", twice}, {"plus", plus}});
  return define("Net",
                "def forward(self, x: Tensor):\n"
                "  for i in range(2):\n"
                "    x = self.block.forward(x)\n"
                "  if bool(x.sum() > 1000):\n"
                "    x = self.block.forward(x)\n"
                "  return x\n"
                "def embed(self, x: Tensor):\n"
                "  return self.block.forward(x) - 1\n",
                {{"block", block}});
}

}  // namespace tsinspect
