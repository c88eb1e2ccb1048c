#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "support/graph_builder.h"
#include "support/memory_file.h"
#include "support/read_all.h"
#include "tsinspect/dataflow.h"
#include "tsinspect/values.h"

namespace tsinspect::tensorflow {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Model open(const std::string& bytes) {
  hostile::MemoryFile file(bytes);
  return open_model(file.path());
}

Model open(const std::vector<ProtoBuilder>& nodes) {
  return open(tf_graph(nodes).text());
}

std::string error_of(const std::string& bytes) {
  try {
    open(bytes);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string values_of(const Model& model, size_t row = 0) {
  std::string out;
  read_values(
      model, model.tensors.at(row), [&](std::span<const std::byte> bytes) {
        out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      });
  return out;
}

std::string int32s(const std::vector<int32_t>& values) {
  return {reinterpret_cast<const char*>(values.data()), 4 * values.size()};
}

TEST(Graph, HasNodesInputsAndOutputs) {
  ProtoBuilder input = tf_node("x", "Placeholder");
  input.message(
      node_def::kAttr,
      tf_map_entry("dtype", ProtoBuilder().varint(attr_value::kType, 1)));
  Model model =
      open({input, tf_const("w", tf_tensor(1).bytes(5, "1234")),
            tf_node("y", "MatMul", {"x", "w:0"}),
            tf_node("init", "NoOp", {"^y"}), tf_node("z", "Relu", {"y"})});
  EXPECT_EQ(model.form, Form::kTfFrozenPb);
  const Dataflow& flow = *model.dataflow;
  ASSERT_EQ(flow.graphs.size(), 1U);
  ASSERT_EQ(flow.nodes.size(), 5U);
  EXPECT_EQ(flow.nodes[2].op, "MatMul");
  EXPECT_THAT(flow.of(flow.nodes[2].inputs), ElementsAre("x", "w:0"));
  EXPECT_THAT(flow.of(flow.nodes[2].outputs), ElementsAre("y"));
  ASSERT_EQ(flow.graphs[0].inputs.size(), 1U);
  EXPECT_EQ(flow.graphs[0].inputs[0].name, "x");
  EXPECT_EQ(flow.graphs[0].inputs[0].dtype, DType::kFloat32);
  ASSERT_EQ(flow.graphs[0].outputs.size(), 1U);
  EXPECT_EQ(flow.graphs[0].outputs[0].name, "z");
}

TEST(Graph, HasFunctionsWithConstantsOfTheirOwn) {
  ProtoBuilder signature =
      ProtoBuilder()
          .bytes(op_def::kName, "f")
          .message(op_def::kInputArg, ProtoBuilder()
                                          .bytes(op_def_arg_def::kName, "x")
                                          .varint(op_def_arg_def::kType, 9));
  // The name comes last.
  ProtoBuilder function =
      ProtoBuilder()
          .message(function_def::kNodeDef,
                   tf_const("c", tf_tensor(3).bytes(7, "\x05")))
          .message(function_def::kSignature, signature);
  ProtoBuilder graph = tf_graph({tf_node("a", "NoOp")});
  graph.message(
      graph_def::kLibrary,
      ProtoBuilder().message(function_def_library::kFunction, function));
  Model model = open(graph.text());
  ASSERT_EQ(model.tensors.size(), 1U);
  EXPECT_EQ(model.tensors[0].name, "f/c");
  EXPECT_EQ(model.tensors[0].role, Role::kConstant);
  const DataflowGraph& f = model.dataflow->graphs.at(1);
  EXPECT_EQ(f.kind, DataflowGraphKind::kFunction);
  EXPECT_EQ(f.scope, "f");
  ASSERT_EQ(f.inputs.size(), 1U);
  EXPECT_EQ(f.inputs[0].dtype, DType::kInt64);
}

TEST(Graph, RepeatsTheLastValue) {
  Model model = open({tf_const("c", tf_tensor(3, {4}).bytes(7, "\x05\x06"))});
  EXPECT_EQ(values_of(model), int32s({5, 6, 6, 6}));
}

// Without the memory of what it repeats.
TEST(Graph, ViewsOneValueAsOftenAsItIsRepeated) {
  for (const ProtoBuilder& tensor :
       {tf_tensor(3, {1 << 20, 1 << 20}).bytes(7, "\x05"),
        tf_tensor(3, {1 << 20, 1 << 20}).varint(7, 5)}) {
    Model model = open({tf_const("c", tensor)});
    EXPECT_THAT(model.tensors[0].strides, ElementsAre(0, 0));
    EXPECT_EQ(model.storages[0].size_bytes, 4U);
    int64_t index[] = {77, 78};
    EXPECT_EQ(ElementReader(model, model.tensors[0]).text(index), "5");
  }
  Model zeros = open({tf_const("c", tf_tensor(8, {3}))});
  EXPECT_EQ(values_of(zeros), std::string(24, '\0'));
}

TEST(Graph, RepeatsAComplexNumberWhole) {
  std::string field(16, '\0');
  field[0] = 1;
  field[12] = 2;
  Model model = open({tf_const("c", tf_tensor(8, {3}).bytes(9, field))});
  EXPECT_EQ(values_of(model), field + field.substr(8));
}

TEST(Graph, HasValuesAsTheyAreInMemory) {
  Model model =
      open({tf_const("c", tf_tensor(3, {2}).bytes(4, int32s({-1, 7})))});
  EXPECT_EQ(values_of(model), int32s({-1, 7}));
  ASSERT_EQ(model.records.size(), 1U);
  EXPECT_EQ(model.records[0].size_bytes, 8U);
}

TEST(Graph, PacksTypesOfLessThanAByte) {
  Model content =
      open({tf_const("c", tf_tensor(29, {3}).bytes(4, "\x0f\x01\x02"))});
  EXPECT_EQ(values_of(content), "\x1f\x02");
  Model typed =
      open({tf_const("c", tf_tensor(30, {3}).bytes(7, "\x01\x02\x03"))});
  EXPECT_EQ(values_of(typed), "\x21\x03");
  Model last = open({tf_const("c", tf_tensor(31, {5}).bytes(7, "\x01"))});
  EXPECT_EQ(values_of(last), "\x55\x01");
}

TEST(Graph, HasStrings) {
  Model typed =
      open({tf_const("c", tf_tensor(7, {3}).bytes(8, "ab").bytes(8, "c"))});
  EXPECT_EQ(values_of(typed),
            "\2\0\0\0\0\0\0\0ab\1\0\0\0\0\0\0\0c\1\0\0\0\0\0\0\0c"s);
  Model content = open({tf_const("c", tf_tensor(7, {2}).bytes(4,
                                                              "\x02\x01"
                                                              "abc"))});
  EXPECT_EQ(values_of(content), "\2\0\0\0\0\0\0\0ab\1\0\0\0\0\0\0\0c"s);
}

TEST(Graph, HasValuesThatDoNotFitTheShape) {
  Model model = open({tf_const("c", tf_tensor(3, {1}).bytes(7, "\x05\x06"))});
  EXPECT_THROW(values_of(model), Error);
  EXPECT_THAT(
      error_of(
          tf_graph({tf_const("c", tf_tensor(3, {2}).bytes(4, "1234"))}).text()),
      HasSubstr("tensor 'c': 4 bytes of values where its shape needs "
                "8"));
  EXPECT_THAT(
      error_of(tf_graph({tf_const("c", tf_tensor(7, {3}).bytes(4,
                                                               "\x02\x01"
                                                               "abc"))})
                   .text()),
      HasSubstr("tensor 'c'"));
}

TEST(Graph, HasAShapeThatCannotBe) {
  EXPECT_THAT(error_of(tf_graph({tf_const("c", tf_tensor(1, {-1}))}).text()),
              HasSubstr("impossible shape [-1]"));
  EXPECT_THAT(
      error_of(tf_graph({tf_const("c", tf_tensor(1, {INT64_MAX, INT64_MAX}))})
                   .text()),
      HasSubstr("impossible shape"));
  ProtoBuilder unknown = ProtoBuilder().varint(1, 1).message(
      2, ProtoBuilder().varint(tensor_shape_proto::kUnknownRank, 1));
  EXPECT_THAT(error_of(tf_graph({tf_const("c", unknown)}).text()),
              HasSubstr("constant 'c': its shape is not known"));
}

// A few bytes that are gigabytes of values, none of them a view.
TEST(Graph, RepeatsStringsBeyondTheLimits) {
  Model model =
      open({tf_const("c", tf_tensor(7, {int64_t{1} << 40}).bytes(8, "ab"))});
  EXPECT_THROW(values_of(model), Error);
  Model numbers = open(
      {tf_const("c", tf_tensor(3, {int64_t{1} << 32}).bytes(7, "\x01\x02"))});
  EXPECT_THROW(values_of(numbers), Error);
}

TEST(Graph, HasAConstantWithoutValues) {
  Model model = open({tf_node("c", "Const"), tf_const("d", ProtoBuilder())});
  ASSERT_EQ(model.tensors.size(), 1U);  // Of the second, of no dtype.
  EXPECT_EQ(model.tensors[0].dtype, DType::kOpaque);
  EXPECT_THROW(values_of(model), Error);
}

TEST(Graph, HasFieldsOfOtherTypes) {
  ProtoBuilder node = tf_node("c", "Const");
  node.varint(node_def::kAttr, 1);
  EXPECT_THAT(error_of(tf_graph({tf_node("a", "NoOp"), node}).text()),
              HasSubstr("attr of NodeDef has wire type 0, not 2"));
  ProtoBuilder tensor = ProtoBuilder().bytes(tensor_proto::kDtype, "x");
  EXPECT_THAT(error_of(tf_graph({tf_const("c", tensor)}).text()),
              HasSubstr("dtype of TensorProto has wire type 2, not 0"));
}

// Two bytes of file a node, 100 of memory.
TEST(Graph, HasMillionsOfNodes) {
  std::string nodes;
  for (int i = 0; i < 1'000'000; ++i) nodes += "\x0a\0"s;
  try {
    open(tf_graph({tf_node("a", "b")}).text() + nodes);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kLimit);
  }
}

TEST(Graph, IsReadOrRefusedWhereverItIsCutOrFlipped) {
  ProtoBuilder graph =
      tf_graph({tf_node("x", "Placeholder"),
                tf_const("c", tf_tensor(3, {2, 2}).bytes(7, "\x05\x06")),
                tf_const("s", tf_tensor(7, {2}).bytes(8, "ab")),
                tf_node("y", "Mul", {"x", "c", "^s"})});
  std::string bytes = graph.text();
  for (size_t size = 0; size < bytes.size(); ++size) {
    hostile::MemoryFile file(bytes.substr(0, size));
    hostile::open_and_read_all(file.path());
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = bytes;
      other[at] ^= static_cast<char>(1 << bit);
      hostile::MemoryFile file(other);
      hostile::open_and_read_all(file.path());
    }
  }
}

}  // namespace
}  // namespace tsinspect::tensorflow
