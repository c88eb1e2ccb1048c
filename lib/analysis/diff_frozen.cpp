#include "analysis/diff_frozen.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "tsinspect/listing.h"
#include "tsinspect/recovered_names.h"

namespace tsinspect {
namespace {

constexpr std::string_view kBatchCount = "num_batches_tracked";

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

std::vector<uint32_t>* original_rows(const Absorbed& absorbed,
                                     NameMatch* match) {
  return absorbed.frozen_is_a ? &match->only_b : &match->only_a;
}

std::vector<uint32_t>* frozen_rows(const Absorbed& absorbed, NameMatch* match) {
  return absorbed.frozen_is_a ? &match->only_a : &match->only_b;
}

// Moves the rows that are wanted out of *rows.
template <typename Wanted>
std::vector<uint32_t> take(std::vector<uint32_t>* rows, Wanted is_wanted) {
  std::vector<uint32_t> taken;
  std::ranges::copy_if(*rows, std::back_inserter(taken), is_wanted);
  std::erase_if(*rows, is_wanted);
  return taken;
}

bool is_forms_own(const Model& model, const Tensor& tensor) {
  bool is_float = dtype_info(tensor.dtype).type_class == DTypeClass::kFloat;
  bool is_of_graph =
      tensor.role == Role::kConstant || tensor.role == Role::kAttribute;
  if (model.dataflow != nullptr && is_of_graph) {
    return !is_float || tensor.elements() <= 1;
  }
  bool is_text = tensor.role == Role::kVariable && !is_numeric(tensor.dtype);
  return is_text || tensor.name.ends_with(kBatchCount);
}

}  // namespace

FormsOwn take_forms_own(const Model& a, const Model& b, NameMatch* match) {
  if (a.form == b.form ||
      (a.dataflow == nullptr && b.dataflow == nullptr &&
       a.form != Form::kTfCheckpoint && b.form != Form::kTfCheckpoint)) {
    return {};
  }
  auto take_of = [](const Model& model, std::vector<uint32_t>* rows) {
    return take(rows, [&](uint32_t row) {
      return is_forms_own(model, model.tensors[row]);
    });
  };
  return {take_of(a, &match->only_a), take_of(b, &match->only_b)};
}

bool is_derived(const Tensor& tensor) {
  const RecoveredName* name = tensor.recovered();
  return name != nullptr &&
         (name->evidence == "folded" || name->evidence == "transposed" ||
          name->evidence == "part");
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

Absorbed take_absorbed(const Model& a, const Model& b, NameMatch* match) {
  Absorbed absorbed;
  auto is_made_from = [](const Model& model, const Model& original) {
    bool has_folds = model.form == Form::kOnnx && !folded_in(model).empty();
    return has_folds || looks_frozen_from(model, original);
  };
  absorbed.frozen_is_a = is_made_from(a, b);
  if (!absorbed.frozen_is_a && !is_made_from(b, a)) return absorbed;
  absorbed.is_frozen = true;
  const Model& frozen = absorbed.frozen_is_a ? a : b;
  const auto& names = absorbed.frozen_is_a ? match->names_b : match->names_a;
  auto folded = folded_in(frozen);
  auto ties = tied_tensors(absorbed.frozen_is_a ? b : a);
  absorbed.originals = take(original_rows(absorbed, match), [&](uint32_t row) {
    std::string_view name = names[row];
    bool is_tied = !ties.empty() && ties[row] != kNoIndex;
    return is_tied || folded.contains(name) ||
           folded.contains(module_of(name)) || name.ends_with(kBatchCount);
  });
  absorbed.made = take(frozen_rows(absorbed, match), [&](uint32_t row) {
    const Tensor& tensor = frozen.tensors[row];
    bool is_number = tensor.role == Role::kConstant && tensor.shape.empty();
    return is_derived(tensor) || is_number;
  });
  return absorbed;
}

}  // namespace tsinspect
