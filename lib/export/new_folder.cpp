#include "export/new_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "base/printable.h"
#include "export/companion_files.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxAttempts = 100;
constexpr int kMaxDepth = 32;

[[noreturn]] void refuse(const std::string& path, const std::string& problem) {
  throw Error(ErrorKind::kIo, fmt::format("cannot write {}: {}",
                                          tsinspect::quoted(path), problem));
}

// Another name in the same folder, that nothing has.
std::string beside(const std::string& path, const char* suffix) {
  for (int i = 0; i < kMaxAttempts; ++i) {
    fs::path target(path);
    fs::path name = target.parent_path() /
                    fmt::format(".tsinspect-{}-{}.{}", getpid(), i, suffix);
    if (!fs::exists(fs::symlink_status(name))) return name;
  }
  refuse(path, "the names of temporary folders are taken");
}

void copy_folder(const fs::path& from, const fs::path& to,
                 const std::string& but, int depth) {
  if (depth > kMaxDepth) refuse(to, "folders are nested too deep");
  std::error_code error;
  fs::create_directories(to, error);
  if (error) refuse(to, error.message());
  for (fs::directory_iterator it(from, error), end; !error && it != end;
       it.increment(error)) {
    fs::path name = it->path().filename();
    if (depth == 0 && name == but) continue;
    fs::file_status status = it->symlink_status();
    if (fs::is_directory(status)) {
      copy_folder(it->path(), to / name, but, depth + 1);
    } else {
      copy_file_to(it->path(), to / name);  // Refuses what is no file.
    }
  }
  if (error) refuse(to, error.message());
}

}  // namespace

NewFolder::NewFolder(const std::string& path, bool replace) : path_(path) {
  while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
  auto status = fs::symlink_status(path_);
  if (fs::exists(status)) {
    if (!replace) refuse(path, "it exists already; --force replaces it");
    if (!fs::is_directory(status) ||
        !fs::exists(fs::path(path_) / "saved_model.pb")) {
      refuse(path, "it is no SavedModel folder, so that it is not replaced");
    }
    replaces_ = true;
  }
  temporary_ = beside(path_, "tmp");
  std::error_code error;
  if (!fs::create_directory(temporary_, error)) {
    std::string problem = error ? error.message() : "it exists already";
    temporary_.clear();
    refuse(path, problem);
  }
}

NewFolder::~NewFolder() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void NewFolder::copy_from(const std::string& from, const std::string& but) {
  std::error_code error;
  fs::path source = fs::canonical(from, error);
  fs::path own = fs::canonical(temporary_, error);
  auto [rest, end] =
      std::mismatch(source.begin(), source.end(), own.begin(), own.end());
  if (rest == source.end())
    refuse(path_, "it lies in the folder it is made of");
  copy_folder(from, temporary_, but, 0);
}

void NewFolder::commit() {
  std::string old;
  std::error_code error;
  if (replaces_) {
    old = beside(path_, "old");
    fs::rename(path_, old, error);
    if (error) refuse(path_, error.message());
  }
  fs::rename(temporary_, path_, error);
  if (error) {
    std::error_code ignored;
    if (!old.empty()) fs::rename(old, path_, ignored);
    refuse(path_, error.message());
  }
  temporary_.clear();
  if (!old.empty()) fs::remove_all(old, error);
}

}  // namespace tsinspect
