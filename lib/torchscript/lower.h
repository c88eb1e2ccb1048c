// Turns the syntax tree of a function's body into operations.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "torchscript/graph.h"

namespace tsinspect::torchscript {

// The members of classes by name; made when a class is first asked for.
class Members {
 public:
  // Null where a class has none of that name. A hook is a method too.
  const AttributeInfo* attribute(const ClassInfo& info, std::string_view name);
  const MethodInfo* method(const ClassInfo& info, std::string_view name);

 private:
  struct Entry {
    std::unordered_map<std::string_view, const AttributeInfo*> attributes;
    std::unordered_map<std::string_view, const MethodInfo*> methods;
  };
  const Entry& of(const ClassInfo& info);

  std::unordered_map<const ClassInfo*, Entry> entries_;
};

// What all functions of a program share.
struct LowerContext {
  const Library& library;
  TypeTable* types;
  OperatorTable* operators;
  Members* members;
  std::span<const TypeId> constant_types;  // Of CONSTANTS.cN.
  std::unordered_set<std::string>* names;  // Text that operations view.
};

// Follows torch/csrc/jit/frontend/ir_emitter.cpp, as far as it decides which
// operators a text stands for. Recursion is bounded by the tree's depth.
class Lowering {
 public:
  Lowering(const LowerContext& context, FunctionGraph* graph);

  // Fills the graph's operations from its body.
  void run();

 private:
  using Inputs = std::vector<OperationInput>;

  // Statements: lower.cpp.
  void parameters();
  void block(NodeId id);
  void statement(NodeId id);
  void assign(NodeId id);
  OperationId declare(NodeId id, OperationId value, TypeId declared);
  void augmented_assign(NodeId id);
  void store(NodeId target, OperationId value);
  std::string_view unpack_name(OperationId tuple) const;
  void if_statement(NodeId id);
  void for_statement(NodeId id);
  void while_statement(NodeId id);
  void with_statement(NodeId id);
  void return_statement(NodeId id);
  void raise_statement(NodeId id);
  void assert_statement(NodeId id);
  void delete_statement(NodeId id);
  void nested_function(NodeId id);
  void condition(NodeId id);
  OperationId element_of(NodeId node, NodeId iterable);
  OperationId any_item(NodeId node, OperationId tuple);

  // Expressions: lower_expressions.cpp.
  OperationId expression(NodeId id);
  OperationId literal(NodeId id);
  OperationId name(NodeId id);
  OperationId attribute(NodeId id);
  OperationId attribute_of(NodeId node, OperationId object,
                           std::string_view name);
  OperationId subscript(NodeId id);
  OperationId slice(NodeId id, OperationId value, NodeId index);
  OperationId tuple_slice(NodeId id, OperationId value, NodeId index);
  OperationId tensor_index(OperationId value, NodeId index);
  OperationId construct(NodeId id);
  OperationId unary(NodeId id);
  OperationId binary(NodeId id);
  OperationId conditional(NodeId id);
  OperationId comprehension(NodeId id);
  bool is_qualified(NodeId id) const;
  OperationId qualified(NodeId id, const std::string& name);

  // Calls: lower_calls.cpp.
  OperationId call(NodeId id);
  OperationId call_value(NodeId id, OperationId function, size_t first = 1);
  OperationId call_named(NodeId id, std::string name, size_t first = 1);
  OperationId call_builtin(NodeId id, std::string_view name, size_t first);
  OperationId call_method(NodeId id, OperationId object,
                          std::string_view method, size_t first = 1);
  OperationId convert(NodeId id, std::string_view op, TypeKind to);
  OperationId annotate(NodeId id);
  OperationId cast(NodeId id);
  OperationId uninitialized(NodeId id);
  OperationId is_instance(NodeId id);
  OperationId get_attribute(NodeId id);
  OperationId fork(NodeId id);
  OperationId awaitable(NodeId id);
  OperationId later(NodeId id, std::string_view name);
  TypeId type_of_annotation(NodeId id);
  TypeId return_type(const Library::Source& source, NodeId function) const;
  TypeId method_type(TypeId object, std::string_view method) const;
  Inputs arguments(NodeId call, size_t first = 1);

  // An operator of LibTorch's, with its overload where that can be told.
  OperationId emit_operator(NodeId node, std::string_view name, Inputs inputs);
  OperationId emit(Operation operation, const Inputs& inputs = {});
  // A value that no operation of the program makes.
  OperationId named(NodeId id, std::string_view name, TypeId type);
  void named_control(NodeId id, std::string_view name);
  TypeId type(OperationId id) const { return graph_.operations[id].type; }
  TypeKind kind(OperationId id) const { return types_.kind(type(id)); }
  std::string_view own(std::string text);

  // Variables, with a log of what was assigned, so that branches can be undone.
  using Assigned = std::vector<std::pair<std::string_view, OperationId>>;
  struct Change {
    std::string_view variable;
    std::optional<OperationId> before;  // Unset where it was no variable.
  };
  OperationId find(std::string_view variable) const;
  bool is_variable(std::string_view name) const;
  void bind(std::string_view variable, OperationId value);
  // What was assigned since the log had `mark` entries, undone.
  Assigned undo(size_t mark);
  // After branches of which one is taken.
  void join(NodeId node, std::span<const Assigned> branches);
  OperationId join_values(NodeId node, std::vector<OperationId> values);

  const LowerContext& context_;
  TypeTable& types_;
  FunctionGraph& graph_;
  const Tree& tree_;
  std::unordered_map<std::string_view, OperationId> variables_;
  std::vector<Change> log_;

  // What the functions within this one return, by name; and what the one that
  // is being read returns.
  std::unordered_map<std::string_view, OperationId> closures_;
  std::optional<OperationId> returned_;
};

}  // namespace tsinspect::torchscript
