#include "libtorch/hook_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/printable.h"
#include "libtorch/graph_calls.h"
#include "libtorch/module_paths.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using torch::jit::Block;
using torch::jit::Function;
using torch::jit::GraphFunction;
using torch::jit::Node;

bool has_compiled_hooks(const torch::jit::Module& module) {
  return !module.type()->getForwardHooks().empty() ||
         !module.type()->getForwardPreHooks().empty();
}

// The pre-hooks and hooks of the module itself that were compiled into the
// file: whoever calls a scripted module from Python runs them.
void run_compiled_pre_hooks(const torch::jit::Module& module,
                            c10::IValue* inputs) {
  for (Function* hook : module.type()->getForwardPreHooks()) {
    c10::IValue result = torch::jit::Method(module._ivalue(), hook)({*inputs});
    if (result.isTuple()) {
      *inputs = result;
    } else if (!result.isNone()) {
      *inputs = c10::ivalue::Tuple::create({result});
    }
  }
}

void run_compiled_hooks(const torch::jit::Module& module,
                        const c10::IValue& inputs, c10::IValue* output) {
  for (Function* hook : module.type()->getForwardHooks()) {
    c10::IValue result =
        torch::jit::Method(module._ivalue(), hook)({inputs, *output});
    if (!result.isNone()) *output = result;
  }
}

// Walks the operators that a method of a module comes by, with the object whose
// code they are in; calls that only a run can tell the target of are left out.
class OperatorWalk {
 public:
  OperatorWalk(const ModuleNames& names, const OperatorPlaces& places)
      : names_(names), places_(places) {}

  void walk(const c10::IValue& object, Function& function) {
    function.ensure_defined();
    auto* graph = torch::jit::tryToGraphFunction(function);
    if (!graph || !seen_.insert({object_of(object), &function}).second) return;
    walk(object, graph->graph()->block());
  }

  std::vector<Hookable> result;

 private:
  void walk(const c10::IValue& self, Block* block) {
    for (Node* node : block->nodes()) {
      for (Block* inner : node->blocks()) walk(self, inner);
      if (node->kind() == c10::prim::CallMethod) {
        c10::IValue object = object_at(self, node->input(0));
        if (!object.isObject()) continue;
        auto* method =
            object.toObjectRef().type()->findMethod(node->s(c10::attr::name));
        if (method) walk(object, *method);
      } else {
        add(self, *node);
      }
    }
  }

  void add(const c10::IValue& self, const Node& node) {
    if (!puts_out_tensors(node)) return;
    std::string name = places_.name_of(node);
    if (name.empty()) return;
    auto found = names_.find(object_of(self));
    if (found != names_.end() && !found->second.path.empty()) {
      name = found->second.path + "." + name;
    }
    result.push_back({std::move(name), node.kind().toQualString()});
  }

  const ModuleNames& names_;
  const OperatorPlaces& places_;
  std::set<std::pair<const void*, const Function*>> seen_;
};

// Operators may be meant by their kind.
bool fits_any(const std::vector<Hookable>& rows, const NameFilter& filter,
              bool operators) {
  return std::any_of(rows.begin(), rows.end(), [&](const Hookable& row) {
    return operators ? filter.matches(row.path, row.type)
                     : filter.matches(row.path);
  });
}

bool has_path(const std::vector<Hookable>& rows, const std::string& path) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const Hookable& row) { return row.path == path; });
}

}  // namespace

HookState::HookState(torch::jit::Module module, std::string path)
    : module_(std::move(module)), path_(std::move(path)) {
  auto names = std::make_shared<ModuleNames>();
  for (const NamedSubmodule& row : named_submodules(module_)) {
    names->emplace(object_of(row.module._ivalue()),
                   ModuleName{row.path, type_name(row.module)});
  }
  names_ = std::move(names);
  set_hooks({});
}

std::vector<Hookable> HookState::modules() const {
  std::vector<Hookable> result;
  for (const NamedSubmodule& row : named_submodules(module_)) {
    result.push_back({row.path, type_name(row.module)});
  }
  return result;
}

std::shared_ptr<const OperatorPlaces> HookState::places() const {
  std::lock_guard lock(mutex_);
  if (!places_) {
    places_ = path_.empty() ? std::make_shared<OperatorPlaces>()
                            : std::make_shared<OperatorPlaces>(path_);
  }
  return places_;
}

std::vector<Hookable> HookState::operators(const std::string& method) const {
  auto places = this->places();
  OperatorWalk walk(*names_, *places);
  walk.walk(module_._ivalue(), module_.get_method(method).function());
  return std::move(walk.result);
}

std::shared_ptr<const HookSet> HookState::hooks(
    HookSet::Registrations more) const {
  std::lock_guard lock(mutex_);
  if (more.empty()) return hooks_;
  more.insert(more.begin(), hooks_->registrations().begin(),
              hooks_->registrations().end());
  return std::make_shared<HookSet>(names_, std::move(more));
}

void HookState::set_hooks(HookSet::Registrations hooks) {
  hooks_ = std::make_shared<HookSet>(names_, std::move(hooks));
}

