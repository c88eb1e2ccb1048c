#include "analysis/flow_values.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace tsinspect {
namespace {

using torchscript::FunctionGraph;
using torchscript::Operation;
using torchscript::OperationId;
using torchscript::OperationInput;
using torchscript::OperationKind;
using torchscript::Program;
using torchscript::Type;
using torchscript::TypeId;
using torchscript::TypeKind;
using torchscript::TypeTable;

// Operators that read numbers out of a tensor.
constexpr std::array<std::string_view, 11> kReaders = {
    "aten::item",           "aten::Int",
    "aten::Float",          "aten::Complex",
    "aten::Bool",           "aten::IntImplicit",
    "aten::FloatImplicit",  "aten::ComplexImplicit",
    "aten::ScalarImplicit", "aten::tolist",
    "prim::tolist"};

// Types whose values are never tensors, nor hold any.
constexpr std::array kPlain = {
    TypeKind::kNone, TypeKind::kInt,    TypeKind::kFloat,  TypeKind::kComplex,
    TypeKind::kBool, TypeKind::kString, TypeKind::kNumber, TypeKind::kDevice,
};
constexpr std::array kContainers = {TypeKind::kList, TypeKind::kOptional,
                                    TypeKind::kTuple, TypeKind::kDict};

// Deeper types may hold anything.
constexpr int kMaxTypeDepth = 64;

class Values {
 public:
  Values(const Program& program, const FunctionGraph& function,
         const SelfPaths& paths)
      : types_(program.types()),
        function_(function),
        paths_(paths),
        is_data_(function.operations.size()),
        wanted_(function.operations.size()) {}

  // Operations stand behind their inputs, so that one way forth and one way
  // back are enough.
  std::vector<bool> run() {
    for (OperationId id = 0; id < is_data_.size(); ++id) {
      is_data_[id] = is_data(id);
    }
    for (size_t id = is_data_.size(); id-- > 0;) {
      want_inputs(static_cast<OperationId>(id));
    }
    return std::move(wanted_);
  }

 private:
  bool may_hold_tensor(TypeId id, int depth = 0) {
    if (depth > kMaxTypeDepth) return true;
    auto known = holds_.find(id);
    if (known != holds_.end()) return known->second;
    const Type& type = types_[id];
    bool holds = std::ranges::find(kPlain, type.kind) == kPlain.end();
    if (std::ranges::find(kContainers, type.kind) != kContainers.end()) {
      holds = std::ranges::any_of(type.arguments, [&](TypeId argument) {
        return may_hold_tensor(argument, depth + 1);
      });
    }
    holds_.emplace(id, holds);
    return holds;
  }

  bool any_input(const Operation& operation, auto is_so) const {
    return std::ranges::any_of(
        function_.inputs_of(operation),
        [&](const OperationInput& input) { return is_so(input.value); });
  }

  bool is_data(OperationId id) {
    const Operation& operation = function_[id];
    if (operation.kind == OperationKind::kParameter) return true;
    if (paths_.path_of(id) != kNoIndex) return may_hold_tensor(operation.type);
    switch (operation.kind) {
      case OperationKind::kConstant:
        return may_hold_tensor(operation.type);
      case OperationKind::kOperator:
      case OperationKind::kCallFunction:
      case OperationKind::kCallMethod:
      case OperationKind::kCreate:
        return may_hold_tensor(operation.type) || reads_data(operation);
      case OperationKind::kConstruct:  // Empty ones may be filled later.
        if (may_hold_tensor(operation.type)) return true;
        [[fallthrough]];
      default:  // What has no inputs is none.
        return any_input(operation, [&](OperationId v) { return is_data_[v]; });
    }
  }

  // Whether a number is made of another that is data, or of a tensor.
  bool reads_data(const Operation& operation) {
    bool reads_tensors =
        std::ranges::find(kReaders, operation.name) != kReaders.end();
    return any_input(operation, [&](OperationId value) {
      if (!is_data_[value]) return false;
      return reads_tensors || !may_hold_tensor(function_[value].type);
    });
  }

  // What is drawn even if nothing takes its value.
  bool is_wanted_anyway(const Operation& operation) {
    switch (operation.kind) {
      case OperationKind::kParameter:
      case OperationKind::kReturn:
      case OperationKind::kSetAttribute:
        return true;
      case OperationKind::kOperator:
      case OperationKind::kCallFunction:
      case OperationKind::kCreate:
        return may_hold_tensor(operation.type);
      case OperationKind::kCallMethod:
        return may_hold_tensor(operation.type) ||
               paths_.path_of(function_.inputs_of(operation)[0].value) != 0;
      default:
        return false;
    }
  }

  void want_inputs(OperationId id) {
    const Operation& operation = function_[id];
    if (is_wanted_anyway(operation)) wanted_[id] = true;
    if (!wanted_[id]) return;
    bool is_path = paths_.path_of(id) != kNoIndex;
    auto inputs = function_.inputs_of(operation);
    bool has_path = operation.kind == OperationKind::kCallMethod &&
                    paths_.path_of(inputs[0].value) != kNoIndex;
    if (is_path) inputs = {};
    if (has_path) inputs = inputs.subspan(1);
    for (const OperationInput& input : inputs) {
      if (is_data_[input.value]) wanted_[input.value] = true;
    }
  }

  const TypeTable& types_;
  const FunctionGraph& function_;
  const SelfPaths& paths_;
  std::unordered_map<TypeId, bool> holds_;
  std::vector<bool> is_data_;  // May be drawn, if it is wanted.
  std::vector<bool> wanted_;
};

}  // namespace

std::vector<bool> flow_values(const Program& program,
                              const FunctionGraph& function,
                              const SelfPaths& paths, bool all) {
  if (all) return std::vector<bool>(function.operations.size(), true);
  return Values(program, function, paths).run();
}

}  // namespace tsinspect
