#include "render/layers.h"

#include "base/printable.h"
#include "render/text.h"

namespace tsinspect::cli {
namespace {

// "conv1" of "conv1.weight", which the tensor of role "weight" is called; empty
// where the name does not end so.
std::string_view module_of(const Tensor& tensor, std::string_view role) {
  std::string_view name = tensor.display_name();
  if (!name.ends_with(role)) return {};
  name.remove_suffix(role.size());
  return name.ends_with('.') ? name.substr(0, name.size() - 1) : "";
}

std::string settings_text(const Layer& layer) {
  std::string text;
  for (const LayerSetting& setting : layer.settings) {
    text += fmt::format("{}{} {}", text.empty() ? "; " : ", ",
                        printable(setting.name), printable(setting.value));
  }
  return text;
}

}  // namespace

std::string layer_text(const Model& model, const Layer& layer) {
  std::string text = printable(layer.name);
  std::string tensors;
  for (const LayerTensor& taken : layer.tensors) {
    const Tensor& tensor = model.tensors[taken.tensor];
    std::string_view module = module_of(tensor, taken.role);
    if (tensors.empty() && !module.empty() && module != layer.name) {
      text = fmt::format("{} ({})", printable(module), text);
    }
    tensors += fmt::format("{}{} {}", tensors.empty() ? "" : ", ",
                           printable(taken.role), shape_text(tensor.shape));
  }
  return fmt::format("{}: {}{}", text, tensors, settings_text(layer));
}

void write_layers(Json& json, const Model& model,
                  std::span<const Layer> layers) {
  json.key("layers");
  json.begin_array();
  for (const Layer& layer : layers) {
    json.begin_object();
    json.member("name", layer.name);
    json.member("operator", layer.op);
    json.member("function", layer.function);
    json.member("record", layer.place.record);
    json.member("offset", layer.place.offset);
    json.key("tensors");
    json.begin_array();
    for (const LayerTensor& taken : layer.tensors) {
      const Tensor& tensor = model.tensors[taken.tensor];
      json.begin_object();
      json.member("role", taken.role);
      json.member("argument", taken.argument);
      json.member("name", tensor.name);
      json.member("recovered_name", tensor.display_name());
      json.member("shape", tensor.shape);
      json.end_object();
    }
    json.end_array();
    json.key("settings");
    json.begin_object();
    for (const LayerSetting& setting : layer.settings) {
      json.member(setting.name, setting.value);
    }
    json.end_object();
    json.end_object();
  }
  json.end_array();
}

}  // namespace tsinspect::cli
