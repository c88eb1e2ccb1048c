#include "tsinspect/libtorch/load.h"

#include <algorithm>
#include <array>

#include "libtorch/archive_loader.h"
#include "libtorch/errors.h"
#include "libtorch/torch.h"
#include "tsinspect/model.h"

namespace tsinspect {
namespace {

// Convolutions that took stride, padding and more as arguments, which LibTorch
// rewrites to those of today by functions it keeps for itself.
constexpr std::array kRewritten = {
    std::string_view("quantized::conv2d"),
    std::string_view("quantized::conv2d_relu"),
    std::string_view("quantized::conv3d"),
    std::string_view("quantized::conv3d_relu"),
};
constexpr size_t kOldInputs = 8;

bool has_old_convolution(torch::jit::Block* block) {
  for (torch::jit::Node* node : block->nodes()) {
    if (node->inputs().size() == kOldInputs &&
        std::ranges::find(kRewritten, node->kind().toQualString()) !=
            kRewritten.end()) {
      return true;
    }
    for (torch::jit::Block* inner : node->blocks()) {
      if (has_old_convolution(inner)) return true;
    }
  }
  return false;
}

// Compiles all methods, as torch::jit::load does, which fails on what does not
// compile.
bool has_old_convolution(const torch::jit::Module& module) {
  for (const torch::jit::Module& each : module.modules()) {
    for (const torch::jit::Method& method : each.get_methods()) {
      auto graph = torch::jit::toGraphFunction(method.function()).graph();
      if (has_old_convolution(graph->block())) return true;
    }
  }
  return false;
}

LoadedModule load_by_torch(std::string path, const LoadOptions& options,
                           std::string why) {
  LoadedModule result;
  result.module = torch::jit::load(path, options.device);
  result.why_not_mapped = std::move(why);
  result.path = std::move(path);
  return result;
}

LoadedModule load_model(const Model& model, const LoadOptions& options) {
  std::string why =
      options.device.is_cpu() ? why_not_mapped(model) : "not for the CPU";
  if (!why.empty()) return load_by_torch(model.path, options, std::move(why));
  LoadedModule result;
  result.module = load_mapped(model, &result.why_not_mapped);
  if (has_old_convolution(result.module)) {
    return load_by_torch(model.path, options,
                         "quantised convolutions of before torch 1.6");
  }
  result.mapped = true;
  result.path = model.path;
  return result;
}

}  // namespace

LoadedModule load(const std::string& path, const LoadOptions& options) {
  Model model = open_model(path);
  if (!is_torchscript(model.form)) {
    throw Error(ErrorKind::kUnsupported, std::string(to_string(model.form)) +
                                             " holds no TorchScript to load");
  }
  LoadedModule result;
  translate_errors(ErrorKind::kFailed, "LibTorch cannot load it",
                   [&] { result = load_model(model, options); });
  return result;
}

}  // namespace tsinspect
