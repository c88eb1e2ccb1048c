#include "libtorch/version.h"

#include "libtorch/torch.h"

namespace tsinspect {

std::string libtorch_version() { return TORCH_VERSION; }

}  // namespace tsinspect
