#include "tsinspect/module_tree.h"

#include <algorithm>
#include <unordered_map>

#include "analysis/dataflow_graph.h"
#include "tsinspect/listing.h"

namespace tsinspect {
namespace {

// Names are cut into no more parts than this; what follows stays one part, so
// that a name of a million dots costs no million nodes.
constexpr size_t kMaxParts = 64;

std::string_view last_part(std::string_view path) {
  return path.substr(path.find_last_of('.') + 1);
}

void link_children(ModuleTree* tree) {
  for (uint32_t i = 0; i < tree->nodes.size(); ++i) {
    uint32_t parent = tree->nodes[i].parent;
    if (parent != kNoIndex) tree->nodes[parent].children.push_back(i);
  }
}

// Children stand behind their parents, so that one way back adds all up.
void add_up(ModuleTree* tree) {
  for (ModuleNode& node : tree->nodes) {
    node.all_parameters.add(node.parameters);
    node.all_buffers.add(node.buffers);
  }
  for (size_t i = tree->nodes.size(); i-- > 0;) {
    const ModuleNode& node = tree->nodes[i];
    if (node.parent == kNoIndex) continue;
    tree->nodes[node.parent].all_parameters.add(node.all_parameters);
    tree->nodes[node.parent].all_buffers.add(node.all_buffers);
  }
}

ModuleTree stated_tree(const Model& model) {
  ModuleTree tree;
  for (const Module& module : model.modules) {
    ModuleNode& node = tree.nodes.emplace_back();
    node.path = module.path;
    // An attribute's name can hold a dot, so its parent tells where it begins.
    if (module.parent == kNoIndex) {
      node.name = node.path;
    } else {
      size_t prefix = model.modules[module.parent].path.size();
      node.name =
          node.path.substr(std::min(prefix + (prefix > 0), node.path.size()));
    }
    node.type = module.type;
    node.parent = module.parent;
  }
  for (const Tensor& tensor : model.tensors) {
    if (tensor.module == kNoIndex) continue;
    ModuleNode& node = tree.nodes[tensor.module];
    TensorCount count = {1, tensor.elements()};
    if (is_parameter(tensor)) {
      node.parameters.add(count);
    } else if (is_buffer(tensor)) {
      node.buffers.add(count);
    } else {
      node.others.add(count);
    }
  }
  return tree;
}

// "dense.kernel" of TensorFlow's "dense/kernel".
std::string dotted(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '/', '.');
  return text;
}

class DerivedTree {
 public:
  explicit DerivedTree(const Model& model)
      : has_graphs_(model.dataflow != nullptr),
        has_slashes_(model.form == Form::kTfSavedModel ||
                     model.form == Form::kTfCheckpoint ||
                     model.form == Form::kTfFrozenPb) {
    tree_.derived = true;
    tree_.nodes.emplace_back();
  }

  void add(const Tensor& tensor) {
    bool is_of_graph =
        tensor.role == Role::kConstant || tensor.role == Role::kAttribute;
    if (has_graphs_ && is_of_graph) return;
    std::string_view name = tensor.name;
    if (has_slashes_) name = own(dotted(tensor.display_name()));
    ModuleNode& owner = tree_.nodes[node_of(name)];
    TensorCount count = {1, tensor.elements()};
    if (is_buffer(tensor)) {
      owner.buffers.add(count);
    } else {
      owner.parameters.add(count);
    }
  }

  void add_operator(std::string_view scope) {
    ++tree_.nodes[scope.empty() ? 0 : node_at(own(std::string(scope)))]
          .operators;
  }

  ModuleTree take() { return std::move(tree_); }

 private:
  std::string_view own(std::string text) {
    return tree_.texts.emplace_back(std::move(text));
  }

  // The node of all but the last part of `name`; made where it is missing.
  uint32_t node_of(std::string_view name) {
    // Neighbours mostly share it.
    size_t last = name.rfind('.');
    if (last == std::string_view::npos) return 0;
    if (name.substr(0, last) == last_path_) return last_node_;
    last_node_ = node_at(name.substr(0, last));
    last_path_ = tree_.nodes[last_node_].path;
    return last_node_;
  }

  uint32_t node_at(std::string_view path) {
    auto known = index_.find(path);
    if (known != index_.end()) return known->second;
    uint32_t node = 0;
    size_t end = 0;
    for (size_t parts = 0; parts < kMaxParts && end < path.size(); ++parts) {
      end = std::min(path.find('.', end + (parts > 0)), path.size());
      node = child(node, path.substr(0, end));
    }
    return node;
  }

  uint32_t child(uint32_t parent, std::string_view path) {
    auto next = static_cast<uint32_t>(tree_.nodes.size());
    auto [place, added] = index_.try_emplace(path, next);
    if (added) {
      ModuleNode& node = tree_.nodes.emplace_back();
      node.path = path;
      node.name = last_part(path);
      node.parent = parent;
    }
    return place->second;
  }

  bool has_graphs_;
  bool has_slashes_;  // Between the parts of names.
  ModuleTree tree_;
  std::unordered_map<std::string_view, uint32_t> index_;
  std::string_view last_path_ = "";
  uint32_t last_node_ = 0;
};

ModuleTree derived_tree(const Model& model) {
  DerivedTree tree(model);
  for (const Tensor& tensor : model.tensors) tree.add(tensor);
  uint32_t body =
      model.dataflow != nullptr ? body_graph(model) : uint32_t{kNoIndex};
  if (body == kNoIndex) return tree.take();
  for (uint32_t at : model.dataflow->graphs[body].nodes) {
    tree.add_operator(scope_path(model.dataflow->nodes[at].name, '.'));
  }
  return tree.take();
}

}  // namespace

ModuleTree module_tree(const Model& model) {
  ModuleTree tree;
  if (!model.modules.empty()) {
    tree = stated_tree(model);
  } else if (!model.tensors.empty() || model.dataflow != nullptr) {
    tree = derived_tree(model);
  }
  link_children(&tree);
  add_up(&tree);
  return tree;
}

std::string_view short_type(std::string_view type) { return last_part(type); }

std::string unmangled(std::string_view type) {
  constexpr std::string_view kMangle = "___torch_mangle_";
  std::string name(type);
  size_t begin = name.find(kMangle);
  size_t end = name.find('.', begin);
  if (begin == std::string::npos || end == std::string::npos) return name;
  return name.erase(begin, end + 1 - begin);
}

}  // namespace tsinspect
