#include "analysis/diff_frozen.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace tsinspect {
namespace {

constexpr std::string_view kBatchCount = "num_batches_tracked";

bool is_frozen(const Model& model) {
  return std::ranges::any_of(model.tensors, [](const Tensor& tensor) {
    return tensor.role == Role::kConstant && tensor.recovered() != nullptr;
  });
}

std::string_view module_of(std::string_view name) {
  size_t dot = name.rfind('.');
  return dot == name.npos ? std::string_view() : name.substr(0, dot);
}

// Modules and tensors that were folded into constants.
std::unordered_set<std::string_view> folded_in(const Model& frozen) {
  std::unordered_set<std::string_view> names;
  for (const Tensor& tensor : frozen.tensors) {
    if (tensor.recovered() == nullptr) continue;
    for (const std::string& name : tensor.recovered()->folded) {
      names.insert(name);
    }
  }
  return names;
}

}  // namespace

bool is_derived(const Tensor& tensor) {
  const RecoveredName* name = tensor.recovered();
  return name != nullptr &&
         (name->evidence == "folded" || name->evidence == "transposed");
}

void pair_pooled(const Model& a, const Model& b, NameMatch* match) {
  auto pair = [&](const Model& frozen, std::vector<uint32_t>* only,
                  const std::vector<std::string>& names, bool frozen_is_b) {
    std::unordered_map<std::string_view, uint32_t> pooled;
    for (uint32_t row = 0; row < frozen.tensors.size(); ++row) {
      const RecoveredName* name = frozen.tensors[row].recovered();
      if (name == nullptr) continue;
      for (const std::string& other : name->also) pooled.emplace(other, row);
    }
    std::erase_if(*only, [&](uint32_t row) {
      auto found = pooled.find(names[row]);
      if (found == pooled.end()) return false;
      frozen_is_b ? match->pairs.emplace_back(row, found->second)
                  : match->pairs.emplace_back(found->second, row);
      return true;
    });
  };
  pair(b, &match->only_a, match->names_a, true);
  pair(a, &match->only_b, match->names_b, false);
}

std::vector<uint32_t> take_absorbed(const Model& a, const Model& b,
                                    NameMatch* match) {
  bool frozen_a = is_frozen(a), frozen_b = is_frozen(b);
  if (frozen_a == frozen_b) return {};
  const Model& frozen = frozen_a ? a : b;
  const auto& names = frozen_a ? match->names_b : match->names_a;
  auto& only = frozen_a ? match->only_b : match->only_a;
  auto folded = folded_in(frozen);
  std::vector<uint32_t> absorbed;
  std::erase_if(only, [&](uint32_t row) {
    std::string_view name = names[row];
    bool is_gone = folded.contains(name) || folded.contains(module_of(name)) ||
                   name.ends_with(kBatchCount);
    if (is_gone) absorbed.push_back(row);
    return is_gone;
  });
  return absorbed;
}

}  // namespace tsinspect
