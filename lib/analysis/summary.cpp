#include "tsinspect/summary.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

#include "base/file.h"
#include "tsinspect/listing.h"

namespace tsinspect {
namespace {

// Where checkpoints keep the settings of a run.
constexpr std::array<std::string_view, 8> kSettings = {"hyper_parameters",
                                                       "hparams",
                                                       "hyperparameters",
                                                       "config",
                                                       "cfg",
                                                       "args",
                                                       "opt",
                                                       "model_args"};

// Modules whose names torch.save writes for ordinary values.
constexpr std::array<std::string_view, 5> kKnownModules = {
    "torch.", "collections.", "numpy.", "__torch__.", "_codecs.encode"};

constexpr std::array<std::string_view, 12> kKnownBuiltins = {
    "set",   "frozenset", "bytearray", "object", "list", "dict",
    "tuple", "complex",   "slice",     "range",  "int",  "float"};

bool is_known(std::string_view name) {
  for (std::string_view module : {"builtins.", "__builtin__."}) {
    if (!name.starts_with(module)) continue;
    name.remove_prefix(module.size());
    return std::find(kKnownBuiltins.begin(), kKnownBuiltins.end(), name) !=
           kKnownBuiltins.end();
  }
  return std::any_of(kKnownModules.begin(), kKnownModules.end(),
                     [&](auto module) { return name.starts_with(module); });
}

void count_tensors(const Model& model, Summary* summary) {
  for (const Tensor& tensor : model.tensors) {
    summary->tensors.add(tensor);
    summary->by_role[static_cast<size_t>(tensor.role)].add(tensor);
    summary->by_dtype[static_cast<size_t>(tensor.dtype)].add(tensor);
  }
}

// What a storage takes in its file.
uint64_t stored_bytes(const Model& model, const Storage& storage) {
  if (storage.record == kNoIndex) return storage.size_bytes;
  const Record& record = model.records[storage.record];
  return record.method == 0 ? storage.size_bytes : record.stored_bytes;
}

void count_storages(const Model& model, Summary* summary) {
  auto ties = tied_tensors(model);
  std::vector<uint64_t> visible(model.storages.size());
  std::vector<uint32_t> first(model.storages.size(), kNoIndex);
  for (uint32_t i = 0; i < model.tensors.size(); ++i) {
    const Tensor& tensor = model.tensors[i];
    if (tensor.storage == kNoIndex) continue;
    if (first[tensor.storage] == kNoIndex) first[tensor.storage] = i;
    if (!ties.empty() && ties[i] != kNoIndex) {
      ++summary->tied;
    } else {
      visible[tensor.storage] += tensor.size_bytes();
    }
  }
  for (uint32_t i = 0; i < model.storages.size(); ++i) {
    const Storage& storage = model.storages[i];
    summary->storage_bytes += storage.size_bytes;
    summary->stored_bytes += stored_bytes(model, storage);
    summary->shared_storages += storage.tensors > 1;
    if (visible[i] < storage.size_bytes) {
      summary->hidden.push_back({i, first[i], visible[i]});
    }
  }
  auto hidden_bytes = [&](const HiddenBytes& row) {
    return model.storages[row.storage].size_bytes - row.visible_bytes;
  };
  std::stable_sort(summary->hidden.begin(), summary->hidden.end(),
                   [&](const HiddenBytes& a, const HiddenBytes& b) {
                     return hidden_bytes(a) > hidden_bytes(b);
                   });
}

void look_at_objects(const Model& model, Summary* summary) {
  if (model.root == kNoObject) return;
  const ObjectGraph& graph = model.objects;
  summary->top_type = type_name(graph, model.root);
  // A pickled or scripted module's attributes are told as modules and tensors.
  if (!model.modules.empty() || is_tensor(graph, model.root)) return;
  for (const Member& member : members(graph, model.root)) {
    bool has_keys = graph.kind(model.root) != ObjectKind::kObject ||
                    graph.dict_items(model.root) == kNoObject;
    if (member.access == Member::Access::kAttribute && !has_keys) continue;
    NamedObject object = {step_name(graph, member), member.value};
    if (is_scalar(graph, member.value)) {
      summary->scalars.push_back(object);
    } else if (summary->hyper_parameters.empty() &&
               std::find(kSettings.begin(), kSettings.end(), object.name) !=
                   kSettings.end()) {
      for (const Member& setting : members(graph, member.value)) {
        if (!is_scalar(graph, setting.value)) continue;
        summary->hyper_parameters.push_back(
            {step_name(graph, setting), setting.value});
      }
    }
    summary->top_level.push_back(std::move(object));
  }
}

void look_at_imports(const Model& model, Summary* summary) {
  std::unordered_set<std::string_view> seen;
  for (uint32_t i = 0; i < model.imports.size(); ++i) {
    std::string_view name = model.imports[i].name;
    if (!is_known(name) && seen.insert(name).second) {
      summary->unknown_imports.push_back(i);
    }
  }
}

}  // namespace

void TensorTotals::add(const Tensor& tensor) {
  ++tensors;
  elements += tensor.elements();
  bytes += tensor.size_bytes();
}

Summary summarize(const Model& model) {
  Summary summary;
  for (const auto& file : model.files) summary.file_bytes += file->size();
  count_tensors(model, &summary);
  count_storages(model, &summary);
  look_at_objects(model, &summary);
  look_at_imports(model, &summary);
  return summary;
}

}  // namespace tsinspect
