#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "analysis/constant_match.h"
#include "analysis/exported_folds.h"
#include "analysis/layer_roles.h"
#include "tsinspect/layers.h"
#include "tsinspect/recovered_names.h"

namespace tsinspect {
namespace {

// Takes the name away that an earlier call gave.
void forget(Tensor* tensor) {
  if (tensor->recovered() == nullptr) return;
  auto details = std::make_shared<TensorDetails>(*tensor->details);
  details->recovered.reset();
  tensor->details = std::move(details);
}

// Gives tensors names that no other has.
class Namer {
 public:
  explicit Namer(const Model& model) {
    for (const Tensor& tensor : model.tensors) names_.insert(tensor.name);
  }

  // The name is numbered where it is taken. Tensors may share large scales of
  // quantisation, of which each name makes a copy: once these are too many, a
  // tensor with scales keeps its own name.
  void set(Tensor* tensor, RecoveredName recovered) {
    if (!take_scales(*tensor)) return;
    recovered.name = take(std::move(recovered.name));
    auto details = tensor->details
                       ? std::make_shared<TensorDetails>(*tensor->details)
                       : std::make_shared<TensorDetails>();
    details->recovered = std::move(recovered);
    tensor->details = std::move(details);
  }

 private:
  std::string take(std::string name) {
    if (names_.insert(name).second) return name;
    uint32_t& count = counts_[name];
    std::string numbered;
    do {
      numbered = fmt::format("{}_{}", name, ++count);
    } while (!names_.insert(numbered).second);
    return numbered;
  }

  bool take_scales(const Tensor& tensor) {
    if (!tensor.details || !tensor.details->quantization) return true;
    size_t scales = tensor.details->quantization->scales.size();
    if (scales > scales_left_) return false;
    scales_left_ -= scales;
    return true;
  }

  std::unordered_set<std::string> names_;
  std::unordered_map<std::string, uint32_t> counts_;
  size_t scales_left_ = size_t{1} << 20;
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
RecoveredName by_use(const BestUse& use) {
  RecoveredName recovered;
  recovered.name = use.layer->name + '.' + use.tensor->role;
  bool has_path = use.layer->name.find('.') != std::string::npos;
  recovered.evidence = has_path ? "call-stack" : "consumer";
  recovered.detail = consumer_detail(use);
  return recovered;
}

// Tells which call takes the tensor, if one does.
void add_use(const BestUses& uses, uint32_t row, RecoveredName* recovered) {
  auto use = uses.find(row);
  if (use == uses.end()) return;
  recovered->op = use->second.layer->op;
  recovered->argument = use->second.tensor->argument;
  recovered->record = use->second.layer->place.record;
  recovered->offset = use->second.layer->place.offset;
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

void name_packed(Model* model, Namer* namer) {
  for (Tensor& tensor : model->tensors) {
    if (tensor.role == Role::kConstant) continue;
    std::string name = packed_name(tensor.name);
    if (name.empty()) continue;
    RecoveredName recovered;
    recovered.name = std::move(name);
    recovered.evidence = "packed";
    recovered.detail = "in a quantised module's packed parameters";
    namer->set(&tensor, std::move(recovered));
  }
}

}  // namespace

bool looks_frozen_from(const Model& frozen, const Model& original) {
  auto constants_of = [](const Model& model) {
    return std::ranges::count(model.tensors, Role::kConstant, &Tensor::role);
  };
  auto frozen_constants = constants_of(frozen);
  auto original_constants = constants_of(original);
  return frozen.dataflow == nullptr && frozen_constants > original_constants &&
         std::ssize(frozen.tensors) - frozen_constants <
             std::ssize(original.tensors) - original_constants;
}

NameRecovery recover_names(Model* model, const Model* original) {
  NameRecovery result;
  if (model->form == Form::kOnnx && original != nullptr) {
    result.named = result.folded = name_exported_folds(model, *original);
  }
  if (model->source == nullptr) return result;
  for (Tensor& tensor : model->tensors) forget(&tensor);
  Namer namer(*model);
  name_packed(model, &namer);
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
      match.recovered.folded = std::move(match.folded);
      if (match.recovered.detail.empty()) {
        bool turned = match.recovered.evidence == "transposed";
        match.recovered.detail = turned ? "transposed" : "equal values";
      }
      add_use(uses, match.tensor, &match.recovered);
      namer.set(&tensor, std::move(match.recovered));
    }
  }
  for (uint32_t row = 0; row < model->tensors.size(); ++row) {
    Tensor& tensor = model->tensors[row];
    if (!is_constant(tensor)) continue;
    auto use = uses.find(row);
    if (tensor.recovered() == nullptr && use != uses.end()) {
      RecoveredName recovered = by_use(use->second);
      add_use(uses, row, &recovered);
      namer.set(&tensor, std::move(recovered));
    }
    result.named += tensor.recovered() != nullptr;
  }
  return result;
}

void recover_names_of_both(Model* a, Model* b) {
  recover_names(a);
  recover_names(b);
  auto is_made_from = [](const Model& model, const Model& original) {
    return model.form == Form::kOnnx || looks_frozen_from(model, original);
  };
  if (is_made_from(*a, *b)) recover_names(a, b);
  if (is_made_from(*b, *a)) recover_names(b, a);
}

}  // namespace tsinspect
