#include "onnx/quantization.h"

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>
#include <vector>

namespace tsinspect::onnx {
namespace {

// No such input.
constexpr uint8_t kNone = UINT8_MAX;

// The inputs of an operator that are a value, its scale and its zero point.
// Sources: onnx's Operators.md and onnxruntime's ContribOperators.md.
struct QuantizedInput {
  std::string_view op;
  uint8_t tensor;
  uint8_t scale;
  uint8_t zero_point;
  uint8_t period = 0;  // The same again so many inputs on, and so on.
};

constexpr std::array kQuantizedInputs = {
    QuantizedInput{"ConvInteger", 0, kNone, 2},
    QuantizedInput{"ConvInteger", 1, kNone, 3},
    QuantizedInput{"DequantizeLinear", 0, 1, 2},
    QuantizedInput{"DynamicQuantizeMatMul", 1, 2, 3},
    QuantizedInput{"GatherBlockQuantized", 0, 2, 3},
    QuantizedInput{"MatMulInteger", 0, kNone, 2},
    QuantizedInput{"MatMulInteger", 1, kNone, 3},
    QuantizedInput{"MatMulIntegerToFloat", 0, 2, 4},
    QuantizedInput{"MatMulIntegerToFloat", 1, 3, 5},
    QuantizedInput{"MatMulNBits", 1, 2, 3},
    QuantizedInput{"QAttention", 0, 3, 6},
    QuantizedInput{"QAttention", 1, 4, 7},
    QuantizedInput{"QGemm", 0, 1, 2},
    QuantizedInput{"QGemm", 3, 4, 5},
    QuantizedInput{"QLinearAdd", 0, 1, 2},
    QuantizedInput{"QLinearAdd", 3, 4, 5},
    QuantizedInput{"QLinearConcat", 2, 3, 4, 3},
    QuantizedInput{"QLinearConv", 0, 1, 2},
    QuantizedInput{"QLinearConv", 3, 4, 5},
    QuantizedInput{"QLinearMatMul", 0, 1, 2},
    QuantizedInput{"QLinearMatMul", 3, 4, 5},
    QuantizedInput{"QLinearMul", 0, 1, 2},
    QuantizedInput{"QLinearMul", 3, 4, 5},
    QuantizedInput{"QLinearWhere", 1, 2, 3},
    QuantizedInput{"QLinearWhere", 4, 5, 6},
    QuantizedInput{"QuantizeLinear", 0, 1, 2},
};
static_assert(std::ranges::is_sorted(kQuantizedInputs, {},
                                     &QuantizedInput::op));

// Finds tensors as a graph's nodes do: in it, then in the graphs around it.
class Scopes {
 public:
  Scopes(const Dataflow& flow, std::span<const NamedTensor> named)
      : flow_(flow), tensors_(flow.graphs.size()) {
    for (const NamedTensor& tensor : named) {
      tensors_[tensor.graph].emplace(tensor.name, tensor.row);
    }
  }

  // Row of the tensor, kNoIndex if the name is none.
  uint32_t find(uint32_t graph, std::string_view name) const {
    while (!name.empty()) {
      auto found = tensors_[graph].find(name);
      if (found != tensors_[graph].end()) return found->second;
      uint32_t parent = flow_.graphs[graph].parent;
      if (parent == kNoIndex) break;
      graph = flow_.nodes[parent].graph;
    }
    return kNoIndex;
  }

 private:
  const Dataflow& flow_;
  std::vector<std::unordered_map<std::string_view, uint32_t>> tensors_;
};

void note(const QuantizedTensor& names, const Scopes& scopes, Model* model) {
  uint32_t row = scopes.find(names.graph, names.tensor);
  if (row == kNoIndex) return;
  bool has_scale = scopes.find(names.graph, names.scale) != kNoIndex;
  bool has_zero = scopes.find(names.graph, names.zero_point) != kNoIndex;
  if (!has_scale && !has_zero) return;
  Tensor& tensor = model->tensors[row];
  auto details = tensor.details
                     ? std::make_shared<TensorDetails>(*tensor.details)
                     : std::make_shared<TensorDetails>();
  if (has_scale) details->scale = names.scale;
  if (has_zero) details->zero_point = names.zero_point;
  tensor.details = std::move(details);
}

void note_node(const Dataflow& flow, const DataflowNode& node,
               const QuantizedInput& input, const Scopes& scopes,
               Model* model) {
  auto inputs = flow.of(node.inputs);
  auto name = [&](uint8_t index, size_t shift) -> std::string_view {
    if (index == kNone || index + shift >= inputs.size()) return {};
    return inputs[index + shift];
  };
  size_t shift = 0;
  do {
    note({node.graph, name(input.tensor, shift), name(input.scale, shift),
          name(input.zero_point, shift)},
         scopes, model);
    shift += input.period;
  } while (input.period > 0 && input.tensor + shift < inputs.size());
}

auto quantized_inputs(std::string_view op) {
  return std::ranges::equal_range(kQuantizedInputs, op, {},
                                  &QuantizedInput::op);
}

}  // namespace

void find_quantization(const Dataflow& flow, std::span<const NamedTensor> named,
                       std::span<const QuantizedTensor> annotated,
                       Model* model) {
  bool is_quantized = std::ranges::any_of(flow.nodes, [](const auto& node) {
    return !quantized_inputs(node.op).empty();
  });
  if (annotated.empty() && !is_quantized) return;
  Scopes scopes(flow, named);
  for (const QuantizedTensor& names : annotated) note(names, scopes, model);
  for (const DataflowNode& node : flow.nodes) {
    for (const QuantizedInput& input : quantized_inputs(node.op)) {
      note_node(flow, node, input, scopes, model);
    }
  }
}

}  // namespace tsinspect::onnx
