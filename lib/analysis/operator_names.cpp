#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "analysis/call_paths.h"
#include "analysis/layer_roles.h"
#include "analysis/operator_kinds.h"
#include "torchscript/debug_records.h"

namespace tsinspect {
namespace {

using torchscript::FunctionGraph;
using torchscript::Operation;
using torchscript::OperationInput;
using torchscript::OperationKind;
using torchscript::Program;

// No operator of LibTorch's has more.
constexpr size_t kMostArguments = 64;

constexpr std::string_view kConvolution = "_convolution";

// Results that are no tensors, of operators nobody would name.
bool is_worth_naming(const Program& program, const Operation& operation) {
  using torchscript::TypeKind;
  if (operation.kind != OperationKind::kOperator) return false;
  switch (program.types().kind(operation.type)) {
    case TypeKind::kTensor:
    case TypeKind::kTuple:
    case TypeKind::kList:
    case TypeKind::kUnknown:
      return true;
    default:
      return false;
  }
}

// "conv2d", "conv_transpose3d": by the length of its stride.
std::string convolution_kind(const FunctionGraph& function,
                             const Operation& operation) {
  std::string_view stride = argument_text(function, operation, "stride");
  auto dimensions = 1 + std::ranges::count(stride, ',');
  bool transposed = argument_text(function, operation, "transposed") == "True";
  return std::string(transposed ? "conv_transpose" : "conv") +
         std::to_string(dimensions) + "d";
}

// The debug records of a frozen model, which alone has lost its modules. One
// is open at a time: functions come by record.
class DebugRecords {
 public:
  explicit DebugRecords(const Model& model) : model_(model) {}

  // Null where the record has none, or one that cannot be read: only better
  // names are lost.
  const torchscript::DebugRecord* open(std::string_view record) {
    if (model_.form != Form::kTorchScriptFrozen) return nullptr;
    if (record == record_) return open_ ? &*open_ : nullptr;
    record_ = record;
    open_.reset();
    try {
      open_ = torchscript::read_debug_record(model_, record);
    } catch (const Error&) {
    }
    return open_ ? &*open_ : nullptr;
  }

 private:
  const Model& model_;
  std::string_view record_;
  std::optional<torchscript::DebugRecord> open_;
};

// Weights of more layers than a recurrent operator takes are not looked for.
constexpr size_t kMostWeights = 1024;

// A layer with its weights. Others do not stand where they ran: the trace's
// optimiser shares what is computed twice.
bool is_layer(const FunctionGraph& function, const Operation& operation) {
  if (layer_rank(operation.name) > 1) return false;
  auto has_constant = [&](const Operation& value) {
    auto inputs = function.inputs_of(value);
    return std::ranges::any_of(
        inputs.first(std::min(inputs.size(), kMostWeights)),
        [&](const OperationInput& input) {
          return function[input.value].kind == OperationKind::kConstant;
        });
  };
  return has_constant(operation) ||
         std::ranges::any_of(function.inputs_of(operation),
                             [&](const OperationInput& input) {
                               const Operation& list = function[input.value];
                               return list.kind == OperationKind::kConstruct &&
                                      has_constant(list);
                             });
}

// In the order in which they run, layers with the module that called them
// before their kind where a call stack tells.
void add_names(const Program& program, const FunctionGraph& function,
               DebugRecords* records, std::vector<OperatorName>* names) {
  const auto* record = records->open(function.source->record);
  CallPaths paths;
  for (const Operation& operation : function.operations) {
    if (!is_worth_naming(program, operation)) continue;
    CodePlace place = {function.source->record, function.offset(operation)};
    std::string name = operator_kind(function, operation);
    if (record != nullptr && is_layer(function, operation)) {
      auto origin = record->find(place.offset);
      std::string path =
          origin ? paths.path(operation.name, origin->stack) : "";
      if (!path.empty()) name = path + '.' + name;
    }
    names->push_back({place, std::string(operation.name), std::move(name)});
  }
}

void number(std::vector<OperatorName>* names) {
  std::unordered_map<std::string, uint32_t> counts;
  std::unordered_set<std::string> taken;
  for (OperatorName& row : *names) {
    std::string kind = row.name;
    uint32_t& count = counts[kind];
    if (count > 0) row.name = kind + '_' + std::to_string(count);
    ++count;
    // An extension's operator may itself be called "conv2d_1".
    while (!taken.insert(row.name).second) {
      row.name = kind + '_' + std::to_string(count++);
    }
  }
}

}  // namespace

std::string_view argument_text(const FunctionGraph& function,
                               const Operation& operation,
                               std::string_view name) {
  auto inputs = function.inputs_of(operation);
  for (size_t i = 0; i < std::min(inputs.size(), kMostArguments); ++i) {
    if (function.argument_name(operation, i) != name) continue;
    const Operation& value = function[inputs[i].value];
    return function.body.text(value.node);
  }
  return {};
}

std::string operator_kind(const FunctionGraph& function,
                          const Operation& operation) {
  std::string_view name = operation.name;
  name.remove_prefix(std::min(name.find("::") + 2, name.size()));
  if (name.starts_with(kConvolution)) {
    return convolution_kind(function, operation);
  }
  if (name.starts_with("__")) return std::string(name);
  while (name.starts_with('_') && name.size() > 1) name.remove_prefix(1);
  while (name.ends_with('_') && name.size() > 1) name.remove_suffix(1);
  return std::string(name);
}

std::vector<OperatorName> operator_names(const Model& model,
                                         const Program& program) {
  std::vector<OperatorName> names;
  DebugRecords records(model);
  for (const FunctionGraph& function : program.functions()) {
    add_names(program, function, &records, &names);
  }
  // Within a record by offset; `f(g(x))` has g's text within f's.
  auto begin = names.begin();
  while (begin != names.end()) {
    auto end = std::find_if(begin, names.end(), [&](const OperatorName& name) {
      return name.place.record != begin->place.record;
    });
    std::stable_sort(begin, end, [](const auto& a, const auto& b) {
      return a.place.offset < b.place.offset;
    });
    begin = end;
  }
  number(&names);
  return names;
}

std::vector<OperatorName> operator_names(const Model& model) {
  if (model.source == nullptr) return {};
  return operator_names(model, Program(model));
}

}  // namespace tsinspect
