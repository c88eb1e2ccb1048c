#include "export/onnx_exposer.h"

#include <gmock/gmock.h>

#include "export/onnx_type.h"
#include "onnx/fields.h"
#include "support/damage.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using namespace onnx;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string node(const std::string& op, const std::vector<std::string>& inputs,
                 const std::vector<std::string>& outputs,
                 const std::string& rest = "") {
  std::string text;
  for (const auto& name : inputs) text += bytes_field(node_proto::kInput, name);
  for (const auto& name : outputs) {
    text += bytes_field(node_proto::kOutput, name);
  }
  return bytes_field(graph_proto::kNode,
                     text + bytes_field(node_proto::kOpType, op) + rest);
}

std::string value(uint32_t field, const std::string& name,
                  const std::optional<std::vector<int64_t>>& shape = {}) {
  return bytes_field(field, onnx_value_info(name, onnx_tensor_type(1, shape)));
}

std::string input(const std::string& name) {
  return value(graph_proto::kInput, name);
}
std::string output(const std::string& name) {
  return value(graph_proto::kOutput, name);
}

std::string model(const std::string& graph, const std::string& rest = "") {
  std::string opset = varint_field(operator_set_id_proto::kVersion, 18);
  return varint_field(model_proto::kIrVersion, 9) +
         bytes_field(model_proto::kGraph, graph) +
         bytes_field(model_proto::kOpsetImport, opset) + rest;
}

std::string subgraph(const std::string& name, const std::string& graph) {
  return bytes_field(node_proto::kAttribute,
                     bytes_field(attribute_proto::kName, name) +
                         bytes_field(attribute_proto::kG, graph));
}

std::string function(const std::string& name, const std::string& calls) {
  std::string call = bytes_field(node_proto::kInput, "v") +
                     bytes_field(node_proto::kOutput, "w") +
                     bytes_field(node_proto::kDomain, "local") +
                     bytes_field(node_proto::kOpType, calls);
  return bytes_field(model_proto::kFunctions,
                     bytes_field(function_proto::kName, name) +
                         bytes_field(function_proto::kDomain, "local") +
                         bytes_field(function_proto::kNode, call));
}

struct Result {
  std::vector<std::string> names;
  std::vector<std::string> left_out;
  std::string file;
};

Result expose(const std::string& file, std::vector<std::string> globs = {}) {
  OnnxModel graphs = read_onnx_model(file);
  infer_onnx_types(&graphs);
  NameFilter filter(globs);
  OnnxExposer exposer(&graphs, filter);
  Result result;
  for (const OnnxValue& value : exposer.run()) {
    result.names.emplace_back(value.name);
  }
  for (const UnexposedValue& value : exposer.left_out()) {
    result.left_out.push_back(value.name);
  }
  result.file = exposer.edits().apply(file).text();
  return result;
}

const std::string kChain = input("x") + node("Neg", {"x"}, {"a"}) +
                           node("Abs", {"a"}, {"b"}) +
                           node("Exp", {"b"}, {"y"}) + output("y");

TEST(OnnxExposer, GivesValuesThatAreNoOutputs) {
  Result result = expose(model(kChain));
  EXPECT_THAT(result.names, ElementsAre("a", "b"));
  EXPECT_EQ(result.file, model(kChain + output("a") + output("b")));
}

TEST(OnnxExposer, KeepsWhatItDoesNotKnow) {
  std::string odd = bytes_field(99, "later") + varint_field(1000, 7);
  std::string file = model(kChain + odd, odd);
  EXPECT_EQ(expose(file).file,
            model(kChain + odd + output("a") + output("b"), odd));
}

TEST(OnnxExposer, PicksByValueNodeAndOperator) {
  EXPECT_THAT(expose(model(kChain), {"Abs"}).names, ElementsAre("b"));
  EXPECT_THAT(expose(model(kChain), {"a"}).names, ElementsAre("a"));
  EXPECT_THAT(expose(model(kChain), {"!Neg"}).names, ElementsAre("b"));
  EXPECT_THAT(expose(model(kChain), {"y"}).names, IsEmpty());
}

TEST(OnnxExposer, AddsToTheLastPartOfASplitGraph) {
  std::string first = input("x") + node("Neg", {"x"}, {"a"});
  std::string rest =
      bytes_field(model_proto::kGraph, node("Abs", {"a"}, {"y"}) + output("y"));
  Result result = expose(model(first, rest));
  EXPECT_THAT(result.names, ElementsAre("a"));
  EXPECT_EQ(expose(result.file).names, std::vector<std::string>());
}

TEST(OnnxExposer, GivesNoValueTwice) {
  EXPECT_THAT(expose(expose(model(kChain)).file).names, IsEmpty());
  std::string twice = model(kChain + node("Abs", {"x"}, {"a"}));
  EXPECT_THAT(expose(twice).names, ElementsAre("a", "b"));
}

TEST(OnnxExposer, LeavesOutWhatMayChangeItsShapeInALoop) {
  std::string body = node("Neg", {"h"}, {"d"}) + node("Abs", {"d"}, {"h2"}) +
                     output("c") + output("h2");
  std::string file =
      model(node("Loop", {"n", "t", "x"}, {"y"}, subgraph("body", body)) +
            output("y"));
  Result result = expose(file);
  EXPECT_THAT(result.names, IsEmpty());
  EXPECT_THAT(result.left_out, ElementsAre("y/body/d"));
  EXPECT_EQ(result.file, file);
}

