#include "analysis/constant_partners.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "analysis/constant_channels.h"
#include "torchscript/library.h"

namespace tsinspect {
namespace {

// What batch norms are given, the most usual first.
constexpr std::array kUsualEps = {1e-5, 1e-3, 1e-4, 1e-6, 1e-2, 1e-8, 0.0};

// `eps : Final[float] = 0.001` of a scripted module's class.
std::vector<double> eps_of(const Originals& originals, uint32_t row) {
  std::vector<double> usual(kUsualEps.begin(), kUsualEps.end());
  const Model& model = originals.model;
  uint32_t module = model.tensors[row].module;
  if (!model.source || module == kNoIndex) return usual;
  const auto* info = model.source->find(model.modules.at(module).type);
  if (!info) return usual;
  for (const auto& attribute : info->attributes) {
    if (attribute.name != "eps") continue;
    auto text = model.source->source_of(*info).tree.text(attribute.value);
    double eps = 0;
    auto end = text.data() + text.size();
    if (std::from_chars(text.data(), end, eps).ptr == end) return {eps};
  }
  return usual;
}

// [8, 1, 1], not [8].
bool is_channel_vector(const Tensor& tensor) {
  auto ones = std::count(tensor.shape.begin(), tensor.shape.end(), 1);
  return tensor.shape.size() > 1 && fold_tolerance(tensor.dtype) &&
         static_cast<size_t>(ones) + 1 == tensor.shape.size();
}

}  // namespace

PartnerTable::PartnerTable(const Originals& originals, const Limits& limits)
    : originals_(originals), limits_(limits) {
  for (uint32_t place = 0; place < originals.modules.size(); ++place) {
    for (uint32_t row : originals.modules[place]) {
      const Tensor& tensor = originals.model.tensors[row];
      if (!originals.rows[row].is_candidate) continue;
      if (originals.rows[row].leaf == "running_var") {
        norms_[tensor.elements()].push_back(place);
      } else if (is_channel_vector(tensor)) {
        vectors_[tensor.elements()].push_back(row);
      }
    }
  }
}

std::vector<double> PartnerTable::read(uint32_t row) const {
  return read_numbers(originals_.model, originals_.model.tensors[row], limits_);
}

void PartnerTable::add_norm(uint32_t place, Partners* partners) const {
  BatchNorm norm;
  norm.place = place;
  uint32_t var = originals_.find(place, "running_var");
  norm.var = read(var);
  size_t channels = norm.var.size();
  struct Part {
    const char* leaf;
    std::vector<double>* values;
    double otherwise;  // What it counts as, where there is none.
  };
  for (const Part& part :
       {Part{"running_mean", &norm.mean, 0}, Part{"weight", &norm.weight, 1},
        Part{"bias", &norm.bias, 0}}) {
    uint32_t row = originals_.find(place, part.leaf);
    if (row == kNoIndex) {
      part.values->assign(channels, part.otherwise);
    } else if (originals_.model.tensors[row].elements() == channels) {
      *part.values = read(row);
    }
    if (channels == 0 || part.values->size() != channels) return;
  }
  norm.eps = eps_of(originals_, var);
  partners->norms.push_back(std::move(norm));
}

const Partners& PartnerTable::of(uint64_t channels) {
  auto [entry, added] = read_.try_emplace(channels);
  if (!added) return entry->second;
  Partners& partners = entry->second;
  for (uint32_t place : norms_[channels]) add_norm(place, &partners);
  for (uint32_t row : vectors_[channels]) {
    std::vector<double> values = read(row);
    if (values.size() == channels) {
      partners.vectors.push_back({row, std::move(values)});
    }
  }
  return partners;
}

}  // namespace tsinspect
