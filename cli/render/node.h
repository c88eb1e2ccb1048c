// A node or a graph of an ONNX or TensorFlow model: what goes in, what comes
// out, how it is set.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "render/json.h"
#include "tsinspect/dataflow.h"

namespace tsinspect::cli {

// What a name means in a model's graphs; each kNoIndex or null if it is another
// kind of thing.
struct GraphThing {
  uint32_t node = kNoIndex;   // Index into Dataflow::nodes,
  uint32_t graph = kNoIndex;  // Dataflow::graphs.
  const Signature* signature = nullptr;
};

// A node by its name or by a value that it gives; a graph by its scope or name,
// "main"; a signature. Empty if nothing is called so.
std::optional<GraphThing> find_in_graphs(const Model& model,
                                         std::string_view name);

// Names that find_in_graphs() knows, for telling what another may have meant.
std::vector<std::string_view> names_in_graphs(const Model& model);

// `full`: every node of a graph, however many.
void print_thing(Output& out, const Model& model, const GraphThing& thing,
                 bool full);

// The same as members of an object.
void write_thing(Json& json, const Model& model, const GraphThing& thing);

}  // namespace tsinspect::cli
