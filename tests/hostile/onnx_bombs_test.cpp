// Small ONNX files that would cost a careless reader much memory or time.

#include "format/temp_folder.h"
#include "hostile/bombs.h"
#include "onnx/builder.h"

namespace tsinspect::hostile {
namespace {

using namespace onnx;

// A message in a field, as ProtoBuilder writes it, so often.
std::string repeated_message(uint32_t field, const ProtoBuilder& message,
                             size_t times) {
  return repeated(ProtoBuilder().message(field, message).text(), times);
}

std::string model_of_fields(std::string_view graph) {
  return ProtoBuilder()
      .varint(model_proto::kIrVersion, 8)
      .bytes(model_proto::kGraph, graph)
      .text();
}

// A graph in a node's attribute in a graph, so deep.
ProtoBuilder nested_graphs(size_t depth, std::string_view output) {
  ProtoBuilder graph;
  for (size_t i = 0; i < depth; ++i) {
    ProtoBuilder node;
    node.bytes(node_proto::kOutput, output)
        .message(node_proto::kAttribute, graph_attribute("g", graph));
    graph = ProtoBuilder().message(graph_proto::kNode, node);
  }
  return graph;
}

TEST(OnnxBombs, GraphsNestOnlySoDeep) {
  expect_read(model_of(nested_graphs(200, "x")));
  expect_refused(model_of(nested_graphs(300, "x")), ErrorKind::kLimit,
                 "graphs nest more than 256 deep");
  expect_refused(model_of(nested_graphs(5000, "x")), ErrorKind::kLimit,
                 "graphs nest more than 256 deep");
}

TEST(OnnxBombs, ScopesOfNestedGraphsAreNotLongerThanTheFileAllows) {
  expect_refused(model_of(nested_graphs(250, std::string(2000, 'n'))),
                 ErrorKind::kLimit, "take more memory");
}

TEST(OnnxBombs, TypesNestOnlySoDeep) {
  ProtoBuilder type;
  for (int i = 0; i < 3000; ++i) {
    type = ProtoBuilder().message(
        type_proto::kSequenceType,
        ProtoBuilder().message(type_proto_sequence::kElemType, type));
  }
  ProtoBuilder value;
  value.bytes(value_info_proto::kName, "x")
      .message(value_info_proto::kType, type);
  expect_refused(model_of(ProtoBuilder().message(graph_proto::kInput, value)),
                 ErrorKind::kLimit, "types nest more than 256 deep");
}

TEST(OnnxBombs, EmptyMessagesByTheMillion) {
  for (uint32_t field : {graph_proto::kNode, graph_proto::kInput,
                         graph_proto::kQuantizationAnnotation}) {
    expect_cheap(
        model_of_fields(repeated_message(field, ProtoBuilder(), kMillion)));
  }
  expect_cheap(model_of_fields("") + repeated_message(model_proto::kFunctions,
                                                      ProtoBuilder(),
                                                      kMillion));
  expect_cheap(model_of_fields("") + repeated_message(model_proto::kOpsetImport,
                                                      ProtoBuilder(),
                                                      kMillion));
}

TEST(OnnxBombs, EmptyTensorsByTheMillion) {
  ProtoBuilder tensor;
  tensor.varint(tensor_proto::kDims, 0).varint(tensor_proto::kDataType, 1);
  expect_cheap(model_of_fields(
      repeated_message(graph_proto::kInitializer, tensor, kMillion)));
}

TEST(OnnxBombs, EmptyNamesByTheMillion) {
  ProtoBuilder node;
  for (size_t i = 0; i < 4 * kMillion; ++i) {
    node.bytes(node_proto::kInput, "");
  }
  expect_cheap(model_of(ProtoBuilder().message(graph_proto::kNode, node)));
}

TEST(OnnxBombs, EmptyAttributesByTheMillion) {
  ProtoBuilder node;
  for (size_t i = 0; i < kMillion; ++i) node.bytes(node_proto::kAttribute, "");
  expect_cheap(model_of(ProtoBuilder().message(graph_proto::kNode, node)));
}

TEST(OnnxBombs, GraphsOfOneScopeByTheThousand) {
  ProtoBuilder node;
  for (int i = 0; i < 100'000; ++i) {
    node.message(node_proto::kAttribute, graph_attribute("g", {}));
  }
  expect_cheap(model_of(ProtoBuilder().message(graph_proto::kNode, node)));
}

TEST(OnnxBombs, MoreDimensionsThanAnyTensorHas) {
  ProtoBuilder tensor = bare_tensor("w", kInt8, {});
  tensor.bytes(tensor_proto::kDims, std::string(kMillion, '\1'));
  expect_refused(model_of(graph_of({tensor})), ErrorKind::kLimit,
                 "dims of TensorProto has more than 1024 items");
}

TEST(OnnxBombs, ShapesWithoutValuesCostNothing) {
  for (uint64_t type : {kFloat, kString}) {
    ProtoBuilder tensor = bare_tensor("w", type, {1 << 30, 1 << 20});
    expect_cheap(model_of(graph_of({tensor})));
  }
}

TEST(OnnxBombs, QuantizedNodesInTheDeepestGraph) {
  ProtoBuilder graph;
  for (int i = 0; i < 20'000; ++i) {
    graph.message(graph_proto::kNode,
                  node("DequantizeLinear", {"w", "s", "z"}, {"y"}));
  }
  for (int i = 0; i < 200; ++i) {
    ProtoBuilder holder;
    holder.message(node_proto::kAttribute, graph_attribute("g", graph));
    graph = graph_of({bytes_tensor("t", "x")}, {holder});
  }
  expect_cheap(model_of(graph));
}

TEST(OnnxBombs, AModelThatNamesItselfAsExternalData) {
  TempFolder folder;
  std::string bytes = model_of(graph_of({external_tensor("w", 4, {"m.onnx"})}));
  Model model = open_model(folder.add("m.onnx", bytes));
  read_all(model, {});
}

}  // namespace
}  // namespace tsinspect::hostile
