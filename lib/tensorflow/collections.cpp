// Which variables of a graph are trained, as TensorFlow 1 says it: its
// collections "variables" and "trainable_variables" list VariableDef messages.

#include <unordered_map>
#include <unordered_set>

#include "tensorflow/fields.h"
#include "tensorflow/map_entry.h"
#include "tensorflow/meta_graph.h"

namespace tsinspect::tensorflow {
namespace {

using Names = std::unordered_set<std::string_view>;

// SaveSliceInfoDef: the variable that a partition is of.
std::string_view full_name(MessageReader in) {
  constexpr uint32_t kFullName = 1;
  std::string_view name;
  while (in.next()) {
    if (in.field() == kFullName) name = in.bytes("full_name");
  }
  return name;
}

// The name that a variable has in a checkpoint.
std::string_view checkpoint_name(MessageReader in) {
  std::string_view name;
  std::string_view whole;
  while (in.next()) {
    if (in.field() == variable_def::kVariableName) {
      name = in.bytes("variable_name");
    } else if (in.field() == variable_def::kSaveSliceInfoDef) {
      whole = full_name(in.message("save_slice_info_def", "SaveSliceInfoDef"));
    }
  }
  return whole.empty() ? name.substr(0, name.find(':')) : whole;
}

Names read_variables(std::string_view collection, std::string_view text,
                     Budget* budget) {
  Names names;
  MessageReader in(collection, text, "CollectionDef");
  while (in.next()) {
    if (in.field() != collection_def::kBytesList) continue;
    MessageReader list = in.message("bytes_list", "BytesList");
    while (list.next()) {
      if (list.field() != collection_def_bytes_list::kValue) continue;
      budget->charge(4 * sizeof(std::string_view));
      names.insert(checkpoint_name(list.message("value", "VariableDef")));
    }
  }
  return names;
}

}  // namespace

void note_trainable(const MetaGraph& meta, std::string_view text,
                    Budget* budget, Model* model) {
  Names all;
  Names trained;
  for (std::string_view collection : meta.collections) {
    MapEntry entry = read_map_entry({collection, text, "CollectionDefEntry"});
    if (entry.key == "variables") {
      all = read_variables(entry.value, text, budget);
    } else if (entry.key == "trainable_variables") {
      trained = read_variables(entry.value, text, budget);
    }
  }
  // Without that collection nothing is said.
  if (trained.empty()) return;
  for (Tensor& tensor : model->tensors) {
    if (tensor.role != Role::kVariable) continue;
    if (trained.contains(tensor.name)) {
      tensor.requires_grad = true;
    } else if (all.contains(tensor.name)) {
      tensor.requires_grad = false;
    }
  }
}

}  // namespace tsinspect::tensorflow
