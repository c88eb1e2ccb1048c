// MetaGraphDef: a graph and what belongs to it.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "base/protobuf.h"
#include "tsinspect/dataflow.h"
#include "tsinspect/model.h"

namespace tsinspect::tensorflow {

struct MetaGraph {
  std::vector<std::string_view> tags;
  std::string_view tensorflow_version;        // "2.14.0"
  std::string_view graph;                     // GraphDef
  std::string_view object_graph;              // SavedObjectGraph
  std::vector<std::string_view> signatures;   // Entries of signature_def.
  std::vector<std::string_view> collections;  // Entries of collection_def.
  std::vector<std::string_view> assets;       // Names of files.
};

// Throws Error: kMalformed, kLimit where it has more of these than the budget
// has memory for.
MetaGraph read_meta_graph(MessageReader in, Budget* budget);

// Reads an entry of signature_def. `text` is what offsets in errors count from.
// Throws Error.
Signature read_signature(std::string_view entry, std::string_view text,
                         Budget* budget);

// Notes which of the model's variables the collections say are trained. Throws
// Error.
void note_trainable(const MetaGraph& meta, std::string_view text,
                    Budget* budget, Model* model);

}  // namespace tsinspect::tensorflow
