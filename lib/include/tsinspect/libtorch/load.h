// Loading TorchScript with its weights left where they are, in the file.

#pragma once

#include <torch/script.h>

#include <string>

namespace tsinspect {

struct LoadOptions {
  at::Device device = at::kCPU;
};

struct LoadedModule {
  torch::jit::Module module;
  std::string path;
  bool mapped = false;
  std::string why_not_mapped = {};
};

LoadedModule load(const std::string& path, const LoadOptions& options = {});

}  // namespace tsinspect
