#include "export/tf_graph.h"

#include "base/protobuf.h"
#include "tensorflow/fields.h"
#include "tensorflow/map_entry.h"
#include "tensorflow/saved_model.h"

namespace tsinspect {
namespace {

using namespace tensorflow;

constexpr size_t kMostTypes = 1 << 20;

// A field of wire type 2, from its tag on.
std::string_view whole_field(std::string_view file, const MessageReader& in,
                             std::string_view content) {
  const char* begin = file.data() + in.offset();
  return {begin, static_cast<size_t>(content.data() + content.size() - begin)};
}

class GraphReader {
 public:
  explicit GraphReader(std::string_view file) : file_(file) {}

  std::vector<TfMetaGraph> saved_model() const {
    std::vector<TfMetaGraph> graphs;
    MessageReader in(file_, file_, "SavedModel");
    while (in.next()) {
      if (in.field() != saved_model::kMetaGraphs) continue;
      graphs.push_back(meta_graph(in.message("meta_graphs", "MetaGraphDef")));
    }
    return graphs;
  }

  std::vector<TfNode> graph_nodes() const {
    TfMetaGraph graph;
    graph_def({file_, file_, "GraphDef"}, &graph);
    return std::move(graph.nodes);
  }

 private:
  TfMetaGraph meta_graph(MessageReader in) const {
    TfMetaGraph graph;
    graph.message = in.text();
    while (in.next()) {
      if (in.field() == meta_graph_def::kGraphDef) {
        graph_def(in.message("graph_def", "GraphDef"), &graph);
      } else if (in.field() == meta_graph_def::kSignatureDef) {
        auto entry =
            read_map_entry(in.message("signature_def", "SignatureDef"));
        graph.signatures.push_back(signature(entry));
      } else if (in.field() == meta_graph_def::kObjectGraphDef) {
        object_graph(in.message("object_graph_def", "SavedObjectGraph"),
                     &graph);
      }
    }
    return graph;
  }

  void graph_def(MessageReader in, TfMetaGraph* graph) const {
    while (in.next()) {
      if (in.field() == graph_def::kNode) {
        graph->nodes.push_back(node(in.message("node", "NodeDef")));
      } else if (in.field() == graph_def::kLibrary) {
        library(in.message("library", "FunctionDefLibrary"), graph);
      }
    }
  }

  void library(MessageReader in, TfMetaGraph* graph) const {
    graph->library = in.text();
    while (in.next()) {
      if (in.field() != function_def_library::kFunction) continue;
      graph->functions.push_back(
          function(in.message("function", "FunctionDef")));
    }
  }

  TfFunction function(MessageReader in) const {
    TfFunction result;
    result.message = in.text();
    while (in.next()) {
      if (in.field() == function_def::kSignature) {
        op_def(in.message("signature", "OpDef"), &result);
      } else if (in.field() == function_def::kNodeDef) {
        result.nodes.push_back(node(in.message("node_def", "NodeDef")));
      } else if (in.field() == function_def::kRet) {
        auto entry = read_map_entry(in.message("ret", "FunctionDef.RetEntry"));
        result.returned.emplace(entry.key, entry.value);
      }
    }
    return result;
  }

  void op_def(MessageReader in, TfFunction* result) const {
    result->signature = in.text();
    while (in.next()) {
      if (in.field() == op_def::kName) {
        result->name = in.bytes("name");
        result->name_field = whole_field(file_, in, result->name);
      } else if (in.field() == op_def::kInputArg) {
        result->inputs.push_back(arg_name(in.message("input_arg", "ArgDef")));
      } else if (in.field() == op_def::kOutputArg) {
        MessageReader arg = in.message("output_arg", "ArgDef");
        std::string_view field = whole_field(file_, in, arg.text());
        result->outputs.push_back({field, arg_name(arg)});
      }
    }
  }

  static std::string_view arg_name(MessageReader in) {
    std::string_view name;
    while (in.next()) {
      if (in.field() == op_def_arg_def::kName) name = in.bytes("name");
    }
    return name;
  }

