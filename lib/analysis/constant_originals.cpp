#include "analysis/constant_originals.h"

#include "tsinspect/listing.h"

namespace tsinspect {
namespace {

// Parts of a tensor that is not plain have names of our making.
bool is_candidate(const Model& model, const Tensor& tensor) {
  bool is_plain = !tensor.details || tensor.details->layout.empty();
  return tensor.role != Role::kConstant && is_plain &&
         has_own_values(model, tensor);
}

Original split_name(std::string_view name) {
  size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {{}, name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

// Modules in the order in which the model has them or, where the form knows no
// modules, in which their tensors come. Those without tensors have no place.
std::vector<std::vector<uint32_t>> group_by_module(
    const Model& model, std::vector<Original>& rows) {
  std::map<std::string_view, uint32_t> order;
  for (const Module& module : model.modules) {
    order.emplace(module.path, static_cast<uint32_t>(order.size()));
  }
  std::map<uint32_t, std::vector<uint32_t>> by_order;
  for (uint32_t row = 0; row < rows.size(); ++row) {
    auto next = static_cast<uint32_t>(order.size());
    auto [known, added] = order.emplace(rows[row].module, next);
    by_order[known->second].push_back(row);
  }
  std::vector<std::vector<uint32_t>> modules;
  for (auto& [place, members] : by_order) {
    for (uint32_t row : members) {
      rows[row].place = static_cast<uint32_t>(modules.size());
    }
    modules.push_back(std::move(members));
  }
  return modules;
}

}  // namespace

Originals::Originals(const Model& original) : model(original) {
  std::vector<uint32_t> first_of = tied_tensors(model);
  for (uint32_t row = 0; row < model.tensors.size(); ++row) {
    rows.push_back(split_name(model.tensors[row].name));
    rows[row].is_candidate = tsinspect::is_candidate(model, model.tensors[row]);
    bool is_tied = !first_of.empty() && first_of[row] != kNoIndex;
    rows[row].first = is_tied ? first_of[row] : row;
    if (!is_tied) continue;
    // `rnn._flat_weights.0` is only another way to `rnn.weight_ih_l0`.
    if (model.tensors[row].role == Role::kAttribute) {
      rows[row].is_candidate = false;
    } else {
      ties[first_of[row]].push_back(row);
    }
  }
  modules = group_by_module(model, rows);
  for (uint32_t row = 0; row < rows.size(); ++row) {
    by_leaf.emplace(std::pair(rows[row].place, rows[row].leaf), row);
  }
}

uint32_t Originals::find(uint32_t place, std::string_view leaf) const {
  auto found = by_leaf.find({place, leaf});
  return found == by_leaf.end() ? kNoIndex : found->second;
}

std::vector<uint32_t> Originals::tied_with(uint32_t row) const {
  std::vector<uint32_t> all = {rows[row].first};
  if (auto others = ties.find(all[0]); others != ties.end()) {
    all.insert(all.end(), others->second.begin(), others->second.end());
  }
  return all;
}

bool has_own_values(const Model& model, const Tensor& tensor) {
  return tensor.storage != kNoIndex && tensor.elements() > 0 &&
         tensor.size_bytes() <= model.storages[tensor.storage].size_bytes;
}

std::string dotted(std::string_view module, std::string_view leaf) {
  std::string name(module);
  if (!name.empty()) name += '.';
  return name.append(leaf);
}

}  // namespace tsinspect
