#include "analysis/constant_rows.h"

#include <charconv>
#include <string_view>

namespace tsinspect {

ConstantRows constant_rows(const Model& model) {
  constexpr std::string_view kPrefix = "CONSTANTS.c";
  ConstantRows rows;
  for (uint32_t row = 0; row < model.tensors.size(); ++row) {
    const Tensor& tensor = model.tensors[row];
    std::string_view name = tensor.name;
    if (tensor.role != Role::kConstant || !name.starts_with(kPrefix)) continue;
    uint32_t number = 0;
    const char* end = name.data() + name.size();
    auto [stop, error] =
        std::from_chars(name.data() + kPrefix.size(), end, number);
    if (error == std::errc() && (stop == end || *stop == '.')) {
      rows[number].push_back(row);
    }
  }
  return rows;
}

}  // namespace tsinspect
