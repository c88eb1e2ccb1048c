#include "export/companion_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/file.h"
#include "base/printable.h"
#include "export/atomic_file.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const std::string& path) {
  fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

// Creates a folder, and those it lies in. Throws Error(kIo).
void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return;
  throw Error(ErrorKind::kIo,
              fmt::format("cannot create folder {}: {}",
                          tsinspect::quoted(folder.string()), error.message()));
}

bool exists(const std::string& path) {
  struct stat ignored;
  return lstat(path.c_str(), &ignored) == 0;
}

}  // namespace

void copy_file_to(const std::string& from, const std::string& to) {
  auto source = File::open(from);
  if (exists(to)) {
    if (File::open(to)->data() == source->data()) return;
    throw Error(ErrorKind::kIo,
                fmt::format("cannot write {}: it exists already with other "
                            "bytes than {}",
                            tsinspect::quoted(to), tsinspect::quoted(from)));
  }
  make_folder(folder_of(to));
  AtomicFile file(to, false);
  file.write(source->data());
  file.commit();
}

std::vector<std::string> copy_companions(const Model& model,
                                         const std::string& output) {
  fs::path from = folder_of(model.path);
  fs::path to = folder_of(output);
  std::error_code error;
  if (fs::equivalent(from, to, error)) return {};
  std::vector<std::string> copied;
  for (size_t i = 1; i < model.files.size(); ++i) {
    const std::string& path = model.files[i]->path();
    fs::path rest = fs::path(path).lexically_relative(from);
    if (rest.empty() || *rest.begin() == "..") {
      throw Error(ErrorKind::kIo,
                  fmt::format("{} does not lie in the model's folder",
                              tsinspect::quoted(path)));
    }
    copy_file_to(path, (to / rest).string());
    copied.push_back(rest.string());
  }
  return copied;
}

}  // namespace tsinspect
