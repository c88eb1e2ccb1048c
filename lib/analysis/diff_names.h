// What frameworks call the same tensor of a layer.

#pragma once

#include <string>
#include <string_view>

namespace tsinspect {

// A name as it is compared with those of another framework: "conv2d.weight" of
// "conv2d/kernel:0", "bn.running_mean" of "bn/moving_mean".
std::string comparable_name(std::string_view name);

// Whether it is the kernel of a layer as TensorFlow has it: [in, out], HWIO.
bool is_kernel(std::string_view name);

}  // namespace tsinspect
