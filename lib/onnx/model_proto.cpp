#include "onnx/model_proto.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/protobuf.h"
#include "base/protobuf_fields.h"
#include "onnx/entries.h"
#include "onnx/fields.h"
#include "onnx/graphs.h"

namespace tsinspect::onnx {
namespace {

// The wire types of fields: a varint, or bytes.
struct WireType {
  uint32_t field;
  uint8_t type;
};
constexpr uint8_t kVarint = 0;
constexpr uint8_t kBytes = 2;

constexpr std::array kModelFields = {
    WireType{model_proto::kIrVersion, kVarint},
    WireType{model_proto::kProducerName, kBytes},
    WireType{model_proto::kProducerVersion, kBytes},
    WireType{model_proto::kDomain, kBytes},
    WireType{model_proto::kModelVersion, kVarint},
    WireType{model_proto::kDocString, kBytes},
    WireType{model_proto::kGraph, kBytes},
    WireType{model_proto::kOpsetImport, kBytes},
    WireType{model_proto::kMetadataProps, kBytes},
    WireType{model_proto::kTrainingInfo, kBytes},
    WireType{model_proto::kFunctions, kBytes},
};

constexpr std::array kGraphFields = {
    WireType{graph_proto::kNode, kBytes},
    WireType{graph_proto::kName, kBytes},
    WireType{graph_proto::kInitializer, kBytes},
    WireType{graph_proto::kInput, kBytes},
    WireType{graph_proto::kOutput, kBytes},
    WireType{graph_proto::kValueInfo, kBytes},
};

template <size_t N>
bool have_types(const ProtobufFields& fields,
                const std::array<WireType, N>& types) {
  return std::ranges::all_of(types, [&](const WireType& row) {
    const ProtobufField& field = fields[row.field];
    return field.is_absent() || field.wire_type == row.type;
  });
}

OpsetImport read_opset(MessageReader in) {
  using namespace operator_set_id_proto;
  OpsetImport opset;
  while (in.next()) {
    if (in.field() == kDomain) opset.domain = in.bytes("domain");
    if (in.field() == kVersion) opset.version = in.integer("version");
  }
  return opset;
}

// What of a ModelProto is read once all of it was seen.
struct ModelParts {
  std::optional<std::string_view> graph;
  Messages functions;
  Messages training;
  std::string_view producer_name;
  std::string_view producer_version;
  std::optional<int64_t> ir_version;
};

ModelParts read_parts(MessageReader in, Budget* budget, Dataflow* flow) {
  using namespace model_proto;
  ModelParts parts;
  auto add = [&](std::string_view message, Messages* messages) {
    budget->charge(sizeof message);
    messages->push_back(message);
  };
  while (in.next()) {
    switch (in.field()) {
      case kIrVersion:
        parts.ir_version = in.integer("ir_version");
        break;
      case kProducerName:
        parts.producer_name = in.bytes("producer_name");
        break;
      case kProducerVersion:
        parts.producer_version = in.bytes("producer_version");
        break;
      case kGraph:
        if (parts.graph) {
          throw Error(ErrorKind::kMalformed, "ModelProto has a second graph",
                      in.offset());
        }
        parts.graph = in.bytes("graph");
        break;
      case kOpsetImport:
        budget->charge(sizeof(OpsetImport));
        flow->opsets.push_back(
            read_opset(in.message("opset_import", "OperatorSetIdProto")));
        break;
      case kMetadataProps: {
        budget->charge(sizeof(Entry));
        Entry entry = read_entry(&in, "metadata_props");
        flow->metadata.emplace_back(entry.key, entry.value);
        break;
      }
      case kTrainingInfo:
        add(in.bytes("training_info"), &parts.training);
        break;
      case kFunctions:
        add(in.bytes("functions"), &parts.functions);
        break;
    }
  }
  return parts;
}

void set_producer(const ModelParts& parts, Producer* producer) {
  if (parts.ir_version) {
    producer->file_version = fmt::format("{}", *parts.ir_version);
  }
  bool both = !parts.producer_name.empty() && !parts.producer_version.empty();
  producer->metadata = fmt::format("{}{}{}", parts.producer_name,
                                   both ? " " : "", parts.producer_version);
}

// The graphs that train the model, which few have.
void read_training(MessageReader in, size_t index, GraphReader* graphs) {
  using namespace training_info_proto;
  while (in.next()) {
    bool initializes = in.field() == kInitialization;
    if (!initializes && in.field() != kAlgorithm) continue;
    const char* what = initializes ? "initialization" : "algorithm";
    GraphPlace place;
    place.scope = fmt::format("training_info.{}.{}", index, what);
    graphs->read_graph(in.bytes(what), std::move(place));
  }
}

}  // namespace

bool looks_like_model(std::string_view data) {
  ProtobufFields fields = protobuf_fields(data);
  const ProtobufField& graph = fields[model_proto::kGraph];
  if (!fields[model_proto::kIrVersion].is_varint() || !graph.is_bytes()) {
    return false;
  }
  return have_types(fields, kModelFields) &&
         have_types(protobuf_fields(graph.bytes), kGraphFields);
}

void read_model(std::string_view message, uint32_t file, const Limits& limits,
                Model* model) {
  model->form = Form::kOnnx;
  auto flow = std::make_shared<Dataflow>();
  model->dataflow = flow;
  Budget budget(limits, message.size());
  TensorAdder tensors(file, &budget, model);
  GraphReader graphs(message, limits, &budget, &tensors, flow.get(), model);
  ModelParts parts =
      read_parts({message, message, "ModelProto"}, &budget, flow.get());
  set_producer(parts, &model->producer);
  if (parts.graph) graphs.read_graph(*parts.graph, {});
  for (size_t i = 0; i < parts.training.size(); ++i) {
    read_training({parts.training[i], message, "TrainingInfoProto"}, i,
                  &graphs);
  }
  for (std::string_view function : parts.functions) {
    graphs.read_function(function);
  }
  graphs.note_quantization();
  tensors.finish();
}

}  // namespace tsinspect::onnx
