#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/file.h"
#include "format/temp_folder.h"
#include "onnx/builder.h"
#include "support/expect_error.h"
#include "tsinspect/dataflow.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

using namespace onnx;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Model read(std::string_view bytes) {
  TempFolder folder;
  return open_model(folder.add("m.onnx", bytes));
}

Model fixture(const std::string& name) {
  return open_model(std::string(TSINSPECT_FIXTURES) + "/onnx/" + name);
}

std::string values(const Model& model, size_t tensor) {
  std::string bytes;
  read_values(model, model.tensors.at(tensor), [&](auto piece) {
    bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  return bytes;
}

std::vector<std::string> names(const Model& model) {
  std::vector<std::string> names;
  for (const Tensor& tensor : model.tensors) names.push_back(tensor.name);
  return names;
}

std::vector<std::string> scopes(const Model& model) {
  std::vector<std::string> scopes;
  for (const auto& graph : model.dataflow->graphs) {
    scopes.push_back(graph.scope);
  }
  return scopes;
}

TEST(Onnx, ReadsAnInitializerWhereItLies) {
  Model model = read(model_of(graph_of({bytes_tensor("w", "abc")})));
  EXPECT_EQ(model.form, Form::kOnnx);
  EXPECT_THAT(names(model), ElementsAre("w"));
  EXPECT_EQ(model.tensors[0].role, Role::kInitializer);
  EXPECT_EQ(values(model, 0), "abc");
  EXPECT_EQ(model.files[0]->data().substr(model.records[0].offset, 3), "abc");
}

TEST(Onnx, TellsWhoWroteAModel) {
  Model model = fixture("cnn.onnx");
  EXPECT_EQ(model.producer.metadata, "pytorch 2.1.0");
  EXPECT_EQ(model.producer.file_version, "10");
  const Dataflow& flow = *model.dataflow;
  ASSERT_THAT(flow.opsets, SizeIs(1));
  EXPECT_EQ(flow.opsets[0].domain, "");
  EXPECT_EQ(flow.opsets[0].version, 17);
  ASSERT_THAT(flow.metadata, SizeIs(2));
  EXPECT_EQ(flow.metadata[0].first, "task");
  EXPECT_EQ(flow.metadata[0].second, "classify");
}

TEST(Onnx, DescribesNodesAndValues) {
  Model model = fixture("cnn.onnx");
  const Dataflow& flow = *model.dataflow;
  ASSERT_THAT(flow.nodes, SizeIs(6));
  EXPECT_EQ(flow.nodes[0].name, "/conv1/Conv");
  EXPECT_EQ(flow.nodes[0].op, "Conv");
  EXPECT_THAT(flow.of(flow.nodes[0].inputs),
              ElementsAre("input", "conv1.weight", "conv1.bias"));
  EXPECT_THAT(flow.of(flow.nodes[5].outputs), ElementsAre("logits"));
  const DataflowGraph& graph = flow.graphs.at(0);
  EXPECT_EQ(graph.name, "main_graph");
  EXPECT_THAT(graph.nodes, ElementsAre(0, 1, 2, 3, 4, 5));
  const ValueInfo& input = graph.inputs.at(0);
  EXPECT_EQ(input.name, "input");
  EXPECT_EQ(input.type, "tensor");
  EXPECT_EQ(input.dtype, DType::kFloat32);
  EXPECT_EQ(input.shape->at(0).symbol, "batch");
  EXPECT_EQ(input.shape->at(0).size, -1);
  EXPECT_EQ(input.shape->at(1).size, 3);
  EXPECT_EQ(graph.values.at(0).name, "/conv1/Conv_output_0");
}

TEST(Onnx, KeepsAnOmittedInputsPlace) {
  Model model =
      read(model_of(graph_of({}, {node("Clip", {"x", "", "max"}, {"y"})})));
  EXPECT_THAT(model.dataflow->of(model.dataflow->nodes[0].inputs),
              ElementsAre("x", "", "max"));
}

TEST(Onnx, TextIsTheSameModel) {
  Model text = fixture("cnn.onnx.txt");
  Model binary = fixture("cnn.onnx");
  EXPECT_EQ(text.form, Form::kOnnx);
  EXPECT_EQ(names(text), names(binary));
  for (size_t i = 0; i < text.tensors.size(); ++i) {
    EXPECT_EQ(values(text, i), values(binary, i)) << text.tensors[i].name;
  }
  EXPECT_EQ(text.dataflow->nodes.size(), binary.dataflow->nodes.size());
  EXPECT_THAT(text.records, IsEmpty());
}

TEST(Onnx, TypedFieldsAreTheSameValuesAsRawOnes) {
  Model typed = fixture("dtypes_typed.onnx");
  Model raw = fixture("dtypes_raw.onnx");
  for (size_t i = 0, j = 0; i < typed.tensors.size(); ++i) {
    if (typed.tensors[i].dtype == DType::kString) continue;
    EXPECT_EQ(typed.tensors[i].name, raw.tensors[j].name);
    EXPECT_EQ(values(typed, i), values(raw, j)) << typed.tensors[i].name;
    ++j;
  }
}

TEST(Onnx, NamesTensorsOfSubgraphsByTheirGraph) {
  Model model = fixture("subgraphs.onnx");
  EXPECT_THAT(scopes(model),
              ElementsAre("", "result.else_branch", "result.then_branch",
                          "result.then_branch.looped.body"));
  EXPECT_THAT(names(model), ElementsAre("unused", "w", "w", "count", "w"));
  EXPECT_THAT(key_path(model, model.tensors[4].path),
              ElementsAre("'result.then_branch'", "'looped.body'", "'w'"));
  const Dataflow& flow = *model.dataflow;
  EXPECT_EQ(flow.graphs[1].kind, DataflowGraphKind::kSubgraph);
  EXPECT_EQ(flow.nodes[flow.graphs[3].parent].op, "Loop");
}

TEST(Onnx, TellsGraphsOfOneScopeApart) {
  ProtoBuilder branch = node("If", {"c"}, {"r"});
  branch.message(node_proto::kAttribute, graph_attribute("b", graph_of({})))
      .message(node_proto::kAttribute, graph_attribute("b", graph_of({})));
  Model model = read(model_of(graph_of({}, {branch})));
  EXPECT_THAT(scopes(model), ElementsAre("", "r.b", "r.b#2"));
}

TEST(Onnx, ReadsFunctionsAndTheirDefaults) {
  Model model = fixture("functions.onnx");
  EXPECT_THAT(scopes(model), ElementsAre("", "com.example.Scale"));
  EXPECT_THAT(names(model), ElementsAre("Scale.bias", "factor"));
  EXPECT_EQ(model.tensors[0].role, Role::kAttribute);
  EXPECT_EQ(model.tensors[1].role, Role::kConstant);
  const DataflowGraph& function = model.dataflow->graphs[1];
  EXPECT_EQ(function.kind, DataflowGraphKind::kFunction);
  EXPECT_EQ(function.inputs.at(0).name, "x");
}

TEST(Onnx, ReadsGraphsThatTrain) {
  ProtoBuilder training;
  training.message(training_info_proto::kAlgorithm,
                   graph_of({bytes_tensor("rate", "r")}));
  ProtoBuilder model;
  model.varint(model_proto::kIrVersion, 8)
      .message(model_proto::kGraph, graph_of({}))
      .message(model_proto::kTrainingInfo, training);
  Model read_model = read(model.text());
  EXPECT_THAT(scopes(read_model), ElementsAre("", "training_info.0.algorithm"));
  EXPECT_THAT(names(read_model), ElementsAre("rate"));
}

TEST(Onnx, GivesASparseTensorItsParts) {
  Model model = fixture("sparse.onnx");
  EXPECT_THAT(names(model),
              ElementsAre("dense", "linear.indices", "linear.values",
                          "by_axis.indices", "by_axis.values"));
  const TensorDetails& details = *model.tensors[3].details;
  EXPECT_EQ(details.layout, "sparse_coo");
  EXPECT_THAT(details.whole_shape, ElementsAre(3, 2));
}

TEST(Onnx, PairsTensorsWithScalesAndZeroPoints) {
  Model model = fixture("quantized.onnx");
  auto pair = [&](size_t row) {
    const auto& details = model.tensors[row].details;
    return details ? details->scale + " " + details->zero_point : "none";
  };
  EXPECT_EQ(pair(0), "w_scale w_zero");
  EXPECT_EQ(pair(3), "half_scale ");
  EXPECT_EQ(pair(5), "k_scale k_zero");
  EXPECT_EQ(pair(10), "noted_scale ");
  for (size_t scale : {1, 2, 4, 6, 7, 8, 9, 11}) EXPECT_EQ(pair(scale), "none");
}

TEST(Onnx, FindsScalesInTheGraphsAround) {
  ProtoBuilder branch = node("If", {"c"}, {"r"});
  branch.message(node_proto::kAttribute,
                 graph_attribute(
                     "b", graph_of({bytes_tensor("w", "w")},
                                   {node("DequantizeLinear",
                                         {"w", "outer", "computed"}, {"y"})})));
  Model model =
      read(model_of(graph_of({bytes_tensor("outer", "s")}, {branch})));
  ASSERT_THAT(names(model), ElementsAre("outer", "w"));
  EXPECT_EQ(model.tensors[1].details->scale, "outer");
  EXPECT_EQ(model.tensors[1].details->zero_point, "");
}

TEST(Onnx, ReadsExternalData) {
  Model model = fixture("external.onnx");
  EXPECT_THAT(model.findings, IsEmpty());
  ASSERT_THAT(model.files, SizeIs(2));
  EXPECT_THAT(model.files[1]->path(), HasSubstr("onnx/external.bin"));
  EXPECT_EQ(model.records[2].file, 1u);
  EXPECT_EQ(model.records[2].offset, 64u);
  EXPECT_EQ(values(model, 2).size(), 16u);
}

// A model with one external tensor `w` of four bytes, in a folder that has
// "data" with "abcdefgh".
class ExternalData : public ::testing::Test {
 protected:
  void open(const PlaceText& place) {
    folder_.add("in/data", "abcdefgh");
    std::string path = folder_.add(
        "in/m.onnx", model_of(graph_of({external_tensor("w", 4, place)})));
    model_ = open_model(path);
  }

  void expect_refused(const PlaceText& place, std::string_view problem) {
    open(place);
    ASSERT_THAT(model_.tensors, SizeIs(1));
    EXPECT_EQ(model_.tensors[0].size_bytes(), 4u);
    ASSERT_THAT(model_.findings, SizeIs(1));
    EXPECT_EQ(model_.findings[0].rule, "external-data");
    expect_error(ErrorKind::kUnsupported,
                 "tensor 'w': external data '" + place.location +
                     "': " + std::string(problem),
                 [&] { values(model_, 0); });
  }

  std::filesystem::path in() const {
    return std::filesystem::path(folder_.path()) / "in";
  }

  TempFolder folder_;
  Model model_;
};

TEST_F(ExternalData, BeginsAtTheOffset) {
  open({"data", "2", "4"});
  EXPECT_THAT(model_.findings, IsEmpty());
  EXPECT_EQ(values(model_, 0), "cdef");
}

TEST_F(ExternalData, IsAsLongAsTheShapeWhereNoLengthIsGiven) {
  open({"./data", "4"});
  EXPECT_EQ(values(model_, 0), "efgh");
}

TEST_F(ExternalData, MayLieInAFolderBelow) {
  folder_.add("in/sub/data", "1234");
  open({"sub/data"});
  EXPECT_EQ(values(model_, 0), "1234");
}

TEST_F(ExternalData, IsRefusedWhereItIsNot) {
  expect_refused({"nothing"}, "no such file");
}

TEST_F(ExternalData, IsRefusedBeyondTheFile) {
  expect_refused({"data", "5"}, "4 bytes at 5 exceed the file's 8");
}

TEST_F(ExternalData, IsRefusedWhereTheOffsetOverflows) {
  expect_refused({"data", "18446744073709551615"},
                 "4 bytes at 18446744073709551615 exceed the file's 8");
}

TEST_F(ExternalData, IsRefusedWithAnotherLength) {
  expect_refused({"data", "0", "5"},
                 "length is 5 where the shape needs 4 bytes");
}

TEST_F(ExternalData, IsRefusedAtNoNumber) {
  expect_refused({"data", "-1"}, "offset '-1' is no number");
  expect_refused({"data", "0x2"}, "offset '0x2' is no number");
  expect_refused({"data", "0", "99999999999999999999"},
                 "length '99999999999999999999' is no number");
}

TEST_F(ExternalData, IsRefusedOutsideOfTheFolder) {
  const char* leads_out = "its path leads out of the model's folder";
  folder_.add("outside", "abcd");
  expect_refused({"../outside"}, leads_out);
  expect_refused({"sub/../../outside"}, leads_out);
  expect_refused({folder_.path() + "/outside"}, leads_out);
  expect_refused({"/dev/zero"}, leads_out);
  expect_refused({".."}, leads_out);
}

TEST_F(ExternalData, IsRefusedBehindASymlinkThatLeadsOut) {
  std::filesystem::create_directories(in());
  std::string outside = folder_.add("outside/data", "abcd");
  std::filesystem::create_symlink(outside, in() / "link");
  std::filesystem::create_symlink(folder_.path() + "/outside", in() / "sub");
  std::filesystem::create_symlink("/dev/zero", in() / "zeros");
  const char* leads_out = "a symlink leads out of the model's folder";
  expect_refused({"link"}, leads_out);
  expect_refused({"sub/data"}, leads_out);
  expect_refused({"zeros"}, leads_out);
}

TEST_F(ExternalData, IsReadBehindASymlinkInTheFolder) {
  std::filesystem::create_directories(in());
  std::filesystem::create_symlink("data", in() / "link");
  open({"link"});
  EXPECT_EQ(values(model_, 0), "abcd");
}

TEST_F(ExternalData, IsReadWhereACacheKeepsBothBehindSymlinks) {
  std::string data = folder_.add("blobs/1", "abcd");
  std::string blob = folder_.add(
      "blobs/2", model_of(graph_of({external_tensor("w", 4, {"data"})})));
  std::filesystem::create_directories(in());
  std::filesystem::create_symlink(data, in() / "data");
  std::filesystem::create_symlink(blob, in() / "m.onnx");
  model_ = open_model(in() / "m.onnx");
  EXPECT_EQ(values(model_, 0), "abcd");
}

TEST_F(ExternalData, IsRefusedInAPipe) {
  std::filesystem::create_directories(in());
  ASSERT_EQ(mkfifo((in() / "pipe").c_str(), 0600), 0);
  expect_refused({"pipe"}, "not a regular file");
}

TEST_F(ExternalData, IsRefusedInAFolder) {
  expect_refused({"."}, "not a regular file");
}

TEST_F(ExternalData, IsRefusedWithoutALocation) {
  expect_refused({""}, "no location is given");
}

TEST_F(ExternalData, IsRefusedWithANulInItsName) {
  open({std::string("data\0.bin", 9)});
  ASSERT_THAT(model_.findings, SizeIs(1));
  EXPECT_EQ(model_.tensors[0].storage, kNoIndex);
}

TEST_F(ExternalData, ThatIsMissingIsToldOnceAFile) {
  std::vector<ProtoBuilder> tensors;
  for (int i = 0; i < 1000; ++i) {
    tensors.push_back(external_tensor("t" + std::to_string(i), 4, {"gone"}));
  }
  Model model = read(model_of(graph_of(tensors)));
  EXPECT_THAT(model.tensors, SizeIs(1000));
  ASSERT_THAT(model.findings, SizeIs(1));
  EXPECT_EQ(model.findings[0].where, "gone");
  EXPECT_EQ(model.findings[0].message, "no such file; 1000 tensors are in it");
}

TEST(Onnx, ListsTypesItCannotReadWithoutData) {
  ProtoBuilder tensor = bare_tensor("w", kFloat6, {4});
  tensor.bytes(tensor_proto::kRawData, "abc");
  Model model = read(model_of(graph_of({tensor, bare_tensor("x", 99, {2})})));
  EXPECT_EQ(model.tensors[0].dtype, DType::kOpaque);
  EXPECT_EQ(model.tensors[0].details->opaque_type, "float6_e2m3");
  expect_error(ErrorKind::kUnsupported,
               "tensor 'w': values of float6_e2m3 are not read by this version",
               [&] { values(model, 0); });
  EXPECT_EQ(model.tensors[1].details->opaque_type, "data type 99");
}

TEST(Onnx, ListsASegmentWithoutData) {
  ProtoBuilder tensor = bytes_tensor("w", "ab");
  tensor.bytes(tensor_proto::kSegment, "");
  Model model = read(model_of(graph_of({tensor})));
  EXPECT_EQ(model.tensors[0].storage, kNoIndex);
  EXPECT_THAT(model.tensors[0].details->no_data, HasSubstr("segment"));
}

TEST(Onnx, SkipsFieldsItDoesNotKnow) {
  ProtoBuilder graph = graph_of({bytes_tensor("w", "ab")});
  graph.bytes(1000, "new").varint(1001, 5);
  EXPECT_THAT(names(read(model_of(graph))), ElementsAre("w"));
}

TEST(Onnx, RefusesBytesThatDoNotFitTheShape) {
  ProtoBuilder tensor = bare_tensor("w", kFloat, {2});
  tensor.bytes(tensor_proto::kRawData, "abcdefg");
  std::string bytes = model_of(graph_of({tensor}));
  expect_error(ErrorKind::kMalformed,
               "tensor 'w': 7 bytes of values where its shape needs 8",
               [&] { read(bytes); });
}

TEST(Onnx, RefusesImpossibleShapes) {
  for (uint64_t dim : {UINT64_MAX, uint64_t{1} << 62}) {
    ProtoBuilder tensor = bare_tensor("w", kFloat, {dim, 8});
    tensor.bytes(tensor_proto::kRawData, "abcd");
    EXPECT_THROW(read(model_of(graph_of({tensor}))), Error);
  }
}

TEST(Onnx, RefusesASecondGraph) {
  ProtoBuilder model;
  model.varint(model_proto::kIrVersion, 8)
      .message(model_proto::kGraph, graph_of({}))
      .message(model_proto::kGraph, graph_of({}));
  expect_error(ErrorKind::kMalformed,
               "0x00000004: ModelProto has a second graph", 4,
               [&] { read(model.text()); });
}

TEST(Onnx, NamesTheFieldAndOffsetOfABadByte) {
  ProtoBuilder tensor;
  tensor.bytes(tensor_proto::kDataType, "x");
  std::string bytes = model_of(graph_of({tensor}));
  expect_error(ErrorKind::kMalformed,
               "0x00000006: data_type of TensorProto has wire type 2, not 0", 6,
               [&] { read(bytes); });
}

TEST(Onnx, ClaimsNothingElse) {
  for (std::string_view other :
       {std::string_view("\x08\x01\x12\x03xyz"),         // A SavedModel.
        std::string_view("\x0a\x06\x0a\x01x\x12\x01y"),  // A GraphDef.
        // Like a model, but its producer's name is a number.
        std::string_view("\x08\x08\x10\x07\x3a\x00", 6),
        // Its graph has a node that is a number.
        std::string_view("\x08\x08\x3a\x02\x08\x07", 6),
        std::string_view("graph { a -- b }"),
        std::string_view("ir_versions of things")}) {
    try {
      EXPECT_NE(read(other).form, Form::kOnnx) << other;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("ModelProto")));
    }
  }
}

TEST(Onnx, IsTheModelOfAFolder) {
  TempFolder folder;
  folder.add("model.onnx", model_of(graph_of({bytes_tensor("w", "ab")})));
  folder.add("model.onnx_data", "");
  EXPECT_THAT(names(open_model(folder.path())), ElementsAre("w"));
}

}  // namespace
}  // namespace tsinspect
