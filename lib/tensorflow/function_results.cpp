#include "tensorflow/function_results.h"

#include "base/protobuf.h"
#include "tensorflow/fields.h"
#include "tensorflow/map_entry.h"

namespace tsinspect::tensorflow {
std::vector<std::pair<std::string_view, std::string_view>> function_results(
    std::string_view function) {
  std::vector<std::pair<std::string_view, std::string_view>> results;
  MessageReader in(function, function, "FunctionDef");
  while (in.next()) {
    if (in.field() != function_def::kRet) continue;
    MapEntry entry = read_map_entry(in.message("ret", "FunctionDef.RetEntry"));
    results.emplace_back(entry.key, entry.value);
  }
  return results;
}

}  // namespace tsinspect::tensorflow
