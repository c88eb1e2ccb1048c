// PyTorch's use of a zip: a top folder with pickles in it, and a record for
// each storage.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/name_index.h"
#include "rebuild/tensor_rebuilder.h"
#include "tsinspect/model.h"

namespace tsinspect {

// The top folder with its slash ("archive/") that holds a record of this name;
// empty if there is none.
std::string_view find_archive_root(const std::vector<Record>& records,
                                   std::string_view record);

class Archive {
 public:
  // `names` indexes the records of `model`. The archive adds inflated records,
  // imports, objects and storages to the model.
  Archive(Model* model, const NameIndex& names, std::string_view root,
          const Limits& limits);

  std::string_view root() const { return root_; }

  // Row of the record `root` + `name` + `tail`, kNoIndex if there is none.
  uint32_t find(std::string_view name, std::string_view tail = {}) const;

  // Text of a record, inflated if need be; it lives as long as the model. All
  // text that is inflated counts against Limits::metadata_bytes.
  std::string_view text(uint32_t record);

  // Text of the record `root` + `name` without white space at its end; empty if
  // there is none.
  std::string_view small_text(std::string_view name);

  // Top value of a pickle.
  ObjectRef pickle(uint32_t record);

  // Storages whose keys name records `root` + `folder` + key.
  StorageFinder storages(std::string folder);

  // For CollectOptions.
  uint64_t name_bytes() const { return metadata_bytes_; }

  // File version, byte order: what the small records say.
  void read_producer();

 private:
  uint32_t find_storage(std::string_view folder, std::string_view key);
  uint32_t add_storage(const StorageId& id, std::string_view folder);

  Model& model_;
  const NameIndex& names_;
  std::string root_;
  mutable std::string full_name_;  // Room for the name that find() looks up.
  Limits limits_;
  uint64_t metadata_bytes_;
  uint64_t inflated_ = 0;
  uint32_t last_storage_ = kNoIndex;  // Row of the record found last.
  std::vector<uint32_t> storage_of_record_;
};

}  // namespace tsinspect
