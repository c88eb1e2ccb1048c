// A TensorFlow checkpoint, given by its index (PREFIX.index beside
// PREFIX.data-00000-of-00001, …) or, in version 1, by its only file.

#include "format/format.h"
#include "tensorflow/checkpoint.h"
#include "tensorflow/object_graph.h"
#include "tensorflow/table.h"

namespace tsinspect {
namespace {

bool matches(const Input& input) {
  return tensorflow::looks_like_table(input.data());
}

void read(const Input& input, Model* model) {
  model->form = Form::kTfCheckpoint;
  tensorflow::read_checkpoint(0, input.limits, model);
  tensorflow::read_object_graph("", input.limits, model);
}

}  // namespace

Format tf_checkpoint_format() {
  return {"tf_checkpoint", "TensorFlow checkpoints", matches, read};
}

}  // namespace tsinspect
