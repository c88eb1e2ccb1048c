// What happens in a run of an instrumented graph: the two operators around each
// call, and the hooks they find.

#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "libtorch/torch.h"
#include "tsinspect/libtorch/hooks.h"
#include "tsinspect/names.h"

namespace tsinspect {

// A place in a graph where a submodule is called, or an operator stands.
struct CallSite {
  std::string method = {};   // Of the submodule; empty for an operator.
  std::string op = {};       // "aten::conv2d"
  std::string op_name = {};  // "conv2d_3"
  c10::TypePtr inputs = {};  // A tuple of the arguments' types.
  c10::TypePtr output = {};

  bool is_operator() const { return method.empty(); }
};

// What one call of register_…_hook asked for.
struct Registration {
  uint64_t id = 0;
  std::string path;   // Exactly this one, or
  NameFilter target;  // what fits this, where it is not empty: operators by
                      // name or kind.
  NameFilter method;
  bool operators = false;
  bool or_module = false;  // Operators, and the module itself.
  ForwardHook forward;     // One of the two.
  ForwardPreHook pre;

  bool matches(const std::string& name, const CallSite& site) const;
};

// The hooks of one call site on one object.
struct HookTarget {
  const void* object = nullptr;
  HookContext context;  // But for the call's own numbers.
  std::vector<const ForwardPreHook*> pre;
  std::vector<const ForwardHook*> forward;

  bool empty() const { return pre.empty() && forward.empty(); }
};

// Where submodules are, by object.
struct ModuleName {
  std::string path;
  std::string type;
};
using ModuleNames = std::unordered_map<const void*, ModuleName>;

// The hooks that there are at one time, in the order they are called. Does not
// change, but for what it remembers of lookups.
class HookSet {
 public:
  using Registrations = std::vector<std::shared_ptr<const Registration>>;

  HookSet(std::shared_ptr<const ModuleNames> names, Registrations hooks);

  bool empty() const { return hooks_.empty(); }
  // Whether operators are hooked, so that the graph has to have them marked.
  bool has_operators() const;
  const Registrations& registrations() const { return hooks_; }

  // Null where there are no hooks for a call of `object` at `site`.
  const HookTarget* find(const c10::IValue& object, const CallSite& site) const;

 private:
  using Key = std::pair<const void*, const CallSite*>;

  HookTarget resolve(const void* object, const CallSite& site) const;

  const std::shared_ptr<const ModuleNames> names_;
  const Registrations hooks_;
  mutable std::shared_mutex mutex_;
  mutable std::map<Key, HookTarget> targets_;
};

class Instrumenter;

// One run. The graph hands it on, as a value, to wherever calls are made: other
// threads, too, of torch.jit.fork.
class HookRun : public torch::CustomClassHolder {
 public:
  HookRun(std::shared_ptr<const HookSet> hooks,
          std::shared_ptr<Instrumenter> instrumenter)
      : hooks_(std::move(hooks)), instrumenter_(std::move(instrumenter)) {}

  // Before a call: runs pre-hooks, which may change *inputs, a tuple. Returns
  // what leave() takes: None where there is no hook.
  c10::IValue enter(const c10::IValue& object, const CallSite& site,
                    c10::IValue* inputs);
  // After it: runs forward hooks, which may change *output.
  static void leave(const c10::IValue& call, const c10::IValue& inputs,
                    c10::IValue* output);

  // Throws what a hook threw, if one did.
  void rethrow();

  Instrumenter& instrumenter() const { return *instrumenter_; }

 private:
  // Runs a hook: its time is not the call's, and what it throws is kept, since
  // LibTorch hands on the message alone.
  template <typename Work>
  void in_hook(const Work& work);

  const std::shared_ptr<const HookSet> hooks_;
  const std::shared_ptr<Instrumenter> instrumenter_;
  std::mutex mutex_;  // Guards what follows.
  std::map<std::pair<const void*, std::string>, uint32_t> calls_;
  double hooks_ms_ = 0;
  std::exception_ptr thrown_;
};

// The names of the operators that instrumented graphs have: registered with
// LibTorch at the first call.
struct HookOperators {
  // tsinspect::enter(Any run, Any object, int site, t inputs) -> (t, Any)
  c10::Symbol enter;
  // tsinspect::leave(Any call, t inputs, u output) -> u
  c10::Symbol leave;
  // tsinspect::call_method(Any run, Any object, str name, t inputs) -> Any, for
  // an object that is known only when it runs.
  c10::Symbol call_method;
};
const HookOperators& hook_operators();

}  // namespace tsinspect
