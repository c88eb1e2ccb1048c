#include "tsinspect/libtorch/load.h"

#include "libtorch/torch.h"

namespace tsinspect {

LoadedModule load(const std::string& path, const LoadOptions& options) {
  return {torch::jit::load(path, options.device), path};
}

}  // namespace tsinspect
