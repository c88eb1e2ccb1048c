#include "libtorch/hook_run.h"

#include <fmt/format.h>

#include <chrono>

#include "base/printable.h"
#include "libtorch/instrument.h"
#include "libtorch/module_paths.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

double now_ms() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double, std::milli>(
             Clock::now().time_since_epoch())
      .count();
}

// What a hook put in place of `what` must be what the graph expects.
void check_type(const c10::IValue& value, const c10::TypePtr& wanted,
                const char* what, const HookContext& context) {
  if (wanted->kind() == c10::TypeKind::AnyType ||
      value.type()->isSubtypeOf(*wanted)) {
    return;
  }
  throw Error(
      ErrorKind::kFailed,
      fmt::format("a hook of {} puts {} in place of the {}, which is {}",
                  tsinspect::quoted(context.name()), value.type()->repr_str(),
                  what, wanted->repr_str()));
}

}  // namespace

// A call that hooks are told of.
struct HookedCall : torch::CustomClassHolder {
  c10::intrusive_ptr<HookRun> run;
  const HookTarget* target = nullptr;
  const CallSite* site = nullptr;
  HookContext context;
  double start_ms = 0, hooks_ms = 0;
};

bool Registration::matches(const std::string& name,
                           const CallSite& site) const {
  if (!site.is_operator()) {
    if (operators && !(or_module && name.empty())) return false;
    if (!method.matches(site.method)) return false;
    return target.empty() ? path == name : target.matches(name);
  }
  if (!operators) return false;
  return target.empty() ? path == name : target.matches(name, site.op);
}

HookSet::HookSet(std::shared_ptr<const ModuleNames> names, Registrations hooks)
    : names_(std::move(names)), hooks_(std::move(hooks)) {}

bool HookSet::has_operators() const {
  for (const auto& hook : hooks_) {
    if (hook->operators) return true;
  }
  return false;
}

HookTarget HookSet::resolve(const void* object, const CallSite& site) const {
  HookTarget target;
  target.object = object;
  auto found = names_->find(object);
  HookContext& context = target.context;
  if (found != names_->end()) {
    context.path = found->second.path;
    context.type = found->second.type;
  } else if (!site.is_operator()) {
    return target;  // Made while running: it has no name.
  }
  context.method = site.method;
  if (site.is_operator()) {
    if (!context.path.empty()) context.path += ".";
    context.path += site.op_name;
    context.type = site.op;
  }
  for (const auto& hook : hooks_) {
    if (!hook->matches(context.path, site)) continue;
    if (hook->pre) target.pre.push_back(&hook->pre);
    if (hook->forward) target.forward.push_back(&hook->forward);
  }
  return target;
}

const HookTarget* HookSet::find(const c10::IValue& object,
                                const CallSite& site) const {
  Key key(object_of(object), &site);
  {
    std::shared_lock lock(mutex_);
    auto found = targets_.find(key);
    if (found != targets_.end()) {
      return found->second.empty() ? nullptr : &found->second;
    }
  }
  HookTarget target = resolve(key.first, site);
  std::unique_lock lock(mutex_);
  const HookTarget& kept =
      targets_.emplace(key, std::move(target)).first->second;
  return kept.empty() ? nullptr : &kept;
}

template <typename Work>
void HookRun::in_hook(const Work& work) {
  double start = now_ms();
  try {
    work();
  } catch (...) {
    std::lock_guard lock(mutex_);
    if (!thrown_) thrown_ = std::current_exception();
    throw;
  }
  std::lock_guard lock(mutex_);
  hooks_ms_ += now_ms() - start;
}

c10::IValue HookRun::enter(const c10::IValue& object, const CallSite& site,
                           c10::IValue* inputs) {
  const HookTarget* target = hooks_->find(object, site);
  if (target == nullptr) return {};
  auto call = c10::make_intrusive<HookedCall>();
  call->run = c10::intrusive_ptr<HookRun>::reclaim_copy(this);
  call->target = target;
  call->site = &site;
  call->context = target->context;
  {
    std::lock_guard lock(mutex_);
    call->context.call = ++calls_[{
        target->object, site.is_operator() ? site.op_name : site.method}];
  }
  for (const ForwardPreHook* hook : target->pre) {
    in_hook([&] {
      auto replaced =
          (*hook)(call->context, inputs->toTupleRef().elements().vec());
      if (!replaced) return;
      *inputs = c10::ivalue::Tuple::create(std::move(*replaced));
      check_type(*inputs, site.inputs, "arguments", call->context);
    });
  }
  std::lock_guard lock(mutex_);
  call->hooks_ms = hooks_ms_;
  call->start_ms = now_ms();
  return c10::IValue::make_capsule(std::move(call));
}

