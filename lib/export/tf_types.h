// Which type of tensor an operator of TensorFlow gives, a table by operator.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "export/tf_graph.h"
#include "tsinspect/dtype.h"

namespace tsinspect {

// The DataType of an output: `port` and the number within it, as functions
// write them; where only the number is known, `port` is empty. 0 if the table
// does not tell, or it is no tensor of values: a resource, a variant.
int64_t tf_output_type(const TfNode& node, std::string_view port,
                       size_t number);

// Whether the output only leads to something: a variable, a table, a list.
bool tf_is_handle(const TfNode& node, std::string_view port, size_t number);

// Unset for those that no dtype stands for.
std::optional<DType> tf_dtype(int64_t type);

}  // namespace tsinspect
