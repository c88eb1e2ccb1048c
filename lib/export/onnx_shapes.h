// Shapes of what operators of ONNX give. Each is unset where not even the rank
// follows; dimensions that do not follow are -1.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "export/onnx_infer.h"

namespace tsinspect {

using OnnxShape = std::optional<std::vector<int64_t>>;

OnnxShape broadcast_shapes(const OnnxShape& a, const OnnxShape& b);

// The shape that a tensor's values are, where they are known, else one of the
// rank that its own shape tells.
OnnxShape sizes_as_shape(const std::optional<std::vector<int64_t>>& values,
                         const OnnxShape& shape_of_values);

OnnxShape arg_shape(const OnnxCall& call);
OnnxShape concatenated_shape(const OnnxCall& call);
OnnxShape convolved_shape(const OnnxCall& call);
OnnxShape expanded_shape(const OnnxCall& call);
OnnxShape flattened_shape(const OnnxCall& call);
OnnxShape gathered_shape(const OnnxCall& call);
OnnxShape gemm_shape(const OnnxCall& call);
OnnxShape globally_pooled_shape(const OnnxCall& call);
OnnxShape multiplied_shape(const OnnxCall& call);
OnnxShape pooled_shape(const OnnxCall& call);
OnnxShape reduced_shape(const OnnxCall& call);
OnnxShape reshaped_shape(const OnnxCall& call);
OnnxShape squeezed_shape(const OnnxCall& call);
OnnxShape transposed_shape(const OnnxCall& call);
OnnxShape unsqueezed_shape(const OnnxCall& call);

}  // namespace tsinspect
