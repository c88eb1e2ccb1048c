#include "export/tf_exposer.h"

#include <gmock/gmock.h>

#include "support/damage.h"
#include "tensorflow/fields.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using namespace tensorflow;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t kFloat = 1;

std::string entry(const std::string& key, const std::string& value) {
  return bytes_field(1, key) + bytes_field(2, value);
}

std::string attr(const std::string& name, const std::string& value) {
  return bytes_field(node_def::kAttr, entry(name, value));
}

std::string node(const std::string& name, const std::string& op,
                 const std::vector<std::string>& inputs,
                 const std::string& attrs) {
  std::string text =
      bytes_field(node_def::kName, name) + bytes_field(node_def::kOp, op);
  for (const auto& input : inputs) text += bytes_field(node_def::kInput, input);
  return text + attrs;
}

std::string of_float(const std::string& name, const std::string& op,
                     const std::string& input) {
  return node(name, op, {input},
              attr("T", varint_field(attr_value::kType, kFloat)));
}

std::string call(const std::string& name, const std::string& function,
                 const std::string& input) {
  std::string types = varint_field(attr_value_list_value::kType, kFloat);
  return node(
      name, "PartitionedCall", {input},
      attr("f", bytes_field(attr_value::kFunc,
                            bytes_field(name_attr_list::kName, function))) +
          attr("Tout", bytes_field(attr_value::kList, types)));
}

// Gives its `result` as "identity".
std::string function(const std::string& name,
                     const std::vector<std::string>& nodes,
                     const std::string& result) {
  std::string arg = bytes_field(op_def_arg_def::kName, "identity") +
                    varint_field(op_def_arg_def::kType, kFloat);
  std::string text = bytes_field(
      function_def::kSignature,
      bytes_field(op_def::kName, name) + bytes_field(op_def::kOutputArg, arg));
  for (const auto& n : nodes) text += bytes_field(function_def::kNodeDef, n);
  text += bytes_field(function_def::kRet, entry("identity", result));
  return bytes_field(function_def_library::kFunction, text);
}

// One whose signature's output "m" is the value of that name.
std::string model(const std::string& nodes, const std::string& library,
                  const std::string& value, const std::string& method = "") {
  std::string info = bytes_field(tensor_info::kName, value) +
                     varint_field(tensor_info::kDtype, kFloat);
  std::string signature =
      bytes_field(signature_def::kOutputs, entry("m", info)) +
      bytes_field(signature_def::kMethodName, method);
  std::string graph = nodes + bytes_field(graph_def::kLibrary, library);
  return varint_field(saved_model::kSavedModelSchemaVersion, 1) +
         bytes_field(saved_model::kMetaGraphs,
                     bytes_field(meta_graph_def::kGraphDef, graph) +
                         bytes_field(meta_graph_def::kSignatureDef,
                                     entry("serve", signature)));
}

std::string main_node(const std::string& node) {
  return bytes_field(graph_def::kNode, node);
}

// A signature that calls f, which calls g twice.
std::string nested() {
  std::string g = function(
      "g", {of_float("a", "Neg", "x"), of_float("out", "Identity", "a:y:0")},
      "out:output:0");
  std::string f =
      function("f",
               {of_float("z", "Abs", "x"), call("one", "g", "z:y:0"),
                call("two", "g", "one:output:0")},
               "two:output:0");
  return model(main_node(call("call", "f", "x")), g + f, "call:0");
}

struct Result {
  std::vector<std::string> keys;
  std::vector<std::string> left_out;
  std::string file;
};

Result expose(const std::string& file, std::vector<std::string> globs = {}) {
  Result result;
  MessageEdits edits;
  std::vector<UnexposedValue> left_out;
  NameFilter filter(globs);
  for (const TfMetaGraph& graph : read_saved_model_graphs(file)) {
    TfExposer exposer(graph, filter, 1 << 20, &edits, &left_out);
    for (const auto& given : exposer.run()) {
      result.keys.push_back(given.value.key);
    }
  }
  for (const auto& value : left_out) result.left_out.push_back(value.name);
  result.file = edits.apply(file).text();
  return result;
}

TEST(TfExposer, GivesValuesOfTheGraph) {
  std::string nodes = main_node(of_float("a", "Neg", "x")) +
                      main_node(of_float("y", "Exp", "a")) +
                      main_node(of_float("unused", "Exp", "a"));
  Result result = expose(model(nodes, "", "y:0"));
  EXPECT_THAT(result.keys, ElementsAre("a"));
  auto signature = read_saved_model_graphs(result.file).at(0).signatures.at(0);
  ASSERT_EQ(signature.outputs.size(), 2u);
  EXPECT_EQ(signature.outputs[1].name, "a:0");
}

