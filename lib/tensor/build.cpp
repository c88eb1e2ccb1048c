#include "tensor/build.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/checked.h"
#include "base/printable.h"

namespace tsinspect {
namespace {

constexpr size_t kNameColumns = 100;

[[noreturn]] void fail(const Tensor& tensor, const std::string& problem) {
  throw Error(ErrorKind::kMalformed,
              fmt::format("tensor '{}': {}",
                          printable(tensor.name, kNameColumns), problem));
}

// A list for a message. A hostile one may have millions of entries.
std::string list(std::span<const int64_t> values) {
  constexpr size_t kShown = 16;
  auto shown = values.first(std::min(values.size(), kShown));
  return fmt::format("[{}{}]", fmt::join(shown, ", "),
                     values.size() > kShown ? ", …" : "");
}

}  // namespace

std::vector<int64_t> contiguous_strides(std::span<const int64_t> shape) {
  std::vector<int64_t> strides(shape.size());
  uint64_t step = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = static_cast<int64_t>(step);
    // Wraps only where the shape's product does, which check_tensor refuses, or
    // where a zero dimension makes the strides meaningless.
    step *= static_cast<uint64_t>(std::max<int64_t>(shape[i], 1));
  }
  return strides;
}

void check_tensor(const Model& model, const Tensor& tensor) {
  auto elements = checked_elements(tensor.shape);
  if (!elements) {
    fail(tensor, fmt::format("impossible shape {}", list(tensor.shape)));
  }
  auto size = checked_bytes(*elements, tensor.element_bits());
  if (!size || *size > INT64_MAX) {
    fail(tensor, fmt::format("shape {} of {} overflows", list(tensor.shape),
                             dtype_info(tensor.dtype).name));
  }
  auto extent =
      checked_extent(tensor.shape, tensor.strides, tensor.storage_offset);
  if (!extent && *elements > 0) {
    fail(tensor, fmt::format("shape {} with impossible strides {} or offset {}",
                             list(tensor.shape), list(tensor.strides),
                             tensor.storage_offset));
  }
  if (tensor.strides.size() != tensor.shape.size() ||
      tensor.storage_offset < 0) {
    fail(tensor, "strides or offset do not fit its shape");
  }
  if (tensor.storage == kNoIndex || *elements == 0) return;
  if (tensor.storage >= model.storages.size()) {
    fail(tensor, "names a storage that does not exist");
  }
  const Storage& storage = model.storages[tensor.storage];
  auto needed = checked_bytes(*extent, tensor.element_bits());
  if (!needed || *needed > storage.size_bytes) {
    fail(tensor,
         fmt::format("shape {}, strides {} and offset {} reach {} elements of "
                     "{}, but its storage has {} bytes",
                     list(tensor.shape), list(tensor.strides),
                     tensor.storage_offset, *extent,
                     dtype_info(tensor.dtype).name, storage.size_bytes));
  }
}

void fail_without_data(const Tensor& tensor) {
  std::string name = printable(tensor.name, kNameColumns);
  bool is_known = tensor.details && !tensor.details->no_data.empty();
  throw Error(
      ErrorKind::kUnsupported,
      is_known ? fmt::format("tensor '{}': {}", name, tensor.details->no_data)
               : fmt::format("tensor '{}' has no data", name));
}

}  // namespace tsinspect
