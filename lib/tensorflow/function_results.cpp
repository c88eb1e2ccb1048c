#include "tensorflow/function_results.h"

#include "base/protobuf.h"
#include "tensorflow/fields.h"

namespace tsinspect::tensorflow {
namespace {

// Of an entry of a map.
enum : uint32_t { kEntryKey = 1, kEntryValue = 2 };

}  // namespace

std::vector<std::pair<std::string_view, std::string_view>> function_results(
    std::string_view function) {
  std::vector<std::pair<std::string_view, std::string_view>> results;
  MessageReader in(function, function, "FunctionDef");
  while (in.next()) {
    if (in.field() != function_def::kRet) continue;
    MessageReader entry = in.message("ret", "FunctionDef.RetEntry");
    auto& [name, value] = results.emplace_back();
    while (entry.next()) {
      if (entry.field() == kEntryKey) name = entry.bytes("key");
      if (entry.field() == kEntryValue) value = entry.bytes("value");
    }
  }
  return results;
}

}  // namespace tsinspect::tensorflow