TEST(TfExposer, GivesValuesOfFunctionsThroughCopies) {
  Result result = expose(nested());
  EXPECT_THAT(result.keys, ElementsAre("z", "a", "two/a"));
  TfMetaGraph graph = read_saved_model_graphs(result.file).at(0);
  std::vector<std::string> names;
  for (const TfFunction& f : graph.functions) names.emplace_back(f.name);
  EXPECT_THAT(names, ElementsAre("g", "f", "g_exposed_0", "g_exposed_1"));
  // Outputs in order of their keys: a, m, two/a, z.
  const auto& outputs = graph.signatures.at(0).outputs;
  ASSERT_EQ(outputs.size(), 4u);
  EXPECT_EQ(outputs[0].name, "call:1");
  EXPECT_EQ(tf_types(graph.nodes.at(0).attrs.at("Tout")).size(), 4u);
  EXPECT_EQ(graph.functions[1].outputs[1].name, "identity");
  EXPECT_EQ(graph.functions[1].returned.size(), 4u);
}

TEST(TfExposer, LeavesTheFunctionsOfOthersAsTheyAre) {
  std::string file = nested();
  TfMetaGraph before = read_saved_model_graphs(file).at(0);
  Result result = expose(file);
  TfMetaGraph after = read_saved_model_graphs(result.file).at(0);
  EXPECT_EQ(before.functions[0].message, after.functions[0].message);
}

TEST(TfExposer, PicksByNodeAndOperator) {
  EXPECT_THAT(expose(nested(), {"Abs"}).keys, ElementsAre("z"));
  EXPECT_THAT(expose(nested(), {"a"}).keys, ElementsAre("a", "two/a"));
  std::string file = nested();
  Result none = expose(file, {"nothing"});
  EXPECT_THAT(none.keys, IsEmpty());
  EXPECT_EQ(none.file, file);
}

TEST(TfExposer, LeavesOutSignaturesWhoseOutputsAreFixed) {
  std::string nodes = main_node(of_float("a", "Neg", "x")) +
                      main_node(of_float("y", "Exp", "a"));
  Result result =
      expose(model(nodes, "", "y:0", "tensorflow/serving/classify"));
  EXPECT_THAT(result.keys, IsEmpty());
  EXPECT_THAT(result.left_out, ElementsAre("signature serve"));
}

TEST(TfExposer, LeavesOutWhatHasNoKnownType) {
  std::string nodes = main_node(node("a", "Unheard", {"x"}, "")) +
                      main_node(of_float("y", "Exp", "a"));
  EXPECT_THAT(expose(model(nodes, "", "y:0")).left_out, ElementsAre("a"));
}

TEST(TfExposer, LeavesOutSignaturesOfWhatIsNotThere) {
  EXPECT_THAT(expose(model("", "", "y:0")).left_out,
              ElementsAre("signature serve"));
  EXPECT_THAT(expose(model(main_node(call("c", "f", "x")), "", "c:0")).left_out,
              ElementsAre("signature serve"));
  EXPECT_THAT(expose(model(main_node(call("c", "f", "x")),
                           function("f", {}, "x"), "c:7"))
                  .left_out,
              ElementsAre("signature serve"));
}

TEST(TfExposer, RefusesFunctionsThatCallThemselves) {
  std::string f = function(
      "f", {of_float("z", "Abs", "x"), call("again", "f", "z:y:0")}, "x");
  std::string library = f + function("g", {call("c", "f", "x")}, "x");
  try {
    expose(model(main_node(call("call", "g", "x")), library, "call:0"));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kLimit);
  }
}

TEST(TfExposer, RefusesFunctionsThatWouldGrowWithoutEnd) {
  std::string library =
      function("f0", {of_float("a", "Neg", "x"), of_float("b", "Abs", "a:y:0")},
               "b:y:0");
  for (int i = 1; i < 40; ++i) {
    std::string inner = "f" + std::to_string(i - 1);
    library += function("f" + std::to_string(i),
                        {call("p", inner, "x"), call("q", inner, "p:output:0")},
                        "q:output:0");
  }
  std::string file =
      model(main_node(call("call", "f39", "x")), library, "call:0");
  EXPECT_THROW(expose(file), Error);
}

TEST(TfExposer, SurvivesEveryCutAndEveryFlip) {
  std::string file = nested();
  survive_damage(file, [](const std::string& bytes) { expose(bytes); });
}

}  // namespace
}  // namespace tsinspect
