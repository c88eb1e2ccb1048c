#include <fmt/format.h>

#include "base/checked.h"
#include "base/printable.h"
#include "rebuild/tensor_rebuilder.h"

namespace tsinspect {
namespace {

[[noreturn]] void fail(const std::string& message) {
  throw Error(ErrorKind::kMalformed, "storage id: " + message);
}

uint64_t count(const ObjectGraph& objects, ObjectRef ref, const char* what) {
  if (objects.kind(ref) != ObjectKind::kInt || objects.integer(ref) < 0) {
    fail(fmt::format("its {} is no count", what));
  }
  return static_cast<uint64_t>(objects.integer(ref));
}

// "torch.FloatStorage", "torch.cuda.FloatStorage", "torch.UntypedStorage", …
DType storage_dtype(std::string_view global) {
  std::string_view name = global.substr(global.rfind('.') + 1);
  if (name == "UntypedStorage" || name == "_UntypedStorage") {
    return DType::kUInt8;
  }
  const DTypeInfo* info = find_dtype_of_storage(name);
  if (info == nullptr) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("storage of type {}", quoted(global)));
  }
  return info->dtype;
}

std::string_view key_text(const ObjectGraph& objects, ObjectRef ref) {
  if (objects.kind(ref) != ObjectKind::kString) fail("its key is no string");
  return objects.bytes(ref);
}

}  // namespace

uint64_t StorageId::size_bytes() const {
  auto size = checked_bytes(elements, dtype_info(dtype).bits);
  if (!size) fail(fmt::format("{} elements are too many", elements));
  return *size;
}

bool parse_storage_id(const ObjectGraph& objects, ObjectRef persistent,
                      StorageId* id) {
  if (objects.kind(persistent) != ObjectKind::kPersistent) return false;
  auto fields = objects.items(objects.items(persistent)[0]);
  if (fields.size() < 5 || objects.bytes(fields[0]) != "storage") return false;
  if (objects.kind(fields[1]) != ObjectKind::kGlobal) fail("it has no type");
  id->dtype = storage_dtype(objects.bytes(fields[1]));
  id->key = key_text(objects, fields[2]);
  id->device = objects.bytes(fields[3]);
  id->elements = count(objects, fields[4], "size");
  id->view_offset = 0;
  id->view_elements = id->elements;
  if (fields.size() < 6) return true;
  // (key of the view, offset, elements)
  auto view = objects.items(fields[5]);
  if (view.size() == 3) {
    id->view_offset = count(objects, view[1], "view offset");
    id->view_elements = count(objects, view[2], "view size");
  }
  return true;
}

}  // namespace tsinspect
