// A pickle by itself, of any object. Tensors in it are those whose data lies in
// the pickle: NumPy arrays.
//
// Source: CPython's Lib/pickletools.py.

#include "pickle/pickle.h"

#include "base/printable.h"
#include "format/format.h"
#include "rebuild/collect.h"

namespace tsinspect {
namespace {

bool matches(const Input& input) {
  return !input.is_zip && looks_like_pickle(input.data());
}

void read(const Input& input, Model* model) {
  model->form = Form::kPickle;
  ByteReader in(input.data());
  model->root = read_pickle(&in, kNoIndex, &model->objects, &model->imports);
  TensorRebuilder rebuilder(model, [](const StorageId& id) -> uint32_t {
    throw Error(ErrorKind::kMalformed,
                "storage " + quoted(id.key) + ": a pickle has no storages");
  });
  collect_python(input.limits, &rebuilder, model);
}

}  // namespace

Format pickle_format() {
  return {"pickle", "a pickle of any object", matches, read};
}

}  // namespace tsinspect
