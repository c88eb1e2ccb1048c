#include "torchscript/archive_source.h"

#include "base/printable.h"

namespace tsinspect {

void read_source(Archive* archive, const Limits& limits,
                 torchscript::Library* library, Model* model) {
  std::string folder = std::string(archive->root()) + "code/";
  for (uint32_t i = 0; i < model->records.size(); ++i) {
    std::string_view name = model->records[i].name;
    if (!name.starts_with(folder) || !name.ends_with(".py")) continue;
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
