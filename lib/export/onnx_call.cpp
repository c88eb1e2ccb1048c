// Reading what a node is given, and going through graphs in order.

#include <algorithm>
#include <cstring>

#include "base/protobuf.h"
#include "export/onnx_infer.h"
#include "onnx/fields.h"
#include "onnx/tensor_proto.h"

namespace tsinspect {
namespace {

using namespace onnx;

constexpr size_t kMostIntegers = 1024;  // Axes, sizes of a shape.
constexpr int64_t kInt64 = 7;           // TensorProto.DataType.

MessageReader attribute_reader(std::string_view message) {
  return {message, message, "AttributeProto"};
}

std::optional<std::vector<int64_t>> values_of(std::string_view message) {
  TensorProto tensor =
      read_tensor_proto(MessageReader(message, message, "TensorProto"));
  if (tensor.data_type != kInt64 || tensor.dims.size() > 1) return {};
  if (tensor.is_external || tensor.is_segment) return {};
  std::vector<int64_t> values;
  if (tensor.raw_data) {
    std::string_view raw = *tensor.raw_data;
    if (raw.size() > kMostIntegers * 8 || raw.size() % 8 != 0) return {};
    values.resize(raw.size() / 8);
    std::copy_n(raw.data(), raw.size(), reinterpret_cast<char*>(values.data()));
    return values;
  }
  MessageReader in(message, message, "TensorProto");
  while (in.next()) {
    if (in.field() != tensor_proto::kInt64Data) continue;
    in.integers("int64_data", kMostIntegers, &values);
  }
  return values;
}

// Types of one graph, and those of the graphs it is in.
class Inference {
 public:
  explicit Inference(int64_t opset) : opset_(opset) {}

  void run(OnnxGraph* graph) {
    graphs_.push_back(graph);
    for (OnnxNode& node : graph->nodes) {
      if (node.is_standard("Constant")) remember_constant(node);
      for (OnnxSubgraph& subgraph : node.subgraphs) {
        if (node.is_standard("Scan")) type_scan_inputs(node, &subgraph);
        run(&subgraph.graph[0]);
      }
      if (node.is_standard()) infer(node, graph);
    }
    graphs_.pop_back();
  }

 private:
  void remember_constant(const OnnxNode& node) {
    OnnxCall call(node, opset_, type_, constant_);
    std::string_view tensor = call.tensor("value");
    if (!tensor.empty() && node.outputs.size() == 1) {
      constants_.emplace(node.outputs[0], tensor);
    }
  }

  // What a Scan's body is given, where the body does not say: states as they
  // are, and slices of what is scanned.
  void type_scan_inputs(const OnnxNode& node, OnnxSubgraph* subgraph) {
    OnnxCall call(node, opset_, type_, constant_);
    OnnxGraph& body = subgraph->graph[0];
    size_t inputs = body.ordered_inputs.size();
    auto scanned = static_cast<size_t>(call.integer("num_scan_inputs", 0));
    if (opset_ < 9 || node.inputs.size() != inputs || scanned > inputs) return;
    auto axes = call.list("scan_input_axes");
    for (size_t i = 0; i < inputs; ++i) {
      auto type = call.type(i);
      if (!type) continue;
      bool is_scanned = i >= inputs - scanned;
      size_t place = i - (inputs - scanned);
      if (is_scanned && axes && place >= axes->size()) continue;
      if (is_scanned && !remove_axis(axes ? (*axes)[place] : 0, &*type)) {
        continue;
      }
      body.types.emplace(body.ordered_inputs[i],
                         onnx_tensor_type(type->element, type->shape));
    }
  }

  static bool remove_axis(int64_t axis, OnnxTensorType* type) {
    if (!type->shape) return true;
    auto rank = static_cast<int64_t>(type->shape->size());
    if (axis < 0) axis += rank;
    if (axis < 0 || axis >= rank) return false;
    type->shape->erase(type->shape->begin() + axis);
    return true;
  }

  void infer(const OnnxNode& node, OnnxGraph* graph) {
    bool is_known = std::ranges::all_of(node.outputs, [&](auto name) {
      return name.empty() || graph->types.contains(name);
    });
    if (is_known) return;
    auto types = infer_onnx_outputs({node, opset_, type_, constant_});
    for (size_t i = 0; i < std::min(types.size(), node.outputs.size()); ++i) {
      if (types[i].empty() || node.outputs[i].empty()) continue;
      graph->types.emplace(node.outputs[i], std::move(types[i]));
    }
  }

  std::string_view type_of(std::string_view name) const {
    for (auto graph = graphs_.rbegin(); graph != graphs_.rend(); ++graph) {
      auto found = (*graph)->types.find(name);
      if (found != (*graph)->types.end()) return found->second;
    }
    return {};
  }

  std::string_view constant_of(std::string_view name) const {
    for (auto graph = graphs_.rbegin(); graph != graphs_.rend(); ++graph) {
      // One that is an input, too, is only what it is by default.
      if ((*graph)->inputs.contains(name)) return {};
      auto found = (*graph)->initializers.find(name);
      if (found != (*graph)->initializers.end()) return found->second;
    }
    auto found = constants_.find(name);
    return found == constants_.end() ? std::string_view() : found->second;
  }

  int64_t opset_;
  std::vector<OnnxGraph*> graphs_;
  std::unordered_map<std::string_view, std::string_view> constants_;
  OnnxCall::Lookup type_ = [this](auto name) { return type_of(name); };
  OnnxCall::Lookup constant_ = [this](auto name) { return constant_of(name); };
};

}  // namespace

std::string_view OnnxCall::type_text(size_t input) const {
  return has(input) ? type_(node.inputs[input]) : std::string_view();
}

std::optional<OnnxTensorType> OnnxCall::type(size_t input) const {
  return read_onnx_tensor_type(type_text(input));
}

std::optional<std::vector<int64_t>> OnnxCall::integers(size_t input) const {
  if (!has(input)) return std::nullopt;
  std::string_view tensor = constant_(node.inputs[input]);
  if (tensor.empty()) return std::nullopt;
  return values_of(tensor);
}

int64_t OnnxCall::integer(const char* attribute, int64_t absent) const {
  MessageReader in = attribute_reader(node.attribute(attribute));
  while (in.next()) {
    if (in.field() == attribute_proto::kI) return in.integer("i");
  }
  return absent;
}

std::optional<std::vector<int64_t>> OnnxCall::list(
    const char* attribute) const {
  std::string_view message = node.attribute(attribute);
  if (message.empty()) return std::nullopt;
  std::vector<int64_t> values;
  MessageReader in = attribute_reader(message);
  while (in.next()) {
    if (in.field() != attribute_proto::kInts) continue;
    in.integers("ints", kMostIntegers, &values);
  }
  return values;
}

std::string_view OnnxCall::text(const char* attribute) const {
  MessageReader in = attribute_reader(node.attribute(attribute));
  while (in.next()) {
    if (in.field() == attribute_proto::kS) return in.bytes("s");
  }
  return {};
}

std::string_view OnnxCall::tensor(const char* attribute) const {
  MessageReader in = attribute_reader(node.attribute(attribute));
  while (in.next()) {
    if (in.field() == attribute_proto::kT) return in.bytes("t");
  }
  return {};
}

void infer_onnx_types(OnnxModel* model) {
  Inference(model->opset).run(&model->graph);
}

}  // namespace tsinspect
