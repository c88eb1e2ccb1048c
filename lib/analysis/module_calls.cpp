#include "analysis/module_calls.h"

#include <algorithm>
#include <memory>
#include <unordered_set>

#include "analysis/self_paths.h"
#include "tsinspect/graph.h"

namespace tsinspect {
namespace {

using torchscript::ClassInfo;
using torchscript::FunctionGraph;
using torchscript::Operation;
using torchscript::OperationKind;
using torchscript::Program;

// A call of a method of what stands at a path from self, or of a function with
// that as its first argument.
struct Call {
  uint32_t path = 0;
  std::string_view method;
  uint32_t function = kNoIndex;  // Of Program::functions(); kNoIndex: a method.
  uint64_t count = 1;
};

// The calls of a function that concern modules, in order, each once.
struct CallList {
  explicit CallList(const FunctionGraph& function) : paths(function) {}

  SelfPaths paths;
  std::vector<Call> calls;
};

// Rows of Program::functions() by pointer, and by class and name.
class FunctionIndex {
 public:
  explicit FunctionIndex(const Program& program) : program_(program) {
    for (const FunctionGraph& function : program.functions()) {
      auto row = static_cast<uint32_t>(rows_.size());
      rows_.emplace(&function, row);
      if (function.owner == nullptr) continue;
      uint32_t owner = add_class(function.owner);
      methods_.add(owner, name_of(function), row);
      of_class_[owner].push_back(row);
    }
  }

  uint32_t row(const FunctionGraph* function) const {
    auto entry = rows_.find(function);
    return entry == rows_.end() ? kNoIndex : entry->second;
  }

  // Of the class of that name; kNoIndex if the program has none.
  uint32_t find_class(std::string_view type) const {
    auto entry = classes_.find(program_.library().find(type));
    return entry == classes_.end() ? kNoIndex : entry->second;
  }

  uint32_t find_method(uint32_t owner, std::string_view method) const {
    return methods_.find(owner, method);
  }

  // All methods of a class, forward first.
  std::vector<uint32_t> methods_of(uint32_t owner) const {
    if (owner == kNoIndex) return {};
    std::vector<uint32_t> rows = of_class_[owner];
    auto forward = std::ranges::find(rows, find_method(owner, "forward"));
    if (forward != rows.end()) std::rotate(rows.begin(), forward, forward + 1);
    return rows;
  }

 private:
  static std::string_view name_of(const FunctionGraph& function) {
    std::string_view name = function.name;
    return name.substr(name.rfind('.') + 1);
  }

  uint32_t add_class(const ClassInfo* info) {
    auto next = static_cast<uint32_t>(classes_.size());
    auto [entry, is_new] = classes_.try_emplace(info, next);
    if (is_new) of_class_.emplace_back();
    return entry->second;
  }

  const Program& program_;
  std::unordered_map<const FunctionGraph*, uint32_t> rows_;
  std::unordered_map<const ClassInfo*, uint32_t> classes_;
  std::vector<std::vector<uint32_t>> of_class_;
  ChildIndex methods_;
};

// Follows the calls with a stack of its own; a function is followed once for
// each module that it is called on.
class Walk {
 public:
  Walk(const Model& model, const Program& program)
      : model_(model),
        program_(program),
        functions_(program),
        children_(module_children(model)),
        lists_(program.functions().size()) {
    for (const Module& module : model.modules) {
      classes_.push_back(functions_.find_class(module.type));
    }
  }

  ModuleCalls run() {
    if (model_.modules.empty()) return {};
    for (uint32_t method : functions_.methods_of(classes_[0])) {
      enter(0, method);
      while (!open_.empty()) step();
    }
    return {table_.take(), work_ > kGraphCalls};
  }

 private:
  struct Frame {
    uint32_t module;
    const CallList* list;
    std::vector<uint32_t> modules;  // Of the list's paths.
    size_t next = 0;
  };

  const CallList& calls_of(uint32_t function) {
    auto& list = lists_[function];
    if (list == nullptr) list = list_calls(program_.functions()[function]);
    return *list;
  }

  std::unique_ptr<CallList> list_calls(const FunctionGraph& function) const {
    auto list = std::make_unique<CallList>(function);
    ChildIndex known;
    for (const Operation& operation : function.operations) {
      Call call;
      bool is_method = operation.kind == OperationKind::kCallMethod;
      if (!is_method && operation.kind != OperationKind::kCallFunction) {
        continue;
      }
      auto inputs = function.inputs_of(operation);
      if (inputs.empty()) continue;
      call.path = list->paths.path_of(inputs[0].value);
      if (call.path == kNoIndex) continue;
      call.method = operation.name;
      if (!is_method) {
        call.function = functions_.row(program_.callee(function, operation));
        if (call.function == kNoIndex) continue;
      }
      auto next = static_cast<uint32_t>(list->calls.size());
      uint32_t row = known.add(call.path, call.method, next);
      if (row == next) {
        list->calls.push_back(call);
      } else {
        ++list->calls[row].count;
      }
    }
    return list;
  }

  void enter(uint32_t module, uint32_t function) {
    if (!entered_.insert(pair_key(module, function)).second) return;
    const CallList& list = calls_of(function);
    if (list.calls.empty()) return;
    work_ += list.paths.steps().size();
    if (work_ > kGraphCalls) return;
    open_.push_back({module, &list, list.paths.modules(children_, module)});
  }

  void step() {
    Frame& frame = open_.back();
    if (frame.next == frame.list->calls.size() || work_ > kGraphCalls) {
      return open_.pop_back();
    }
    const Call& call = frame.list->calls[frame.next++];
    // Names are compared, so that long ones are more work.
    work_ += 1 + call.method.size() / 64;
    uint32_t from = frame.module;
    uint32_t to = frame.modules[call.path];
    if (to == kNoIndex) return;
    uint32_t function = call.function;
    if (function == kNoIndex) {
      if (to != from) table_.add({from, to, call.method, call.count});
      if (classes_[to] == kNoIndex) return;
      function = functions_.find_method(classes_[to], call.method);
    }
    if (function != kNoIndex) enter(to, function);
  }

  const Model& model_;
  const Program& program_;
  FunctionIndex functions_;
  ChildIndex children_;
  std::vector<uint32_t> classes_;  // Of each module.
  std::vector<std::unique_ptr<CallList>> lists_;
  std::unordered_set<uint64_t> entered_;
  std::vector<Frame> open_;
  CallTable table_;
  uint64_t work_ = 0;
};

}  // namespace

void CallTable::add(const ModuleCall& call) {
  auto [entry, is_new] =
      rows_.try_emplace({call.from, call.to, call.method}, calls_.size());
  if (is_new) calls_.push_back({call.from, call.to, call.method, 0});
  calls_[entry->second].count += call.count;
}

std::vector<ModuleCall> CallTable::take() {
  std::ranges::stable_sort(calls_, {}, &ModuleCall::from);
  return std::move(calls_);
}

ModuleCalls module_calls(const Model& model, const Program& program) {
  return Walk(model, program).run();
}

}  // namespace tsinspect
