// What a HookableModule, its copies and its handles share.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "libtorch/hook_run.h"
#include "libtorch/instrument.h"
#include "libtorch/operator_places.h"
#include "libtorch/torch.h"

namespace tsinspect {

// Which calls are meant: globs over paths, or over operators' names and kinds.
struct HookChoice {
  std::vector<std::string> patterns = {};
  // For operators where no submodule fits, instead of those.
  std::vector<std::string> operator_patterns = {};
  std::string method = "forward";  // Glob.
  bool operators = false;
};

class HookState {
 public:
  // `path` is the file's the module is from; may be empty.
  HookState(torch::jit::Module module, std::string path);

  const torch::jit::Module& module() const { return module_; }
  std::vector<Hookable> modules() const;
  std::vector<Hookable> operators(const std::string& method) const;

  // What a choice means here: submodules, or operators where none fits. Throws
  // Error(kNotFound).
  Registration aimed(const HookChoice& choice) const;
  // Registers what aimed() gave, with a hook. Returns its id.
  uint64_t add(Registration registration, bool prepend);
  void remove(uint64_t id);

  // `more` are hooks of this run alone, behind those that are registered.
  c10::IValue run(const std::string& method, std::vector<c10::IValue> inputs,
                  const torch::jit::Kwargs& kwargs,
                  HookSet::Registrations more = {});

 private:
  std::shared_ptr<const HookSet> hooks(HookSet::Registrations more) const;
  void set_hooks(HookSet::Registrations hooks);
  std::shared_ptr<Instrumenter> instrumenter(bool operators);
  std::shared_ptr<const OperatorPlaces> places() const;
  // The call of a method of the module itself.
  const CallSite& root_site(const torch::jit::Method& method);
  // Operators of all methods.
  std::vector<Hookable> operators() const;

  torch::jit::Module module_;
  const std::string path_;
  std::shared_ptr<const ModuleNames> names_;

  mutable std::mutex mutex_;  // Guards what follows.
  std::shared_ptr<const HookSet> hooks_;
  uint64_t last_id_ = 0;
  std::shared_ptr<Instrumenter> plain_, with_operators_;
  std::map<std::string, CallSite> root_sites_;
  mutable std::shared_ptr<const OperatorPlaces> places_;
};

}  // namespace tsinspect