std::vector<Hookable> HookState::operators() const {
  std::vector<Hookable> result;
  for (const auto& method : module_.get_methods()) {
    for (Hookable& row : operators(method.name())) {
      result.push_back(std::move(row));
    }
  }
  return result;
}

Registration HookState::aimed(const HookChoice& choice) const {
  std::vector<Hookable> rows;
  for (bool operators : {false, true}) {
    if (choice.operators && !operators) continue;
    const auto& patterns = operators && !choice.operator_patterns.empty()
                               ? choice.operator_patterns
                               : choice.patterns;
    std::vector<Hookable> found = operators ? this->operators() : modules();
    Registration result;
    result.method = NameFilter(std::vector{choice.method});
    result.operators = operators;
    if (patterns.size() == 1 && has_path(found, patterns[0])) {
      result.path = patterns[0];
      return result;
    }
    result.target = NameFilter(patterns);
    // Where nothing but the module is left, a glob means its operators, too.
    result.or_module =
        !choice.operators && names_->size() == 1 && result.target.matches("");
    bool fits = fits_any(found, result.target, operators);
    if (operators ? fits || result.or_module : fits && !result.or_module) {
      return result;
    }
    std::move(found.begin(), found.end(), std::back_inserter(rows));
  }
  const std::string& first = choice.patterns.front();
  std::vector<std::string_view> names;
  for (const Hookable& row : rows) names.push_back(row.path);
  std::string near = closest_name(first, names);
  throw Error(
      ErrorKind::kNotFound,
      fmt::format("no submodule or operator {}{}", tsinspect::quoted(first),
                  near.empty() ? "" : "; did you mean " + near));
}

uint64_t HookState::add(Registration registration, bool prepend) {
  std::lock_guard lock(mutex_);
  uint64_t id = registration.id = ++last_id_;
  auto hooks = hooks_->registrations();
  hooks.insert(prepend ? hooks.begin() : hooks.end(),
               std::make_shared<Registration>(std::move(registration)));
  set_hooks(std::move(hooks));
  return id;
}

void HookState::remove(uint64_t id) {
  std::lock_guard lock(mutex_);
  auto hooks = hooks_->registrations();
  std::erase_if(hooks, [&](const auto& hook) { return hook->id == id; });
  set_hooks(std::move(hooks));
}

std::shared_ptr<Instrumenter> HookState::instrumenter(bool operators) {
  OperatorNaming naming;
  if (operators) {
    naming = [places = places()](const Node& node) {
      return places->name_of(node);
    };
  }
  std::lock_guard lock(mutex_);
  auto& kept = operators ? with_operators_ : plain_;
  if (!kept) kept = std::make_shared<Instrumenter>(std::move(naming));
  return kept;
}

const CallSite& HookState::root_site(const torch::jit::Method& method) {
  std::lock_guard lock(mutex_);
  auto [found, is_new] = root_sites_.try_emplace(method.name());
  CallSite& site = found->second;
  if (!is_new) return site;
  const auto& schema = method.function().getSchema();
  site.method = called_method(module_.type().get(), method.name());
  std::vector<c10::TypePtr> types;
  for (size_t i = 1; i < schema.arguments().size(); ++i) {
    types.push_back(schema.arguments()[i].type());
  }
  site.inputs = c10::TupleType::create(std::move(types));
  site.output = schema.returns().at(0).type();
  return site;
}

c10::IValue HookState::run(const std::string& name,
                           std::vector<c10::IValue> inputs,
                           const torch::jit::Kwargs& kwargs,
                           HookSet::Registrations more) {
  auto hooks = this->hooks(std::move(more));
  torch::jit::Method method = module_.get_method(name);
  bool compiled_hooks = name == "forward" && has_compiled_hooks(module_);
  if (hooks->empty() && !compiled_hooks) {
    return method(std::move(inputs), kwargs);
  }
  // As LibTorch does it, with the module as the first of the arguments.
  inputs.insert(inputs.begin(), module_._ivalue());
  method.function().getSchema().checkAndNormalizeInputs(inputs, kwargs);
  inputs.erase(inputs.begin());
  c10::IValue arguments = c10::ivalue::Tuple::create(std::move(inputs));
  if (compiled_hooks) run_compiled_pre_hooks(module_, &arguments);

  auto run =
      c10::make_intrusive<HookRun>(hooks, instrumenter(hooks->has_operators()));
  try {
    c10::IValue call =
        run->enter(module_._ivalue(), root_site(method), &arguments);
    torch::jit::Stack stack = {module_._ivalue()};
    for (const auto& argument : arguments.toTupleRef().elements()) {
      stack.push_back(argument);
    }
    stack.push_back(c10::IValue::make_capsule(run));
    run->instrumenter().instrumented(method.function()).run(stack);
    c10::IValue output = std::move(stack.back());
    if (compiled_hooks) run_compiled_hooks(module_, arguments, &output);
    HookRun::leave(call, arguments, &output);
    return output;
  } catch (...) {
    run->rethrow();
    throw;
  }
}

}  // namespace tsinspect
