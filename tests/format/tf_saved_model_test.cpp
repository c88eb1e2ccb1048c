#include <gmock/gmock.h>

#include "format/format.h"
#include "format/temp_folder.h"
#include "support/graph_builder.h"
#include "support/memory_file.h"
#include "support/read_all.h"
#include "tsinspect/dataflow.h"

namespace tsinspect {
namespace {

namespace tf = tensorflow;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ProtoBuilder constant(std::string_view name) {
  return tf_const(name, tf_tensor(3).bytes(7, "\x05"));
}

ProtoBuilder tensor_info(std::string_view name) {
  return ProtoBuilder()
      .bytes(tf::tensor_info::kName, name)
      .varint(tf::tensor_info::kDtype, 1)
      .message(tf::tensor_info::kTensorShape, tf_shape({-1, 3}));
}

std::vector<std::string> names_of(const Model& model) {
  std::vector<std::string> names;
  for (const Tensor& tensor : model.tensors) names.push_back(tensor.name);
  return names;
}

TEST(TfSavedModel, HasVariablesThenConstants) {
  TempFolder folder;
  folder.add(
      "saved_model.pb",
      tf_saved_model({tf_meta_graph(
          "serve", tf_graph({tf_node("w", "VarHandleOp"), constant("c")}))}));
  folder.add("variables/variables.index",
             table_of({{"", bundle_header()}, {"w", bundle_entry({}).text()}}));
  folder.add("variables/variables.data-00000-of-00001", "1234");
  Model model = open_model(folder.path());
  EXPECT_EQ(model.form, Form::kTfSavedModel);
  EXPECT_EQ(model.producer.metadata, "TensorFlow 2.1");
  EXPECT_THAT(names_of(model), ElementsAre("w", "c"));
  EXPECT_EQ(model.files.size(), 3U);
  EXPECT_THAT(model.findings, IsEmpty());
  EXPECT_THAT(model.dataflow->tags, ElementsAre("serve"));
}

TEST(TfSavedModel, HasSignatures) {
  ProtoBuilder signature =
      ProtoBuilder()
          .message(tf::signature_def::kInputs,
                   tf_map_entry("image", tensor_info("x:0")))
          .message(tf::signature_def::kOutputs,
                   tf_map_entry("logits", tensor_info("y:0")))
          .bytes(tf::signature_def::kMethodName, "predict");
  ProtoBuilder meta = tf_meta_graph("serve", tf_graph({constant("c")}));
  meta.message(tf::meta_graph_def::kSignatureDef,
               tf_map_entry("serving_default", signature));
  hostile::MemoryFile file(tf_saved_model({meta}));
  Model model = open_model(file.path());
  ASSERT_EQ(model.dataflow->signatures.size(), 1U);
  const Signature& read = model.dataflow->signatures[0];
  EXPECT_EQ(read.name, "serving_default");
  EXPECT_EQ(read.method, "predict");
  ASSERT_EQ(read.inputs.size(), 1U);
  EXPECT_EQ(read.inputs[0].key, "image");
  EXPECT_EQ(read.inputs[0].value.name, "x:0");
  EXPECT_EQ(read.inputs[0].value.dtype, DType::kFloat32);
  EXPECT_EQ(read.inputs[0].value.shape->at(0).size, -1);
  EXPECT_EQ(read.outputs.at(0).key, "logits");
}

TEST(TfSavedModel, LacksItsVariables) {
  TempFolder folder;
  std::string path = folder.add(
      "saved_model.pb",
      tf_saved_model({tf_meta_graph(
          "serve", tf_graph({tf_node("w", "VarHandleOp"), constant("c")}))}));
  Model model = open_model(path);
  EXPECT_THAT(names_of(model), ElementsAre("c"));
  ASSERT_EQ(model.findings.size(), 1U);
  EXPECT_EQ(model.findings[0].rule, "missing-variables");
}

TEST(TfSavedModel, HasADamagedCheckpoint) {
  TempFolder folder;
  folder.add(
      "saved_model.pb",
      tf_saved_model({tf_meta_graph("serve", tf_graph({constant("c")}))}));
  folder.add("variables/variables.index", "x");
  Model model = open_partial(folder.path());
  EXPECT_THAT(names_of(model), ElementsAre("c"));
  ASSERT_TRUE(model.stopped);
  EXPECT_THAT(model.stopped->what(), HasSubstr("variables/variables.index"));
}

TEST(TfSavedModel, HasSeveralMetaGraphs) {
  ProtoBuilder graph = tf_graph({constant("c")});
  hostile::MemoryFile file(tf_saved_model({tf_meta_graph("serve", graph),
                                           tf_meta_graph("train", graph),
                                           tf_meta_graph("train", graph)}));
  Model model = open_model(file.path());
  EXPECT_THAT(names_of(model), ElementsAre("c", "train/c", "meta_graph_1/c"));
  EXPECT_THAT(model.dataflow->tags, ElementsAre("serve", "train"));
}

TEST(TfSavedModel, HasMoreMetaGraphsThanAnyone) {
  std::vector<ProtoBuilder> metas(
      65, tf_meta_graph("serve", tf_graph({constant("c")})));
  hostile::MemoryFile file(tf_saved_model(metas));
  try {
    open_model(file.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kLimit);
    EXPECT_THAT(error.what(), HasSubstr("more than 64 meta graphs"));
  }
}

TEST(TfSavedModel, SaysWhichVariablesAreTrained) {
  auto list = [](const std::vector<std::string>& names) {
    ProtoBuilder values;
    for (const std::string& name : names) {
      values.bytes(1, ProtoBuilder().bytes(1, name + ":0").text());
    }
    return ProtoBuilder().message(tf::collection_def::kBytesList, values);
  };
  ProtoBuilder meta = tf_meta_graph("serve", tf_graph({constant("c")}));
  meta.message(tf::meta_graph_def::kCollectionDef,
               tf_map_entry("variables", list({"a", "b"})));
  meta.message(tf::meta_graph_def::kCollectionDef,
               tf_map_entry("trainable_variables", list({"a"})));
  TempFolder folder;
  folder.add("saved_model.pb", tf_saved_model({meta}));
  TableRows rows = {{"", bundle_header()}};
  for (const char* name : {"a", "b", "c"}) {
    rows.push_back({name, bundle_entry({}).text()});
  }
  folder.add("variables/variables.index", table_of(rows));
  Model model = open_model(folder.path());
  ASSERT_EQ(model.tensors.size(), 4U);
  EXPECT_EQ(model.tensors[0].requires_grad, true);
  EXPECT_EQ(model.tensors[1].requires_grad, false);
  EXPECT_EQ(model.tensors[2].requires_grad, std::nullopt);
}

TEST(TfSavedModel, IsReadOrRefusedWhereverItIsCutOrFlipped) {
  std::string bytes = tf_saved_model({tf_meta_graph(
      "serve", tf_graph({tf_node("w", "VarHandleOp"), constant("c")}))});
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
}  // namespace tsinspect
