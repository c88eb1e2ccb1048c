#include "torchscript/archive_source.h"

#include <algorithm>

#include "base/printable.h"

namespace tsinspect {
namespace {

// LibTorch finds records by name without regard to the case of letters.
bool is_same_letter(char a, char b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
  return lower(a) == lower(b);
}

bool is_source(std::string_view name, std::string_view folder) {
  constexpr std::string_view kSuffix = ".py";
  if (name.size() < folder.size() + kSuffix.size()) return false;
  std::string_view begin = name.substr(0, folder.size());
  std::string_view end = name.substr(name.size() - kSuffix.size());
  return std::ranges::equal(begin, folder, is_same_letter) &&
         std::ranges::equal(end, kSuffix, is_same_letter);
}

}  // namespace

void read_source(Archive* archive, const Limits& limits,
                 torchscript::Library* library, Model* model) {
  std::string folder = std::string(archive->root()) + "code/";
  for (uint32_t i = 0; i < model->records.size(); ++i) {
    std::string_view name = model->records[i].name;
    if (!is_source(name, folder)) continue;
    std::string_view text = archive->text(i);
    try {
      library->add(name, text, limits);
    } catch (const Error& error) {
      model->findings.push_back({"unreadable-source", Severity::kWarning,
                                 printable(name), error.what()});
    }
  }
}

}  // namespace tsinspect
