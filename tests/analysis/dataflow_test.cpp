#include <gmock/gmock.h>

#include "analysis/dataflow_graph.h"
#include "analysis/dataflow_index.h"
#include "analysis/dataflow_models.h"
#include "support/expect_error.h"
#include "support/proto_builder.h"
#include "tsinspect/module_tree.h"
#include "tsinspect/program.h"

namespace tsinspect {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// x → conv (weight) → relu → y, as torch's exporter names it.
HandDataflow small_onnx() {
  HandDataflow hand(Form::kOnnx);
  hand.input("x");
  add_tensor(&hand.model, "conv1.weight", {4, 3, 3, 3}, 0, Role::kInitializer);
  hand.node("/conv1/Conv", "Conv", {"x", "conv1.weight"}, {"c"});
  hand.node("/layer1/layer1.0/act/Relu", "Relu", {"c"}, {"y"});
  hand.output("y");
  return hand;
}

TEST(DataflowIndex, FindsNodesInputsAndInitializers) {
  HandDataflow hand = small_onnx();
  DataflowIndex index(hand.model);
  using Kind = ValueSource::Kind;
  EXPECT_EQ(index.find(0, "x").kind, Kind::kInput);
  EXPECT_EQ(index.find(0, "c").kind, Kind::kNode);
  EXPECT_EQ(index.find(0, "conv1.weight").kind, Kind::kTensor);
  EXPECT_EQ(index.find(0, "nothing").kind, Kind::kUnknown);
  EXPECT_EQ(index.find(9, "x").kind, Kind::kUnknown);
}

TEST(DataflowIndex, ASubgraphSeesWhatIsAroundIt) {
  HandDataflow hand = small_onnx();
  uint32_t graph = hand.graph(DataflowGraphKind::kSubgraph, "loop/body");
  hand.flow().graphs[graph].parent = 1;
  DataflowIndex index(hand.model);
  ValueSource source = index.find(graph, "c");
  EXPECT_EQ(source.kind, ValueSource::Kind::kNode);
  EXPECT_EQ(source.graph, 0u);
}

TEST(DataflowIndex, TensorFlowNamesOutputsByNumber) {
  HandDataflow hand(Form::kTfFrozenPb);
  hand.node("split", "Split", {});
  DataflowIndex index(hand.model);
  EXPECT_EQ(index.find(0, "split").output, 0u);
  EXPECT_EQ(index.find(0, "split:2").output, 2u);
  EXPECT_EQ(index.find(0, "split:output:3").output, 3u);
  EXPECT_EQ(index.find(0, "^split").kind, ValueSource::Kind::kNode);
  EXPECT_EQ(index.find(0, "split:99999999999999").output, 0u);
}

std::vector<std::string> names_of(const std::vector<OperatorCount>& rows) {
  std::vector<std::string> names;
  for (const OperatorCount& row : rows) {
    names.push_back(row.name + " " + to_string(row.kind));
  }
  return names;
}

TEST(DataflowOperators, AreToldByDomainAndKind) {
  HandDataflow hand = small_onnx();
  hand.node("f", "FusedConv", {"y"}).domain = "com.microsoft";
  hand.node("if", "If", {"y"});
  hand.node("local", "Mine", {"y"}).domain = "local";
  hand.graph(DataflowGraphKind::kFunction, "Mine");
  EXPECT_THAT(
      names_of(operators(hand.model)),
      ElementsAre("Conv builtin", "If control-flow", "Relu builtin",
                  "com.microsoft::FusedConv custom", "local::Mine function"));
}

TEST(DataflowOperators, TellWhichFunctionACallRuns) {
  std::string call =
      ProtoBuilder()
          .message(5, ProtoBuilder().bytes(1, "f").message(
                          2, ProtoBuilder().message(
                                 10, ProtoBuilder().bytes(1, "body_7"))))
          .text();
  HandDataflow hand(Form::kTfSavedModel);
  hand.node("call", "StatefulPartitionedCall", {}, {}, call);
  auto rows = operators(hand.model);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_THAT(rows[0].uses[0].runs, ElementsAre("body_7"));
  EXPECT_EQ(rows[0].uses[0].node, "call");
}

TEST(DataflowOutside, TensorFlowsOperatorsThatReachOutside) {
  HandDataflow hand(Form::kTfSavedModel);
  hand.node("relu", "Relu", {});
  hand.node("w", "WriteFile", {});
  hand.node("p", "EagerPyFunc", {});
  auto calls = outside_calls(hand.model);
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].name, "WriteFile");
  EXPECT_EQ(calls[0].reason, "writes a file");
  EXPECT_EQ(calls[1].reason, "calls Python");
}

