#include "tsinspect/values.h"

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "base/checked.h"
#include "base/encoded_field.h"
#include "base/file.h"
#include "base/printable.h"
#include "tensor/assemble.h"
#include "zip/zip.h"

namespace tsinspect {
namespace {

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view file_data(const Model& model, const Record& record) {
  return model.files.at(record.file)->data();
}

// The bytes of a storage whose items are a field of a protobuf message.
Bytes decoded_bytes(const Model& model, const Storage& storage,
                    const Limits& limits) {
  const EncodedField& field = model.fields.at(storage.field);
  Storage raw = storage;
  raw.field = kNoIndex;
  raw.size_bytes = field.message_bytes;
  Bytes message = storage_bytes(model, raw, limits);
  // Few values may stand for many that repeat the last of them.
  bool is_small = storage.size_bytes <= limits.metadata_bytes / 4;
  if (storage.size_bytes > limits.inflated_bytes ||
      (!is_small &&
       storage.size_bytes / limits.inflated_ratio > message.data.size())) {
    throw Error(ErrorKind::kLimit,
                fmt::format("storage '{}': {} bytes of a message are {} bytes "
                            "of values",
                            printable(storage.key), message.data.size(),
                            storage.size_bytes));
  }
  auto values = std::make_shared<const std::string>(
      decode_field(as_text(message.data), field, storage.size_bytes));
  return {as_bytes(*values), values};
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
  if (storage.field != kNoIndex) return decoded_bytes(model, storage, limits);
  if (storage.assembly != kNoIndex) {
    auto values = std::make_shared<const std::string>(
        assemble(model, model.assemblies.at(storage.assembly), limits));
    return {as_bytes(*values), values};
  }
  if (storage.memory.data() != nullptr) {
    return {as_bytes(storage.memory), nullptr};
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