  TfNode node(MessageReader in) const {
    TfNode result;
    result.message = in.text();
    while (in.next()) {
      if (in.field() == node_def::kName) {
        result.name = in.bytes("name");
      } else if (in.field() == node_def::kOp) {
        result.op = in.bytes("op");
      } else if (in.field() == node_def::kInput) {
        result.inputs.push_back(in.bytes("input"));
      } else if (in.field() == node_def::kAttr) {
        auto entry = read_map_entry(in.message("attr", "NodeDef.AttrEntry"));
        result.attrs.emplace(entry.key, entry.value);
      }
    }
    return result;
  }

  TfSignature signature(const MapEntry& entry) const {
    TfSignature result;
    result.key = entry.key;
    result.message = entry.value;
    MessageReader in(entry.value, file_, "SignatureDef");
    while (in.next()) {
      if (in.field() == signature_def::kMethodName) {
        result.method = in.bytes("method_name");
      } else if (in.field() == signature_def::kOutputs) {
        result.outputs.push_back(
            output(read_map_entry(in.message("outputs", "OutputsEntry"))));
      } else if (in.field() == signature_def::kInputs) {
        result.inputs.push_back(
            output(read_map_entry(in.message("inputs", "InputsEntry"))).name);
      }
    }
    return result;
  }

  TfSignatureOutput output(const MapEntry& entry) const {
    TfSignatureOutput result = {entry.key, entry.value, {}, {}};
    MessageReader in(entry.value, file_, "TensorInfo");
    while (in.next()) {
      if (in.field() != tensor_info::kName) continue;
      result.name = in.bytes("name");
      result.name_field = whole_field(file_, in, result.name);
    }
    return result;
  }

  void object_graph(MessageReader in, TfMetaGraph* graph) const {
    while (in.next()) {
      if (in.field() != saved_object_graph::kConcreteFunctions) continue;
      auto entry = read_map_entry(
          in.message("concrete_functions", "ConcreteFunctionsEntry"));
      graph->concrete_functions.emplace(entry.key, entry.value);
    }
  }

  std::string_view file_;
};

MessageReader attr_reader(std::string_view attr) {
  return {attr, attr, "AttrValue"};
}

}  // namespace

int64_t tf_type(std::string_view attr) {
  MessageReader in = attr_reader(attr);
  while (in.next()) {
    if (in.field() == attr_value::kType) return in.integer("type");
  }
  return 0;
}

std::vector<int64_t> tf_types(std::string_view attr) {
  std::vector<int64_t> types;
  MessageReader in = attr_reader(attr);
  while (in.next()) {
    if (in.field() != attr_value::kList) continue;
    MessageReader list = in.message("list", "AttrValue.ListValue");
    while (list.next()) {
      if (list.field() != attr_value_list_value::kType) continue;
      list.integers("type", kMostTypes, &types);
    }
  }
  return types;
}

std::vector<std::string_view> tf_shapes(std::string_view attr) {
  std::vector<std::string_view> shapes;
  MessageReader in = attr_reader(attr);
  while (in.next()) {
    if (in.field() != attr_value::kList) continue;
    MessageReader list = in.message("list", "AttrValue.ListValue");
    while (list.next()) {
      if (list.field() != attr_value_list_value::kShape) continue;
      shapes.push_back(list.bytes("shape"));
    }
  }
  return shapes;
}

TfFunctionName tf_function_name(std::string_view attr) {
  TfFunctionName result;
  MessageReader in = attr_reader(attr);
  while (in.next()) {
    if (in.field() != attr_value::kFunc) continue;
    MessageReader function = in.message("func", "NameAttrList");
    result.message = function.text();
    while (function.next()) {
      if (function.field() != name_attr_list::kName) continue;
      result.name = function.bytes("name");
      result.field = whole_field(attr, function, result.name);
    }
  }
  return result;
}

std::vector<TfMetaGraph> read_saved_model_graphs(std::string_view file) {
  return GraphReader(file).saved_model();
}

std::string_view graph_def_of(std::string_view file) {
  if (message_kind(file) != MessageKind::kMetaGraphDef) return file;
  MessageReader in(file, file, "MetaGraphDef");
  while (in.next()) {
    if (in.field() == meta_graph_def::kGraphDef) return in.bytes("graph_def");
  }
  return {};
}

std::vector<TfNode> read_graph_nodes(std::string_view graph_def) {
  return GraphReader(graph_def).graph_nodes();
}

}  // namespace tsinspect
