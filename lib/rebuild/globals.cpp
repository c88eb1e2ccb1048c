#include "rebuild/globals.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/printable.h"

namespace tsinspect {
namespace {

// More dimensions than this no framework makes; each costs memory a tensor.
constexpr size_t kMaxDimensions = 64;

constexpr GlobalMeaning mapping(const char* name) {
  return {name, GlobalKind::kMapping, nullptr};
}

constexpr GlobalMeaning wrapper(const char* name) {
  return {name, GlobalKind::kWrapper, nullptr};
}

constexpr GlobalMeaning kPlainGlobals[] = {
    mapping("collections.OrderedDict"),
    mapping("collections.defaultdict"),
    mapping("collections.Counter"),
    mapping("builtins.dict"),
    mapping("__builtin__.dict"),
    wrapper("builtins.set"),
    wrapper("__builtin__.set"),
    wrapper("builtins.frozenset"),
    wrapper("__builtin__.frozenset"),
    wrapper("builtins.list"),
    wrapper("__builtin__.list"),
    wrapper("builtins.tuple"),
    wrapper("__builtin__.tuple"),
    wrapper("collections.deque"),
    wrapper("torch.Size"),
    wrapper("torch.jit._pickle.restore_type_tag"),
    wrapper("torch.jit._pickle.build_intlist"),
    wrapper("torch.jit._pickle.build_doublelist"),
    wrapper("torch.jit._pickle.build_boollist"),
    wrapper("torch.jit._pickle.build_tensorlist"),
};

const GlobalMeaning* find_row(std::string_view name) {
  for (auto rows : {torch_globals(), numpy_globals(), plain_globals()}) {
    for (const GlobalMeaning& row : rows) {
      if (name == row.name) return &row;
    }
  }
  return nullptr;
}

}  // namespace

std::span<const GlobalMeaning> plain_globals() { return kPlainGlobals; }

const GlobalMeaning* find_global(std::string_view name) {
  // Typed tensors of the oldest files have one row for all types.
  if (name.starts_with("torch.") && name.ends_with("Tensor")) {
    name = "torch.FloatTensor";
  }
  return find_row(name);
}

void RebuildCall::fail(const std::string& message) const {
  throw Error(ErrorKind::kMalformed,
              fmt::format("{}: {}", global.name, message));
}

ObjectRef RebuildCall::argument(size_t index, const char* what) const {
  auto items = objects.items(objects.arguments(value));
  if (index >= items.size()) fail(fmt::format("no {}", what));
  return items[index];
}

int64_t RebuildCall::integer(ObjectRef ref, const char* what) const {
  if (objects.kind(ref) != ObjectKind::kInt) {
    fail(fmt::format("its {} is no integer", what));
  }
  return objects.integer(ref);
}

bool RebuildCall::boolean(size_t index, const char* what) const {
  ObjectRef ref = argument(index, what);
  if (objects.kind(ref) != ObjectKind::kBool) {
    fail(fmt::format("its {} is no boolean", what));
  }
  return objects.integer(ref) != 0;
}

DType RebuildCall::dtype(ObjectRef ref) const {
  std::string_view name = objects.bytes(ref);
  const DTypeInfo* info = find_dtype(name.substr(name.rfind('.') + 1));
  if (objects.kind(ref) != ObjectKind::kGlobal || info == nullptr) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("{}: dtype {}", global.name, quoted(name)));
  }
  return info->dtype;
}

std::vector<int64_t> RebuildCall::integers(ObjectRef ref,
                                           const char* what) const {
  auto items = objects.items(rebuilder.unwrap(ref));
  if (items.size() > kMaxDimensions) {
    throw Error(ErrorKind::kLimit,
                fmt::format("{}: a {} of {} dimensions", global.name, what,
                            items.size()));
  }
  std::vector<int64_t> numbers;
  numbers.reserve(items.size());
  for (ObjectRef item : items) numbers.push_back(integer(item, what));
  return numbers;
}

bool RebuildCall::parts(ObjectRef ref, std::vector<Part>* out) const {
  return rebuilder.rebuild(ref, out);
}

Tensor RebuildCall::tensor(ObjectRef ref, const char* what) const {
  std::vector<Part> found;
  if (!parts(ref, &found) || found.size() != 1) {
    fail(fmt::format("its {} is no tensor", what));
  }
  return std::move(found[0].tensor);
}

void RebuildCall::count_channels(uint64_t n) const {
  uint64_t file_bytes = 0;
  for (const auto& file : model.files) file_bytes += file->size();
  rebuilder.channels_ += n;
  if (rebuilder.channels_ > file_bytes) {
    throw Error(
        ErrorKind::kLimit,
        fmt::format("{}: scales that are shared again and again", global.name));
  }
}

uint32_t RebuildCall::find_storage(const StorageId& id) const {
  return rebuilder.find_storage_(id);
}

}  // namespace tsinspect
