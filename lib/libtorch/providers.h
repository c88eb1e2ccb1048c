// Which library usually provides what LibTorch itself has not.

#pragma once

#include <string_view>

namespace tsinspect {

// "libtorchvision (pip install torchvision)" for the operator
// "torchvision::nms" or the class
// "__torch__.torch.classes.torchtext.Vocab"; empty if unknown.
std::string_view provider_of(std::string_view name);

}  // namespace tsinspect
