#include "libtorch/operator_places.h"

#include "tsinspect/layers.h"

namespace tsinspect {

OperatorPlaces::OperatorPlaces(const std::string& path) : has_file_(true) {
  Model model = open_program(path);
  for (OperatorName& row : operator_names(model)) {
    // The archive's records lie in a folder that LibTorch leaves out.
    std::string_view record = row.place.record;
    record.remove_prefix(std::min(record.find("code/"), record.size()));
    names_.emplace(std::pair(std::string(record), row.place.offset),
                   Name{std::move(row.op), std::move(row.name)});
  }
}

std::string OperatorPlaces::name_of(const torch::jit::Node& node) const {
  std::string op = node.kind().toQualString();
  // Memory that nothing was written to yet has no values to speak of.
  for (const char* empty : {"aten::empty", "aten::new_empty"}) {
    if (op.starts_with(empty)) return {};
  }
  if (!has_file_) {
    return op.starts_with("aten::") ? op.substr(6) : std::string();
  }
  const auto range = node.sourceRange();
  if (!range.source() || !range.source()->filename()) return {};
  auto [first, last] =
      names_.equal_range({*range.source()->filename(), range.start()});
  for (; first != last; ++first) {
    if (first->second.op == op) return first->second.name;
  }
  return {};
}

}  // namespace tsinspect
