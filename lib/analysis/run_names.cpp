#include "analysis/run_names.h"

#include <unordered_map>

#include "tsinspect/layers.h"

namespace tsinspect {
namespace {

std::vector<std::string> module_names(const Model& model, const Layer& layer) {
  std::vector<std::string> names;
  for (const LayerTensor& taken : layer.tensors) {
    const RecoveredName* recovered = model.tensors[taken.tensor].recovered();
    if (recovered == nullptr) continue;
    names.insert(names.end(), recovered->folded.rbegin(),
                 recovered->folded.rend());
    size_t dot = recovered->name.rfind('.');
    if (dot != std::string::npos) {
      names.push_back(recovered->name.substr(0, dot));
    }
  }
  return names;
}

}  // namespace

void add_recovered_names(const Model& model, RunRecord* run) {
  std::unordered_map<std::string, std::vector<std::string>> names;
  for (const Layer& layer : layers(model)) {
    names.emplace(layer.name, module_names(model, layer));
  }
  for (RunValue& value : run->values) {
    auto found = names.find(value.path);
    if (found != names.end() && !value.is_input()) value.also = found->second;
  }
}

}  // namespace tsinspect
