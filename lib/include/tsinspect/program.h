// What the program in a model does, TorchScript or a graph of operators: its
// operators, and which of them reach outside of the process that runs it.

#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// Where something stands in the archive's TorchScript source.
struct CodePlace {
  std::string_view record;  // "net/code/__torch__/models.py"
  uint64_t offset = 0;      // In bytes of its text, or of a graph's file.

  auto operator<=>(const CodePlace&) const = default;
};

enum class OperatorKind : uint8_t {
  kBuiltin,      // builtin: LibTorch's own
  kCustom,       // custom: of an extension that has to be loaded first
  kControlFlow,  // control-flow: prim::If, prim::Loop, …
  kFunction,     // function: of the model's own library
};

const char* to_string(OperatorKind kind);

struct OperatorUse {
  // "__torch__.models.Net.forward"; the scope of a node's graph.
  std::string function;
  // In bytecode: its record, and the number of the instruction.
  CodePlace place;
  std::string_view node = {};  // Of a graph; its name, or that of its output.
  // Functions and graphs of the model that the node runs.
  std::vector<std::string> runs = {};
};

// An operator and all places that call it.
struct OperatorCount {
  // Qualified: "aten::add"; ONNX's own without a domain: "Conv".
  std::string name;
  // "Tensor", empty for the one without a name; unset where the types of the
  // arguments cannot be told from the text.
  std::optional<std::string> overload;
  OperatorKind kind = OperatorKind::kBuiltin;
  std::vector<OperatorUse> uses;
};

// All operators of a TorchScript model's source, or of the graphs of another,
// by name and overload. Empty for a model that has none.
//
// Operators are counted where they are written: in a loop, or in a function
// that several others call, once. Names are those of torch.ops; overloads are
// chosen as LibTorch's compiler chooses them. Source: the schemas of torch
// 2.13.
std::vector<OperatorCount> operators(const Model& model);

// The same for the bytecode of a mobile file, which is what runs there.
std::vector<OperatorCount> bytecode_operators(const Model& model);

// A call that reaches outside of the process, or runs code that is not
// LibTorch's.
struct OutsideCall {
  // "aten::save", "WriteFile", or the custom class or operator, or the function
  // or record that cannot be read.
  std::string name;
  std::string reason;  // "writes a file"
  OperatorUse use;
  // Loading may run it: a `__setstate__` reaches it, or the default of an
  // argument, or the constant of a class.
  bool at_load = false;
};

// The calls to know of before the model is loaded or run: operators that read
// or write files or call other processes, all that is not LibTorch's own, and
// functions that cannot be read.
// Ask this before executing a file. Where a call's target cannot be told from
// the text, every method of that name is taken for it.
std::vector<OutsideCall> outside_calls(const Model& model);

struct ProgramSummary {
  std::vector<OperatorCount> operators;
  std::vector<OperatorCount> bytecode_operators;
  std::vector<OutsideCall> outside_calls;
  std::vector<Finding> findings;  // What source cannot be read.
};

// All of the above, reading the program once.
ProgramSummary summarize_program(const Model& model);

}  // namespace tsinspect
