#include "export/onnx_infer.h"

#include <algorithm>
#include <array>

#include "base/protobuf.h"
#include "export/onnx_shapes.h"
#include "onnx/fields.h"
#include "onnx/tensor_proto.h"

namespace tsinspect {
namespace {

using Types = std::vector<std::string>;
using Shape = std::vector<int64_t>;
using OptionalShape = std::optional<Shape>;

// TensorProto.DataType.
constexpr int64_t kFloat = 1, kUInt8 = 2, kInt64 = 7, kString = 8, kBool = 9;

Types tensor(int64_t element, const OptionalShape& shape) {
  if (element == 0) return {};
  return {onnx_tensor_type(element, shape)};
}

int64_t element_of(const OnnxCall& call, size_t input) {
  auto type = call.type(input);
  return type ? type->element : 0;
}

OptionalShape shape_of(const OnnxCall& call, size_t input) {
  auto type = call.type(input);
  return type ? type->shape : std::nullopt;
}

// What the first input is, of whatever type.
Types same(const OnnxCall& call) { return {std::string(call.type_text(0))}; }

// Of the first input's element type, and nothing is told of the shape.
Types same_element(const OnnxCall& call) {
  return tensor(element_of(call, 0), std::nullopt);
}

// Of the first input's element type and rank.
Types same_rank(const OnnxCall& call) {
  auto shape = shape_of(call, 0);
  if (shape) std::ranges::fill(*shape, -1);
  return tensor(element_of(call, 0), shape);
}

OptionalShape broadcast_inputs(const OnnxCall& call) {
  OptionalShape result = Shape{};
  for (size_t i = 0; i < call.inputs(); ++i) {
    result = broadcast_shapes(result, shape_of(call, i));
  }
  return result;
}

bool has_equal_inputs(const OnnxCall& call) {
  for (size_t i = 1; i < call.inputs(); ++i) {
    if (call.type_text(i) != call.type_text(0)) return false;
  }
  return true;
}

Types broadcast(const OnnxCall& call) {
  // So that dimensions keep their names.
  if (has_equal_inputs(call)) return same(call);
  if (call.opset < 7) return same(call);
  return tensor(element_of(call, 0), broadcast_inputs(call));
}

Types compare(const OnnxCall& call) {
  return tensor(kBool,
                call.opset < 7 ? shape_of(call, 0) : broadcast_inputs(call));
}

Types test(const OnnxCall& call) { return tensor(kBool, shape_of(call, 0)); }

Types where(const OnnxCall& call) {
  return tensor(element_of(call, 1), broadcast_inputs(call));
}

Types cast(const OnnxCall& call) {
  return tensor(call.integer("to", 0), shape_of(call, 0));
}

Types cast_like(const OnnxCall& call) {
  return tensor(element_of(call, 1), shape_of(call, 0));
}

Types constant(const OnnxCall& call) {
  std::string_view value = call.tensor("value");
  if (!value.empty()) {
    onnx::TensorProto proto =
        onnx::read_tensor_proto(MessageReader(value, value, "TensorProto"));
    return tensor(proto.data_type, proto.dims);
  }
  struct Row {
    const char* attribute;
    int64_t element;
  };
  constexpr std::array kScalars = {Row{"value_float", kFloat},
                                   Row{"value_int", kInt64},
                                   Row{"value_string", kString}};
  constexpr std::array kLists = {Row{"value_floats", kFloat},
                                 Row{"value_ints", kInt64},
                                 Row{"value_strings", kString}};
  for (const Row& row : kScalars) {
    if (call.node.attribute(row.attribute).empty()) continue;
    return tensor(row.element, Shape{});
  }
  for (const Row& row : kLists) {
    if (call.node.attribute(row.attribute).empty()) continue;
    return tensor(row.element, Shape{-1});
  }
  return {};
}

Types constant_of_shape(const OnnxCall& call) {
  std::string_view value = call.tensor("value");
  int64_t element = kFloat;
  if (!value.empty()) {
    element =
        onnx::read_tensor_proto(MessageReader(value, value, "TensorProto"))
            .data_type;
  }
  return tensor(element, sizes_as_shape(call.integers(0), shape_of(call, 0)));
}

Types shape(const OnnxCall& call) {
  auto input = shape_of(call, 0);
  bool is_whole = call.node.attribute("start").empty() &&
                  call.node.attribute("end").empty();
  int64_t rank = input && is_whole ? static_cast<int64_t>(input->size()) : -1;
  return tensor(kInt64, Shape{rank});
}

Types size(const OnnxCall&) { return tensor(kInt64, Shape{}); }

Types integers_of_same_rank(const OnnxCall& call) {
  auto input = shape_of(call, 0);
  if (input) std::ranges::fill(*input, -1);
  return tensor(kInt64, input);
}

Types quantize(const OnnxCall& call) {
  int64_t element =
      call.has(2) ? element_of(call, 2) : call.integer("output_dtype", kUInt8);
  return tensor(element, shape_of(call, 0));
}

Types dequantize(const OnnxCall& call) {
  return tensor(element_of(call, 1), shape_of(call, 0));
}

// Its own shape rule, and the element type of the first input.
template <OptionalShape (*Rule)(const OnnxCall&)>
Types shaped(const OnnxCall& call) {
  return tensor(element_of(call, 0), Rule(call));
}

template <OptionalShape (*Rule)(const OnnxCall&)>
Types integers_shaped(const OnnxCall& call) {
  return tensor(kInt64, Rule(call));
}

Types max_pool(const OnnxCall& call) {
  auto shape = pooled_shape(call);
  Types types = tensor(element_of(call, 0), shape);
  if (!types.empty()) types.push_back(onnx_tensor_type(kInt64, shape));
  return types;
}

Types top_k(const OnnxCall& call) {
  Types types = same_rank(call);
  Types indices = integers_of_same_rank(call);
  types.insert(types.end(), indices.begin(), indices.end());
  return types;
}

Types dropout(const OnnxCall& call) {
  Types types = same(call);
  if (call.opset >= 12) {
    types.push_back(onnx_tensor_type(kBool, shape_of(call, 0)));
  }
  return types;
}

Types split(const OnnxCall& call) {
  Types each = same_rank(call);
  return each.empty() ? each : Types(call.node.outputs.size(), each[0]);
}

// Operators whose first output has the type of their first input.
constexpr std::string_view kSame[] = {"Abs",
                                      "Acos",
                                      "Acosh",
                                      "Asin",
                                      "Asinh",
                                      "Atan",
                                      "Atanh",
                                      "BatchNormalization",
                                      "BitwiseNot",
                                      "Ceil",
                                      "Celu",
                                      "Clip",
                                      "Cos",
                                      "Cosh",
                                      "CumSum",
                                      "Elu",
                                      "Erf",
                                      "Exp",
                                      "Floor",
                                      "Gelu",
                                      "GroupNormalization",
                                      "HardSigmoid",
                                      "HardSwish",
                                      "Hardmax",
                                      "Identity",
                                      "InstanceNormalization",
                                      "LRN",
                                      "LayerNormalization",
                                      "LeakyRelu",
                                      "Log",
                                      "LogSoftmax",
                                      "LpNormalization",
                                      "MeanVarianceNormalization",
                                      "Mish",
                                      "Neg",
                                      "Not",
                                      "PRelu",
                                      "RMSNormalization",
                                      "Reciprocal",
                                      "Relu",
                                      "ReverseSequence",
                                      "Round",
                                      "ScatterElements",
                                      "ScatterND",
                                      "Selu",
                                      "SequenceErase",
                                      "SequenceInsert",
                                      "Shrink",
                                      "Sigmoid",
                                      "Sign",
                                      "Sin",
                                      "Sinh",
                                      "Softmax",
                                      "Softplus",
                                      "Softsign",
                                      "Sqrt",
                                      "Swish",
                                      "Tan",
                                      "Tanh",
                                      "ThresholdedRelu",
                                      "Trilu"};

struct Row {
  std::string_view op;
  Types (*infer)(const OnnxCall& call);
};

constexpr Row kRows[] = {
    {"Add", broadcast},
    {"And", broadcast},
    {"ArgMax", integers_shaped<arg_shape>},
    {"ArgMin", integers_shaped<arg_shape>},
    {"AveragePool", shaped<pooled_shape>},
    {"BitwiseAnd", broadcast},
    {"BitwiseOr", broadcast},
    {"BitwiseXor", broadcast},
    {"Cast", cast},
    {"CastLike", cast_like},
    {"Compress", same_element},
    {"Concat", shaped<concatenated_shape>},
    {"Constant", constant},
    {"ConstantOfShape", constant_of_shape},
    {"Conv", shaped<convolved_shape>},
    {"ConvTranspose", same_rank},
    {"DepthToSpace", same_rank},
    {"DequantizeLinear", dequantize},
    {"Div", broadcast},
    {"Dropout", dropout},
    {"Einsum", same_element},
    {"Equal", compare},
    {"Expand", shaped<expanded_shape>},
    {"Flatten", shaped<flattened_shape>},
    {"Gather", shaped<gathered_shape>},
    {"GatherElements", same_rank},
    {"GatherND", same_element},
    {"Gemm", shaped<gemm_shape>},
    {"GlobalAveragePool", shaped<globally_pooled_shape>},
    {"GlobalMaxPool", shaped<globally_pooled_shape>},
    {"Greater", compare},
    {"GreaterOrEqual", compare},
    {"IsInf", test},
    {"IsNaN", test},
    {"Less", compare},
    {"LessOrEqual", compare},
    {"MatMul", shaped<multiplied_shape>},
    {"Max", broadcast},
    {"MaxPool", max_pool},
    {"Mean", broadcast},
    {"Min", broadcast},
    {"Mod", broadcast},
    {"Mul", broadcast},
    {"Or", broadcast},
    {"Pad", same_rank},
    {"Pow", broadcast},
    {"QuantizeLinear", quantize},
    {"Range", same_element},
    {"ReduceL1", shaped<reduced_shape>},
    {"ReduceL2", shaped<reduced_shape>},
    {"ReduceLogSum", shaped<reduced_shape>},
    {"ReduceLogSumExp", shaped<reduced_shape>},
    {"ReduceMax", shaped<reduced_shape>},
    {"ReduceMean", shaped<reduced_shape>},
    {"ReduceMin", shaped<reduced_shape>},
    {"ReduceProd", shaped<reduced_shape>},
    {"ReduceSum", shaped<reduced_shape>},
    {"ReduceSumSquare", shaped<reduced_shape>},
    {"Reshape", shaped<reshaped_shape>},
    {"Resize", same_rank},
    {"Shape", shape},
    {"Size", size},
    {"Slice", same_rank},
    {"SpaceToDepth", same_rank},
    {"Split", split},
    {"Squeeze", shaped<squeezed_shape>},
    {"Sub", broadcast},
    {"Sum", broadcast},
    {"Tile", same_rank},
    {"TopK", top_k},
    {"Transpose", shaped<transposed_shape>},
    {"Unsqueeze", shaped<unsqueezed_shape>},
    {"Upsample", same_rank},
    {"Where", where},
    {"Xor", broadcast},
};

}  // namespace

std::vector<std::string> infer_onnx_outputs(const OnnxCall& call) {
  if (std::ranges::binary_search(kSame, call.node.op)) return same(call);
  auto row = std::ranges::lower_bound(kRows, call.node.op, {}, &Row::op);
  bool is_there = row != std::end(kRows) && row->op == call.node.op;
  return is_there ? row->infer(call) : Types();
}

}  // namespace tsinspect
