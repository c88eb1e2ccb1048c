// A folder that appears under its name whole, or not at all.

#pragma once

#include <string>

namespace tsinspect {

class NewFolder {
 public:
  // Creates a folder of a name of its own beside `path`. Throws Error(kIo),
  // also if `path` exists, unless `replace` is true and it is a folder with a
  // saved_model.pb.
  NewFolder(const std::string& path, bool replace);
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;
  // Removes what was not committed.
  ~NewFolder();

  // Where it is until commit().
  const std::string& path() const { return temporary_; }

  // Copies the folder `from`, without the file `but`: regular files and
  // folders. Throws Error(kIo), also for anything else in it.
  void copy_from(const std::string& from, const std::string& but);

  // Gives the folder its name. Throws Error(kIo).
  void commit();

 private:
  std::string path_;
  std::string temporary_;  // Empty once it is gone.
  bool replaces_ = false;
};

}  // namespace tsinspect
