#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/printable.h"
#include "libtorch/errors.h"
#include "libtorch/torch.h"
#include "tsinspect/libtorch/state_dict.h"
#include "tsinspect/names.h"

namespace tsinspect {
namespace {

// The state_dict of a module: its parameters, then its buffers.
template <typename Module>
StateDict state_of(const Module& module) {
  StateDict state;
  auto add = [&](const auto& name, const at::Tensor& tensor) {
    if (tensor.defined()) state.push_back({name, tensor});
  };
  if constexpr (std::is_same_v<Module, torch::nn::Module>) {
    for (const auto& item : module.named_parameters()) {
      add(item.key(), item.value());
    }
    for (const auto& item : module.named_buffers()) {
      add(item.key(), item.value());
    }
  } else {
    for (const auto& item : module.named_parameters()) {
      add(item.name, item.value);
    }
    for (const auto& item : module.named_buffers()) {
      add(item.name, item.value);
    }
  }
  return state;
}

bool same_memory(const at::Tensor& a, const at::Tensor& b) {
  return a.is_same(b) ||
         (a.has_storage() && b.has_storage() && a.numel() != 0 &&
          a.is_alias_of(b) && a.storage_offset() == b.storage_offset() &&
          a.sizes() == b.sizes() && a.strides() == b.strides());
}

// Why `copy_` cannot do it; null if it can.
const char* why_not(const at::Tensor& from, const at::Tensor& to) {
  if (from.is_quantized() != to.is_quantized()) {
    return "one is quantised, the other is not";
  }
  if (from.is_quantized() && from.scalar_type() != to.scalar_type()) {
    return "they are quantised to different dtypes";
  }
  if (from.layout() != to.layout()) return "their layouts differ";
  if (from.is_meta()) return "the file has no data for it";
  return nullptr;
}

struct Copy {
  at::Tensor from;
  at::Tensor to;
};

class Loading {
 public:
  Loading(StateDict module, const StateDict& file, const Rename& rename)
      : module_(std::move(module)) {
    for (size_t i = 0; i < module_.size(); ++i) {
      rows_.emplace(module_[i].name, i);
    }
    filled_.resize(module_.size());
    for (const NamedTensor& item : file) {
      std::string name = rename ? rename(item.name) : item.name;
      if (!name.empty() || !rename) match(std::move(name), item.tensor);
    }
    find_missing();
  }

  const IncompatibleKeys& keys() const { return keys_; }

  void copy() const {
    torch::NoGradGuard no_grad;
    for (const Copy& copy : copies_) at::Tensor(copy.to).copy_(copy.from);
  }

  // As Python words it, and which names are near.
  std::string report() const {
    std::string text = "the file does not fit the module";
    for (const std::string& name : keys_.missing) {
      text += "; missing in the file: " + named(name, keys_.unexpected);
    }
    for (const std::string& name : keys_.unexpected) {
      text += "; unexpected in the file: " + named(name, keys_.missing);
    }
    for (const auto& each : keys_.mismatched) {
      text += "; size mismatch for " + printable(each.name) + ": " +
              shape(each.file_shape) + " in the file, " +
              shape(each.module_shape) + " in the module";
    }
    return text;
  }

 private:
  static std::string shape(at::IntArrayRef sizes) {
    std::string text = "[";
    for (size_t i = 0; i < sizes.size(); ++i) {
      text += (i == 0 ? "" : ", ") + std::to_string(sizes[i]);
    }
    return text + "]";
  }

  // A name that differs in most of its letters is of no help.
  static std::string named(const std::string& name,
                           const std::vector<std::string>& others) {
    std::vector<std::string_view> views(others.begin(), others.end());
    std::string near = closest_name(name, views);
    if (near.empty()) return printable(name);
    return printable(name) + " (is it " + printable(near) + "?)";
  }

  void match(std::string name, at::Tensor from) {
    auto row = rows_.find(name);
    if (row == rows_.end()) {
      keys_.unexpected.push_back(std::move(name));
      return;
    }
    const at::Tensor& to = module_[row->second].tensor;
    filled_[row->second] = true;
    // What torch 0.3 wrote for a scalar.
    if (to.dim() == 0 && from.dim() == 1 && from.numel() == 1) from = from[0];
    if (from.sizes() != to.sizes()) {
      keys_.mismatched.push_back(
          {std::move(name), from.sizes().vec(), to.sizes().vec()});
      return;
    }
    if (const char* why = why_not(from, to)) {
      throw Error(ErrorKind::kUnsupported,
                  "cannot copy " + tsinspect::quoted(name) + ": " + why);
    }
    copies_.push_back({from, to});
  }

  void find_missing() {
    for (size_t i = 0; i < module_.size(); ++i) {
      if (!filled_[i] && !is_tied(module_[i].tensor)) {
        keys_.missing.push_back(module_[i].name);
      }
    }
  }

  bool is_tied(const at::Tensor& tensor) const {
    for (size_t i = 0; i < module_.size(); ++i) {
      if (filled_[i] && same_memory(module_[i].tensor, tensor)) return true;
    }
    return false;
  }

  StateDict module_;
  std::unordered_map<std::string, size_t> rows_;
  std::vector<bool> filled_;  // Which of the module's are in the file.
  std::vector<Copy> copies_;
  IncompatibleKeys keys_;
};

template <typename Module>
IncompatibleKeys load_into(const Module& module, const StateDict& state,
                           bool strict, const Rename& rename) {
  IncompatibleKeys keys;
  translate_errors(ErrorKind::kFailed, "LibTorch cannot copy", [&] {
    Loading loading(state_of(module), state, rename);
    if (strict && !loading.keys().empty()) {
      throw Error(ErrorKind::kNotFound, loading.report());
    }
    loading.copy();
    keys = loading.keys();
  });
  return keys;
}

}  // namespace

IncompatibleKeys load_state_dict_into(torch::nn::Module& module,
                                      const StateDict& state, bool strict,
                                      const Rename& rename) {
  return load_into(module, state, strict, rename);
}

IncompatibleKeys load_state_dict_into(torch::nn::Module& module,
                                      const std::string& path, bool strict,
                                      const Rename& rename) {
  return load_into(module, load_state_dict(path), strict, rename);
}

IncompatibleKeys load_state_dict_into(torch::jit::Module& module,
                                      const StateDict& state, bool strict,
                                      const Rename& rename) {
  return load_into(module, state, strict, rename);
}

IncompatibleKeys load_state_dict_into(torch::jit::Module& module,
                                      const std::string& path, bool strict,
                                      const Rename& rename) {
  return load_into(module, load_state_dict(path), strict, rename);
}

}  // namespace tsinspect
