#include <array>
#include <filesystem>
#include <optional>

#include "base/file.h"
#include "base/protobuf.h"
#include "export/atomic_file.h"
#include "export/expose_form.h"
#include "export/new_folder.h"
#include "export/tf_edits.h"
#include "export/tf_exposer.h"
#include "export/tf_types.h"
#include "tensorflow/fields.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

namespace fs = std::filesystem;
using namespace tensorflow;

constexpr const char* kModelFile = "saved_model.pb";

std::string_view keep(std::string text, Exposure* result) {
  result->owned.push_back(std::make_shared<const std::string>(std::move(text)));
  return *result->owned.back();
}

std::optional<std::vector<Dimension>> dimensions(std::string_view shape) {
  if (shape.data() == nullptr) return std::nullopt;
  std::vector<Dimension> dims;
  MessageReader in(shape, shape, "TensorShapeProto");
  while (in.next()) {
    if (in.field() == tensor_shape_proto::kUnknownRank &&
        in.varint("unknown_rank") != 0) {
      return std::nullopt;
    }
    if (in.field() != tensor_shape_proto::kDim) continue;
    MessageReader dim = in.message("dim", "Dim");
    Dimension& added = dims.emplace_back();
    added.size = 0;
    while (dim.next()) {
      if (dim.field() == tensor_shape_proto_dim::kSize) {
        added.size = dim.integer("size");
      }
    }
  }
  return dims;
}

ExposedValue describe(const TfValue& value, std::string_view name,
                      std::string_view signature, Exposure* result) {
  ExposedValue row;
  row.value.name = keep(std::string(name), result);
  if (value.type != 0) row.value.type = "tensor";
  row.value.dtype = tf_dtype(value.type);
  row.value.shape = dimensions(value.shape);
  row.op = value.op;
  row.signature = signature;
  return row;
}

}  // namespace

Exposure expose_saved_model(const Model& model,
                            const ExposeFileOptions& options) {
  const File& source = *model.files.at(0);
  std::string_view file = source.data();
  Exposure result;
  MessageEdits edits;
  for (const TfMetaGraph& graph : read_saved_model_graphs(file)) {
    TfExposer exposer(graph, options.nodes,
                      Limits().metadata_limit(file.size()), &edits,
                      &result.left_out);
    for (const TfExposer::Given& given : exposer.run()) {
      result.values.push_back(describe(given.value, given.value.key,
                                       given.signature->key, &result));
    }
  }
  check_exposed(result, options);
  PieceList edited = edits.apply(file);
  NewFolder folder(options.output, options.replace);
  folder.copy_from(fs::path(source.path()).parent_path(), kModelFile);
  AtomicFile out((fs::path(folder.path()) / kModelFile).string(), false);
  edited.write([&](std::string_view piece) { out.write(piece); });
  result.file_bytes = out.position();
  out.commit();
  folder.commit();
  return result;
}

Exposure list_frozen_graph(const Model& model,
                           const ExposeFileOptions& options) {
  Exposure result;
  std::string_view graph = graph_def_of(model.files.at(0)->data());
  for (const TfNode& node : read_graph_nodes(graph)) {
    std::string name = std::string(node.name) + ":0";
    std::array<std::string_view, 3> names = {name, node.name, node.op};
    if (is_tf_without_output(node) || tf_is_handle(node, "", 0) ||
        (!options.nodes.empty() && !options.nodes.matches(names))) {
      continue;
    }
    TfValue value = {.key = name,
                     .reference = name,
                     .op = node.op,
                     .type = tf_output_type(node, "", 0),
                     .shape = tf_output_shape(node, 0)};
    result.values.push_back(describe(value, name, "", &result));
  }
  check_exposed(result, options);
  return result;
}

}  // namespace tsinspect
