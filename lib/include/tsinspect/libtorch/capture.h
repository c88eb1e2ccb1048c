// The activations of one run of a loaded TorchScript module: what each of its
// submodules, or operators, put out.
//
//   #include <tsinspect/libtorch/capture.h>
//   #include <tsinspect/libtorch/load.h>
//
//   tsinspect::HookableModule model(tsinspect::load("model.pt"));
//   tsinspect::Captured captured = tsinspect::capture(
//       model, {torch::rand({1, 3, 224, 224})}, {.modules = {"layer4.*"}});
//   for (const tsinspect::Activation& activation : captured.activations) {
//     std::cout << activation.name << " " << activation.milliseconds << "\n";
//   }

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tsinspect/libtorch/hooks.h"
#include "tsinspect/stats.h"

namespace tsinspect {

// One value that went into or came out of a call. A tuple, list or dict is
// several, named by where they are in it: "encoder@out.0", "encoder@out.k.1",
// and "encoder@in.0" for the first argument.
struct Activation {
  std::string name;
  HookContext context;  // Which call.
  bool is_input = false;
  // A copy of what it was at that moment, or what CaptureOptions::reduce made
  // of it; None where values are not kept. Numbers, texts and None are as they
  // were.
  c10::IValue value;
  at::ScalarType dtype = at::kFloat;  // Of a tensor, before it was reduced,
  std::vector<int64_t> shape;         // as is this.
  std::optional<TensorStats> stats;
  bool is_tensor = false;
};

struct CaptureOptions {
  std::string method = "forward";  // To run.
  // Which submodules, by path, as globs with `!` taking away; "path::method"
  // means calls of other methods than forward. None where empty.
  std::vector<std::string> modules = {"*"};
  // Which operators, by name ("conv2d_3") or kind ("aten::conv2d"); none where
  // empty. In a frozen module, which has no submodules, `modules` means them.
  std::vector<std::string> operators = {};
  bool inputs = false;  // The arguments of these calls, too.

  bool values = true;  // Keep copies of the values.
  // What they are like, of the values where they are: needs no copies.
  std::optional<StatsOptions> statistics = {};
  // Keeps this of each tensor, not a copy of it: see channel_means(), top_k().
  std::function<at::Tensor(const at::Tensor&)> reduce = {};
  // Takes each activation when it is there, and Captured has none of them. From
  // other threads, too, where the module forks; never from two at a time.
  std::function<void(Activation)> sink = {};
  // The run stops when the activation of this name is there.
  std::string halt_after = {};
};

struct Captured {
  std::vector<Activation> activations;  // In order of completion.
  c10::IValue output;                   // Of the module; None if it was halted.
  bool halted = false;
};

// Runs a method and captures. Throws what LibTorch throws, and
// Error(kNotFound) where options name what the module has not, before it runs,
// or halt_after what did not come.
Captured capture(const HookableModule& module, std::vector<c10::IValue> inputs,
                 const CaptureOptions& options = {},
                 const torch::jit::Kwargs& kwargs = {});

// For CaptureOptions::reduce. The mean of each channel, the second dimension:
// (batch, channels, …) to (batch, channels); others stay.
at::Tensor channel_means(const at::Tensor& tensor);
// The k largest values of the last dimension, largest first: (…, n) to (…, k).
std::function<at::Tensor(const at::Tensor&)> top_k(int64_t k);

}  // namespace tsinspect
