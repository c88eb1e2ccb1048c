// What the functions of a TorchScript program do: operations on values, as in
// LibTorch's IR, read off the source text.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "torchscript/library.h"
#include "torchscript/operators.h"
#include "torchscript/syntax.h"
#include "torchscript/types.h"
#include "tsinspect/model.h"

namespace tsinspect::torchscript {

enum class OperationKind : uint8_t {
  // Values that are there.
  kUnknown,
  kParameter,  // index: of the function's parameters, self included
  kConstant,   // index: N of CONSTANTS.cN
  kLiteral,    // A number, a string, None, …
  kFunction,   // name: qualified, of a function or class as a value
  kAttribute,  // object → name: attribute
  // What makes values of others.
  kOperator,      // arguments… → name: "aten::add"
  kCallFunction,  // arguments… → name: qualified
  kCallMethod,    // object, arguments… → name: method
  kCreate,        // arguments… → an object; name: its class
  kConstruct,     // items… → name: prim::ListConstruct, …
  kUnpack,        // tuple → item; index: which
  kCast,          // value → the same, seen as another type
  kJoin,          // values… → one of them, as branches decide
  // What has no value.
  kSetAttribute,  // object, value; name: attribute
  kControl,       // condition or iterable; name: prim::If, prim::Loop
  kReturn,        // value
};

// Index of an operation, and of the value that it gives, in its function.
using OperationId = uint32_t;
constexpr OperationId kNoOperation = 0;  // Of kind kUnknown.

struct Operation {
  OperationKind kind = OperationKind::kUnknown;
  TypeId type = type_id(TypeKind::kUnknown);  // Of the value.
  NodeId node = kNoNode;                      // In the function's body.
  uint32_t index = 0;                         // See the kinds.
  std::string_view name;                      // See the kinds.
  std::string_view variable;     // The first that the value is assigned to.
  const Operator* op = nullptr;  // The overload, where it can be told.
  const Operator* first_overload = nullptr;  // Of a LibTorch operator.
  uint32_t first_input = 0;  // Index into FunctionGraph::inputs.
  uint32_t input_count = 0;
};

struct OperationInput {
  std::string_view keyword;  // Empty for a positional one.
  OperationId value = kNoOperation;
};

// One method or function.
struct FunctionGraph {
  std::string name;  // Qualified: "__torch__.models.Net.forward".
  const Library::Source* source = nullptr;
  const ClassInfo* owner = nullptr;  // Null for a function of no class.
  NodeId function = kNoNode;         // In the source's tree.
  // Not the function's body: an argument's default, or a class's constant. Both
  // are computed when the archive is loaded.
  bool is_default = false;
  Tree body;  // Its root is the function's kBlock.
  std::vector<std::string_view> parameters;  // Their names.
  std::vector<Operation> operations{Operation()};
  std::vector<OperationInput> inputs;

  const Operation& operator[](OperationId id) const { return operations[id]; }

  std::span<const OperationInput> inputs_of(const Operation& operation) const {
    return std::span(inputs).subspan(operation.first_input,
                                     operation.input_count);
  }

  // Whether an operation is one of LibTorch's operators, or one that only the
  // language has: prim::TupleUnpack, prim::unchecked_cast.
  static bool is_operator(const Operation& operation) {
    return operation.kind == OperationKind::kOperator ||
           ((operation.kind == OperationKind::kUnpack ||
             operation.kind == OperationKind::kCast ||
             operation.kind == OperationKind::kLiteral) &&
            operation.name.starts_with("prim::"));
  }

  // Whether a cast gives some items of a tuple, it does not matter which,
  // rather than the value that it takes.
  static bool is_any_item(const Operation& operation) {
    return operation.name == "slice" || operation.name == "items";
  }

  // Where an operation stands in the source's text.
  uint32_t offset(const Operation& operation) const {
    return body[operation.node].begin;
  }

  // The name of the argument that input `i` of an operator is, taken from the
  // first overload where it cannot be told which one it is; empty for what is
  // not LibTorch's.
  std::string_view argument_name(const Operation& operation, size_t i) const;
};

class Members;

// All functions of an archive.
class Program {
 public:
  // Reads the bodies of all functions. What cannot be read becomes a finding.
  // The model must outlive the program.
  explicit Program(const Model& model, const Limits& limits = {});
  Program(const Program&) = delete;
  ~Program();

  const Library& library() const { return library_; }
  const TypeTable& types() const { return types_; }

  // In the order of the records, and in each of its text.
  const std::deque<FunctionGraph>& functions() const { return functions_; }

  // Null where there is none of that qualified name.
  const FunctionGraph* find(std::string_view name) const;

  // What an operation calls; null if it is no call of the program's own code.
  const FunctionGraph* callee(const FunctionGraph& function,
                              const Operation& operation) const;

  const std::vector<Finding>& findings() const { return findings_; }

 private:
  void add_class(const Library::Source& source, const ClassInfo& info);
  void add(const Library::Source& source, const ClassInfo* owner, NodeId node);
  void add_default(const Library::Source& source, std::string_view name,
                   NodeId value);
  FunctionGraph* read(const Library::Source& source, std::string name,
                      NodeId body);
  void lower(FunctionGraph* graph);

  const Library& library_;
  const Limits limits_;
  TypeTable types_;
  OperatorTable operators_{&types_};
  std::unique_ptr<Members> members_;
  std::vector<TypeId> constant_types_;
  std::unordered_set<std::string> names_;
  std::deque<FunctionGraph> functions_;
  std::unordered_map<std::string_view, const FunctionGraph*> by_name_;
  std::vector<Finding> findings_;
};

}  // namespace tsinspect::torchscript