TEST(DataflowOutside, OnnxHasNone) {
  HandDataflow hand = small_onnx();
  hand.node("f", "WriteFile", {}).domain = "com.example";
  EXPECT_THAT(outside_calls(hand.model), IsEmpty());
}

TEST(DataflowFlow, DrawsWhatGoesIntoWhat) {
  HandDataflow hand = small_onnx();
  Graph graph = flow_graph(hand.model, "main");
  std::vector<std::string> labels;
  for (const GraphNode& node : graph.nodes) labels.push_back(node.label);
  EXPECT_THAT(labels, ElementsAre("x", "Conv", "Relu", "conv1.weight", "y"));
  ASSERT_EQ(graph.edges.size(), 4u);
  EXPECT_EQ(graph.nodes[0].detail, "float32 [batch, 3]");
}

TEST(DataflowFlow, TellsWhatANameMayHaveMeant) {
  HandDataflow hand = small_onnx();
  hand.graph(DataflowGraphKind::kFunction, "branch");
  expect_error(ErrorKind::kNotFound,
               "no graph, function or signature is named 'brnch'; did you "
               "mean 'branch'?",
               [&] { flow_graph(hand.model, "brnch"); });
}

TEST(DataflowFlow, ASignatureIsTheFunctionItCalls) {
  HandDataflow hand(Form::kTfSavedModel);
  hand.node("serving_x", "Placeholder", {});
  hand.node("call", "body_7", {"serving_x"});
  Signature signature;
  signature.name = "serving_default";
  signature.outputs = {{"y", {"call:0", "tensor", {}, {}}}};
  hand.flow().signatures = {signature};
  hand.graph(DataflowGraphKind::kFunction, "body_7");
  hand.input("x");
  hand.node("dense/MatMul", "MatMul", {"x"});
  hand.output("dense/MatMul:product:0");
  Graph graph = flow_graph(hand.model, "serving_default");
  ASSERT_EQ(graph.nodes.size(), 3u);
  EXPECT_EQ(graph.nodes[1].label, "MatMul");
  EXPECT_EQ(graph.edges.size(), 2u);
}

TEST(DataflowFlow, AFunctionsResultsHaveNamesOfTheirOwn) {
  std::string message =
      ProtoBuilder()
          .message(4, ProtoBuilder().bytes(1, "y").bytes(2, "relu:features:0"))
          .text();
  HandDataflow hand(Form::kTfSavedModel);
  uint32_t graph = hand.graph(DataflowGraphKind::kFunction, "body");
  hand.flow().graphs[graph].message = message;
  hand.node("relu", "Relu", {});
  hand.output("y");
  Graph drawn = flow_graph(hand.model, "body");
  ASSERT_EQ(drawn.edges.size(), 1u);
  EXPECT_EQ(drawn.nodes[drawn.edges[0].to].label, "y");
}

TEST(DataflowFlow, ACycleEnds) {
  HandDataflow hand(Form::kTfFrozenPb);
  hand.node("a", "Identity", {"b"});
  hand.node("b", "Identity", {"a"});
  hand.node("c", "Relu", {"a"});
  EXPECT_EQ(flow_graph(hand.model, "main").nodes.size(), 1u);
}

TEST(DataflowScopes, AreDrawnAsModules) {
  HandDataflow hand = small_onnx();
  Graph graph = module_graph(hand.model);
  std::vector<std::string> labels;
  for (const GraphNode& node : graph.nodes) labels.push_back(node.label);
  EXPECT_THAT(labels, ElementsAre("conv1", "layer1.0/act", "x", "y"));
  EXPECT_EQ(graph.edges.size(), 3u);
  graph = module_graph(hand.model, {.depth = 1});
  EXPECT_EQ(graph.nodes[1].label, "layer1.0");
  EXPECT_EQ(graph.nodes[1].below, 1u);
}

TEST(ScopePath, JoinsWhatTorchsExporterRepeats) {
  EXPECT_EQ(scope_path("/layer1/layer1.0/conv1/Conv", '.'), "layer1.0.conv1");
  EXPECT_EQ(scope_path("model/dense/MatMul", '.'), "model.dense");
  EXPECT_EQ(scope_path("Conv_3", '.'), "");
  EXPECT_EQ(scope_path("", '.'), "");
  EXPECT_EQ(scope_path("//", '.'), "");
}

