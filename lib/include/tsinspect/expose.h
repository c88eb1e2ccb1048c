// Writing a model that gives its intermediate values beside its outputs, by
// editing the file: nothing of it is executed, and what the edit is not about
// stays as it is, byte for byte.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tsinspect/dataflow.h"
#include "tsinspect/model.h"
#include "tsinspect/names.h"

namespace tsinspect {

// A value that a model gives, by a name that it did not give it by before.
struct ExposedValue {
  // Its name is that of the output. The type is as the file says or operators
  // tell; empty where neither does.
  ValueInfo value;
  std::string op;         // What computes it: "Conv".
  std::string signature;  // Of a SavedModel, whose output it is now.
};

// A value that was asked for and is no output, and why.
struct UnexposedValue {
  std::string name;
  std::string reason;
};

struct ExposeFileOptions {
  // Which values: by their own name, or the name or the kind of the node that
  // computes them. All of them where it is empty, but for a SavedModel's
  // constants and variables.
  NameFilter nodes;
  std::string output;  // The file to write; of a SavedModel, the folder.
  bool replace = false;
};

struct Exposure {
  std::vector<ExposedValue> values;
  std::vector<UnexposedValue> left_out;
  // Files written beside the model, from the folder it lies in, and those that
  // were there already with the same bytes.
  std::vector<std::string> companions;
  uint64_t file_bytes = 0;  // Of the model itself; 0 where none is written.

  // What the views in `values` are of, but for the model.
  std::vector<std::shared_ptr<const std::string>> owned;
};

// Whether expose_file() does this form; `writes` is false for one that gives
// any value to who asks by name, so that there is nothing to write.
struct ExposeForm {
  Form form;
  bool writes;
};
const ExposeForm* find_expose_form(Form form);

// ONNX: values become outputs of the graph, also those in branches, loop
// bodies and functions where that can be done; files that hold tensors are
// copied where the model goes to another folder. SavedModel: values become
// outputs of its signatures; the rest of the folder is copied. Frozen graphs:
// only tells what can be fetched. The model must outlive the result.
//
// Throws Error: kUnsupported for other forms, kNotFound where nothing is left
// to expose, kMalformed, kIo.
Exposure expose_file(const Model& model, const ExposeFileOptions& options);

}  // namespace tsinspect