TEST(OnnxExposer, NamesWhatItCannotGiveOfOtherNodes) {
  std::string body = node("Neg", {"h"}, {"d"});
  Result result = expose(model(
      node("SequenceMap", {"x"}, {"y"}, subgraph("body", body)) + output("y")));
  EXPECT_THAT(result.left_out, ElementsAre("y/body/d"));
}

TEST(OnnxExposer, TakesAnotherNameWhereItsOwnIsTaken) {
  std::string branch =
      node("Neg", {"x"}, {"a"}) + node("Abs", {"a"}, {"p"}) + output("p");
  std::string file = model(
      value(graph_proto::kInput, "x", {{2}}) + input("y/then_branch/a") +
      node("If", {"c"}, {"y"},
           subgraph("then_branch", branch) + subgraph("else_branch", branch)) +
      output("y"));
  EXPECT_THAT(expose(file).names,
              ElementsAre("y/then_branch/a_", "y/else_branch/a"));
}

void expect_error(const std::string& file, ErrorKind kind,
                  const std::string& text) {
  try {
    expose(file);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    EXPECT_THAT(error.what(), ::testing::HasSubstr(text));
  }
}

TEST(OnnxExposer, RefusesFunctionsThatCallThemselves) {
  std::string call =
      node("f", {"x"}, {"y"}, bytes_field(node_proto::kDomain, "local"));
  expect_error(model(call, function("f", "g") + function("g", "f")),
               ErrorKind::kMalformed, "a function calls itself: f");
}

TEST(OnnxExposer, RefusesGraphsInGraphsWithoutEnd) {
  std::string graph = node("Neg", {"x"}, {"y"});
  for (int i = 0; i < 60; ++i) {
    graph = node("If", {"c"}, {"y"}, subgraph("then_branch", graph));
  }
  expect_error(model(graph), ErrorKind::kLimit, "nested too deep");
}

TEST(OnnxExposer, RefusesAModelWithoutAGraph) {
  expect_error(varint_field(model_proto::kIrVersion, 9),
               ErrorKind::kUnsupported, "no graph");
}

TEST(OnnxExposer, SurvivesEveryCutAndEveryFlip) {
  std::string branch =
      node("Neg", {"x"}, {"a"}) + node("Abs", {"a"}, {"p"}) + output("p");
  std::string file = model(kChain + node("If", {"c"}, {"z"},
                                         subgraph("then_branch", branch) +
                                             subgraph("else_branch", branch)));
  survive_damage(file, [](const std::string& bytes) { expose(bytes); });
}

// Types.

std::string type_of(const std::string& nodes, const std::string& name,
                    const std::vector<int64_t>& x = {2, 3, 8, 8}) {
  std::string file = model(value(graph_proto::kInput, "x", x) + nodes);
  OnnxModel graphs = read_onnx_model(file);
  infer_onnx_types(&graphs);
  auto found = graphs.graph.types.find(name);
  if (found == graphs.graph.types.end()) return "unknown";
  auto type = read_onnx_tensor_type(found->second);
  if (!type) return "no tensor";
  std::string text = std::to_string(type->element);
  if (!type->shape) return text;
  for (int64_t size : *type->shape) text += ' ' + std::to_string(size);
  return text;
}

std::string ints(const char* name, const std::vector<uint64_t>& values) {
  std::string text = bytes_field(attribute_proto::kName, name);
  for (uint64_t v : values) text += varint_field(attribute_proto::kInts, v);
  return bytes_field(node_proto::kAttribute, text);
}

TEST(OnnxTypes, FollowFromOperators) {
  EXPECT_EQ(type_of(node("Relu", {"x"}, {"y"}), "y"), "1 2 3 8 8");
  EXPECT_EQ(type_of(node("Equal", {"x", "x"}, {"y"}), "y"), "9 2 3 8 8");
  EXPECT_EQ(type_of(node("Shape", {"x"}, {"y"}), "y"), "7 4");
  EXPECT_EQ(type_of(node("Flatten", {"x"}, {"y"}), "y"), "1 2 192");
  EXPECT_EQ(
      type_of(node("Transpose", {"x"}, {"y"}, ints("perm", {0, 2, 3, 1})), "y"),
      "1 2 8 8 3");
  EXPECT_EQ(
      type_of(node("MaxPool", {"x"}, {"y"},
                   ints("kernel_shape", {3, 2}) + ints("strides", {2, 2})),
              "y"),
      "1 2 3 3 4");
}

TEST(OnnxTypes, AreNotTakenFromWhatMakesNoSense) {
  EXPECT_EQ(
      type_of(node("Transpose", {"x"}, {"y"}, ints("perm", {0, 9, 1, 2})), "y"),
      "1");
  EXPECT_EQ(type_of(node("Unheard", {"x"}, {"y"}), "y"), "unknown");
  EXPECT_EQ(type_of(node("Relu", {"nothing"}, {"y"}), "y"), "unknown");
  EXPECT_EQ(type_of(node("Concat", {}, {"y"}), "y"), "unknown");
  EXPECT_EQ(
      type_of(node("MaxPool", {"x"}, {"y"},
                   ints("kernel_shape", {3, 2}) + ints("strides", {0, 0})),
              "y"),
      "1 2 3 -1 -1");
  EXPECT_EQ(type_of(node("Flatten", {"x"}, {"y"}), "y",
                    {2, int64_t{1} << 40, int64_t{1} << 40}),
            "1 2 -1");
}

}  // namespace
}  // namespace tsinspect
