#include "rebuild/archive.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/huge_pages.h"
#include "base/printable.h"
#include "pickle/pickle.h"
#include "zip/zip.h"

namespace tsinspect {
namespace {

[[noreturn]] void fail(const StorageId& id, const std::string& message,
                       uint64_t offset = Error::kNoOffset) {
  throw Error(ErrorKind::kMalformed,
              fmt::format("storage {}: {}", quoted(id.key), message), offset);
}

}  // namespace

std::string_view find_archive_root(const std::vector<Record>& records,
                                   std::string_view record) {
  for (const Record& each : records) {
    std::string_view name = each.name;
    if (!name.ends_with(record)) continue;
    std::string_view root = name.substr(0, name.size() - record.size());
    if (!root.empty() && root.find('/') == root.size() - 1) return root;
  }
  return {};
}

Archive::Archive(Model* model, const NameIndex& names, std::string_view root,
                 const Limits& limits)
    : model_(*model),
      names_(names),
      root_(root),
      limits_(limits),
      metadata_bytes_(limits.metadata_limit(model->files[0]->size())),
      storage_of_record_(model->records.size(), kNoIndex) {
  // Most records of a large archive are a tensor's storage.
  reserve_rows(&model_.storages, model_.records.size());
  reserve_rows(&model_.tensors, model_.records.size());
  reserve_rows(&model_.paths, model_.records.size());
}

uint32_t Archive::find(std::string_view name, std::string_view tail) const {
  full_name_.assign(root_).append(name).append(tail);
  return names_.find(full_name_,
                     [this](uint32_t i) { return model_.records[i].name; });
}

std::string_view Archive::text(uint32_t record) {
  const Record& row = model_.records[record];
  if (row.method != 0) {
    inflated_ += row.size_bytes;
    if (inflated_ > metadata_bytes_ || inflated_ < row.size_bytes) {
      throw Error(ErrorKind::kLimit,
                  fmt::format("record {}: more than {} bytes of inflated "
                              "pickles and source",
                              quoted(row.name), metadata_bytes_),
                  row.offset);
    }
  }
  std::shared_ptr<const std::string> owner;
  std::string_view bytes =
      inflated_bytes(model_.files[0]->data(), row, limits_, &owner);
  if (owner != nullptr) model_.inflated.push_back(std::move(owner));
  return bytes;
}

std::string_view Archive::small_text(std::string_view name) {
  uint32_t record = find(name);
  if (record == kNoIndex) return {};
  std::string_view bytes = text(record);
  size_t last = bytes.find_last_not_of(" \r\n");
  return last == std::string_view::npos ? std::string_view()
                                        : bytes.substr(0, last + 1);
}

ObjectRef Archive::pickle(uint32_t record) {
  const Record& row = model_.records[record];
  ByteReader in(text(record));
  try {
    return read_pickle(&in, record, &model_.objects, &model_.imports);
  } catch (const Error& error) {
    throw Error(error.kind(),
                fmt::format("record {}: {}", quoted(row.name), error.what()));
  }
}

StorageFinder Archive::storages(std::string folder) {
  return [this, folder = std::move(folder)](const StorageId& id) {
    return add_storage(id, folder);
  };
}

uint32_t Archive::find_storage(std::string_view folder, std::string_view key) {
  // Storages mostly lie in the order in which they are named. With findings,
  // names may be there twice.
  if (++last_storage_ < model_.records.size() && model_.findings.empty()) {
    std::string_view name = model_.records[last_storage_].name;
    if (name.size() == root_.size() + folder.size() + key.size() &&
        name.ends_with(key) && name.starts_with(root_) &&
        name.substr(root_.size()).starts_with(folder)) {
      return last_storage_;
    }
  }
  return last_storage_ = find(folder, key);
}

uint32_t Archive::add_storage(const StorageId& id, std::string_view folder) {
  if (id.device == "meta") return kNoIndex;
  uint32_t record = find_storage(folder, id.key);
  // Some keys of mobile files hold the folder.
  if (record == kNoIndex) record = find(id.key);
  if (record == kNoIndex) {
    fail(id, fmt::format("there is no record {}",
                         quoted(fmt::format("{}{}{}", root_, folder, id.key))));
  }
  const Record& row = model_.records[record];
  uint64_t needed = id.size_bytes();
  if (needed > row.size_bytes) {
    fail(id,
         fmt::format("{} elements of {} take {} bytes, but record {} has {}",
                     id.elements, dtype_info(id.dtype).name, needed,
                     quoted(row.name), row.size_bytes),
         row.offset);
  }
  uint32_t& storage = storage_of_record_[record];
  if (storage == kNoIndex) {
    storage = static_cast<uint32_t>(model_.storages.size());
    Storage added;
    added.key = id.key;
    added.device = id.device;
    added.record = record;
    added.size_bytes = row.size_bytes;
    added.big_endian = model_.producer.big_endian;
    model_.storages.push_back(added);
  }
  return storage;
}

void Archive::read_producer() {
  std::string_view version = small_text("version");
  if (version.empty()) version = small_text(".data/version");
  model_.producer.file_version = printable(version, 20);
  model_.producer.big_endian = small_text("byteorder") == "big";
}

}  // namespace tsinspect
