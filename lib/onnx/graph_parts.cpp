#include "onnx/graph_parts.h"

#include <algorithm>
#include <array>
#include <span>

#include "onnx/fields.h"

namespace tsinspect::onnx {
namespace {

// Where a field's content goes: to a list, or it is a text.
struct Field {
  uint32_t number;
  const char* what;
  Messages GraphParts::*list;
  std::string_view GraphParts::*text = nullptr;
};

constexpr std::array kGraphFields = {
    Field{graph_proto::kNode, "node", &GraphParts::nodes},
    Field{graph_proto::kName, "name", nullptr, &GraphParts::name},
    Field{graph_proto::kInitializer, "initializer", &GraphParts::initializers},
    Field{graph_proto::kInput, "input", &GraphParts::inputs},
    Field{graph_proto::kOutput, "output", &GraphParts::outputs},
    Field{graph_proto::kValueInfo, "value_info", &GraphParts::values},
    Field{graph_proto::kQuantizationAnnotation, "quantization_annotation",
          &GraphParts::annotations},
    Field{graph_proto::kSparseInitializer, "sparse_initializer",
          &GraphParts::sparse_initializers},
};

constexpr std::array kFunctionFields = {
    Field{function_proto::kName, "name", nullptr, &GraphParts::name},
    Field{function_proto::kInput, "input", &GraphParts::inputs},
    Field{function_proto::kOutput, "output", &GraphParts::outputs},
    Field{function_proto::kNode, "node", &GraphParts::nodes},
    Field{function_proto::kDomain, "domain", nullptr, &GraphParts::domain},
    Field{function_proto::kAttributeProto, "attribute_proto",
          &GraphParts::attributes},
    Field{function_proto::kValueInfo, "value_info", &GraphParts::values},
    Field{function_proto::kOverload, "overload", nullptr,
          &GraphParts::overload},
};

GraphParts read_parts(MessageReader in, std::span<const Field> fields,
                      Budget* budget) {
  GraphParts parts;
  parts.message = in.text();
  while (in.next()) {
    auto field = std::ranges::find(fields, in.field(), &Field::number);
    if (field == fields.end()) continue;
    std::string_view content = in.bytes(field->what);
    if (field->list == nullptr) {
      parts.*field->text = content;
    } else {
      budget->charge(sizeof content);
      (parts.*field->list).push_back(content);
    }
  }
  return parts;
}

}  // namespace

GraphParts read_graph_parts(MessageReader in, Budget* budget) {
  return read_parts(in, kGraphFields, budget);
}

GraphParts read_function_parts(MessageReader in, Budget* budget) {
  return read_parts(in, kFunctionFields, budget);
}

}  // namespace tsinspect::onnx
