// Forward hooks on TorchScript modules that were loaded from a file: scripted,
// traced or frozen.
//
//   #include <tsinspect/libtorch/hooks.h>
//   #include <tsinspect/libtorch/load.h>
//
//   int main(int argc, char** argv) {
//     tsinspect::HookableModule model(tsinspect::load(argv[1]));
//     auto handle = model.register_forward_hook(
//         "layer1.*", [](const tsinspect::HookContext& context, auto inputs,
//                        const c10::IValue& output) {
//           std::cout << context.name() << " "
//                     << output.toTensor().sizes() << "\n";
//         });
//     model.forward({torch::rand({1, 3, 224, 224})});
//   }
//
// They mean what torch.nn.Module's mean in Python. Hooks of one module run in
// the order they were registered, after those that were compiled into the file;
// each sees what the one before it put in place. A hook may return a value in
// place of the output, which all the rest of the model then sees; what is no
// longer differentiable for Python is not for it either. An exception out of a
// hook ends the forward call and reaches its caller as it is; the module stays
// usable.
//
// How: forward() runs a copy of the method's graph in which two operators stand
// around each call of a submodule. The module itself is never changed, and with
// no hook registered it is what runs.

#pragma once

#include <torch/script.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tsinspect/libtorch/load.h"

namespace tsinspect {

class HookState;  // Shared by a HookableModule, its copies and its handles.

// Which call of which submodule, or of which operator, a hook is told of.
struct HookContext {
  // As named_modules() has it first, whatever name it was called by:
  // "layer1.0.conv1"; empty for the module itself. Of an operator its name, as
  // operator_names() in layers.h has it ("conv2d_3"), behind the path of the
  // module whose code it is in.
  std::string path;
  // The class ("__torch__.torch.nn.modules.conv.Conv2d"), or the operator
  // ("aten::conv2d").
  std::string type;
  // Of the module: "forward"; what tracing called forward1 is that, too. Empty
  // for an operator.
  std::string method;
  // Of this module's method in this run, from 1.
  uint32_t call = 1;
  // For a forward hook: what the call took, in milliseconds, its submodules
  // included and hooks left out.
  double milliseconds = 0;

  bool is_operator() const { return method.empty(); }
  // "layer1.0.conv1", "block#2", "encoder::embed", "(root)".
  std::string name() const;
};

// Told of the arguments of a call, in the order of the method's schema, with
// defaults filled in, and of what it returned (None where it returns nothing).
// What it gives back, if anything, takes the place of the output, and must be
// of the type that the method returns.
using ForwardHook = std::function<std::optional<c10::IValue>(
    const HookContext&, c10::ArrayRef<c10::IValue> inputs,
    const c10::IValue& output)>;

// Told before the call. What it gives back, if anything, takes the place of all
// the arguments.
using ForwardPreHook = std::function<std::optional<std::vector<c10::IValue>>(
    const HookContext&, c10::ArrayRef<c10::IValue> inputs)>;

struct HookOptions {
  // Glob over the methods that count as calls: any that is exported, or called
  // by another, has a name.
  std::string method = "forward";
  // Operators are meant, not submodules.
  bool operators = false;
  // Before the hooks that are registered, not behind them.
  bool prepend = false;
};

// Removes its hook when it goes. It may outlive the module.
class [[nodiscard]] HookHandle {
 public:
  HookHandle() = default;
  HookHandle(HookHandle&& other) noexcept;
  HookHandle& operator=(HookHandle&& other) noexcept;
  ~HookHandle();

  // Runs of forward() that began before still call it. Does nothing the second
  // time.
  void remove();
  // The hook stays for as long as the module.
  void release();

 private:
  friend class HookableModule;
  HookHandle(std::weak_ptr<HookState> state, uint64_t id)
      : state_(std::move(state)), id_(id) {}

  std::weak_ptr<HookState> state_;
  uint64_t id_ = 0;
};

// What can be hooked: a submodule or an operator.
struct Hookable {
  std::string path;  // As HookContext has it.
  std::string type;
};

// A loaded module whose submodules take hooks. Copies share the module and its
// hooks. Every function may be called from any number of threads at a time, and
// so are the hooks: a run of forward() sees those there were when it began.
class HookableModule {
 public:
  // Submodules that are set later, with setattr(), are not seen.
  explicit HookableModule(torch::jit::Module module);
  // The same, and operators go by the names that the file gives them.
  explicit HookableModule(const LoadedModule& loaded);

  const torch::jit::Module& module() const;

  // Every submodule once, in the order of named_modules(), the module first.
  std::vector<Hookable> modules() const;
  // The operators of a method that have a tensor as result, in the order of its
  // code.
  std::vector<Hookable> operators(const std::string& method = "forward") const;

  // Registers `hook` on the submodules whose path is `target` or fits it as a
  // glob, where `*` crosses dots: "layer1.0.conv1", "layer*.bn?", "*". Where
  // there is none, on operators: "conv2d_3", "conv2d*", and so on all that is
  // left of a frozen module. Throws Error(kNotFound) where nothing fits, naming
  // what comes close. A hook that returns nothing is fine.
  template <typename Hook>
  HookHandle register_forward_hook(const std::string& target, Hook hook,
                                   const HookOptions& options = {}) {
    using Result =
        std::invoke_result_t<Hook&, const HookContext&,
                             c10::ArrayRef<c10::IValue>, const c10::IValue&>;
    if constexpr (std::is_void_v<Result>) {
      return add_forward_hook(
          target,
          [hook = std::move(hook)](
              const HookContext& context, c10::ArrayRef<c10::IValue> inputs,
              const c10::IValue& output) mutable -> std::optional<c10::IValue> {
            hook(context, inputs, output);
            return std::nullopt;
          },
          options);
    } else {
      return add_forward_hook(target, std::move(hook), options);
    }
  }

  // The same before the call.
  template <typename Hook>
  HookHandle register_forward_pre_hook(const std::string& target, Hook hook,
                                       const HookOptions& options = {}) {
    using Result = std::invoke_result_t<Hook&, const HookContext&,
                                        c10::ArrayRef<c10::IValue>>;
    if constexpr (std::is_void_v<Result>) {
      return add_forward_pre_hook(
          target,
          [hook = std::move(hook)](const HookContext& context,
                                   c10::ArrayRef<c10::IValue> inputs) mutable
          -> std::optional<std::vector<c10::IValue>> {
            hook(context, inputs);
            return std::nullopt;
          },
          options);
    } else {
      return add_forward_pre_hook(target, std::move(hook), options);
    }
  }

  // Runs the module as Python calls it: hooks that were compiled into the file
  // run, too, on the module itself as on its submodules. Throws what LibTorch
  // and the hooks throw.
  c10::IValue forward(std::vector<c10::IValue> inputs,
                      const torch::jit::Kwargs& kwargs = {}) const;
  // Any method of the module.
  c10::IValue run_method(const std::string& method,
                         std::vector<c10::IValue> inputs,
                         const torch::jit::Kwargs& kwargs = {}) const;

 private:
  friend class ModuleCapture;

  HookHandle add_forward_hook(const std::string& target, ForwardHook hook,
                              const HookOptions& options) const;
  HookHandle add_forward_pre_hook(const std::string& target,
                                  ForwardPreHook hook,
                                  const HookOptions& options) const;

  std::shared_ptr<HookState> state_;
};

}  // namespace tsinspect
