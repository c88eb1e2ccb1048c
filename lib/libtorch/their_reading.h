// What LibTorch read, as a Model under the core's names.

#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "libtorch/torch.h"
#include "tsinspect/model.h"

namespace tsinspect {

class TheirReading {
 public:
  // Of a loaded module: its parameters, buffers and other tensors, and all
  // modules in it.
  void add_module(const std::string& path, const c10::ivalue::Object& module);

  // Of a value as a pickle has it: dicts, lists, tuples, and objects as
  // read_raw() (raw_archive.h) gives them.
  void add_value(const std::string& path, const c10::IValue& value, Role role);

  const Model& model() const { return model_; }

  // Row in Model::tensors of the next tensor of that name that was not asked
  // for; kNoIndex if there is none.
  uint32_t take(const std::string& name);

  // Rows that take() did not give, but for those of values that are shared,
  // which stand under their first name as well, and those that is_made() tells
  // of.
  std::vector<uint32_t> left() const;

  // Whether the name lies in an object whose attributes `__setstate__` made.
  bool is_made(const std::string& name) const;

  // Class of each module by its path.
  const std::unordered_map<std::string, std::string>& modules() const {
    return modules_;
  }

 private:
  void add(const std::string& path, const c10::IValue& value, Role role);
  void add_tensor(const std::string& path, const at::Tensor& tensor, Role role);
  template <typename Items>
  void add_items(const std::string& path, const Items& items, Role role);
  void add_object(const std::string& path, const c10::ivalue::Object& object,
                  Role role);
  void add_attributes(const std::string& path,
                      const c10::ivalue::Object& object);

  Model model_;
  std::unordered_map<std::string, std::vector<uint32_t>> rows_;
  std::unordered_map<std::string, size_t> taken_;
  std::vector<bool> repeated_;  // For each row: in a container met before.
  std::unordered_map<std::string, std::string> modules_;
  std::unordered_set<std::string> made_;
  std::unordered_set<const void*> met_;
  bool repeating_ = false;
  size_t depth_ = 0;
};

}  // namespace tsinspect
