#include "tensorflow/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/file.h"
#include "base/printable.h"
#include "tensorflow/fields.h"
#include "tensorflow/tensor_proto.h"
#include "tensorflow/value_info.h"

namespace tsinspect::tensorflow {
namespace {

constexpr size_t kNameColumns = 100;

// Memory that a constant takes in a Model, but for its names.
constexpr uint64_t kConstantBytes = sizeof(Tensor) + sizeof(Storage) +
                                    sizeof(Record) + sizeof(PathStep) +
                                    sizeof(EncodedField) + 64;

// Operators that feed values into a graph.
constexpr std::array<std::string_view, 3> kInputs = {
    "Placeholder", "PlaceholderV2", "PlaceholderWithDefault"};

// Operators without a result that anyone would ask for.
constexpr std::array<std::string_view, 6> kNoResults = {
    "Const", "NoOp", "Assert", "Assign", "SaveV2", "SaveSlices"};

template <size_t N>
bool is_one_of(std::string_view op,
               const std::array<std::string_view, N>& ops) {
  return std::ranges::find(ops, op) != ops.end();
}

std::string scoped(const std::string& scope, std::string_view name) {
  return scope.empty() ? std::string(name) : fmt::format("{}/{}", scope, name);
}

// The node of an input: "node" of "node:1" and "^node".
std::string_view node_of(std::string_view input) {
  if (input.starts_with('^')) input.remove_prefix(1);
  return input.substr(0, input.find(':'));
}

}  // namespace

GraphReader::GraphReader(uint32_t file, Budget* budget, Dataflow* flow,
                         Model* model)
    : text_(model->files[file]->data()),
      file_(file),
      budget_(budget),
      flow_(flow),
      model_(model) {}

void GraphReader::read(std::string_view graph_def, const std::string& scope) {
  uint32_t graph = add_graph(DataflowGraphKind::kMain, "", scope, graph_def);
  std::vector<std::string_view> libraries;
  MessageReader in = reader(graph_def, "GraphDef");
  while (in.next()) {
    if (in.field() == graph_def::kNode) {
      add_node(in.bytes("node"), graph);
    } else if (in.field() == graph_def::kLibrary) {
      libraries.push_back(in.bytes("library"));
    }
  }
  for (std::string_view library : libraries) read_library(library, scope);
}

void GraphReader::find_outputs(uint32_t graph) {
  std::unordered_set<std::string_view> taken;
  for (uint32_t index : flow_->graphs[graph].nodes) {
    for (std::string_view input : flow_->of(flow_->nodes[index].inputs)) {
      taken.insert(node_of(input));
    }
  }
  for (uint32_t index : flow_->graphs[graph].nodes) {
    const DataflowNode& node = flow_->nodes[index];
    if (taken.contains(node.name) || is_one_of(node.op, kInputs) ||
        is_one_of(node.op, kNoResults)) {
      continue;
    }
    budget_->charge(sizeof(ValueInfo));
    flow_->graphs[graph].outputs.push_back(
        value_info(node.name, 0, std::nullopt));
  }
}

uint32_t GraphReader::add_graph(DataflowGraphKind kind, std::string_view name,
                                const std::string& scope,
                                std::string_view message) {
  budget_->charge(sizeof(DataflowGraph) + scope.size());
  DataflowGraph graph;
  graph.kind = kind;
  graph.name = name;
  graph.scope = scope;
  graph.message = message;
  flow_->graphs.push_back(std::move(graph));
  return static_cast<uint32_t>(flow_->graphs.size() - 1);
}

void GraphReader::read_library(std::string_view library,
                               const std::string& scope) {
  MessageReader in = reader(library, "FunctionDefLibrary");
  while (in.next()) {
    if (in.field() == function_def_library::kFunction) {
      read_function(in.bytes("function"), scope);
    }
  }
}

void GraphReader::read_function(std::string_view function,
                                const std::string& scope) {
  uint32_t graph = add_graph(DataflowGraphKind::kFunction, "", scope, function);
  // The signature, which has the name, need not come first.
  MessageReader in = reader(function, "FunctionDef");
  while (in.next()) {
    if (in.field() == function_def::kSignature) {
      read_signature(in.message("signature", "OpDef"), graph);
    }
  }
  std::string_view name = flow_->graphs[graph].name;
  budget_->charge(name.size());
  flow_->graphs[graph].scope = scoped(scope, name);
  MessageReader nodes = reader(function, "FunctionDef");
  while (nodes.next()) {
    if (nodes.field() == function_def::kNodeDef) {
      add_node(nodes.bytes("node_def"), graph);
    }
  }
}

void GraphReader::read_signature(MessageReader in, uint32_t graph) {
  DataflowGraph& function = flow_->graphs[graph];
  while (in.next()) {
    switch (in.field()) {
      case op_def::kName:
        function.name = in.bytes("name");
        break;
      case op_def::kInputArg:
        budget_->charge(sizeof(ValueInfo));
        function.inputs.push_back(
            read_argument(in.message("input_arg", "OpDef.ArgDef")));
        break;
      case op_def::kOutputArg:
        budget_->charge(sizeof(ValueInfo));
        function.outputs.push_back(
            read_argument(in.message("output_arg", "OpDef.ArgDef")));
        break;
      default:
        break;
    }
  }
}

void GraphReader::add_node(std::string_view message, uint32_t graph) {
  budget_->charge(sizeof(DataflowNode) + sizeof(uint32_t) +
                  sizeof(std::string_view));
  read_node(reader(message, "NodeDef"), budget_, &node_);
  DataflowNode node;
  node.name = node_.name;
  node.op = node_.op;
  node.graph = graph;
  node.inputs = add_names(node_.inputs);
  node.outputs = add_names(std::span(&node_.name, 1));
  node.message = message;
  flow_->graphs[graph].nodes.push_back(
      static_cast<uint32_t>(flow_->nodes.size()));
  flow_->nodes.push_back(node);
  if (node.op == "Const") {
    add_constant(graph);
  } else if (flow_->graphs[graph].kind == DataflowGraphKind::kMain &&
             is_one_of(node.op, kInputs)) {
    add_input(graph);
  }
}

NameRange GraphReader::add_names(std::span<const std::string_view> names) {
  NameRange range = {static_cast<uint32_t>(flow_->names.size()),
                     static_cast<uint32_t>(names.size())};
  flow_->names.insert(flow_->names.end(), names.begin(), names.end());
  return range;
}

void GraphReader::add_constant(uint32_t graph) {
  std::string_view value = find_attribute(node_.message, text_, "value");
  if (value.data() == nullptr) return;
  std::string_view tensor = tensor_of(value, text_);
  if (tensor.data() == nullptr) return;
  const std::string& scope = flow_->graphs[graph].scope;
  budget_->charge(kConstantBytes + 2 * (scope.size() + node_.name.size()));
  TensorProto proto = read_tensor_proto(reader(tensor, "TensorProto"));
  if (!proto.shape) {
    throw Error(ErrorKind::kMalformed,
                fmt::format("constant '{}': its shape is not known",
                            printable(node_.name, kNameColumns)));
  }
  ProtoTensor row = proto_tensor(proto);
  row.name = scoped(scope, node_.name);
  row.key = scope.empty() ? node_.name : model_->objects.own(row.name);
  row.role = Role::kConstant;
  row.file = file_;
  add_proto_tensor(std::move(row), model_);
}

void GraphReader::add_input(uint32_t graph) {
  std::string_view type = find_attribute(node_.message, text_, "dtype");
  std::string_view shape = find_attribute(node_.message, text_, "shape");
  budget_->charge(sizeof(ValueInfo));
  flow_->graphs[graph].inputs.push_back(
      value_info(node_.name, type_of(type, text_), shape_of(shape, text_)));
}

}  // namespace tsinspect::tensorflow
