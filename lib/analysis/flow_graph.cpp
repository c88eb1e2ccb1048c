#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <span>
#include <unordered_map>

#include "analysis/dataflow_graph.h"
#include "analysis/find_method.h"
#include "analysis/flow_values.h"
#include "analysis/graph_nodes.h"
#include "analysis/operator_kinds.h"
#include "analysis/self_paths.h"
#include "tsinspect/graph.h"
#include "tsinspect/module_tree.h"

namespace tsinspect {
namespace {

using torchscript::FunctionGraph;
using torchscript::kNoOperation;
using torchscript::Operation;
using torchscript::OperationId;
using torchscript::OperationKind;
using torchscript::Program;

// Lists of more items than this are nodes, even if only one operation takes
// them.
constexpr size_t kMostPassed = 64;

// Operators that put their last argument into their first.
constexpr std::array<std::string_view, 4> kFillers = {
    "aten::append", "aten::insert", "aten::extend", "aten::_set_item"};

struct ConstructLabel {
  std::string_view name;
  std::string_view label;
};
constexpr std::array kConstructs = {
    ConstructLabel{"prim::ListConstruct", "[…]"},
    ConstructLabel{"prim::TupleConstruct", "(…)"},
    ConstructLabel{"prim::DictConstruct", "{…}"},
};

std::string joined(std::string_view path, std::string_view name) {
  if (path.empty()) return clipped_text(name);
  return clipped_text(clipped_text(path) + '.' + clipped_text(name));
}

// "conv2d" of "aten::conv2d".
std::string_view short_operator(std::string_view name) {
  size_t colon = name.rfind(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

// The tensors that source can name.
class TensorIndex {
 public:
  explicit TensorIndex(const Model& model) : model_(model) {
    for (uint32_t i = 0; i < model.tensors.size(); ++i) {
      const Tensor& tensor = model.tensors[i];
      if (tensor.module != kNoIndex) {
        rows_.add(tensor.module, name_in(model, tensor.module, tensor.name), i);
      } else if (tensor.role == Role::kConstant) {
        rows_.add(kNoIndex, tensor.name, i);
      }
    }
  }

  // A module's; with kNoIndex, a constant. Null if there is none.
  const Tensor* find(uint32_t module, std::string_view name) const {
    uint32_t row = rows_.find(module, name);
    return row == kNoIndex ? nullptr : &model_.tensors[row];
  }

 private:
  const Model& model_;
  ChildIndex rows_;
};

class FlowGraph {
 public:
  FlowGraph(const Model& model, const Program& program,
            const MethodPlace& place, bool all)
      : model_(model),
        program_(program),
        function_(*place.function),
        paths_(function_),
        modules_(paths_.modules(module_children(model), place.module)),
        tensors_(model),
        shown_(flow_values(program, function_, paths_, all)),
        values_(function_.operations.size()),
        uses_(function_.operations.size()),
        filled_(function_.operations.size()),
        uncast_(function_.operations.size()),
        path_nodes_(paths_.steps().size(), kNoIndex) {
    graph_.findings = program.findings();
    follow_casts();
    if (model.form == Form::kTorchScriptFrozen) name_operators();
    name_paths();
    count_uses();
    for (OperationId id = 1; id < values_.size(); ++id) {
      if (shown_[id]) add(id);
    }
  }

  Graph take() { return std::move(graph_); }

 private:
  // A node that a value comes from, and what of its result the value is.
  struct Source {
    uint32_t node = 0;
    std::string part;
    bool operator==(const Source&) const = default;
  };
  using Sources = std::vector<Source>;

  void name_paths() {
    bool has_self = function_.owner != nullptr || function_.parameters.empty();
    path_names_.push_back(has_self ? "self"
                                   : clipped_text(function_.parameters[0]));
    for (const SelfPaths::Step& step : std::span(paths_.steps()).subspan(1)) {
      path_names_.push_back(joined(path_names_[step.parent], step.name));
    }
  }

  // What is only passed through is taken as often as its result.
  void count_uses() {
    for (auto id = static_cast<OperationId>(uses_.size()); id-- > 0;) {
      const Operation& operation = function_[id];
      auto inputs = function_.inputs_of(operation);
      if (is_filler(operation)) filled_[uncast(inputs[0].value)] = true;
      bool is_passed = operation.kind == OperationKind::kCast ||
                       operation.kind == OperationKind::kUnpack ||
                       operation.kind == OperationKind::kAttribute;
      if (OperationId item = unpacked_item(id)) {
        uses_[item] += uses_[id];
        continue;
      }
      for (const auto& input : inputs) {
        uses_[input.value] += is_passed ? uses_[id] : 1;
      }
    }
  }

  // What an unpacked value was when its tuple was made; kNoOperation where that
  // is not known.
  OperationId unpacked_item(OperationId id) const {
    if (function_[id].kind != OperationKind::kUnpack) return kNoOperation;
    OperationId whole = uncast(input(id, 0));
    const Operation& made = function_[whole];
    bool is_there = made.kind == OperationKind::kConstruct &&
                    function_[id].index < made.input_count;
    return is_there ? input(whole, function_[id].index) : kNoOperation;
  }

  bool is_filler(const Operation& operation) const {
    return operation.kind == OperationKind::kOperator &&
           operation.input_count >= 2 &&
           std::ranges::find(kFillers, operation.name) != kFillers.end();
  }

  // The value that casts only show as another type.
  OperationId uncast(OperationId id) const { return uncast_[id]; }

  // Inputs stand before what takes them.
  void follow_casts() {
    for (OperationId id = 0; id < uncast_.size(); ++id) {
      const Operation& operation = function_[id];
      bool is_cast = operation.kind == OperationKind::kCast &&
                     !FunctionGraph::is_any_item(operation);
      uncast_[id] = is_cast ? uncast_[input(id, 0)] : id;
    }
  }

  OperationId input(OperationId id, size_t i) const {
    return function_.inputs_of(function_[id])[i].value;
  }

  void add(OperationId id) {
    struct Row {
      OperationKind kind;
      void (FlowGraph::*add)(OperationId);
    };
    static constexpr std::array kRows = {
        Row{OperationKind::kParameter, &FlowGraph::add_parameter},
        Row{OperationKind::kConstant, &FlowGraph::add_constant},
        Row{OperationKind::kAttribute, &FlowGraph::add_attribute},
        Row{OperationKind::kOperator, &FlowGraph::add_operator},
        Row{OperationKind::kCallFunction, &FlowGraph::add_function_call},
        Row{OperationKind::kCallMethod, &FlowGraph::add_method_call},
        Row{OperationKind::kCreate, &FlowGraph::add_creation},
        Row{OperationKind::kConstruct, &FlowGraph::add_construct},
        Row{OperationKind::kUnpack, &FlowGraph::add_unpack},
        Row{OperationKind::kCast, &FlowGraph::add_cast},
        Row{OperationKind::kJoin, &FlowGraph::add_join},
        Row{OperationKind::kSetAttribute, &FlowGraph::add_assignment},
        Row{OperationKind::kReturn, &FlowGraph::add_return},
    };
    for (const Row& row : kRows) {
      if (row.kind == function_[id].kind) return (this->*row.add)(id);
    }
  }

  // Makes a node what the value of an operation comes from, with edges from
  // what the operation takes, without the first `skipped`.
  void take_inputs(OperationId id, uint32_t node, size_t skipped = 0) {
    auto inputs = function_.inputs_of(function_[id]);
    for (size_t i = skipped; i < inputs.size(); ++i) {
      add_edges(sources(inputs[i].value), node, argument_name(id, i));
    }
    values_[id] = {{node, {}}};
  }

  void add_edges(const Sources& from, uint32_t to, std::string_view argument) {
    for (const Source& source : from) {
      GraphNodeKind kind = graph_.nodes[source.node].kind;
      bool is_named =
          source.part.empty() && (kind == GraphNodeKind::kConstant ||
                                  kind == GraphNodeKind::kAttribute);
      graph_.edges.push_back({source.node, to, GraphEdgeKind::kValue,
                              is_named ? clipped_text(argument) : source.part});
    }
  }

  std::string_view argument_name(OperationId id, size_t i) const {
    const Operation& operation = function_[id];
    std::string_view name = function_.argument_name(operation, i);
    if (!name.empty()) return name;
    const FunctionGraph* callee = program_.callee(function_, operation);
    if (callee == nullptr || i >= callee->parameters.size()) return {};
    return callee->parameters[i];
  }

  // Nodes for what is reached from self are made where they are first taken.
  const Sources& sources(OperationId id) {
    uint32_t path = paths_.path_of(id);
    if (path == kNoIndex || !values_[id].empty() || !shown_[id]) {
      return values_[id];
    }
    if (path_nodes_[path] == kNoIndex) path_nodes_[path] = add_path(id, path);
    values_[id] = {{path_nodes_[path], {}}};
    return values_[id];
  }

  uint32_t add_path(OperationId id, uint32_t path) {
    std::string detail(type_text(id));
    if (path > 0) {
      const SelfPaths::Step& step = paths_.steps()[path];
      uint32_t module = modules_[step.parent];
      if (module != kNoIndex) {
        const Tensor* tensor = tensors_.find(module, step.name);
        if (tensor != nullptr) detail = tensor_text(*tensor);
      }
    }
    return add_node(&graph_, GraphNodeKind::kAttribute, path_names_[path],
                    path_names_[path], detail);
  }

  // The type of a value, by its short name if it is a class.
  std::string_view type_text(OperationId id) const {
    const auto& type = program_.types()[function_[id].type];
    bool is_class = type.kind == torchscript::TypeKind::kNamed;
    return is_class ? short_type(type.text) : std::string_view(type.text);
  }

  void add_parameter(OperationId id) {
    bool is_self = function_.owner != nullptr && function_[id].index == 0;
    if (is_self) return;
    std::string_view name = function_[id].name;
    uint32_t node =
        add_node(&graph_, GraphNodeKind::kParameter, name, name, type_text(id));
    values_[id] = {{node, {}}};
  }

  void add_constant(OperationId id) {
    uint32_t& node = constant_nodes_.try_emplace(function_[id].index, kNoIndex)
                         .first->second;
    if (node == kNoIndex) {
      std::string name = fmt::format("CONSTANTS.c{}", function_[id].index);
      const Tensor* tensor = tensors_.find(kNoIndex, name);
      node = add_node(&graph_, GraphNodeKind::kConstant, name,
                      tensor != nullptr ? tensor->display_name() : name,
                      tensor != nullptr ? tensor_text(*tensor)
                                        : std::string(type_text(id)));
    }
    values_[id] = {{node, {}}};
  }

  // Of what is not reached from self: a part of its object.
  void add_attribute(OperationId id) {
    if (paths_.path_of(id) != kNoIndex) return;
    add_part(id, fmt::format(".{}", clipped_text(function_[id].name)));
  }

  void add_unpack(OperationId id) {
    if (OperationId item = unpacked_item(id)) {
      values_[id] = sources(item);
    } else {
      add_part(id, fmt::format("[{}]", function_[id].index));
    }
  }

  void add_part(OperationId id, const std::string& part) {
    values_[id] = sources(input(id, 0));
    for (Source& source : values_[id]) {
      source.part = clipped_text(source.part + part);
    }
  }

  void add_cast(OperationId id) {
    if (paths_.path_of(id) == kNoIndex) values_[id] = sources(input(id, 0));
  }

  void add_operator(OperationId id) {
    const Operation& operation = function_[id];
    if (is_filler(operation) && fill(id)) return;
    auto name = names_.find(
        std::pair(function_.offset(operation), std::string(operation.name)));
    take_inputs(
        id, add_node(&graph_, GraphNodeKind::kOperator, operation.name,
                     name != names_.end() ? std::string_view(name->second)
                                          : short_operator(operation.name)));
  }

  // As the constants that they take: "conv2d_3" for "conv2d_3.weight".
  void name_operators() {
    for (OperatorName& row : operator_names(model_, program_)) {
      if (row.place.record != function_.source->record) continue;
      names_.try_emplace({row.place.offset, std::move(row.op)},
                         std::move(row.name));
    }
  }

  // An edge into the list that an operator puts a value into.
  bool fill(OperationId id) {
    const Sources& list = sources(input(id, 0));
    if (list.size() != 1 || !filled_[uncast(input(id, 0))]) return false;
    uint32_t node = list[0].node;
    auto last = function_.inputs_of(function_[id]).back();
    size_t before = graph_.edges.size();
    add_edges(sources(last.value), node, {});
    for (GraphEdge& edge : std::span(graph_.edges).subspan(before)) {
      edge.label = short_operator(function_[id].name);
    }
    values_[id] = {{node, {}}};
    return true;
  }

  void add_function_call(OperationId id) {
    std::string_view name = function_[id].name;
    take_inputs(
        id, add_node(&graph_, GraphNodeKind::kCall, name, short_type(name)));
  }

  void add_method_call(OperationId id) {
    std::string_view method = function_[id].name;
    uint32_t path = paths_.path_of(input(id, 0));
    bool is_path = path != kNoIndex;
    uint32_t module = is_path ? modules_[path] : kNoIndex;
    std::string object = is_path ? path_names_[path] : std::string();
    std::string name = module == kNoIndex
                           ? joined(object, method)
                           : joined(model_.modules[module].path, method);
    std::string label = method == "forward" && path != 0 && is_path
                            ? object
                            : joined(object, method);
    std::string_view type = module == kNoIndex
                                ? type_text(input(id, 0))
                                : short_type(model_.modules[module].type);
    uint32_t node = add_node(&graph_, GraphNodeKind::kCall, name, label, type);
    take_inputs(id, node, is_path ? 1 : 0);
  }

  void add_creation(OperationId id) {
    const Operation& operation = function_[id];
    if (operation.name == "prim::TupleConstruct") return add_construct(id);
    take_inputs(id,
                add_node(&graph_, GraphNodeKind::kCall,
                         program_.types()[operation.type].text, type_text(id)));
  }

  // What all inputs come from, each once.
  Sources all_sources(OperationId id) {
    Sources all;
    for (const auto& input : function_.inputs_of(function_[id])) {
      const Sources& some = sources(input.value);
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }

  // Passed through where that makes no more edges than a node would.
  void add_construct(OperationId id) {
    Sources all = all_sources(id);
    bool passes =
        all.size() <= 1 || (uses_[id] <= 1 && all.size() <= kMostPassed);
    if (passes && !filled_[id]) {
      values_[id] = std::move(all);
      return;
    }
    std::string_view name = function_[id].name;
    auto row = std::ranges::find(kConstructs, name, &ConstructLabel::name);
    take_inputs(id, add_node(&graph_, GraphNodeKind::kConstruct, name,
                             row == kConstructs.end() ? name : row->label));
  }

  void add_join(OperationId id) {
    Sources all = all_sources(id);
    bool is_one = std::ranges::all_of(
        all, [&](const Source& source) { return source == all[0]; });
    if (is_one) {
      if (!all.empty()) values_[id] = {all[0]};
      return;
    }
    take_inputs(id, add_node(&graph_, GraphNodeKind::kJoin, "", ""));
  }

  void add_assignment(OperationId id) {
    uint32_t path = paths_.path_of(input(id, 0));
    std::string_view object =
        path == kNoIndex ? std::string_view() : path_names_[path];
    std::string name = joined(object, function_[id].name);
    uint32_t node =
        add_node(&graph_, GraphNodeKind::kAssignment, name, name + " =");
    take_inputs(id, node, path == kNoIndex ? 0 : 1);
  }

  void add_return(OperationId id) {
    take_inputs(id,
                add_node(&graph_, GraphNodeKind::kReturn, "return", "return"));
  }

  const Model& model_;
  const Program& program_;
  const FunctionGraph& function_;
  SelfPaths paths_;
  std::vector<uint32_t> modules_;  // Of each path.
  TensorIndex tensors_;
  std::vector<bool> shown_;
  std::vector<Sources> values_;  // Of each operation.
  std::vector<uint32_t> uses_;
  std::vector<bool> filled_;         // Lists that grow once they are made.
  std::vector<OperationId> uncast_;  // Each value before casts.
  std::vector<uint32_t> path_nodes_;
  std::vector<std::string> path_names_;
  std::unordered_map<uint32_t, uint32_t> constant_nodes_;  // By N of cN.
  // Of a frozen model's operators, by offset and operator.
  std::map<std::pair<uint32_t, std::string>, std::string> names_;
  Graph graph_;
};

}  // namespace

Graph flow_graph(const Model& model, std::string_view method,
                 const GraphOptions& options) {
  if (model.dataflow != nullptr) {
    return dataflow_flow_graph(model, method, options);
  }
  require_source(model);
  Program program(model);
  MethodPlace place = find_method(model, program, method);
  return FlowGraph(model, program, place, options.all).take();
}

}  // namespace tsinspect
