// The schemas of LibTorch's own operators.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "torchscript/types.h"

namespace tsinspect::torchscript {

struct OperatorArgument {
  std::string_view name;
  TypeId type = type_id(TypeKind::kUnknown);
  bool has_default = false;
  bool keyword_only = false;
};

// One overload of an operator. The views last as long as the program.
struct Operator {
  std::string_view name;      // "aten::add"
  std::string_view overload;  // "Tensor"; empty for the one without a name.
  std::vector<OperatorArgument> arguments;
  std::vector<TypeId> returns;
  bool is_vararg = false;  // Takes any more positional arguments.
};

// The table that scripts/make_operators.py wrote. What is asked for is parsed
// then, and kept.
class OperatorTable {
 public:
  // Types become those of `types`, which must outlive the table.
  explicit OperatorTable(TypeTable* types) : types_(*types) {}

  // The overloads of an operator in the order in which LibTorch tries them;
  // none if it is not LibTorch's own. The span is valid as long as the table.
  std::span<const Operator> overloads(std::string_view name);

 private:
  Operator parse(std::string_view line);

  TypeTable& types_;
  std::unordered_map<std::string_view, std::vector<Operator>> parsed_;
};

// Whether an operator is LibTorch's: in the table, or in a namespace that is
// LibTorch's alone, where an older version had it.
bool is_own_operator(std::string_view name);

// What an argument of an expression is: its keyword, empty if it has none, and
// its type.
struct ArgumentType {
  std::string_view keyword;
  TypeId type = type_id(TypeKind::kUnknown);
};

// The overload that LibTorch chooses for a call, and what the call gives.
struct Match {
  const Operator* op = nullptr;  // Null: none fits, or it cannot be told.
  TypeId result = type_id(TypeKind::kUnknown);  // A tuple of several results.
};

// Follows torch/csrc/jit/frontend/schema_matching.cpp: the first that fits as
// it is, else the first that fits with implicit conversions. Where an
// argument's type is unknown and that makes a difference, `op` is null.
Match match_overload(std::span<const Operator> overloads,
                     std::span<const ArgumentType> arguments, TypeTable* types);

}  // namespace tsinspect::torchscript
