// A TensorFlow SavedModel, given by its saved_model.pb; the variables lie in
// the folder beside it.

#include "format/format.h"
#include "tensorflow/saved_model.h"

namespace tsinspect {
namespace {

bool matches(const Input& input) {
  return tensorflow::message_kind(input.data()) ==
         tensorflow::MessageKind::kSavedModel;
}

void read(const Input& input, Model* model) {
  model->form = Form::kTfSavedModel;
  tensorflow::read_saved_model(input.limits, model);
}

}  // namespace

Format tf_saved_model_format() {
  return {"tf_saved_model", "TensorFlow SavedModels", matches, read};
}

}  // namespace tsinspect
