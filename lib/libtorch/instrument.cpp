#include "libtorch/instrument.h"

#include <fmt/format.h>

#include <algorithm>

namespace tsinspect {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::GraphFunction;
using torch::jit::Node;
using torch::jit::Value;
using torch::jit::WithInsertPoint;
namespace prim = c10::prim;
namespace attr = c10::attr;

namespace {

bool is_module(const c10::TypePtr& type) {
  if (auto class_type = type->cast<c10::ClassType>()) {
    return class_type->is_module();
  }
  auto interface = type->cast<c10::InterfaceType>();
  return interface && interface->is_module();
}

GraphFunction* graph_function(torch::jit::Function* function) {
  if (function == nullptr) return nullptr;
  function->ensure_defined();
  return torch::jit::tryToGraphFunction(*function);
}

// What a prim::CallFunction calls.
torch::jit::Function* called_function(const Node& call) {
  auto type = call.input(0)->type()->cast<c10::FunctionType>();
  return type ? type->function() : nullptr;
}

// Whether `node` is a call of a forward hook that was compiled in behind a call
// of `object`, and takes its output.
bool is_compiled_hook(const Node& node, const Value* object,
                      const Value* output) {
  if (node.kind() != prim::CallFunction || node.inputs().size() != 4) {
    return false;
  }
  auto type = object->type()->cast<c10::ClassType>();
  torch::jit::Function* function = called_function(node);
  if (!type || !function || node.input(1) != object ||
      node.input(3) != output) {
    return false;
  }
  const auto& hooks = type->getForwardHooks();
  return std::any_of(hooks.begin(), hooks.end(), [&](auto* hook) {
    return hook->name() == function->name();
  });
}

// The last of the forward hooks compiled in behind `call`, or the call.
Node* last_compiled_hook(Node* call) {
  Node* last = call;
  for (Node* node = call->next(); node->kind() != prim::Return;
       node = node->next()) {
    if (is_compiled_hook(*node, call->input(0), last->output())) last = node;
  }
  return last;
}

}  // namespace

std::string called_method(const c10::ClassType* type, const std::string& name) {
  constexpr std::string_view kForward = "forward";
  if (name.size() <= kForward.size() || !name.starts_with(kForward) ||
      type == nullptr) {
    return name;
  }
  std::string digits = name.substr(kForward.size());
  // Overloads, as an LSTM's and a GRU's for packed sequences, are forward__0, …
  if (digits.starts_with("__") && digits.size() > 2 &&
      digits.find_first_not_of("0123456789", 2) == std::string::npos) {
    return std::string(kForward);
  }
  // So are those of quantised ones, which have no other forward.
  if ((digits == "_tensor" || digits == "_packed") &&
      type->findMethod("forward") == nullptr) {
    return std::string(kForward);
  }
  // Tracing numbers them without a gap.
  for (int i = 1; type->findMethod("forward" + std::to_string(i)); ++i) {
    if (digits == std::to_string(i)) return std::string(kForward);
  }
  return name;
}

bool holds_tensors(const c10::TypePtr& type) {
  if (type->isSubtypeOf(*c10::TensorType::get())) {
    return type->kind() == c10::TypeKind::TensorType;
  }
  auto contained = type->containedTypes();
  return std::any_of(contained.begin(), contained.end(), holds_tensors);
}

// Rewrites one graph in place.
class GraphRewriter {
 public:
  GraphRewriter(Instrumenter& instrumenter, Graph& graph)
      : instrumenter_(instrumenter), graph_(graph) {
    self_ = graph.inputs().empty() ? nullptr : graph.inputs()[0];
    if (self_ && !is_module(self_->type())) self_ = nullptr;
    run_ = graph.addInput("run")->setType(c10::CapsuleType::get());
  }

  void rewrite() { rewrite(graph_.block()); }

 private:
  // A call with its arguments in a tuple, and what enter gave for it.
  struct Entered {
    Value* inputs;
    Value* call;
    std::vector<Value*> arguments;
  };

  void rewrite(Block* block) {
    Node* next;
    for (Node* node = block->param_node()->next(); node != block->return_node();
         node = next) {
      next = node->next();
      for (Block* inner : node->blocks()) rewrite(inner);
      if (node->kind() == prim::CallMethod) {
        rewrite_method_call(node);
      } else if (node->kind() == prim::CallFunction) {
        rewrite_function_call(node);
      } else if (node->hasAttribute(attr::Subgraph)) {
        rewrite_subgraph(node);
      } else if (instrumenter_.naming_) {
        rewrite_operator(node);
      }
    }
  }

  // torch.jit.fork: what it captures are the inputs of a graph of its own.
  void rewrite_subgraph(Node* node) {
    auto graph = node->g(attr::Subgraph)->copy();
    GraphRewriter(instrumenter_, *graph).rewrite();
    node->g_(attr::Subgraph, graph);
    node->addInput(run_);
  }

  void rewrite_function_call(Node* node) {
    GraphFunction* function = graph_function(called_function(*node));
    if (function == nullptr) return;
    node->removeInput(0);
    inline_call(node, function);
  }

  void rewrite_method_call(Node* node) {
    Value* object = node->input(0);
    const std::string& name = node->s(attr::name);
    auto class_type = object->type()->cast<c10::ClassType>();
    GraphFunction* function =
        class_type ? graph_function(class_type->findMethod(name)) : nullptr;
    if (class_type && function == nullptr) return;  // A class in C++.
    if (!is_module(object->type())) {
      if (function) inline_call(node, function);
      return;
    }
    Node* last = last_compiled_hook(node);
    Entered entered = enter(node, object, node->inputs().slice(1),
                            {.method = called_method(class_type.get(), name)});
    for (Node* hook = node; hook != last;) {
      hook = hook->next();
      if (is_compiled_hook_of(hook, object, entered)) {
        hook->replaceInput(2, entered.inputs);
      }
    }
    leave(last, {last->output()}, entered);
    node->removeAllInputs();
    node->addInput(object);
    if (function) {
      for (Value* argument : entered.arguments) node->addInput(argument);
      inline_call(node, function);
    } else {
      call_by_name(node, object, name, entered.inputs);
    }
  }

