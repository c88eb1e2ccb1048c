// The modules of a model as a tree, with what each of them holds.

#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// Tensors and their elements.
struct TensorCount {
  uint64_t tensors = 0;
  uint64_t elements = 0;

  void add(const TensorCount& other) {
    tensors += other.tensors;
    elements += other.elements;
  }
};

struct ModuleNode {
  // Dotted; empty for the root. Views into the Model, or the tree's own.
  std::string_view path;
  std::string_view name;  // Its last part.
  std::string_view type;  // Empty where the tree is derived.
  uint32_t parent = kNoIndex;
  std::vector<uint32_t> children;  // In order.
  TensorCount parameters;          // Its own.
  TensorCount buffers;
  TensorCount others;          // Constants and attributes.
  uint64_t operators = 0;      // Nodes of graphs that are named after it.
  TensorCount all_parameters;  // And those of the modules below it.
  TensorCount all_buffers;
};

struct ModuleTree {
  std::vector<ModuleNode> nodes;  // Each before its children; the root first.
  // The file has no modules; these are the prefixes of its tensors' names and
  // the scopes in its nodes' names. What it does not call a buffer is counted
  // as a parameter, but for the constants and attributes of graphs.
  bool derived = false;
  std::deque<std::string> texts;  // Paths that the file has in another form.
};

// The tree of `model`, which must outlive it. Empty without modules and names.
ModuleTree module_tree(const Model& model);

// "Conv2d" of "__torch__.torch.nn.modules.conv.___torch_mangle_3.Conv2d".
std::string_view short_type(std::string_view type);

// Without the part by which TorchScript tells classes of one name apart:
// "__torch__.Net" of "__torch__.___torch_mangle_3.Net".
std::string unmangled(std::string_view type);

}  // namespace tsinspect
