#include <array>
#include <optional>
#include <unordered_set>
#include <utility>

#include "analysis/program_parts.h"

namespace tsinspect {
namespace {

using torchscript::FunctionGraph;
using torchscript::Operation;
using torchscript::OperationKind;
using torchscript::Program;

OperatorKind kind_of(std::string_view name) {
  return torchscript::is_own_operator(name) ? OperatorKind::kBuiltin
                                            : OperatorKind::kCustom;
}

OperatorUse use_of(const FunctionGraph& function, const Operation& operation) {
  return {function.name, {function.source->record, function.offset(operation)}};
}

void add_source(const Program& program, OperatorInventory* inventory) {
  for (const FunctionGraph& function : program.functions()) {
    for (const Operation& operation : function.operations) {
      bool is_control = operation.kind == OperationKind::kControl;
      if (!is_control && !FunctionGraph::is_operator(operation)) continue;
      std::optional<std::string> overload;
      if (operation.op != nullptr) overload = operation.op->overload;
      if (operation.kind != OperationKind::kOperator) overload.emplace();
      inventory->add(
          std::string(operation.name), std::move(overload),
          is_control ? OperatorKind::kControlFlow : kind_of(operation.name),
          use_of(function, operation));
    }
  }
}

// Longer names are no names of functions or operators.
constexpr size_t kLongestName = 4096;

// A mobile file's bytecode.pkl is a tuple: the version, then for each function
//
//   (name, (("instructions", ((opcode, X, N), …)),
//           ("operators", ((name, overload, arguments), …)), …), …)
//
// where the instruction ("OP", X, N) runs operator X.
//
// Source: torch/csrc/jit/mobile/import.cpp.
class Bytecode {
 public:
  Bytecode(const Model& model, OperatorInventory* inventory)
      : objects_(model.objects), inventory_(*inventory) {
    for (const Record& record : model.records) {
      if (record.name.ends_with("/bytecode.pkl")) record_ = record.name;
    }
    for (ObjectRef function : objects_.items(model.bytecode)) add(function);
  }

 private:
  // The value of an entry of a tuple of pairs.
  ObjectRef find(ObjectRef table, std::string_view key) const {
    for (ObjectRef pair : objects_.items(table)) {
      auto items = objects_.items(pair);
      if (items.size() == 2 && objects_.bytes(items[0]) == key) return items[1];
    }
    return kNoObject;
  }

  static bool is_instruction(std::string_view opcode) {
    return opcode == "OP" || opcode == "OPN";
  }

  void add(ObjectRef function) {
    auto parts = objects_.items(function);
    if (parts.size() < 2) return;  // The version.
    std::string_view name = objects_.bytes(parts[0]);
    // References may name one function again and again, with a long name.
    if (name.size() > kLongestName || !seen_.insert(parts[1]).second) return;
    auto operators = objects_.items(find(parts[1], "operators"));
    ObjectRef code = find(parts[1], "instructions");
    if (!seen_.insert(code).second) return;
    auto instructions = objects_.items(code);
    for (uint32_t i = 0; i < instructions.size(); ++i) {
      auto words = objects_.items(instructions[i]);
      if (words.size() < 2 || !is_instruction(objects_.bytes(words[0]))) {
        continue;
      }
      if (objects_.kind(words[1]) != ObjectKind::kInt) continue;
      auto index = static_cast<uint64_t>(objects_.integer(words[1]));
      if (index < operators.size()) {
        add_use(operators[index], {std::string(name), {record_, i}});
      }
    }
  }

  void add_use(ObjectRef op, OperatorUse use) {
    auto words = objects_.items(op);
    if (words.size() < 2) return;
    std::string name(objects_.bytes(words[0]));
    if (name.size() > kLongestName) return;
    OperatorKind kind = kind_of(name);
    inventory_.add(std::move(name), std::string(objects_.bytes(words[1])), kind,
                   std::move(use));
  }

  const ObjectGraph& objects_;
  OperatorInventory& inventory_;
  std::string_view record_;
  std::unordered_set<ObjectRef> seen_;  // Functions and their instructions.
};

}  // namespace

void OperatorInventory::add(std::string name,
                            std::optional<std::string> overload,
                            OperatorKind kind, OperatorUse use) {
  auto key = std::make_pair(name, overload);
  auto [entry, is_new] = rows_.try_emplace(std::move(key));
  OperatorCount& row = entry->second;
  if (is_new) {
    row.name = std::move(name);
    row.overload = std::move(overload);
    row.kind = kind;
  }
  row.uses.push_back(std::move(use));
}

std::vector<OperatorCount> OperatorInventory::take() {
  std::vector<OperatorCount> all;
  for (auto& [key, row] : rows_) all.push_back(std::move(row));
  return all;
}

const char* to_string(OperatorKind kind) {
  constexpr std::array kNames = {"builtin", "custom", "control-flow",
                                 "function"};
  return kNames[static_cast<size_t>(kind)];
}

std::vector<OperatorCount> operators_of(const Program& program) {
  OperatorInventory inventory;
  add_source(program, &inventory);
  return inventory.take();
}

std::vector<OperatorCount> operators(const Model& model) {
  if (model.dataflow != nullptr) return dataflow_operators(model);
  if (model.source == nullptr) return {};
  return operators_of(Program(model));
}

std::vector<OperatorCount> bytecode_operators(const Model& model) {
  OperatorInventory inventory;
  Bytecode(model, &inventory);
  return inventory.take();
}

ProgramSummary summarize_program(const Model& model) {
  ProgramSummary summary;
  if (model.dataflow != nullptr) {
    summary.operators = dataflow_operators(model);
    summary.outside_calls = dataflow_outside_calls(model);
    return summary;
  }
  std::optional<Program> program;
  if (model.source != nullptr) {
    program.emplace(model);
    summary.operators = operators_of(*program);
    summary.findings = program->findings();
  }
  summary.bytecode_operators = bytecode_operators(model);
  summary.outside_calls = outside_calls_of(model, program ? &*program : nullptr,
                                           summary.bytecode_operators);
  return summary;
}

}  // namespace tsinspect