  static bool is_compiled_hook_of(Node* node, const Value* object,
                                  const Entered& entered) {
    return node->inputs().size() == 4 && node->input(1) == object &&
           is_compiled_hook(*node, object, node->input(3)) &&
           *node->input(2)->type() == *entered.inputs->type();
  }

  // An interface's method: which object's it is shows when it runs.
  void call_by_name(Node* node, Value* object, const std::string& name,
                    Value* inputs) {
    WithInsertPoint point(node);
    Value* name_value = graph_.insertConstant(name);
    Node* call = graph_.insertNode(graph_.create(
        hook_operators().call_method, {run_, object, name_value, inputs}, 1));
    call->output()->setType(node->output()->type());
    node->output()->replaceAllUsesWith(call->output());
    node->destroy();
  }

  void rewrite_operator(Node* node) {
    if (node->outputs().empty() || !node->blocks().empty()) return;
    if (std::none_of(node->outputs().begin(), node->outputs().end(),
                     [](Value* v) { return holds_tensors(v->type()); })) {
      return;
    }
    std::string name = instrumenter_.naming_(*node);
    if (name.empty()) return;
    Entered entered =
        enter(node, self_, node->inputs(),
              {.op = node->kind().toQualString(), .op_name = name});
    for (size_t i = 0; i < entered.arguments.size(); ++i) {
      node->replaceInput(i, entered.arguments[i]);
    }
    leave(node, node->outputs(), entered);
  }

  Entered enter(Node* node, Value* object, at::ArrayRef<Value*> arguments,
                CallSite site) {
    WithInsertPoint point(node);
    Value* tuple = graph_.insertNode(graph_.createTuple(arguments))->output();
    site.inputs = tuple->type();
    site.output = output_type(node->outputs());
    const CallSite* kept = instrumenter_.add_site(std::move(site));
    Value* place = graph_.insertConstant(reinterpret_cast<int64_t>(kept));
    if (object == nullptr) object = graph_.insertConstant(c10::IValue());
    Node* entry = graph_.insertNode(
        graph_.create(hook_operators().enter, {run_, object, place, tuple}, 2));
    entry->output(0)->setType(tuple->type());
    entry->output(1)->setType(c10::AnyType::get());
    Node* unpack =
        graph_.insertNode(graph_.createTupleUnpack(entry->output(0)));
    return {entry->output(0), entry->output(1), unpack->outputs().vec()};
  }

  static c10::TypePtr output_type(at::ArrayRef<Value*> outputs) {
    if (outputs.size() == 1) return outputs[0]->type();
    std::vector<c10::TypePtr> types;
    for (Value* output : outputs) types.push_back(output->type());
    return c10::TupleType::create(std::move(types));
  }

  // Puts leave behind `node`, for all that uses these outputs of it.
  void leave(Node* node, at::ArrayRef<Value*> outputs, const Entered& entered) {
    WithInsertPoint point(node->next());
    Value* output =
        outputs.size() == 1
            ? outputs[0]
            : graph_.insertNode(graph_.createTuple(outputs))->output();
    Node* exit = graph_.insertNode(graph_.create(
        hook_operators().leave, {entered.call, entered.inputs, output}, 1));
    exit->output()->setType(output->type());
    if (outputs.size() == 1) {
      output->replaceAllUsesAfterNodeWith(exit, exit->output());
      return;
    }
    Node* unpack = graph_.insertNode(graph_.createTupleUnpack(exit->output()));
    for (size_t i = 0; i < outputs.size(); ++i) {
      outputs[i]->replaceAllUsesAfterNodeWith(unpack, unpack->output(i));
    }
  }

  // Puts the instrumented graph of `function` in place of a call.
  void inline_call(Node* node, GraphFunction* function) {
    GraphFunction& callee = instrumenter_.instrument(*function);
    node->addInput(run_);
    torch::jit::inlineCallTo(node, function, callee.graph().get());
  }

  Instrumenter& instrumenter_;
  Graph& graph_;
  Value* self_;  // Null in a function that is no method of a module.
  Value* run_;
};

Instrumenter::Instrumenter(OperatorNaming naming)
    : naming_(std::move(naming)),
      unit_(std::make_shared<torch::jit::CompilationUnit>()) {}

Instrumenter::~Instrumenter() = default;

const CallSite* Instrumenter::add_site(CallSite site) {
  return &sites_.emplace_back(std::move(site));
}

GraphFunction& Instrumenter::instrument(torch::jit::Function& original) {
  GraphFunction*& done = done_[&original];
  if (done != nullptr) return *done;
  original.ensure_defined();
  auto graph = torch::jit::toGraphFunction(original).graph()->copy();
  GraphRewriter(*this, *graph).rewrite();
  graph->lint();
  std::string name =
      fmt::format("instrumented{}", unit_->get_functions().size());
  done = static_cast<GraphFunction*>(
      unit_->create_function(c10::QualifiedName(name), graph));
  return *done;
}

torch::jit::Function& Instrumenter::instrumented(
    torch::jit::Function& original) {
  std::lock_guard lock(mutex_);
  return instrument(original);
}

}  // namespace tsinspect
