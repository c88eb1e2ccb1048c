#include "torchscript/lowered.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <sstream>

#include "analysis/hand_made.h"

namespace tsinspect::torchscript {
namespace {

bool stands_where_it_is_taken(OperationKind kind) {
  return kind == OperationKind::kUnknown || kind == OperationKind::kParameter ||
         kind == OperationKind::kLiteral || kind == OperationKind::kConstant ||
         kind == OperationKind::kFunction;
}

class Printer {
 public:
  Printer(const Program& program, const FunctionGraph& function)
      : program_(program), function_(function) {}

  std::vector<std::string> print() {
    std::vector<std::string> all;
    for (OperationId id = 1; id < function_.operations.size(); ++id) {
      const Operation& operation = function_[id];
      if (stands_where_it_is_taken(operation.kind)) continue;
      bool has_value = operation.kind < OperationKind::kSetAttribute;
      std::string text = head(operation);
      if (operation.kind != OperationKind::kControl) {
        text += '(' + inputs(operation) + ')';
      }
      if (has_value) {
        names_.resize(id + 1);
        names_[id] = fmt::format("%{}", count_++);
        text = fmt::format("{} = {}: {}", names_[id], text,
                           program_.types()[operation.type].text);
      }
      all.push_back(std::move(text));
    }
    return all;
  }

 private:
  std::string value(OperationId id) const {
    const Operation& operation = function_[id];
    switch (operation.kind) {
      case OperationKind::kUnknown:
        return "?";
      case OperationKind::kConstant:
        return fmt::format("c{}", operation.index);
      case OperationKind::kLiteral:
        if (operation.name.empty()) {
          return std::string(function_.body.text(operation.node));
        }
        [[fallthrough]];
      case OperationKind::kParameter:
      case OperationKind::kFunction:
        return std::string(operation.name);
      default:
        return id < names_.size() ? names_[id] : "later";
    }
  }

  std::string inputs(const Operation& operation) const {
    std::vector<std::string> all;
    for (const OperationInput& input : function_.inputs_of(operation)) {
      std::string keyword(input.keyword);
      if (!keyword.empty()) keyword += '=';
      all.push_back(keyword + value(input.value));
    }
    return fmt::format("{}", fmt::join(all, ", "));
  }

  std::string head(const Operation& operation) const {
    std::string name(operation.name);
    switch (operation.kind) {
      case OperationKind::kOperator:
        if (operation.op == nullptr) return name + ".?";
        if (operation.op->overload.empty()) return name;
        return name + '.' + std::string(operation.op->overload);
      case OperationKind::kAttribute:
        return "get " + name;
      case OperationKind::kSetAttribute:
        return "set " + name;
      case OperationKind::kCallFunction:
        return "call " + name;
      case OperationKind::kCallMethod:
        return "method " + name;
      case OperationKind::kCreate:
        return "new " + name;
      case OperationKind::kUnpack:
        if (!name.empty()) name += ' ';
        return fmt::format("{}[{}]", name, operation.index);
      case OperationKind::kJoin:
        return "join";
      case OperationKind::kReturn:
        return "return";
      default:
        return name;
    }
  }

  const Program& program_;
  const FunctionGraph& function_;
  std::vector<std::string> names_;
  size_t count_ = 0;
};

}  // namespace

Model source_model(std::string_view source,
                   const std::vector<std::string>& constants) {
  Model model;
  std::vector<ObjectRef> objects;
  for (const std::string& type : constants) {
    objects.push_back(
        object(model.objects,
               type == "Tensor" ? "torch._utils._rebuild_tensor_v2" : type));
  }
  model.constants = tuple(model.objects, objects);
  auto library = std::make_shared<Library>();
  library->add("code/__torch__.py", source, {});
  model.source = library;
  return model;
}

std::vector<std::string> lines(const Program& program,
                               const FunctionGraph& function) {
  return Printer(program, function).print();
}

std::vector<std::string> lowered(const std::string& parameters,
                                 const std::string& body,
                                 const std::string& other_source) {
  std::string source = other_source + "def f(" + parameters + "):\n";
  std::istringstream text(body);
  for (std::string line; std::getline(text, line);) {
    source += "  " + line + '\n';
  }
  return lowered_function(source, "__torch__.f", {"Tensor", "__torch__.C"});
}

std::vector<std::string> lowered_function(
    std::string_view source, std::string_view name,
    const std::vector<std::string>& constants) {
  Model model = source_model(source, constants);
  Program program(model);
  std::vector<std::string> all;
  if (const FunctionGraph* function = program.find(name)) {
    all = lines(program, *function);
  }
  for (const Finding& finding : program.findings()) {
    all.push_back(finding.where + ": " + finding.message);
  }
  return all;
}

}  // namespace tsinspect::torchscript
