#include "libtorch/expose_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "libtorch/graph_calls.h"
#include "libtorch/module_paths.h"
#include "tsinspect/error.h"
#include "tsinspect/libtorch/hooks.h"

namespace tsinspect {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::GraphFunction;
using torch::jit::Node;
using torch::jit::Value;
using torch::jit::WithInsertPoint;
namespace prim = c10::prim;
namespace attr = c10::attr;

// TorchScript that appends the tensors of a value of some type, and their
// names, to lists: written as source, compiled, and inserted as a graph.
class NoteWriter {
 public:
  // note(value, call, names, values, calls) for values of this type; null for
  // one that holds no tensors, or that source cannot name.
  std::shared_ptr<Graph> note(const c10::TypePtr& type) {
    auto [found, is_new] = notes_.try_emplace(type->str());
    if (is_new) found->second = compile(type);
    return found->second;
  }

 private:
  static constexpr const char* kLists =
      "names: List[str], values: List[Tensor]";

  std::shared_ptr<Graph> compile(const c10::TypePtr& type) {
    source_.clear();
    count_ = 0;
    std::string tell = function_for(type);
    if (tell.empty()) return nullptr;
    source_ += fmt::format(
        "def note(value: {}, call: str, {}, calls: List[str]) -> None:\n"
        "  n = calls.count(call)\n"
        "  calls.append(call)\n"
        "  name = call\n"
        "  if n > 0:\n"
        "    name = call + '#' + str(n + 1)\n"
        "  {}(value, name{}, names, values)\n",
        type->annotation_str(), kLists, tell, is_leaf(type) ? "" : " + '@out'");
    try {
      unit_ = torch::jit::compile(source_);
    } catch (const std::exception&) {
      return nullptr;
    }
    auto graph = torch::jit::toGraphFunction(unit_->get_function("note"))
                     .graph()
                     ->copy();
    torch::jit::Inline(*graph);
    return graph;
  }

  // Whether it is one tensor, under the name of the call.
  static bool is_leaf(const c10::TypePtr& type) {
    if (type->kind() == c10::TypeKind::OptionalType) {
      return is_leaf(type->containedTypes()[0]);
    }
    return type->kind() == c10::TypeKind::TensorType;
  }

  // Adds a function for values of this type. Returns its name; empty if there
  // is nothing to tell.
  std::string function_for(const c10::TypePtr& type) {
    std::string body = body_for(type);
    if (body.empty()) return {};
    std::string name = fmt::format("tell{}", count_++);
    source_ += fmt::format("def {}(value: {}, name: str, {}) -> None:\n{}",
                           name, type->annotation_str(), kLists, body);
    return name;
  }

  std::string body_for(const c10::TypePtr& type) {
    switch (type->kind()) {
      case c10::TypeKind::TensorType:
        return "  names.append(name)\n"
               "  values.append(value.detach().clone())\n";
      case c10::TypeKind::TupleType:
        return tuple_body(type);
      case c10::TypeKind::ListType:
        return member_body(type->containedTypes()[0],
                           "  for i in range(len(value)):\n"
                           "    {}(value[i], name + '.' + str(i), names, "
                           "values)\n");
      case c10::TypeKind::DictType: {
        bool text =
            type->containedTypes()[0]->kind() == c10::TypeKind::StringType;
        return member_body(
            type->containedTypes()[1],
            text ? "  for k in value.keys():\n"
                   "    {}(value[k], name + '.' + k, names, values)\n"
                 : "  for k in value.keys():\n"
                   "    {}(value[k], name + '.' + str(k), names, values)\n");
      }
      case c10::TypeKind::OptionalType:
        return member_body(type->containedTypes()[0],
                           "  if value is not None:\n"
                           "    {}(value, name, names, values)\n");
      default:
        return {};
    }
  }

