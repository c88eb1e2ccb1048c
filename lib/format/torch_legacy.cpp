// What torch.save wrote before torch 1.6, and still does without its zip form:
//
//   pickle   the magic number 0x1950a86a20f9469cfc6c
//   pickle   the protocol version, 1001
//   pickle   system info: {protocol_version, little_endian, type_sizes}
//   pickle   the object; storages by persistent id
//   pickle   the list of storage keys
//   for each key: int64 element count, the elements
//
// Counts and elements are little-endian whatever machine wrote them, and not
// aligned. Source: torch/serialization.py, _legacy_save and _legacy_load;
// torch/csrc/serialization.cpp, THPStorage_writeFileRaw.

#include <fmt/format.h>

#include "base/checked.h"
#include "base/printable.h"
#include "format/format.h"
#include "pickle/pickle.h"
#include "rebuild/collect.h"

namespace tsinspect {
namespace {

// The magic number as pickles hold it: little-endian, in ten bytes.
constexpr std::string_view kMagic{"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
                                  10};
constexpr std::string_view kMagicDecimal = "119547037146038801333356";

// Room for PROTO, FRAME, a LONG in binary or text, and STOP.
constexpr size_t kMagicRoom = 48;

bool matches(const Input& input) {
  std::string_view head = input.data().substr(0, kMagicRoom);
  if (!looks_like_pickle(head.substr(0, 2)) && !head.starts_with("L")) {
    return false;
  }
  return head.find(kMagic) != std::string_view::npos ||
         head.find(kMagicDecimal) != std::string_view::npos;
}

struct Extent {
  uint32_t storage;   // Index into Model::storages.
  uint64_t elements;  // That the file has.
};

class LegacyReader {
 public:
  LegacyReader(const Input& input, Model* model)
      : in_(input.data()), model_(*model) {}

  void read(const Limits& limits) {
    pickle();  // The magic number, which `matches` has seen.
    ObjectRef protocol = pickle();
    if (model_.objects.kind(protocol) != ObjectKind::kInt ||
        model_.objects.integer(protocol) != kProtocolVersion) {
      throw Error(ErrorKind::kUnsupported,
                  "a torch.save file of another protocol version than 1001");
    }
    read_system_info(pickle());
    model_.root = pickle();
    read_storages(pickle());
    collect_tensors(limits);
  }

 private:
  static constexpr int64_t kProtocolVersion = 1001;

  ObjectRef pickle() {
    return read_pickle(&in_, kNoIndex, &model_.objects, &model_.imports);
  }

  void read_system_info(ObjectRef info) {
    ObjectRef little = model_.objects.find(info, "little_endian");
    model_.producer.big_endian =
        little != kNoObject &&
        model_.objects.kind(little) == ObjectKind::kBool &&
        model_.objects.integer(little) == 0;
  }

  // How many bits an element of each storage has: the type stands in the
  // persistent ids alone.
  std::unordered_map<std::string_view, StorageId> storage_ids() const {
    std::unordered_map<std::string_view, StorageId> ids;
    for (ObjectRef ref = 0; ref < model_.objects.size(); ++ref) {
      StorageId id;
      if (model_.objects.kind(ref) == ObjectKind::kPersistent &&
          parse_storage_id(model_.objects, ref, &id)) {
        ids.emplace(id.key, id);
      }
    }
    return ids;
  }

  void read_storages(ObjectRef keys) {
    auto ids = storage_ids();
    for (ObjectRef key : model_.objects.items(keys)) {
      auto id = ids.find(model_.objects.bytes(key));
      if (id == ids.end()) {
        throw Error(ErrorKind::kMalformed,
                    fmt::format("storage {} has no type: no tensor uses it",
                                quoted(model_.objects.bytes(key))),
                    in_.offset());
      }
      read_storage(id->second);
    }
  }

  void read_storage(const StorageId& id) {
    uint64_t elements = in_.u64("element count of a storage");
    auto size = checked_bytes(elements, dtype_info(id.dtype).bits);
    Record record;
    record.name = id.key;
    record.offset = in_.offset();
    if (!size || *size > in_.remaining()) {
      throw Error(ErrorKind::kMalformed,
                  fmt::format("storage {}: {} elements of {} exceed the file, "
                              "{} bytes remain",
                              quoted(id.key), elements,
                              dtype_info(id.dtype).name, in_.remaining()),
                  in_.offset());
    }
    record.size_bytes = record.stored_bytes = *size;
    Storage storage;
    storage.key = id.key;
    storage.device = id.device;
    storage.record = static_cast<uint32_t>(model_.records.size());
    storage.size_bytes = *size;
    extents_.emplace(
        id.key,
        Extent{static_cast<uint32_t>(model_.storages.size()), elements});
    model_.records.push_back(record);
    model_.storages.push_back(storage);
    in_.bytes(*size, "storage");
  }

  uint32_t find_storage(const StorageId& id) const {
    auto extent = extents_.find(id.key);
    if (extent == extents_.end() || id.elements > extent->second.elements) {
      throw Error(ErrorKind::kMalformed,
                  fmt::format("storage {} of {} elements: the file has {}",
                              quoted(id.key), id.elements,
                              extent == extents_.end()
                                  ? "none of that name"
                                  : std::to_string(extent->second.elements)));
    }
    return extent->second.storage;
  }

  void collect_tensors(const Limits& limits) {
    TensorRebuilder rebuilder(
        &model_, [this](const StorageId& id) { return find_storage(id); });
    collect_python(limits, &rebuilder, &model_);
  }

  ByteReader in_;
  Model& model_;
  std::unordered_map<std::string_view, Extent> extents_;
};

void read(const Input& input, Model* model) {
  model->form = Form::kTorchSaveLegacy;
  model->producer.file_version = "1001";
  model->producer.torch_version = "0.2 or later";
  LegacyReader(input, model).read(input.limits);
}

}  // namespace

Format torch_legacy_format() {
  return {"torch_legacy", "what torch.save wrote before torch 1.6", matches,
          read};
}

}  // namespace tsinspect
