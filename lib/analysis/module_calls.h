// Which modules of a model call which, as the source says.

#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>
#include <vector>

#include "torchscript/graph.h"
#include "tsinspect/model.h"

namespace tsinspect {

struct ModuleCall {
  uint32_t from = 0;  // Rows of Model::modules.
  uint32_t to = 0;
  std::string_view method;
  uint64_t count = 0;
};

// Calls in the order in which they come, each once.
class CallTable {
 public:
  void add(const ModuleCall& call);

  // By the module that calls.
  std::vector<ModuleCall> take();

 private:
  std::map<std::tuple<uint32_t, uint32_t, std::string_view>, size_t> rows_;
  std::vector<ModuleCall> calls_;
};

struct ModuleCalls {
  std::vector<ModuleCall> calls;  // By `from`, and in call order.
  bool truncated = false;         // At kGraphCalls.
};

// The calls that the root's methods reach. A module is found by its path, so
// that what an interface stands for is known; methods that a module calls on
// itself, and functions that take it as their first argument, are followed as a
// part of it. Both must outlive the result.
ModuleCalls module_calls(const Model& model,
                         const torchscript::Program& program);

}  // namespace tsinspect
