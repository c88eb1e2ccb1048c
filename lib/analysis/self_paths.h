// What a method reaches from `self`, and which of a model's modules that is.

#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "torchscript/graph.h"
#include "tsinspect/model.h"

namespace tsinspect {

// Throws Error(kUnsupported) if the model has no TorchScript source.
void require_source(const Model& model);

// Two rows of tables as one key.
inline uint64_t pair_key(uint32_t first, uint32_t second) {
  return uint64_t{first} << 32 | second;
}

// Rows by a row and a name: children of modules, attributes of values. The
// names must outlive it.
class ChildIndex {
 public:
  // Returns the row that the child has, `row` if it is new.
  uint32_t add(uint32_t parent, std::string_view name, uint32_t row) {
    return rows_.try_emplace({parent, name}, row).first->second;
  }

  // kNoIndex if there is none.
  uint32_t find(uint32_t parent, std::string_view name) const {
    auto entry = rows_.find({parent, name});
    return entry == rows_.end() ? kNoIndex : entry->second;
  }

 private:
  struct Key {
    uint32_t parent;
    std::string_view name;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const {
      return std::hash<std::string_view>()(key.name) * 31 + key.parent;
    }
  };
  std::unordered_map<Key, uint32_t, Hash> rows_;
};

// The submodules of each module, by name. The model must outlive it.
ChildIndex module_children(const Model& model);

// The name that a module or tensor of that path has in its module: what stands
// behind the module's own path and the dot.
std::string_view name_in(const Model& model, uint32_t module,
                         std::string_view path);

// The paths of attributes that a function takes from its first parameter:
// self, self.a, self.a.b. Each once.
class SelfPaths {
 public:
  struct Step {
    uint32_t parent = kNoIndex;  // Index of the path it goes on from.
    std::string_view name;
  };

  explicit SelfPaths(const torchscript::FunctionGraph& function);

  // Which path a value is; kNoIndex if it is none.
  uint32_t path_of(torchscript::OperationId value) const {
    return paths_[value];
  }

  // Each behind the one it goes on from; the first is self.
  const std::vector<Step>& steps() const { return steps_; }

  // The module that each path is if self is `module`; kNoIndex where it is no
  // module.
  std::vector<uint32_t> modules(const ChildIndex& children,
                                uint32_t module) const;

 private:
  std::vector<uint32_t> paths_;
  std::vector<Step> steps_;
};

}  // namespace tsinspect
