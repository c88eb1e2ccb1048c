// Reads a model the way all commands together do.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tsinspect/code.h"
#include "tsinspect/dataflow.h"
#include "tsinspect/error.h"
#include "tsinspect/graph.h"
#include "tsinspect/layers.h"
#include "tsinspect/listing.h"
#include "tsinspect/model.h"
#include "tsinspect/module_tree.h"
#include "tsinspect/object_tree.h"
#include "tsinspect/program.h"
#include "tsinspect/records.h"
#include "tsinspect/recovered_names.h"
#include "tsinspect/summary.h"
#include "tsinspect/values.h"

namespace tsinspect::hostile {

// Thrown by a sink that has had enough.
struct Enough {};

// What of a tensor's values is read: a view that repeats one element may have
// more of them than any test has time for.
constexpr uint64_t kMostValueBytes = uint64_t{1} << 20;

inline void read_tensor(const Model& model, const Tensor& tensor,
                        const Limits& limits) {
  uint64_t seen = 0;
  auto sink = [&](std::span<const std::byte> bytes) {
    seen += bytes.size();
    if (seen > kMostValueBytes) throw Enough();
  };
  try {
    read_values(model, tensor, sink, limits);
  } catch (const Enough&) {
  } catch (const Error&) {
  }
  if (tensor.path != kNoIndex) key_path(model, tensor.path);
  if (tensor.elements() == 0) return;
  try {
    ElementReader reader(model, tensor, limits);
    std::vector<int64_t> index(tensor.shape.size());
    reader.text(index);
    for (size_t i = 0; i < index.size(); ++i) index[i] = tensor.shape[i] - 1;
    reader.text(index);
    reader.real(index);
  } catch (const Error&) {
  }
}

// What the source is, what its constants are and where it comes from.
inline void read_code(const Model& model, const Limits& limits) {
  if (model.source == nullptr) return;
  try {
    ConstantNotes constants(model);
    OriginReader reader(model, limits);
    for (const CodeRecord& record : code_records(model)) {
      constants.notes(record.text);
      CodeOrigins origins = reader.open(record.name);
      origin_notes(&origins, whole_record(record));
    }
    find_code(model, "forward");
  } catch (const Error&) {
  }
}

// What the source does.
inline void read_program(const Model& model) {
  if (model.source == nullptr && model.bytecode == kNoObject) return;
  try {
    summarize_program(model);
    layers(model);
    operator_names(model);
  } catch (const Error&) {
  }
}

// The graphs of operators, drawn in both ways.
inline void read_dataflow(const Model& model) {
  if (model.dataflow == nullptr) return;
  try {
    summarize_program(model);
    module_graph(model);
    flow_graph(model, "main", {.all = true});
  } catch (const Error&) {
  }
  for (const DataflowNode& node : model.dataflow->nodes) {
    try {
      node_attributes(model, node);
    } catch (const Error&) {
    }
  }
}

// At most so many tensors' values are read; the rest is only listed.
inline void read_all(const Model& model, const Limits& limits,
                     size_t most_tensors = 64) {
  for (size_t i = 0; i < model.tensors.size() && i < most_tensors; ++i) {
    read_tensor(model, model.tensors[i], limits);
  }
  for (const Record& record : model.records) {
    try {
      payload_offset(model, record);
    } catch (const Error&) {
    }
  }
  check_records(model, limits);
  tied_tensors(model);
  ambiguous_tensors(model);
  module_tree(model);
  summarize(model);
  read_code(model, limits);
  read_program(model);
  read_dataflow(model);
  if (model.root != kNoObject) {
    one_line(model.objects, model.root, 200);
    auto all = members(model.objects, model.root);
    for (size_t i = 0; i < all.size() && i < most_tensors; ++i) {
      step_name(model.objects, all[i]);
      brief(model.objects, all[i].value);
    }
    lookup(model.objects, model.root, "a.0.b");
  }
}

// Opens a file, whatever can be read of it, and reads that. Throws nothing but
// what is no Error, which is a bug.
inline void open_and_read_all(const std::string& path,
                              const Limits& limits = {}) {
  try {
    Model model = open_partial(path, limits);
    read_all(model, limits);
    recover_names(&model);
  } catch (const Error&) {
  }
}

}  // namespace tsinspect::hostile