  std::string tuple_body(const c10::TypePtr& type) {
    std::string body;
    auto members = type->containedTypes();
    for (size_t i = 0; i < members.size(); ++i) {
      std::string tell = function_for(members[i]);
      if (tell.empty()) continue;
      body += fmt::format("  {0}(value[{1}], name + '.{1}', names, values)\n",
                          tell, i);
    }
    return body;
  }

  std::string member_body(const c10::TypePtr& member, const char* form) {
    std::string tell = function_for(member);
    return tell.empty() ? tell : fmt::format(fmt::runtime(form), tell);
  }

  std::map<std::string, std::shared_ptr<Graph>> notes_;
  std::shared_ptr<torch::jit::CompilationUnit> unit_;
  std::string source_;
  int count_ = 0;
};

// Rewrites the graph of a method of `module`: calls are inlined, so that every
// submodule has one path.
class ExposeRewriter {
 public:
  ExposeRewriter(const torch::jit::Module& module,
                 const ExposeSelection& selection, Graph& graph)
      : module_(module), selection_(selection), graph_(graph) {
    for (const NamedSubmodule& row : named_submodules(module)) {
      paths_.emplace(object_of(row.module._ivalue()), row.path);
    }
    WithInsertPoint point(graph.block()->param_node()->next());
    names_ = list_of(c10::StringType::get());
    values_ = list_of(c10::TensorType::get());
    calls_ = list_of(c10::StringType::get());
  }

  void rewrite(const std::string& method) {
    rewrite(graph_.block());
    Node* end = graph_.block()->return_node();
    Value* output = graph_.outputs()[0];
    if (selection_.modules("", method)) {
      note(end, output, name_of("", method));
    }
    WithInsertPoint point(end);
    Value* all =
        graph_.insertNode(graph_.createTuple({output, names_, values_}))
            ->output();
    graph_.block()->replaceOutput(0, all);
  }

 private:
  static std::string name_of(const std::string& path,
                             const std::string& method) {
    HookContext context;
    context.path = path;
    context.method = method;
    return context.name();
  }

  Value* list_of(const c10::TypePtr& type) {
    return graph_.insertNode(graph_.createList(type, {}))->output();
  }

  void rewrite(Block* block) {
    for (Node* node = block->param_node()->next();
         node != block->return_node();) {
      Node* previous = node->prev();
      for (Block* inner : node->blocks()) rewrite(inner);
      if (node->kind() == prim::CallMethod) {
        // What was inlined is walked next.
        node = rewrite_method_call(node) ? previous->next() : node->next();
      } else if (node->kind() == prim::CallFunction) {
        node = inline_function(node) ? previous->next() : node->next();
      } else {
        note_operator(node);
        node = node->next();
      }
    }
  }

  bool inline_function(Node* node) {
    GraphFunction* function = graph_function(called_function(*node));
    if (function == nullptr) return false;
    node->removeInput(0);
    torch::jit::inlineCallTo(node, function, function->graph().get());
    return true;
  }

  bool rewrite_method_call(Node* node) {
    Value* object_value = node->input(0);
    c10::IValue object = resolve(object_value);
    if (!object.isObject()) return false;
    auto type = object.type()->expect<c10::ClassType>();
    const std::string& name = node->s(attr::name);
    GraphFunction* function = graph_function(type->findMethod(name));
    if (function == nullptr) return false;
    if (type->is_module()) {
      note_call(node, object, called_method(type.get(), name));
    }
    if (object_value->type()->kind() == c10::TypeKind::InterfaceType) {
      make_concrete(object_value, type);
    }
    torch::jit::inlineCallTo(node, function, function->graph().get());
    return true;
  }

  void note_call(Node* node, const c10::IValue& object,
                 const std::string& method) {
    auto path = paths_.find(object_of(object));
    if (path == paths_.end() || !selection_.modules(path->second, method)) {
      return;
    }
    Node* last = last_compiled_hook(node);
    note(last->next(), last->output(), name_of(path->second, method));
  }