TEST(DataflowModules, AreNameScopes) {
  HandDataflow hand = small_onnx();
  ModuleTree tree = module_tree(hand.model);
  std::vector<std::string> paths;
  for (const ModuleNode& node : tree.nodes) paths.emplace_back(node.path);
  EXPECT_THAT(paths,
              ElementsAre("", "conv1", "layer1", "layer1.0", "layer1.0.act"));
  EXPECT_EQ(tree.nodes[1].parameters.elements, 108u);
  EXPECT_EQ(tree.nodes[1].operators, 1u);
}

std::string text_of(const NodeAttribute& attribute) {
  std::string text(attribute.name);
  text += ' ' + attribute.type + (attribute.is_list ? "[]" : "");
  for (const AttributeItem& item : attribute.items) {
    if (auto number = std::get_if<int64_t>(&item)) {
      text += ' ' + std::to_string(*number);
    } else if (auto truth = std::get_if<bool>(&item)) {
      text += *truth ? " true" : " false";
    } else if (auto string = std::get_if<std::string>(&item)) {
      text += ' ' + *string;
    } else {
      text += " real";
    }
  }
  return text;
}

std::vector<std::string> attributes(Form form, const std::string& message) {
  HandDataflow hand(form);
  std::vector<std::string> texts;
  const DataflowNode& node = hand.node("n", "Op", {}, {}, message);
  DataflowNode row = node;
  row.message = message;
  for (const NodeAttribute& attribute : node_attributes(hand.model, row)) {
    texts.push_back(text_of(attribute));
  }
  return texts;
}

TEST(NodeAttributes, OfOnnx) {
  auto attribute = [](const char* name, ProtoBuilder value) {
    return value.bytes(1, name);
  };
  ProtoBuilder node;
  node.message(5, attribute("axis", ProtoBuilder().varint(3, 2)));
  node.message(5, attribute("pads", ProtoBuilder().bytes(8, "\x01\x02")));
  node.message(5, attribute("mode", ProtoBuilder().bytes(4, "linear")));
  node.message(5, attribute("alpha", ProtoBuilder().fixed32(2, 0.5f)));
  node.message(5, attribute("none", ProtoBuilder().varint(20, 7)));
  node.message(
      5,
      attribute("value",
                ProtoBuilder().message(
                    5, ProtoBuilder().varint(1, 3).varint(1, 4).varint(2, 1))));
  EXPECT_THAT(attributes(Form::kOnnx, node.text()),
              ElementsAre("axis int 2", "pads int[] 1 2", "mode string linear",
                          "alpha float real", "none int[]",
                          "value tensor float32 [3, 4]"));
}

TEST(NodeAttributes, OfTensorFlow) {
  auto entry = [](const char* key, const ProtoBuilder& value) {
    return ProtoBuilder().bytes(1, key).message(2, value);
  };
  ProtoBuilder node;
  node.message(5, entry("T", ProtoBuilder().varint(6, 1)));
  node.message(5, entry("keep", ProtoBuilder().varint(5, 1)));
  ProtoBuilder list;
  list.bytes(3, "\x01\x02");
  node.message(5, entry("strides", ProtoBuilder().message(1, list)));
  ProtoBuilder shape;
  shape.message(2, ProtoBuilder().varint(1, UINT64_MAX));
  shape.message(2, ProtoBuilder().varint(1, 3));
  node.message(5, entry("shape", ProtoBuilder().message(7, shape)));
  EXPECT_THAT(attributes(Form::kTfFrozenPb, node.text()),
              ElementsAre("T type float32", "keep bool true",
                          "strides int[] 1 2", "shape shape [?, 3]"));
}

TEST(NodeAttributes, LongListsAreCut) {
  ProtoBuilder node;
  node.message(5,
               ProtoBuilder().bytes(1, "ints").bytes(8, std::string(5000, 1)));
  HandDataflow hand(Form::kOnnx);
  DataflowNode row;
  row.message = node.text();
  auto found = node_attributes(hand.model, row);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].items.size(), 1000u);
  EXPECT_EQ(found[0].left_out, 4000u);
}

TEST(NodeAttributes, CutMessagesAreMalformed) {
  ProtoBuilder node;
  node.message(5, ProtoBuilder().bytes(1, "axis").varint(3, 300));
  std::string all = node.text();
  for (size_t size = 1; size < all.size(); ++size) {
    HandDataflow hand(Form::kOnnx);
    DataflowNode row;
    row.message = std::string_view(all).substr(0, size);
    EXPECT_THROW(node_attributes(hand.model, row), Error) << size;
  }
}

}  // namespace
}  // namespace tsinspect
