// The graphs of an ONNX or TensorFlow model, for people and for programs.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "render/json.h"
#include "tsinspect/dataflow.h"

namespace tsinspect::cli {

// What `info` says of a model's graphs: a label ("inputs") and a text a line,
// escaped; lines of one label stand together.
std::vector<std::pair<const char*, std::string>> dataflow_lines(
    const Model& model);

// "inputs", "outputs", "signatures", "opsets", "tags", "assets", "metadata",
// "graphs", "operators", as members of an object.
void write_dataflow(Json& json, const Model& model);

// The member "shape" of an object: an array in which a dimension without a size
// is its symbol, or null; null where the rank is not known.
void write_shape(Json& json, const ValueInfo& value);

// Members of an object: a list of names, of values; what a signature takes and
// gives.
void write_names(Json& json, const char* key,
                 std::span<const std::string_view> names);
void write_values(Json& json, const char* key,
                  const std::vector<ValueInfo>& values);
void write_signature(Json& json, const Signature& signature);

// "images: float32 [batch, 3, ?, ?]".
std::string value_line(const ValueInfo& value);

// "strides: [1, 1]", the value alone.
std::string attribute_text(const NodeAttribute& attribute);

}  // namespace tsinspect::cli
