// Copies of methods' graphs in which operators of ours stand around the calls.
//
//   %out = prim::CallMethod[name="forward"](%self.conv, %x)
//
// becomes
//
//   %in : (Tensor) = prim::TupleConstruct(%x)
//   %in2, %call = tsinspect::enter(%run, %self.conv, %site, %in)
//   %x2 = prim::TupleUnpack(%in2)
//   … the same for the method's own graph, inlined …
//   %out2 = tsinspect::leave(%call, %in2, %out)
//
// with %run, the run's HookRun, as one more input of every graph. A call does
// not say which submodule it is of: the object that it is made on does, when it
// runs, so that one copy of a class's method serves all its instances.

#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "libtorch/hook_run.h"
#include "libtorch/torch.h"

namespace tsinspect {

// The name of a node that is an operator; empty for one that is not to be
// hooked.
using OperatorNaming = std::function<std::string(const torch::jit::Node&)>;

class Instrumenter {
 public:
  // Marks submodule calls, and, where there is `naming`, the operators that it
  // has a name for.
  explicit Instrumenter(OperatorNaming naming = {});
  ~Instrumenter();

  // The copy of a function; a HookRun, as a capsule, is its last argument.
  // Thread-safe; made at the first call, and kept.
  torch::jit::Function& instrumented(torch::jit::Function& original);

 private:
  friend class GraphRewriter;

  torch::jit::GraphFunction& instrument(torch::jit::Function& original);
  const CallSite* add_site(CallSite site);

  const OperatorNaming naming_;
  std::recursive_mutex mutex_;  // Guards what follows.
  std::shared_ptr<torch::jit::CompilationUnit> unit_;
  std::unordered_map<const torch::jit::Function*, torch::jit::GraphFunction*>
      done_;
  std::deque<CallSite> sites_;  // Graphs have their addresses.
};

}  // namespace tsinspect
