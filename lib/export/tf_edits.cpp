#include "export/tf_edits.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/protobuf.h"
#include "tensorflow/fields.h"

namespace tsinspect {
namespace {

using namespace tensorflow;
using Op = std::string_view;

// Fields of StructuredValue, DictValue and TensorSpecProto; source:
// tensorflow/core/protobuf/struct.proto.
namespace structured_value {
enum : uint32_t { kTensorSpec = 33, kDict = 53 };
}
namespace dict_value {
enum : uint32_t { kFields = 1 };
}
namespace tensor_spec_proto {
enum : uint32_t { kName = 1, kShape = 2, kDtype = 3 };
}

constexpr std::array kSources = std::to_array<Op>(
    {"Const", "Placeholder", "PlaceholderWithDefault", "ReadVariableOp",
     "VarHandleOp", "Variable", "VariableV2"});

constexpr std::array kControlFlow =
    std::to_array<Op>({"Case", "If", "MapDefun", "StatelessCase", "StatelessIf",
                       "StatelessWhile", "While"});

constexpr std::array kWithoutOutput = std::to_array<Op>(
    {"Assert", "AssignAddVariableOp", "AssignSubVariableOp", "AssignVariableOp",
     "MergeV2Checkpoints", "NoOp", "Print", "SaveV2"});

// Operators with several ports whose types the table tells, with the first.
struct FirstPort {
  Op op;
  Op port;
};
constexpr FirstPort kFirstPorts[] = {
    {"FusedBatchNorm", "y"},
    {"FusedBatchNormV2", "y"},
    {"FusedBatchNormV3", "y"},
    {"TopKV2", "values"},
};

bool has(std::span<const Op> ops, Op op) {
  return std::ranges::find(ops, op) != ops.end();
}

uint64_t number(int64_t value) { return static_cast<uint64_t>(value); }

// Puts a list in the place of what an attribute is.
void replace_list(const TfNode& node, const char* name, std::string items,
                  MessageEdits* edits) {
  std::string_view attr = node.attrs.at(name);
  edits->replace(attr, attr, bytes_field(attr_value::kList, items));
}

std::string type_item(int64_t type) {
  return varint_field(attr_value_list_value::kType, number(type));
}

std::string shape_item(std::string_view shape) {
  return bytes_field(attr_value_list_value::kShape, shape);
}

// The shapes that a call's node tells of its outputs; empty where it does not,
// or not of all.
std::vector<std::string_view> shapes_of(const TfNode& call, size_t outputs) {
  auto attr = call.attrs.find("_output_shapes");
  if (attr == call.attrs.end()) return {};
  auto shapes = tf_shapes(attr->second);
  return shapes.size() == outputs ? shapes : std::vector<std::string_view>();
}

}  // namespace

void order_function_outputs(const TfFunction& function,
                            const std::vector<OrderedOutput>& order,
                            MessageEdits* edits) {
  for (const TfOutputArg& output : function.outputs) {
    edits->replace(function.signature, output.field, "");
  }
  for (const OrderedOutput& output : order) {
    edits->append(function.signature,
                  output.is_new()
                      ? output_arg(output.arg, output.type)
                      : std::string(function.outputs[output.old].field));
  }
}

void order_call_outputs(const TfNode& call,
                        const std::vector<OrderedOutput>& order,
                        MessageEdits* edits) {
  std::string types;
  for (const OrderedOutput& output : order) types += type_item(output.type);
  replace_list(call, "Tout", types, edits);
  auto old = static_cast<size_t>(std::ranges::count_if(
      order, [](const OrderedOutput& output) { return !output.is_new(); }));
  auto old_shapes = shapes_of(call, old);
  if (old_shapes.empty()) return;
  std::string shapes;
  for (const OrderedOutput& output : order) {
    shapes += output.is_new() ? shape_item(tf_shape_or_unknown(output.shape))
                              : shape_item(old_shapes[output.old]);
  }
  replace_list(call, "_output_shapes", shapes, edits);
}

void append_call_outputs(const TfNode& call, const std::vector<TfValue>& values,
                         MessageEdits* edits) {
  auto old_types = tf_types(call.attrs.at("Tout"));
  std::vector<OrderedOutput> order;
  for (size_t i = 0; i < old_types.size(); ++i) {
    order.push_back({.key = "", .old = i, .type = old_types[i]});
  }
  for (const TfValue& value : values) {
    order.push_back({.key = "", .type = value.type, .shape = value.shape});
  }
  order_call_outputs(call, order, edits);
}

std::string output_arg(const std::string& name, int64_t type) {
  return bytes_field(op_def::kOutputArg,
                     bytes_field(op_def_arg_def::kName, name) +
                         varint_field(op_def_arg_def::kType, number(type)));
}

std::string_view structured_output_dict(std::string_view concrete_function) {
  MessageReader in(concrete_function, concrete_function,
                   "SavedConcreteFunction");
  std::string_view dict;
  while (in.next()) {
    if (in.field() != saved_concrete_function::kOutputSignature) continue;
    MessageReader value = in.message("output_signature", "StructuredValue");
    while (value.next()) {
      if (value.field() != structured_value::kDict) continue;
      dict = value.bytes("dict_value");
    }
  }
  return dict;
}

std::string structured_entry(const std::string& key, int64_t type,
                             const std::string& shape) {
  std::string spec = bytes_field(tensor_spec_proto::kName, key) +
                     bytes_field(tensor_spec_proto::kShape, shape) +
                     varint_field(tensor_spec_proto::kDtype, number(type));
  return bytes_field(
      dict_value::kFields,
      bytes_field(1, key) +
          bytes_field(2, bytes_field(structured_value::kTensorSpec, spec)));
}

std::string_view tf_output_shape(const TfNode& node, size_t number) {
  auto attr = node.attrs.find("_output_shapes");
  bool has_ports = std::ranges::find(kFirstPorts, node.op, &FirstPort::op) !=
                   std::end(kFirstPorts);
  if (attr == node.attrs.end() || (has_ports && number > 0)) return {};
  auto shapes = tf_shapes(attr->second);
  return number < shapes.size() ? shapes[number] : std::string_view();
}

std::string tf_shape_or_unknown(std::string_view shape) {
  if (shape.data() != nullptr) return std::string(shape);
  return varint_field(tensor_shape_proto::kUnknownRank, 1);
}

bool is_tf_source(const TfNode& node) { return has(kSources, node.op); }

bool is_tf_without_output(const TfNode& node) {
  return has(kWithoutOutput, node.op);
}

bool is_tf_control_flow(const TfNode& node) {
  return has(kControlFlow, node.op);
}

bool tf_is_first_port(const TfNode& node, std::string_view port) {
  auto row = std::ranges::find(kFirstPorts, node.op, &FirstPort::op);
  return row == std::end(kFirstPorts) || row->port == port;
}

std::string no_type_reason(const TfNode& node) {
  return "the type of what " + std::string(node.op) + " gives is not known";
}

}  // namespace tsinspect
