#include "tensor/assemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/checked.h"
#include "base/printable.h"
#include "tensor/build.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

[[noreturn]] void fail(const std::string& problem) {
  throw Error(ErrorKind::kMalformed, problem);
}

bool lies_in(const AssemblyPart& part, const std::vector<int64_t>& shape) {
  if (part.start.size() != shape.size() || part.shape.size() != shape.size()) {
    return false;
  }
  for (size_t i = 0; i < shape.size(); ++i) {
    if (part.start[i] < 0 || part.shape[i] < 0) return false;
    if (part.start[i] > shape[i] || part.shape[i] > shape[i] - part.start[i]) {
      return false;
    }
  }
  return true;
}

// Elements of a part that is sound. A part lies in the tensor, whose elements
// were counted.
uint64_t check_part(const AssemblyPart& part, const Assembly& assembly) {
  if (!lies_in(part, assembly.shape)) {
    fail(fmt::format("part {} does not lie in it",
                     quoted(std::string(part.storage.key))));
  }
  uint64_t elements = checked_elements(part.shape).value_or(0);
  if (elements * assembly.item_bytes != part.storage.size_bytes) {
    fail(fmt::format("part {} has {} bytes where its shape needs {}",
                     quoted(std::string(part.storage.key)),
                     part.storage.size_bytes, elements * assembly.item_bytes));
  }
  return elements;
}

// Copies a part's rows, each to its place.
class PartCopy {
 public:
  PartCopy(const AssemblyPart& part, const Assembly& assembly, const char* from,
           char* to)
      : part_(part),
        strides_(contiguous_strides(assembly.shape)),
        item_bytes_(assembly.item_bytes),
        from_(from) {
    for (size_t i = 0; i < strides_.size(); ++i) {
      to += bytes_of(part.start[i] * strides_[i]);
    }
    copy(0, to);
  }

 private:
  uint64_t bytes_of(int64_t elements) const {
    return static_cast<uint64_t>(elements) * item_bytes_;
  }

  // As deep as the tensor has dimensions.
  void copy(size_t dimension, char* to) {
    if (dimension + 1 >= strides_.size()) {
      uint64_t size =
          strides_.empty() ? item_bytes_ : bytes_of(part_.shape[dimension]);
      std::memcpy(to, from_, size);
      from_ += size;
      return;
    }
    for (int64_t i = 0; i < part_.shape[dimension]; ++i) {
      copy(dimension + 1, to);
      to += bytes_of(strides_[dimension]);
    }
  }

  const AssemblyPart& part_;
  std::vector<int64_t> strides_;
  uint64_t item_bytes_;
  const char* from_;
};

}  // namespace

uint32_t add_assembly(Assembly assembly, std::string_view key, Model* model) {
  auto elements = checked_elements(assembly.shape);
  auto size = elements ? checked_multiply(*elements, assembly.item_bytes)
                       : std::nullopt;
  if (!size) fail("its shape is impossible");
  // Not more than the tensor's own elements, as long as it is checked.
  uint64_t left = *elements;
  for (const AssemblyPart& part : assembly.parts) {
    uint64_t taken = check_part(part, assembly);
    if (taken > left) fail("its parts overlap");
    left -= taken;
  }
  if (left > 0) fail(fmt::format("{} of its elements are in no part", left));
  Storage storage;
  storage.key = key;
  storage.tensors = 1;
  storage.size_bytes = *size;
  if (!assembly.parts.empty()) {
    storage.big_endian = assembly.parts[0].storage.big_endian;
  }
  storage.assembly = static_cast<uint32_t>(model->assemblies.size());
  model->assemblies.push_back(std::move(assembly));
  model->storages.push_back(storage);
  return static_cast<uint32_t>(model->storages.size() - 1);
}

std::string assemble(const Model& model, const Assembly& assembly,
                     const Limits& limits) {
  uint64_t size =
      checked_elements(assembly.shape).value_or(0) * assembly.item_bytes;
  std::string out(size, '\0');
  for (const AssemblyPart& part : assembly.parts) {
    Bytes bytes = storage_bytes(model, part.storage, limits);
    if (bytes.data.empty()) continue;
    PartCopy(part, assembly, reinterpret_cast<const char*>(bytes.data.data()),
             out.data());
  }
  return out;
}

}  // namespace tsinspect
