#include "libtorch/instrument.h"

#include <fmt/format.h>

#include <algorithm>

#include "libtorch/graph_calls.h"

namespace tsinspect {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::GraphFunction;
using torch::jit::Node;
using torch::jit::Value;
using torch::jit::WithInsertPoint;
namespace prim = c10::prim;
namespace attr = c10::attr;

// Rewrites one graph in place.
class GraphRewriter {
 public:
  GraphRewriter(Instrumenter& instrumenter, Graph& graph)
      : instrumenter_(instrumenter), graph_(graph) {
    self_ = graph.inputs().empty() ? nullptr : graph.inputs()[0];
    if (self_ && !is_module_type(self_->type())) self_ = nullptr;
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
    if (!is_module_type(object->type())) {
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
    if (!puts_out_tensors(*node)) return;
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