  void note_operator(Node* node) {
    if (!selection_.operators || node->outputs().empty()) return;
    std::string name = selection_.operators(*node);
    if (name.empty()) return;
    Value* output = node->output(0);
    Node* behind = node->next();
    if (node->outputs().size() > 1) {
      WithInsertPoint point(behind);
      output = graph_.insertNode(graph_.createTuple(node->outputs()))->output();
    }
    note(behind, output, name);
  }

  // An attribute that is an interface becomes the class that it holds.
  void make_concrete(Value* value, const c10::ClassTypePtr& type) {
    Node* node = value->node();
    c10::IValue owner = resolve(node->input());
    owner.type()->expect<c10::ClassType>()->unsafeChangeAttributeType(
        node->s(attr::name), type);
    value->setType(type);
  }

  c10::IValue resolve(const Value* value) const {
    return object_at(module_._ivalue(), value);
  }

  // Before `node`, tells of a value.
  void note(Node* node, Value* value, const std::string& name) {
    auto graph = notes_.note(value->type());
    WithInsertPoint point(node);
    Value* call = graph_.insertConstant(name);
    if (graph) {
      torch::jit::insertGraph(graph_, *graph,
                              {value, call, names_, values_, calls_});
    } else {
      // It counts as a call all the same.
      graph_.insert(c10::aten::append, {calls_, call});
    }
  }

  const torch::jit::Module& module_;
  const ExposeSelection& selection_;
  Graph& graph_;
  std::unordered_map<const void*, std::string> paths_;
  NoteWriter notes_;
  Value *names_, *values_, *calls_;
};

// Puts the method's own graph in place of the calls that other methods of the
// module make of it, which want what it returned before.
void inline_calls(const torch::jit::Module& module, const std::string& name) {
  GraphFunction* callee = graph_function(&module.get_method(name).function());
  for (const auto& method : module.get_methods()) {
    GraphFunction* caller = graph_function(&method.function());
    if (method.name() == name || caller == nullptr) continue;
    auto graph = caller->graph();
    std::vector<Node*> calls;
    std::function<void(Block*)> find = [&](Block* block) {
      for (Node* node : block->nodes()) {
        for (Block* inner : node->blocks()) find(inner);
        if (node->kind() == prim::CallMethod &&
            node->input(0) == graph->inputs()[0] &&
            node->s(attr::name) == name) {
          calls.push_back(node);
        }
      }
    };
    find(graph->block());
    for (Node* call : calls) {
      torch::jit::inlineCallTo(call, callee, callee->graph().get());
    }
  }
}

// Gives a method of a class another graph, and what it returns now.
void replace_method(const torch::jit::Module& module, const std::string& name,
                    const std::shared_ptr<Graph>& graph) {
  auto type = module.type();
  auto unit = module._ivalue()->compilation_unit();
  c10::QualifiedName qualified(*type->name(), name);
  // create_function() forgets what the arguments are when they are left out.
  c10::FunctionSchema schema = module.get_method(name).function().getSchema();
  type->unsafeRemoveMethod(name);
  unit->unsafeRemoveMethod(qualified);
  auto* function = unit->create_function(qualified, graph);
  function->setSchema(schema.cloneWithReturns(
      {c10::Argument("", graph->outputs()[0]->type())}));
  type->addMethod(function);
}

}  // namespace

torch::jit::Module with_activations(const torch::jit::Module& module,
                                    const std::string& name,
                                    const ExposeSelection& selection) {
  if (name == "forward" && !module.type()->getForwardHooks().empty()) {
    throw Error(ErrorKind::kUnsupported,
                "hooks that are compiled into the module itself take what it "
                "returns, and cannot take the activations with it");
  }
  torch::jit::Module copy = module.clone(/*inplace=*/true);
  auto method = copy.get_method(name);
  method.function().ensure_defined();
  auto graph = torch::jit::toGraphFunction(method.function()).graph()->copy();
  ExposeRewriter(copy, selection, *graph)
      .rewrite(called_method(copy.type().get(), name));
  graph->lint();
  inline_calls(copy, name);
  replace_method(copy, name, graph);
  return copy;
}

}  // namespace tsinspect
