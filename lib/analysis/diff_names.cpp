#include "analysis/diff_names.h"

#include <algorithm>
#include <array>

namespace tsinspect {
namespace {

// Behind the path of a variable's object, in a checkpoint's keys.
constexpr std::string_view kVariableValue = "/.ATTRIBUTES/VARIABLE_VALUE";

struct LayerPart {
  std::string_view tensorflow;
  std::string_view torch;
  bool is_kernel = false;
};
constexpr std::array kParts = {
    LayerPart{"kernel", "weight", true},
    LayerPart{"depthwise_kernel", "weight", true},
    LayerPart{"pointwise_kernel", "weight", true},
    LayerPart{"embeddings", "weight"},
    LayerPart{"gamma", "weight"},
    LayerPart{"beta", "bias"},
    LayerPart{"moving_mean", "running_mean"},
    LayerPart{"moving_variance", "running_var"},
};

std::string_view plain(std::string_view name) {
  if (name.ends_with(kVariableValue)) name.remove_suffix(kVariableValue.size());
  if (name.ends_with(":0")) name.remove_suffix(2);
  return name;
}

std::string_view last_part(std::string_view name) {
  return name.substr(name.find_last_of("./") + 1);
}

const LayerPart* find_part(std::string_view name) {
  auto row =
      std::ranges::find(kParts, last_part(plain(name)), &LayerPart::tensorflow);
  return row == kParts.end() ? nullptr : row;
}

}  // namespace

std::string comparable_name(std::string_view name) {
  const LayerPart* part = find_part(name);
  std::string result(plain(name));
  if (part != nullptr) {
    result.resize(result.size() - part->tensorflow.size());
    result += part->torch;
  }
  std::ranges::replace(result, '/', '.');
  return result;
}

bool is_kernel(std::string_view name) {
  const LayerPart* part = find_part(name);
  return part != nullptr && part->is_kernel;
}

}  // namespace tsinspect
