#include "analysis/diff_settings.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_map>

#include "analysis/align.h"
#include "torchscript/literals.h"
#include "tsinspect/layers.h"
#include "tsinspect/module_tree.h"

namespace tsinspect {
namespace {

using torchscript::AttributeInfo;
using torchscript::kNoNode;
using torchscript::Tree;

// Of aligning the layers of two models.
constexpr uint64_t kMostSteps = 10'000'000;

using Constants = std::unordered_map<std::string_view, const AttributeInfo*>;

Constants constants_of(const ClassSource& of) {
  Constants constants;
  for (const AttributeInfo& attribute : of.info->attributes) {
    if (attribute.value != kNoNode) {
      constants.try_emplace(attribute.name, &attribute);
    }
  }
  return constants;
}

std::optional<std::string> value_of(const ClassSource& of,
                                    const AttributeInfo* attribute) {
  if (attribute == nullptr) return std::nullopt;
  return torchscript::plain_value(of.source->tree.text(attribute->value));
}

std::vector<SettingDiff> diff_layer(const Layer& a, const Layer& b) {
  std::vector<SettingDiff> settings;
  auto other = [](const Layer& layer, const std::string& name) {
    auto found = std::ranges::find(layer.settings, name, &LayerSetting::name);
    return found == layer.settings.end() ? std::nullopt
                                         : std::optional(found->value);
  };
  for (const LayerSetting& setting : a.settings) {
    auto value = other(b, setting.name);
    if (value == setting.value) continue;
    settings.push_back({b.name, setting.name, setting.value, value, true});
  }
  for (const LayerSetting& setting : b.settings) {
    if (other(a, setting.name)) continue;
    settings.push_back(
        {b.name, setting.name, std::nullopt, setting.value, true});
  }
  return settings;
}

bool has_constants(const Model& model) {
  return std::ranges::any_of(model.tensors, [](const Tensor& tensor) {
    return tensor.role == Role::kConstant;
  });
}

std::vector<Layer> layers_if_readable(const Model& model) {
  try {
    return layers(model);
  } catch (const Error&) {
    return {};
  }
}

// Equal operators have equal numbers.
std::vector<uint32_t> numbered(
    const std::vector<Layer>& layers,
    std::unordered_map<std::string, uint32_t>* known) {
  std::vector<uint32_t> numbers;
  for (const Layer& layer : layers) {
    auto next = static_cast<uint32_t>(known->size());
    numbers.push_back(known->try_emplace(layer.op, next).first->second);
  }
  return numbers;
}

class ClassDiffer {
 public:
  ClassDiffer(const ClassSource& a, const ClassSource& b)
      : a_(a), b_(b), of_a_(constants_of(a)), of_b_(constants_of(b)) {}

  ClassSettings run() {
    bool same_class = unmangled(a_.info->name) == unmangled(b_.info->name);
    bool tells_missing = same_class && !of_a_.empty() && !of_b_.empty();
    for (const AttributeInfo& attribute : a_.info->attributes) {
      const AttributeInfo* in_a = find(of_a_, attribute.name);
      const AttributeInfo* in_b = find(of_b_, attribute.name);
      if (in_a != &attribute) continue;
      if (in_b == nullptr && !tells_missing) continue;
      if (in_b == nullptr || !same(in_a, in_b)) tell(in_a, in_b);
    }
    for (const AttributeInfo& attribute : b_.info->attributes) {
      const AttributeInfo* in_b = find(of_b_, attribute.name);
      if (in_b != &attribute || find(of_a_, attribute.name)) continue;
      if (tells_missing) tell(nullptr, in_b);
    }
    return std::move(result_);
  }

 private:
  static const AttributeInfo* find(const Constants& constants,
                                   std::string_view name) {
    auto entry = constants.find(name);
    return entry == constants.end() ? nullptr : entry->second;
  }

  bool same(const AttributeInfo* a, const AttributeInfo* b) const {
    return canonical_shape(a_.source->tree, a->value) ==
           canonical_shape(b_.source->tree, b->value);
  }

  void tell(const AttributeInfo* a, const AttributeInfo* b) {
    std::string name = (a != nullptr ? a : b)->name;
    result_.settings.push_back(
        {"", name, value_of(a_, a), value_of(b_, b), false});
    if (a == nullptr || b == nullptr) return;
    auto from = literals_of(b_.source->tree, b->value);
    auto to = literals_of(a_.source->tree, a->value);
    if (from.size() != to.size()) return;
    for (size_t i = 0; i < from.size(); ++i) {
      if (from[i] != to[i]) result_.literals.try_emplace(from[i], to[i]);
    }
  }

  const ClassSource &a_, &b_;
  Constants of_a_, of_b_;
  ClassSettings result_;
};

}  // namespace

ClassSettings diff_class_settings(const ClassSource& a, const ClassSource& b) {
  return ClassDiffer(a, b).run();
}

std::vector<SettingDiff> diff_layer_settings(const Model& a, const Model& b) {
  if (!has_constants(a) || !has_constants(b)) return {};
  auto layers_a = layers_if_readable(a), layers_b = layers_if_readable(b);
  std::unordered_map<std::string, uint32_t> known;
  uint64_t budget = kMostSteps;
  auto pairs =
      align(numbered(layers_a, &known), numbered(layers_b, &known), &budget);
  std::vector<SettingDiff> all;
  if (!pairs) return all;
  for (auto [x, y] : *pairs) {
    auto settings = diff_layer(layers_a[x], layers_b[y]);
    std::ranges::move(settings, std::back_inserter(all));
  }
  return all;
}

}  // namespace tsinspect
