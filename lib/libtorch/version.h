// Which LibTorch this is linked with.

#pragma once

#include <string>

namespace tsinspect {

// "2.13.0", as the headers it was compiled with say.
std::string libtorch_version();

}  // namespace tsinspect
