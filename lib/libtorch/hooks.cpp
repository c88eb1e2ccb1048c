#include "tsinspect/libtorch/hooks.h"

#include "libtorch/hook_state.h"

namespace tsinspect {

std::string HookContext::name() const {
  std::string name = path.empty() ? "(root)" : path;
  if (!is_operator() && method != "forward") name += "::" + method;
  if (call > 1) name += "#" + std::to_string(call);
  return name;
}

HookHandle::HookHandle(HookHandle&& other) noexcept
    : state_(std::move(other.state_)), id_(other.id_) {
  other.release();
}

HookHandle& HookHandle::operator=(HookHandle&& other) noexcept {
  if (this == &other) return *this;
  remove();
  state_ = std::move(other.state_);
  id_ = other.id_;
  other.release();
  return *this;
}

HookHandle::~HookHandle() { remove(); }

void HookHandle::remove() {
  if (auto state = state_.lock()) state->remove(id_);
  release();
}

void HookHandle::release() { state_.reset(); }

HookableModule::HookableModule(torch::jit::Module module)
    : state_(std::make_shared<HookState>(std::move(module), "")) {}

HookableModule::HookableModule(const LoadedModule& loaded)
    : state_(std::make_shared<HookState>(loaded.module, loaded.path)) {}

const torch::jit::Module& HookableModule::module() const {
  return state_->module();
}

std::vector<Hookable> HookableModule::modules() const {
  return state_->modules();
}

std::vector<Hookable> HookableModule::operators(
    const std::string& method) const {
  return state_->operators(method);
}

HookHandle HookableModule::add_forward_hook(const std::string& target,
                                            ForwardHook hook,
                                            const HookOptions& options) const {
  Registration registration = state_->aimed({.patterns = {target},
                                             .method = options.method,
                                             .operators = options.operators});
  registration.forward = std::move(hook);
  return {state_, state_->add(std::move(registration), options.prepend)};
}

HookHandle HookableModule::add_forward_pre_hook(
    const std::string& target, ForwardPreHook hook,
    const HookOptions& options) const {
  Registration registration = state_->aimed({.patterns = {target},
                                             .method = options.method,
                                             .operators = options.operators});
  registration.pre = std::move(hook);
  return {state_, state_->add(std::move(registration), options.prepend)};
}

c10::IValue HookableModule::forward(std::vector<c10::IValue> inputs,
                                    const torch::jit::Kwargs& kwargs) const {
  return run_method("forward", std::move(inputs), kwargs);
}

c10::IValue HookableModule::run_method(const std::string& method,
                                       std::vector<c10::IValue> inputs,
                                       const torch::jit::Kwargs& kwargs) const {
  return state_->run(method, std::move(inputs), kwargs);
}

}  // namespace tsinspect
