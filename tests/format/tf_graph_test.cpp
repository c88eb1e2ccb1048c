#include <gtest/gtest.h>

#include "format/format.h"
#include "format/temp_folder.h"
#include "support/graph_builder.h"
#include "tensorflow/saved_model.h"

namespace tsinspect {
namespace {

using namespace std::string_literals;
using tensorflow::message_kind;
using tensorflow::MessageKind;

TEST(TfGraph, MessagesAreToldApart) {
  ProtoBuilder graph = tf_graph({tf_node("x", "Placeholder")});
  ProtoBuilder meta = tf_meta_graph("serve", graph);
  EXPECT_EQ(message_kind(graph.text()), MessageKind::kGraphDef);
  EXPECT_EQ(message_kind(meta.text()), MessageKind::kMetaGraphDef);
  EXPECT_EQ(message_kind(tf_saved_model({meta})), MessageKind::kSavedModel);
  // The first operator of a MetaInfoDef's list is no node's operator.
  ProtoBuilder info = ProtoBuilder().bytes(1, "v1").message(
      2, ProtoBuilder().message(1, ProtoBuilder().bytes(1, "Add")));
  EXPECT_EQ(
      message_kind(ProtoBuilder().message(1, info).message(2, graph).text()),
      MessageKind::kMetaGraphDef);
}

TEST(TfGraph, OtherMessagesAreNone) {
  // ONNX: ir_version, producer_name, graph, opset_import.
  std::string onnx = "\x08\x08\x12\x07pytorch\x3a\x03xyz\x42\x00"s;
  // keras_metadata.pb: nodes with a number and a path.
  std::string keras =
      ProtoBuilder()
          .message(1, ProtoBuilder().varint(2, 3).bytes(3, "root").bytes(
                          4, "_tf_keras_layer"))
          .text();
  for (const std::string& other :
       {onnx, keras, ""s, "\x0a"s, "\x0a\x00"s, "\x08\x01"s, "text\n"s,
        std::string(100, '\0'), std::string(100, '\xff')}) {
    EXPECT_EQ(message_kind(other), MessageKind::kOther);
  }
}

TEST(TfGraph, IsTheOneModelOfAFolder) {
  TempFolder folder;
  std::string path =
      folder.add("frozen.pb", tf_graph({tf_node("x", "Placeholder")}).text());
  folder.add("keras_metadata.pb", "x");
  folder.add("fingerprint.pb", "x");
  Model model = open_model(folder.path());
  EXPECT_EQ(model.path, path);
  EXPECT_EQ(model.form, Form::kTfFrozenPb);
}

}  // namespace
}  // namespace tsinspect
