#include "analysis/self_paths.h"

#include <fmt/format.h>

#include <algorithm>

namespace tsinspect {

using torchscript::FunctionGraph;
using torchscript::Operation;
using torchscript::OperationId;
using torchscript::OperationKind;

void require_source(const Model& model) {
  if (model.source != nullptr) return;
  throw Error(
      ErrorKind::kUnsupported,
      fmt::format("a file of form {} has no program; TorchScript archives, "
                  "ONNX and TensorFlow graphs do",
                  to_string(model.form)));
}

std::string_view name_in(const Model& model, uint32_t module,
                         std::string_view path) {
  size_t prefix = model.modules[module].path.size();
  return path.substr(std::min(prefix + (prefix > 0), path.size()));
}

ChildIndex module_children(const Model& model) {
  ChildIndex children;
  for (uint32_t i = 0; i < model.modules.size(); ++i) {
    const Module& module = model.modules[i];
    if (module.parent == kNoIndex) continue;
    children.add(module.parent, name_in(model, module.parent, module.path), i);
  }
  return children;
}

SelfPaths::SelfPaths(const FunctionGraph& function)
    : paths_(function.operations.size(), kNoIndex), steps_(1) {
  ChildIndex known;
  for (OperationId id = 0; id < function.operations.size(); ++id) {
    const Operation& operation = function[id];
    if (operation.kind == OperationKind::kParameter && operation.index == 0) {
      paths_[id] = 0;
    }
    bool goes_on = operation.kind == OperationKind::kAttribute ||
                   operation.kind == OperationKind::kCast;
    if (!goes_on) continue;
    uint32_t from = paths_[function.inputs_of(operation)[0].value];
    if (operation.kind == OperationKind::kCast || from == kNoIndex) {
      paths_[id] = from;
      continue;
    }
    auto next = static_cast<uint32_t>(steps_.size());
    paths_[id] = known.add(from, operation.name, next);
    if (paths_[id] == next) steps_.push_back({from, operation.name});
  }
}

std::vector<uint32_t> SelfPaths::modules(const ChildIndex& children,
                                         uint32_t module) const {
  std::vector<uint32_t> rows(steps_.size(), kNoIndex);
  rows[0] = module;
  for (size_t i = 1; i < steps_.size(); ++i) {
    uint32_t parent = rows[steps_[i].parent];
    if (parent != kNoIndex) rows[i] = children.find(parent, steps_[i].name);
  }
  return rows;
}

}  // namespace tsinspect
