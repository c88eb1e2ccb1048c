#include "tensorflow/meta_graph.h"

#include <algorithm>

#include "tensorflow/fields.h"
#include "tensorflow/map_entry.h"
#include "tensorflow/value_info.h"

namespace tsinspect::tensorflow {
namespace {

void read_meta_info(MessageReader in, Budget* budget, MetaGraph* meta) {
  while (in.next()) {
    if (in.field() == meta_graph_def_meta_info_def::kTags) {
      budget->charge(sizeof(std::string_view));
      meta->tags.push_back(in.bytes("tags"));
    } else if (in.field() == meta_graph_def_meta_info_def::kTensorflowVersion) {
      meta->tensorflow_version = in.bytes("tensorflow_version");
    }
  }
}

std::string_view asset_name(MessageReader in) {
  std::string_view name = "";
  while (in.next()) {
    if (in.field() == asset_file_def::kFilename) name = in.bytes("filename");
  }
  return name;
}

SignatureValue read_signature_value(MessageReader in, std::string_view text) {
  MapEntry entry = read_map_entry(std::move(in));
  return {entry.key, read_tensor_info({entry.value, text, "TensorInfo"})};
}

}  // namespace

MetaGraph read_meta_graph(MessageReader in, Budget* budget) {
  MetaGraph meta;
  auto keep = [&](const char* what, std::vector<std::string_view>* list) {
    budget->charge(sizeof(std::string_view));
    list->push_back(in.bytes(what));
  };
  while (in.next()) {
    switch (in.field()) {
      case meta_graph_def::kMetaInfoDef:
        read_meta_info(in.message("meta_info_def", "MetaInfoDef"), budget,
                       &meta);
        break;
      case meta_graph_def::kGraphDef:
        meta.graph = in.bytes("graph_def");
        break;
      case meta_graph_def::kCollectionDef:
        keep("collection_def", &meta.collections);
        break;
      case meta_graph_def::kSignatureDef:
        keep("signature_def", &meta.signatures);
        break;
      case meta_graph_def::kAssetFileDef:
        budget->charge(sizeof(std::string_view));
        meta.assets.push_back(
            asset_name(in.message("asset_file_def", "AssetFileDef")));
        break;
      case meta_graph_def::kObjectGraphDef:
        meta.object_graph = in.bytes("object_graph_def");
        break;
      default:
        break;
    }
  }
  return meta;
}

Signature read_signature(std::string_view entry, std::string_view text,
                         Budget* budget) {
  MapEntry item = read_map_entry({entry, text, "SignatureDefEntry"});
  Signature signature;
  signature.name = item.key;
  budget->charge(sizeof(Signature));
  auto add = [&](MessageReader value, std::vector<SignatureValue>* values) {
    budget->charge(sizeof(SignatureValue));
    values->push_back(read_signature_value(std::move(value), text));
  };
  MessageReader in(item.value, text, "SignatureDef");
  while (in.next()) {
    switch (in.field()) {
      case signature_def::kInputs:
        add(in.message("inputs", "InputsEntry"), &signature.inputs);
        break;
      case signature_def::kOutputs:
        add(in.message("outputs", "OutputsEntry"), &signature.outputs);
        break;
      case signature_def::kMethodName:
        signature.method = in.bytes("method_name");
        break;
      default:
        break;
    }
  }
  return signature;
}

}  // namespace tsinspect::tensorflow
