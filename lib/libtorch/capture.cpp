#include "tsinspect/libtorch/capture.h"

#include <fmt/format.h>

#include <map>
#include <mutex>

#include "base/huge_pages.h"
#include "base/printable.h"
#include "libtorch/hook_state.h"
#include "libtorch/module_capture.h"
#include "libtorch/tensor_model.h"
#include "libtorch/value_leaves.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

// Thrown through the model when what was wanted is there.
struct Halt {};

// A clone, of which most of the cost is that its memory is new.
at::Tensor copy_of_tensor(const at::Tensor& tensor) {
  if (!tensor.is_cpu() || tensor.layout() != at::kStrided ||
      tensor.is_quantized()) {
    return tensor.clone();
  }
  at::Tensor copy = at::empty_like(tensor);
  advise_huge_pages(copy.data_ptr(), copy.nbytes());
  return copy.copy_(tensor);
}

c10::IValue copy_of(const c10::IValue& value) {
  if (value.isTensor()) return copy_of_tensor(value.toTensor().detach());
  if (value.isObject() || value.isCapsule() || value.isFuture()) return value;
  return value.deepcopy();
}

TensorStats statistics_of(const at::Tensor& tensor,
                          const StatsOptions& options) {
  Model model;
  constexpr uint32_t kFirst = 0;
  try {
    append_tensor(&model, "", tensor);
    return tensor_stats(model, {&kFirst, 1}, options).front();
  } catch (const Error& error) {
    TensorStats stats;
    stats.error = error;
    return stats;
  }
}

// Turns what hooks are told into activations.
class Collector {
 public:
  explicit Collector(const CaptureOptions& options) : options_(options) {}

  // Before a call its arguments are what they are; in-place operators change
  // them. They are told of together with the output.
  void enter(const HookContext& context, c10::ArrayRef<c10::IValue> inputs) {
    std::vector<Activation> found;
    for (size_t i = 0; i < inputs.size(); ++i) {
      add(context, "@in." + std::to_string(i), inputs[i], &found);
    }
    std::lock_guard lock(mutex_);
    entered_[context.name()] = std::move(found);
  }

  void leave(const HookContext& context, const c10::IValue& output) {
    std::vector<Activation> found;
    add(context, "", output, &found);
    std::lock_guard lock(mutex_);
    if (closed_) return;
    auto inputs = entered_.extract(context.name());
    if (inputs) {
      for (Activation& input : inputs.mapped()) {
        input.context.milliseconds = context.milliseconds;
        emit(std::move(input));
      }
    }
    bool is_last = context.name() == options_.halt_after;
    for (Activation& activation : found) {
      is_last |= activation.name == options_.halt_after;
      emit(std::move(activation));
    }
    if (is_last && !options_.halt_after.empty()) throw Halt();
  }

  // The end: what the module forked and nobody waited for comes too late.
  std::vector<Activation> close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    return std::move(activations_);
  }

 private:
  // `where` is "@in.0", or empty for the output.
  void add(const HookContext& context, const std::string& where,
           const c10::IValue& value, std::vector<Activation>* found) const {
    for_each_leaf(
        value, [&](const std::string& place, const c10::IValue& leaf) {
          Activation activation;
          activation.context = context;
          activation.is_input = !where.empty();
          activation.name = context.name() + where;
          if (!place.empty()) {
            activation.name += (where.empty() ? "@out." : ".") + place;
          }
          describe(leaf, &activation);
          found->push_back(std::move(activation));
        });
  }

  void describe(const c10::IValue& value, Activation* activation) const {
    activation->is_tensor = value.isTensor() && value.toTensor().defined();
    if (!activation->is_tensor) {
      if (!value.isTensor()) activation->value = copy_of(value);
      return;
    }
    const at::Tensor& tensor = value.toTensor();
    activation->dtype = tensor.scalar_type();
    activation->shape = tensor.sizes().vec();
    if (options_.statistics) {
      activation->stats = statistics_of(tensor, *options_.statistics);
    }
    if (options_.reduce) {
      activation->value = options_.reduce(tensor.detach());
    } else if (options_.values) {
      activation->value = copy_of(value);
    }
  }

  void emit(Activation activation) {
    if (options_.sink) {
      options_.sink(std::move(activation));
    } else {
      activations_.push_back(std::move(activation));
    }
  }

  const CaptureOptions options_;
  std::mutex mutex_;  // Guards what follows.
  std::map<std::string, std::vector<Activation>> entered_;
  std::vector<Activation> activations_;
  bool closed_ = false;
};

