#include "analysis/constant_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "analysis/diff_content.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

// Rows are looked up by at least so many bytes, of as many of them as it takes,
// and read so many at a time.
constexpr uint64_t kWindowBytes = 16;
constexpr uint64_t kPieceBytes = uint64_t{1} << 20;

// How many places are compared for one constant. More than these begin alike
// only in tensors that repeat themselves.
constexpr size_t kMostCompared = 16;

// A run of rows, by which a constant is looked up: its first that has anything
// but zeros in it.
struct Window {
  uint32_t constant;
  uint64_t first = 0;  // In the constant's rows.
  size_t compared = 0;
};

// Dtype, shape of a row, rows of a window.
using Kind = std::tuple<DType, std::vector<int64_t>, uint64_t>;
using Windows = std::multimap<uint64_t, Window>;  // By hash.

uint64_t rows_of(const Tensor& tensor) {
  return static_cast<uint64_t>(tensor.shape[0]);
}

uint64_t row_bytes(const Tensor& tensor) {
  return tensor.size_bytes() / rows_of(tensor);
}

std::vector<int64_t> shape_of_row(const Tensor& tensor) {
  return {tensor.shape.begin() + 1, tensor.shape.end()};
}

bool has_rows(const Tensor& tensor) {
  return !tensor.shape.empty() && tensor.elements() > 1 &&
         tensor.element_bits() % 8 == 0 && row_bytes(tensor) > 0 &&
         tensor.storage != kNoIndex;
}

bool is_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](std::byte byte) { return byte == std::byte{0}; });
}

Tensor rows_from(const Tensor& tensor, uint64_t first, uint64_t count) {
  Tensor rows = tensor;
  rows.shape[0] = static_cast<int64_t>(count);
  rows.storage_offset += static_cast<int64_t>(first) * tensor.strides[0];
  return rows;
}

// Calls `see(first row, bytes)` for every run of `window` rows, until it says
// that it has seen enough.
template <typename See>
void for_each_window(const Model& model, const Tensor& tensor, uint64_t window,
                     const Limits& limits, See see) {
  ValueReader reader(model, tensor, limits);
  uint64_t rows = rows_of(tensor), row = row_bytes(tensor);
  if (window > rows) return;
  uint64_t windows = rows - window + 1;
  uint64_t step = std::max(kPieceBytes / row, uint64_t{1});
  std::vector<std::byte> buffer;
  for (uint64_t first = 0; first < windows; first += step) {
    uint64_t count = std::min(step, windows - first);
    auto view = reader.read(first * row, (count + window - 1) * row, &buffer);
    for (uint64_t i = 0; i < count; ++i) {
      if (see(first + i, view.subspan(i * row, window * row))) return;
    }
    reader.release(view);
  }
}

class PartMatcher {
 public:
  PartMatcher(const Model& frozen, const Originals& originals,
              const Limits& limits, Claims* claims)
      : frozen_(frozen),
        originals_(originals),
        limits_(limits),
        claims_(*claims) {}

  void match(std::span<const uint32_t> constants);

 private:
  void add(uint32_t constant);
  void search(uint32_t row);
  void look_up(uint32_t row, uint64_t first, std::span<const std::byte> bytes,
               Windows* windows);
  bool claim(uint32_t row, uint64_t first, uint32_t constant);

  const Model& frozen_;
  const Originals& originals_;
  const Limits& limits_;
  Claims& claims_;
  std::map<Kind, Windows> wanted_;
};

void PartMatcher::add(uint32_t constant) {
  const Tensor& tensor = frozen_.tensors[constant];
  if (!has_rows(tensor)) return;
  uint64_t row = row_bytes(tensor);
  uint64_t window = std::min((kWindowBytes + row - 1) / row, rows_of(tensor));
  // One number throughout is a part of too much.
  if (content_hash(frozen_, tensor, limits_).is_constant) return;
  Windows& windows = wanted_[{tensor.dtype, shape_of_row(tensor), window}];
  for_each_window(frozen_, tensor, window, limits_,
                  [&](uint64_t first, std::span<const std::byte> bytes) {
                    if (is_zero(bytes)) return false;
                    windows.emplace(hash_bytes(bytes), Window{constant, first});
                    return true;
                  });
}

bool PartMatcher::claim(uint32_t row, uint64_t first, uint32_t constant) {
  const Tensor& part = frozen_.tensors[constant];
  const Tensor& whole = originals_.model.tensors[row];
  uint64_t count = rows_of(part);
  if (count >= rows_of(whole) || first > rows_of(whole) - count) return false;
  if (!equal_contents(frozen_, part, originals_.model,
                      rows_from(whole, first, count), limits_)) {
    return false;
  }
  Claim claim = {kNoIndex, row, {}, "part"};
  claim.name = fmt::format("{}[{}:{}]", whole.name, first, first + count);
  claim.detail =
      fmt::format("{} of {} rows of {}", count, rows_of(whole), whole.name);
  claims_.of[constant].push_back(std::move(claim));
  return true;
}

void PartMatcher::look_up(uint32_t row, uint64_t first,
                          std::span<const std::byte> bytes, Windows* windows) {
  auto [at, end] = windows->equal_range(hash_bytes(bytes));
  while (at != end) {
    Window& window = at->second;
    bool is_found = window.first <= first &&
                    claim(row, first - window.first, window.constant);
    bool is_done = is_found || ++window.compared == kMostCompared;
    at = is_done ? windows->erase(at) : std::next(at);
  }
}

void PartMatcher::search(uint32_t row) {
  const Tensor& tensor = originals_.model.tensors[row];
  if (!originals_.rows[row].is_candidate || !has_rows(tensor) ||
      originals_.rows[row].first != row) {
    return;
  }
  auto kind = wanted_.lower_bound({tensor.dtype, shape_of_row(tensor), 0});
  for (; kind != wanted_.end(); ++kind) {
    auto& [dtype, shape, window] = kind->first;
    auto& windows = kind->second;
    if (dtype != tensor.dtype || shape != shape_of_row(tensor)) break;
    if (windows.empty()) continue;
    for_each_window(originals_.model, tensor, window, limits_,
                    [&](uint64_t first, std::span<const std::byte> bytes) {
                      look_up(row, first, bytes, &windows);
                      return windows.empty();
                    });
  }
}

void PartMatcher::match(std::span<const uint32_t> constants) {
  auto ignoring_errors = [](auto work) {
    try {
      work();
    } catch (const Error&) {
      // Not readable: neither a part nor a whole.
    }
  };
  for (uint32_t constant : constants) {
    if (!claims_.of[constant].empty()) continue;
    ignoring_errors([&] { add(constant); });
  }
  for (uint32_t row = 0; row < originals_.rows.size(); ++row) {
    ignoring_errors([&] { search(row); });
  }
}

}  // namespace

void claim_parts(const Model& frozen, std::span<const uint32_t> constants,
                 const Originals& originals, const Limits& limits,
                 Claims* claims) {
  PartMatcher(frozen, originals, limits, claims).match(constants);
}

}  // namespace tsinspect
