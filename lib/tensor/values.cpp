#include "tsinspect/values.h"

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "base/checked.h"
#include "base/file.h"
#include "base/printable.h"
#include "zip/zip.h"

namespace tsinspect {
namespace {

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string_view file_data(const Model& model, const Record& record) {
  return model.files.at(record.file)->data();
}

}  // namespace

uint64_t payload_offset(const Model& model, const Record& record) {
  std::string_view file = file_data(model, record);
  if (record.has_local_header) return zip_payload_offset(file, record);
  ByteReader in(file);
  in.seek(record.offset, "record");
  in.bytes(record.stored_bytes, "record");
  return record.offset;
}

Bytes record_bytes(const Model& model, const Record& record,
                   const Limits& limits) {
  std::string_view file = file_data(model, record);
  const auto& mapped = model.files[record.file];
  if (!record.has_local_header) {
    uint64_t offset = payload_offset(model, record);
    return {as_bytes(file.substr(offset, record.stored_bytes)), mapped};
  }
  std::shared_ptr<const std::string> inflated;
  std::string_view data = inflated_bytes(file, record, limits, &inflated);
  if (inflated) return {as_bytes(data), inflated};
  return {as_bytes(data), mapped};
}

Bytes storage_bytes(const Model& model, const Storage& storage,
                    const Limits& limits) {
  if (storage.memory.data() != nullptr) {
    return {std::as_bytes(std::span(storage.memory)), nullptr};
  }
  if (storage.record == kNoIndex) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("storage '{}' has no data in this file",
                            printable(storage.key)));
  }
  const Record& record = model.records.at(storage.record);
  Bytes bytes = record_bytes(model, record, limits);
  auto end = checked_add(storage.offset, storage.size_bytes);
  if (!end || *end > bytes.data.size()) {
    throw Error(
        ErrorKind::kMalformed,
        fmt::format("storage '{}': {} bytes at {} exceed record '{}' of {} "
                    "bytes",
                    printable(storage.key), storage.size_bytes, storage.offset,
                    printable(record.name), bytes.data.size()));
  }
  bytes.data = bytes.data.subspan(storage.offset, storage.size_bytes);
  return bytes;
}

}  // namespace tsinspect