// What to hook: one choice for all globs over forward, one for each of another
// method.
std::vector<HookChoice> hook_choices(const CaptureOptions& options) {
  std::vector<HookChoice> choices;
  HookChoice forward;
  for (const std::string& pattern : options.modules) {
    size_t colons = pattern.find("::");
    if (colons == std::string::npos) {
      forward.patterns.push_back(pattern);
    } else {
      choices.push_back({.patterns = {pattern.substr(0, colons)},
                         .operator_patterns = {pattern},
                         .method = pattern.substr(colons + 2)});
    }
  }
  if (!forward.patterns.empty()) {
    // The module itself runs the method that was asked for.
    if (options.method != "forward" &&
        NameFilter(forward.patterns).matches("")) {
      choices.push_back({.patterns = {""}, .method = options.method});
    }
    choices.push_back(std::move(forward));
  }
  if (!options.operators.empty()) {
    choices.push_back({.patterns = options.operators, .operators = true});
  }
  return choices;
}

// Hooks for one choice: on the way out and, if inputs are wanted, in.
void add_hooks(const HookState& state, const HookChoice& choice, bool inputs,
               const std::shared_ptr<Collector>& collector,
               HookSet::Registrations* hooks) {
  Registration after = state.aimed(choice);
  if (inputs) {
    Registration before = after;
    before.pre =
        [collector](const HookContext& context,
                    auto arguments) -> std::optional<std::vector<c10::IValue>> {
      collector->enter(context, arguments);
      return std::nullopt;
    };
    hooks->push_back(std::make_shared<Registration>(std::move(before)));
  }
  after.forward = [collector](
                      const HookContext& context, auto,
                      const c10::IValue& output) -> std::optional<c10::IValue> {
    collector->leave(context, output);
    return std::nullopt;
  };
  hooks->push_back(std::make_shared<Registration>(std::move(after)));
}

}  // namespace

Captured capture(const HookableModule& module, std::vector<c10::IValue> inputs,
                 const CaptureOptions& options,
                 const torch::jit::Kwargs& kwargs) {
  HookState& state = ModuleCapture::state_of(module);
  auto collector = std::make_shared<Collector>(options);
  HookSet::Registrations hooks;
  for (const HookChoice& choice : hook_choices(options)) {
    add_hooks(state, choice, options.inputs, collector, &hooks);
  }
  Captured captured;
  try {
    captured.output =
        state.run(options.method, std::move(inputs), kwargs, std::move(hooks));
  } catch (const Halt&) {
    captured.halted = true;
  }
  captured.activations = collector->close();
  if (!options.halt_after.empty() && !captured.halted) {
    throw Error(ErrorKind::kNotFound,
                fmt::format("no activation {} to stop after",
                            tsinspect::quoted(options.halt_after)));
  }
  return captured;
}

at::Tensor channel_means(const at::Tensor& tensor) {
  if (tensor.dim() <= 2) return tensor.clone();
  at::Tensor values = tensor.is_quantized() ? tensor.dequantize() : tensor;
  if (!values.is_floating_point() && !values.is_complex()) {
    values = values.to(at::kFloat);
  }
  return values.flatten(2).mean(2);
}

std::function<at::Tensor(const at::Tensor&)> top_k(int64_t k) {
  return [k](const at::Tensor& tensor) {
    if (tensor.dim() == 0) return tensor.clone();
    return std::get<0>(tensor.topk(std::min(k, tensor.size(-1))));
  };
}

}  // namespace tsinspect
