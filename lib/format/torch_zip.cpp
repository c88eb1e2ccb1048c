// What torch.save writes since torch 1.6, a zip:
//
//   NAME/data.pkl      the pickle of the object
//   NAME/data/KEY      the bytes of each storage
//   NAME/version       "3"
//   NAME/byteorder     "little" or "big", since torch 2.1
//   NAME/.data/serialization_id, .format_version, .storage_alignment
//
// Source: torch/serialization.py, _save and _load.

#include "format/format.h"
#include "rebuild/archive.h"
#include "rebuild/collect.h"

namespace tsinspect {
namespace {

constexpr std::string_view kPickle = "data.pkl";

bool matches(const Input& input) {
  return !find_archive_root(input.records, kPickle).empty();
}

// The oldest torch that writes the records found.
const char* torch_version(const Archive& archive) {
  if (archive.find(".storage_alignment") != kNoIndex) return "2.6 or later";
  if (archive.find(".data/serialization_id") != kNoIndex) {
    return "2.1 or later";
  }
  return archive.find("byteorder") != kNoIndex ? "2.1 or later"
                                               : "1.6 or later";
}

void read(const Input& input, Model* model) {
  model->form = Form::kTorchSaveZip;
  Archive archive(model, input.names,
                  find_archive_root(model->records, kPickle), input.limits);
  archive.read_producer();
  model->producer.torch_version = torch_version(archive);
  model->root = archive.pickle(archive.find(kPickle));
  TensorRebuilder rebuilder(model, archive.storages("data/"));
  collect_python(input.limits, &rebuilder, model);
}

}  // namespace

Format torch_zip_format() {
  return {"torch_zip", "what torch.save writes since torch 1.6", matches, read};
}

}  // namespace tsinspect
