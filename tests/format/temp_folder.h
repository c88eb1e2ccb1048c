// A folder of files that goes away with the test.

#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace tsinspect {

class TempFolder {
 public:
  TempFolder() {
    std::string pattern =
        std::filesystem::temp_directory_path() / "tsinspect_test_XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() { std::filesystem::remove_all(path_); }

  // Writes a file and gives its path. Folders in its name are made.
  std::string add(const std::string& name, std::string_view bytes) const {
    std::filesystem::path file = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace tsinspect
