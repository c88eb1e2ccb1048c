// The tensors of any model file as LibTorch's, and into modules.
//
//   #include <tsinspect/libtorch/state_dict.h>
//
//   for (auto& [name, tensor] : tsinspect::load_state_dict("weights.pt")) {
//     std::cout << name << ' ' << tensor.sizes() << '\n';
//   }
//
//   Net net;  // A torch::nn::Module, or a torch::jit::Module.
//   tsinspect::load_state_dict_into(*net, "checkpoint.ckpt", true,
//                                   [](const std::string& name) {
//     return name.rfind("model.", 0) == 0 ? name.substr(6) : "";
//   });

#pragma once

#include <torch/script.h>
#include <torch/torch.h>

#include <functional>
#include <string>
#include <vector>

#include "tsinspect/error.h"

namespace tsinspect {

struct NamedTensor {
  std::string name;  // Dotted key path: "layer1.0.conv1.weight".
  at::Tensor tensor;
};

// In the order of the file.
using StateDict = std::vector<NamedTensor>;

// The tensors of a file of any form that open_model() (model.h) reads, under
// the names that gives: what Python's torch.save wrote in any version,
// TorchScript with its constants, safetensors, NumPy, shards.
//
// They lie in the mapped file where their bytes lie there as LibTorch wants
// them, in its byte order and aligned; others are copies. Tensors that share a
// storage in the file share it here, with their strides and offsets, and may
// be written to: the file is never changed, and its mapping lasts as long as
// any tensor that lies in it. No tensor requires a gradient. Quantised tensors
// and the conjugate and negative bits are kept; sparse tensors are put together
// from their parts; a tensor without data is on the meta device. The parts of a
// nested tensor ("x.buffer", "x.sizes", …) stay apart.
//
// Throws Error as open_model(), and kUnsupported for a tensor that this
// LibTorch cannot hold (NumPy's strings, float8 before 2.1), by name.
StateDict load_state_dict(const std::string& path);

// What did not fit: names as they are in the module, but for `unexpected`,
// which are those of the file, renamed.
struct IncompatibleKeys {
  struct Mismatch {
    std::string name;
    std::vector<int64_t> file_shape;
    std::vector<int64_t> module_shape;
  };

  std::vector<std::string> missing;     // In the module alone.
  std::vector<std::string> unexpected;  // In the file alone.
  std::vector<Mismatch> mismatched;     // In both, with different shapes.

  bool empty() const {
    return missing.empty() && unexpected.empty() && mismatched.empty();
  }
};

// Gives the module's name for a name of the file; "" leaves the tensor out.
using Rename = std::function<std::string(const std::string& name)>;

// Copies tensors into the module's parameters and buffers of the same names, as
// `copy_` does: into the memory they have, on their device, in their dtype.
// What has no counterpart is left as it is and returned. A name of the module
// is not missing if the very same tensor was filled under another of its names
// (tied weights, which some formats write once).
//
// Throws Error: with `strict`, kNotFound if anything is incompatible, with all
// of it in the message; kUnsupported for a pair that `copy_` cannot copy
// (quantised, sparse or without data on one side); and as load_state_dict().
// Nothing was copied then.
IncompatibleKeys load_state_dict_into(torch::nn::Module& module,
                                      const StateDict& state,
                                      bool strict = true,
                                      const Rename& rename = {});
IncompatibleKeys load_state_dict_into(torch::nn::Module& module,
                                      const std::string& path,
                                      bool strict = true,
                                      const Rename& rename = {});
IncompatibleKeys load_state_dict_into(torch::jit::Module& module,
                                      const StateDict& state,
                                      bool strict = true,
                                      const Rename& rename = {});
IncompatibleKeys load_state_dict_into(torch::jit::Module& module,
                                      const std::string& path,
                                      bool strict = true,
                                      const Rename& rename = {});

}  // namespace tsinspect
