#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "analysis/constant_match.h"
#include "analysis/layer_roles.h"
#include "tsinspect/layers.h"
#include "tsinspect/recovered_names.h"

namespace tsinspect {
namespace {

void set_recovered(Tensor* tensor, RecoveredName recovered) {
  auto details = tensor->details
                     ? std::make_shared<TensorDetails>(*tensor->details)
                     : std::make_shared<TensorDetails>();
  details->recovered = std::move(recovered);
  tensor->details = std::move(details);
}

// Names that are taken.
class Taken {
 public:
  explicit Taken(const Model& model) {
    for (const Tensor& tensor : model.tensors) names_.insert(tensor.name);
  }

  // `name`, with a number where it is taken.
  std::string take(std::string name) {
    if (names_.insert(name).second) return name;
    uint32_t& count = counts_[name];
    std::string numbered;
    do {
      numbered = fmt::format("{}_{}", name, ++count);
    } while (!names_.insert(numbered).second);
    return numbered;
  }

 private:
  std::unordered_set<std::string> names_;
  std::unordered_map<std::string, uint32_t> counts_;
};

// The use that tells most of each tensor: by a layer rather than arithmetic,
// the first of equal ones.
struct BestUse {
  const Layer* layer = nullptr;
  const LayerTensor* tensor = nullptr;
};
using BestUses = std::unordered_map<uint32_t, BestUse>;

BestUses best_uses(const std::vector<Layer>& layers) {
  BestUses best;
  for (const Layer& layer : layers) {
    for (const LayerTensor& tensor : layer.tensors) {
      BestUse& use = best[tensor.tensor];
      if (use.layer == nullptr ||
          layer_rank(layer.op) < layer_rank(use.layer->op)) {
        use = {&layer, &tensor};
      }
    }
  }
  return best;
}

std::string consumer_detail(const BestUse& use) {
  std::string text =
      fmt::format("{} of {}", use.tensor->argument, use.layer->op);
  const auto& through = use.tensor->through;
  if (!through.empty()) {
    text += fmt::format(", through {}", fmt::join(through, ", "));
  }
  return text;
}

// A name without an original: by the modules on a call stack, or the consumer
// alone.
RecoveredName by_use(const BestUse& use, Taken* taken) {
  RecoveredName recovered;
  recovered.name = taken->take(use.layer->name + '.' + use.tensor->role);
  bool has_path = use.layer->name.find('.') != std::string::npos;
  recovered.evidence = has_path ? "call-stack" : "consumer";
  recovered.detail = consumer_detail(use);
  return recovered;
}

// With the call that takes the tensor, if there is one.
void set_recovered(Tensor* tensor, const BestUses& uses, uint32_t row,
                   RecoveredName recovered) {
  if (auto use = uses.find(row); use != uses.end()) {
    recovered.op = use->second.layer->op;
    recovered.argument = use->second.tensor->argument;
    recovered.record = use->second.layer->place.record;
    recovered.offset = use->second.layer->place.offset;
  }
  set_recovered(tensor, std::move(recovered));
}

// "fc1.weight" of "fc1._packed_params._packed_params.0", which holds a
// quantised module's weight and bias; empty for any other name.
std::string packed_name(std::string_view name) {
  constexpr std::string_view kPacked = "_packed_params";
  bool is_bias = name.ends_with(".1");
  if (!is_bias && !name.ends_with(".0")) return {};
  name.remove_suffix(2);
  bool is_packed = false;
  while (name.ends_with(kPacked)) {
    is_packed = true;
    name.remove_suffix(kPacked.size());
    if (name.ends_with('.')) name.remove_suffix(1);
  }
  if (!is_packed) return {};
  std::string_view part = is_bias ? "bias" : "weight";
  return name.empty() ? std::string(part) : fmt::format("{}.{}", name, part);
}

void name_packed(Model* model, Taken* taken) {
  for (Tensor& tensor : model->tensors) {
    if (tensor.role == Role::kConstant) continue;
    std::string name = packed_name(tensor.name);
    if (name.empty()) continue;
    RecoveredName recovered;
    recovered.name = taken->take(std::move(name));
    recovered.evidence = "packed";
    recovered.detail = "in a quantised module's packed parameters";
    set_recovered(&tensor, std::move(recovered));
  }
}

}  // namespace

bool looks_frozen_from(const Model& frozen, const Model& original) {
  auto constants_of = [](const Model& model) {
    return std::ranges::count(model.tensors, Role::kConstant, &Tensor::role);
  };
  auto frozen_constants = constants_of(frozen);
  auto original_constants = constants_of(original);
  return frozen_constants > original_constants &&
         std::ssize(frozen.tensors) - frozen_constants <
             std::ssize(original.tensors) - original_constants;
}

NameRecovery recover_names(Model* model, const Model* original) {
  NameRecovery result;
  if (model->source == nullptr) return result;
  Taken taken(*model);
  name_packed(model, &taken);
  auto is_constant = [](const Tensor& t) { return t.role == Role::kConstant; };
  auto constants = std::ranges::count_if(model->tensors, is_constant);
  result.constants = static_cast<uint32_t>(constants);
  if (constants == 0) return result;
  std::vector<Layer> all = layers(*model);
  BestUses uses = best_uses(all);
  if (original != nullptr) {
    for (ConstantMatch& match : match_constants(*model, all, *original)) {
      match.original == kNoIndex || !match.folded.empty() ? ++result.folded
                                                          : ++result.equal;
      Tensor& tensor = model->tensors[match.tensor];
      match.recovered.name = taken.take(std::move(match.recovered.name));
      match.recovered.folded = std::move(match.folded);
      if (match.recovered.detail.empty()) {
        bool turned = match.recovered.evidence == "transposed";
        match.recovered.detail = turned ? "transposed" : "equal values";
      }
      set_recovered(&tensor, uses, match.tensor, std::move(match.recovered));
    }
  }
  for (uint32_t row = 0; row < model->tensors.size(); ++row) {
    Tensor& tensor = model->tensors[row];
    if (!is_constant(tensor)) continue;
    bool is_named = tensor.recovered() != nullptr;
    auto use = uses.find(row);
    if (!is_named && use != uses.end()) {
      set_recovered(&tensor, uses, row, by_use(use->second, &taken));
      is_named = true;
    }
    result.named += is_named;
  }
  return result;
}

}  // namespace tsinspect
