// Adds what a TensorFlow SavedModel has to a Model.

#pragma once

#include <cstdint>
#include <string_view>

#include "tsinspect/model.h"

namespace tsinspect::tensorflow {

// Reads the SavedModel that is model->files[0]: the variables in the checkpoint
// beside it, then the constants of its graphs; the graphs, signatures and
// objects. Throws Error. Where only the checkpoint cannot be read, that is in
// model->stopped.
void read_saved_model(const Limits& limits, Model* model);

// The same for a graph alone, a GraphDef or a MetaGraphDef.
void read_graph_def(const Limits& limits, Model* model);
void read_meta_graph_def(const Limits& limits, Model* model);

// Which message a file is, as far as its first fields tell. Never throws.
enum class MessageKind : uint8_t {
  kOther,
  kSavedModel,
  kGraphDef,
  kMetaGraphDef,
};
MessageKind message_kind(std::string_view file);

}  // namespace tsinspect::tensorflow