void HookRun::leave(const c10::IValue& value, const c10::IValue& inputs,
                    c10::IValue* output) {
  if (value.isNone()) return;
  double end = now_ms();
  auto holder = value.toCapsule();
  auto& call = static_cast<HookedCall&>(*holder);
  HookRun& run = *call.run;
  {
    std::lock_guard lock(run.mutex_);
    call.context.milliseconds =
        end - call.start_ms - (run.hooks_ms_ - call.hooks_ms);
  }
  for (const ForwardHook* hook : call.target->forward) {
    run.in_hook([&] {
      auto replaced =
          (*hook)(call.context, inputs.toTupleRef().elements().vec(), *output);
      if (!replaced) return;
      check_type(*replaced, call.site->output, "output", call.context);
      *output = std::move(*replaced);
    });
  }
}

void HookRun::rethrow() {
  std::lock_guard lock(mutex_);
  if (thrown_) std::rethrow_exception(thrown_);
}

namespace {

HookRun& run_of(const c10::IValue& value) {
  return static_cast<HookRun&>(*value.toCapsule());
}

void enter_operator(torch::jit::Stack& stack) {
  c10::IValue inputs = torch::jit::pop(stack);
  auto* site =
      reinterpret_cast<const CallSite*>(torch::jit::pop(stack).toInt());
  c10::IValue object = torch::jit::pop(stack);
  c10::IValue run = torch::jit::pop(stack);
  c10::IValue call = run_of(run).enter(object, *site, &inputs);
  stack.push_back(std::move(inputs));
  stack.push_back(std::move(call));
}

void leave_operator(torch::jit::Stack& stack) {
  c10::IValue output = torch::jit::pop(stack);
  c10::IValue inputs = torch::jit::pop(stack);
  c10::IValue call = torch::jit::pop(stack);
  HookRun::leave(call, inputs, &output);
  stack.push_back(std::move(output));
}

void call_method_operator(torch::jit::Stack& stack) {
  c10::IValue inputs = torch::jit::pop(stack);
  std::string name = torch::jit::pop(stack).toStringRef();
  c10::IValue object = torch::jit::pop(stack);
  c10::IValue run = torch::jit::pop(stack);
  torch::jit::Function& method = object.toObjectRef().type()->getMethod(name);
  torch::jit::Stack frame = {object};
  for (const auto& input : inputs.toTupleRef().elements()) {
    frame.push_back(input);
  }
  frame.push_back(run);
  run_of(run).instrumenter().instrumented(method).run(frame);
  stack.push_back(std::move(frame.back()));
}

}  // namespace

const HookOperators& hook_operators() {
  // Any other kind of alias analysis lets LibTorch take them for dead code.
  constexpr auto kKind = c10::AliasAnalysisKind::CONSERVATIVE;
  static const auto* registered = new torch::jit::RegisterOperators(
      {torch::jit::Operator("tsinspect::enter(Any run, Any object, int site, t "
                            "inputs) -> (t, Any)",
                            enter_operator, kKind),
       torch::jit::Operator(
           "tsinspect::leave(Any call, t inputs, u output) -> u",
           leave_operator, kKind),
       torch::jit::Operator("tsinspect::call_method(Any run, Any object, str "
                            "name, t inputs) -> Any",
                            call_method_operator, kKind)});
  static const HookOperators kOperators = {
      c10::Symbol::fromQualString("tsinspect::enter"),
      c10::Symbol::fromQualString("tsinspect::leave"),
      c10::Symbol::fromQualString("tsinspect::call_method")};
  (void)registered;
  return kOperators;
}

}  // namespace tsinspect
