#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "analysis/program_parts.h"

namespace tsinspect {
namespace {

using torchscript::FunctionGraph;
using torchscript::is_own_operator;
using torchscript::MethodInfo;
using torchscript::Operation;
using torchscript::OperationKind;
using torchscript::Program;

struct Outside {
  std::string_view name;
  std::string_view reason;
};
constexpr std::array kOutside = {
    Outside{"aten::save", "writes a file"},
    Outside{"aten::from_file", "reads or creates a file"},
    Outside{"prim::rpc_sync", "calls another process"},
    Outside{"prim::rpc_async", "calls another process"},
    Outside{"prim::rpc_remote", "calls another process"},
    Outside{"aten::to_here", "fetches from another process"},
    Outside{"prim::PythonOp", "calls Python"},
};

// Classes in C++ that LibTorch itself registers.
constexpr std::string_view kCustomClasses = "__torch__.torch.classes.";
constexpr std::array kOwnClasses = {
    std::string_view("quantized."), std::string_view("rnn."),
    std::string_view("sparse."),    std::string_view("xnnpack."),
    std::string_view("mkldnn."),    std::string_view("profiler."),
};

constexpr const char* kCustomOperator = "is no operator of LibTorch";
constexpr const char* kCustomClass = "is no class of LibTorch";
constexpr const char* kUnreadable = "cannot be read and may do anything";

constexpr torchscript::TypeId kUnknown =
    torchscript::type_id(torchscript::TypeKind::kUnknown);

bool is_custom_class(std::string_view name) {
  if (!name.starts_with(kCustomClasses)) return false;
  name.remove_prefix(kCustomClasses.size());
  return std::ranges::none_of(
      kOwnClasses, [&](std::string_view own) { return name.starts_with(own); });
}

// Why an operator is to be known of; empty if it need not be.
std::string_view reason_of(std::string_view name) {
  for (const Outside& row : kOutside) {
    if (row.name == name) return row.reason;
  }
  return is_own_operator(name) ? "" : kCustomOperator;
}

std::string_view reason_of(const Operation& operation) {
  if (operation.kind == OperationKind::kCreate) {
    return is_custom_class(operation.name) ? kCustomClass : "";
  }
  bool is_operator = operation.kind == OperationKind::kOperator;
  return is_operator ? reason_of(operation.name) : "";
}

// The functions that loading a model may call.
class LoadReach {
 public:
  explicit LoadReach(const Program& program) : program_(program) {
    for (const FunctionGraph& function : program.functions()) {
      by_method_[method_of(function)].push_back(&function);
      if (program.find(function.name) != &function) {
        twins_[function.name].push_back(&function);
      }
      if (function.is_default) add(&function);
    }
    add_named("__setstate__");
    // Operators and statements call them without a name: `a + b`, `with a:`.
    // So do calls of a module, with its hooks.
    if (!open_.empty()) {
      for (const FunctionGraph& function : program.functions()) {
        if (is_implicit(function)) add(&function);
      }
    }
    while (!open_.empty()) {
      const FunctionGraph& function = *open_.back();
      open_.pop_back();
      for (const Operation& operation : function.operations) {
        follow(function, operation);
      }
    }
  }

  bool contains(const FunctionGraph& function) const {
    return reached_.contains(&function);
  }

 private:
  static std::string_view method_of(const FunctionGraph& function) {
    std::string_view name = function.name;
    return name.substr(name.rfind('.') + 1);
  }

  static bool is_implicit(const FunctionGraph& function) {
    std::string_view name = method_of(function);
    if (name.starts_with("__") && name.ends_with("__")) return true;
    return function.owner != nullptr &&
           std::ranges::find(function.owner->hooks, name, &MethodInfo::name) !=
               function.owner->hooks.end();
  }

  void add(const FunctionGraph* function) {
    if (reached_.insert(function).second) open_.push_back(function);
  }

  void add_named(std::string_view method) {
    auto any = by_method_.find(method);
    if (any == by_method_.end()) return;
    for (const FunctionGraph* callee : any->second) add(callee);
    any->second.clear();  // All are reached now.
  }

  void follow(const FunctionGraph& function, const Operation& operation) {
    if (const FunctionGraph* callee = program_.callee(function, operation)) {
      add(callee);
      // Of two functions of one name, either may be the one.
      for (const FunctionGraph* twin : twins_[callee->name]) add(twin);
      return;
    }
    std::string_view name = operation.name;
    switch (operation.kind) {
      case OperationKind::kFunction:
        if (const FunctionGraph* taken = program_.find(name)) add(taken);
        return;
      // Of an interface, or of what has a type that cannot be told.
      case OperationKind::kCallMethod:
        return add_named(name);
      case OperationKind::kAttribute:
        if (operation.type == kUnknown) add_named(name);
        return;
      case OperationKind::kOperator:
        if (operation.op == nullptr)
          add_named(name.substr(name.find("::") + 2));
        return;
      default:
        return;
    }
  }

  const Program& program_;
  std::unordered_map<std::string_view, std::vector<const FunctionGraph*>>
      by_method_;
  // Functions that are not the first of their name.
  std::unordered_map<std::string_view, std::vector<const FunctionGraph*>>
      twins_;
  std::unordered_set<const FunctionGraph*> reached_;
  std::vector<const FunctionGraph*> open_;
};

// What cannot be read may do anything.
void add_unreadable(const std::vector<Finding>& findings,
                    std::vector<OutsideCall>* calls) {
  for (const Finding& finding : findings) {
    if (finding.rule != "unreadable-source") continue;
    calls->push_back({finding.where, kUnreadable, {}, true});
  }
}

void add_source(const Model& model, const Program& program,
                std::vector<OutsideCall>* calls) {
  LoadReach reach(program);
  for (const FunctionGraph& function : program.functions()) {
    for (const Operation& operation : function.operations) {
      std::string_view reason = reason_of(operation);
      if (reason.empty()) continue;
      CodePlace place = {function.source->record, function.offset(operation)};
      calls->push_back({std::string(operation.name),
                        std::string(reason),
                        {function.name, place},
                        reach.contains(function)});
    }
  }
  add_unreadable(model.findings, calls);
  add_unreadable(program.findings(), calls);
}

}  // namespace

std::vector<OutsideCall> outside_calls_of(
    const Model& model, const Program* program,
    std::span<const OperatorCount> bytecode) {
  std::vector<OutsideCall> calls;
  // Loading a pickle makes its objects: their class need not be in the source.
  for (const Import& import : model.imports) {
    if (!is_custom_class(import.name)) continue;
    std::string_view record = import.record == kNoIndex
                                  ? std::string_view()
                                  : model.records[import.record].name;
    auto offset = static_cast<uint32_t>(import.offset);
    calls.push_back(
        {std::string(import.name), kCustomClass, {"", {record, offset}}, true});
  }
  if (program != nullptr) add_source(model, *program, &calls);
  for (const OperatorCount& op : bytecode) {
    std::string_view reason = reason_of(op.name);
    if (reason.empty()) continue;
    for (const OperatorUse& use : op.uses) {
      calls.push_back({op.name, std::string(reason), use,
                       use.function.ends_with(".__setstate__")});
    }
  }
  return calls;
}

std::vector<OutsideCall> outside_calls(const Model& model) {
  if (model.dataflow != nullptr) return dataflow_outside_calls(model);
  std::vector<OperatorCount> bytecode = bytecode_operators(model);
  if (model.source == nullptr) {
    return outside_calls_of(model, nullptr, bytecode);
  }
  Program program(model);
  return outside_calls_of(model, &program, bytecode);
}

}  // namespace tsinspect
