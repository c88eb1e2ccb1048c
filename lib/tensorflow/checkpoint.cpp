// A checkpoint of version 2, "a bundle", is PREFIX.index, a table, and the
// variables' bytes in PREFIX.data-SSSSS-of-NNNNN:
//
//   key                   value
//   ""                    BundleHeaderProto
//   the key of a slice    BundleEntryProto of a part of a variable
//   NAME                  BundleEntryProto of a variable
//
// One of version 1 is a single table: "" is SavedTensorSlices with what there
// is, all other keys SavedTensorSlices with the values of a slice each.
//
// Sources: core/util/tensor_bundle/tensor_bundle.h, core/util/saved_tensor_
// slice_util.h and .proto of TensorFlow 2.21.

#include "tensorflow/checkpoint.h"

#include "base/file.h"
#include "base/protobuf_fields.h"
#include "tensorflow/checkpoint_table.h"
#include "tensorflow/fields.h"

namespace tsinspect::tensorflow {
namespace {

// SavedTensorSlices.meta is a message; BundleHeaderProto.num_shards a number.
bool is_version_1(std::string_view header) {
  return protobuf_fields(header)[saved_tensor_slices::kMeta].is_bytes();
}

}  // namespace

void read_checkpoint(uint32_t file, const Limits& limits, Model* model) {
  std::string_view contents = model->files[file]->data();
  CheckpointTable index = {file, contents, read_table(contents, limits),
                           Budget(limits, contents.size())};
  for (const auto& text : index.table.owned) model->inflated.push_back(text);
  const TableEntry* header = index.table.find("");
  if (header == nullptr) {
    throw Error(ErrorKind::kMalformed,
                "no checkpoint: its table has no header, which has the empty "
                "key");
  }
  if (is_version_1(header->value)) {
    read_checkpoint_v1(&index, model);
  } else {
    read_bundle(&index, model);
  }
}

}  // namespace tsinspect::tensorflow
