// A TensorFlow graph alone: a frozen one, whose weights are constants (.pb), or
// what describes a checkpoint's model (.meta).

#include "format/format.h"
#include "tensorflow/saved_model.h"

namespace tsinspect {
namespace {

using tensorflow::MessageKind;

bool matches(const Input& input) {
  MessageKind kind = tensorflow::message_kind(input.data());
  return kind == MessageKind::kGraphDef || kind == MessageKind::kMetaGraphDef;
}

void read(const Input& input, Model* model) {
  model->form = Form::kTfFrozenPb;
  if (tensorflow::message_kind(input.data()) == MessageKind::kGraphDef) {
    tensorflow::read_graph_def(input.limits, model);
  } else {
    tensorflow::read_meta_graph_def(input.limits, model);
  }
}

}  // namespace

Format tf_graph_format() {
  return {"tf_graph", "TensorFlow graphs, .pb and .meta", matches, read};
}

}  // namespace tsinspect
