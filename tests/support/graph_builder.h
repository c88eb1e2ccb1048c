// TensorFlow graphs, made node by node.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/checkpoint_builder.h"
#include "support/proto_builder.h"
#include "tensorflow/fields.h"

namespace tsinspect {

inline ProtoBuilder tf_map_entry(std::string_view key,
                                 const ProtoBuilder& value) {
  return ProtoBuilder().bytes(1, key).message(2, value);
}

inline ProtoBuilder tf_node(std::string_view name, std::string_view op,
                            const std::vector<std::string>& inputs = {}) {
  namespace field = tensorflow::node_def;
  ProtoBuilder node;
  node.bytes(field::kName, name).bytes(field::kOp, op);
  for (const std::string& input : inputs) node.bytes(field::kInput, input);
  return node;
}

// A TensorProto of that dtype and shape; its values are to be added.
inline ProtoBuilder tf_tensor(uint64_t dtype,
                              const std::vector<int64_t>& shape = {}) {
  namespace field = tensorflow::tensor_proto;
  return ProtoBuilder()
      .varint(field::kDtype, dtype)
      .message(field::kTensorShape, tf_shape(shape));
}

inline ProtoBuilder tf_const(std::string_view name,
                             const ProtoBuilder& tensor) {
  ProtoBuilder value;
  value.message(tensorflow::attr_value::kTensor, tensor);
  return tf_node(name, "Const")
      .message(tensorflow::node_def::kAttr, tf_map_entry("value", value));
}

inline ProtoBuilder tf_graph(const std::vector<ProtoBuilder>& nodes) {
  ProtoBuilder graph;
  for (const ProtoBuilder& node : nodes) {
    graph.message(tensorflow::graph_def::kNode, node);
  }
  return graph;
}

// A SavedModel of MetaGraphDef messages.
inline std::string tf_saved_model(const std::vector<ProtoBuilder>& metas) {
  ProtoBuilder model;
  model.varint(tensorflow::saved_model::kSavedModelSchemaVersion, 1);
  for (const ProtoBuilder& meta : metas) {
    model.message(tensorflow::saved_model::kMetaGraphs, meta);
  }
  return model.text();
}

// A MetaGraphDef with one tag.
inline ProtoBuilder tf_meta_graph(std::string_view tag,
                                  const ProtoBuilder& graph) {
  namespace field = tensorflow::meta_graph_def;
  namespace info = tensorflow::meta_graph_def_meta_info_def;
  return ProtoBuilder()
      .message(field::kMetaInfoDef, ProtoBuilder()
                                        .bytes(info::kTags, tag)
                                        .bytes(info::kTensorflowVersion, "2.1"))
      .message(field::kGraphDef, graph);
}

}  // namespace tsinspect
