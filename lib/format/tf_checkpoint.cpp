// A TensorFlow checkpoint, given by its index (PREFIX.index beside
// PREFIX.data-00000-of-00001, …) or, in version 1, by its only file. Of its
// other files this tells which one to open.

#include <fmt/format.h>

#include <filesystem>

#include "base/printable.h"
#include "format/format.h"
#include "tensorflow/checkpoint.h"
#include "tensorflow/object_graph.h"
#include "tensorflow/paths.h"
#include "tensorflow/table.h"

namespace tsinspect {
namespace {

// A shard has any bytes; it is one if its index lies beside it.
bool is_shard(const Input& input) {
  const std::string& path = input.file->path();
  std::error_code ignored;
  return tensorflow::is_shard_name(path) &&
         std::filesystem::exists(tensorflow::index_of_shard(path), ignored);
}

bool matches(const Input& input) {
  return tensorflow::looks_like_table(input.data()) ||
         tensorflow::is_checkpoint_state(input.data()) || is_shard(input);
}

[[noreturn]] void fail_to_open(const char* what, const std::string& instead) {
  std::string name = std::filesystem::path(instead).filename();
  throw Error(ErrorKind::kUnsupported,
              instead.empty()
                  ? fmt::format("{}; the checkpoint that it names is not "
                                "beside it",
                                what)
                  : fmt::format("{}; open {} beside it", what,
                                tsinspect::quoted(name)));
}

void read(const Input& input, Model* model) {
  model->form = Form::kTfCheckpoint;
  const std::string& path = input.file->path();
  if (is_shard(input)) {
    fail_to_open("data of a TensorFlow checkpoint",
                 tensorflow::index_of_shard(path));
  }
  if (tensorflow::is_checkpoint_state(input.data())) {
    fail_to_open("state file of a TensorFlow checkpoint",
                 tensorflow::checkpoint_of_state(path, input.data()));
  }
  tensorflow::read_checkpoint(0, input.limits, model);
  tensorflow::read_object_graph("", input.limits, model);
}

}  // namespace

Format tf_checkpoint_format() {
  return {"tf_checkpoint", "TensorFlow checkpoints", matches, read};
}

}  // namespace tsinspect
