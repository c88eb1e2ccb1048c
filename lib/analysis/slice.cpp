#include "tsinspect/slice.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "base/printable.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

[[noreturn]] void fail(const std::string& message) {
  throw Error(ErrorKind::kNotFound, message);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    size_t end = std::min(text.find(separator), text.size());
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int64_t value;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// A bound of `a:b:c`; the default where it is left out.
int64_t bound(std::string_view text, int64_t otherwise) {
  if (text.empty()) return otherwise;
  if (auto value = parse_integer(text)) return *value;
  fail(fmt::format("{} is no index or slice", quoted(text)));
}

Slice::Dimension plain_index(int64_t index, int64_t size, size_t dimension) {
  if (index < -size || index >= size) {
    fail(fmt::format("index {} is out of range for dimension {} of size {}",
                     index, dimension, size));
  }
  return {index < 0 ? index + size : index, 1, 1, true};
}

// As Python's slice.indices().
Slice::Dimension range(std::string_view item, int64_t size) {
  auto parts = split(item, ':');
  if (parts.size() > 3) fail(fmt::format("{} is no slice", quoted(item)));
  int64_t step = parts.size() == 3 ? bound(parts[2], 1) : 1;
  if (step == 0) fail("the step of a slice cannot be zero");
  // Beyond this a step takes one element all the same.
  step = std::clamp(step, -INT64_MAX, INT64_MAX);
  int64_t lowest = step > 0 ? 0 : -1;
  int64_t highest = step > 0 ? size : size - 1;
  auto resolve = [&](std::string_view text, int64_t otherwise) {
    if (text.empty()) return otherwise;
    int64_t value = bound(text, 0);
    if (value < 0) value = value < -size ? lowest : value + size;
    return std::clamp(value, lowest, highest);
  };
  int64_t start = resolve(parts[0], step > 0 ? lowest : highest);
  int64_t stop = resolve(parts[1], step > 0 ? highest : lowest);
  int64_t distance = step > 0 ? stop - start : start - stop;
  int64_t stride = step > 0 ? step : -step;
  int64_t count = distance <= 0 ? 0 : (distance - 1) / stride + 1;
  return {start, count, step, false};
}

}  // namespace

std::vector<int64_t> Slice::shape() const {
  std::vector<int64_t> result;
  for (const Dimension& dimension : dimensions) {
    if (!dimension.dropped) result.push_back(dimension.count);
  }
  return result;
}

Slice whole_slice(std::span<const int64_t> shape) {
  Slice slice;
  for (int64_t size : shape) slice.dimensions.push_back({0, size, 1, false});
  return slice;
}

Slice parse_slice(std::string_view text, std::span<const int64_t> shape) {
  auto items = split(text, ',');
  if (items.size() > 1 && items.back().empty()) items.pop_back();
  auto ellipses = std::count(items.begin(), items.end(), "...");
  if (ellipses > 1) fail("only one ellipsis can stand in a slice");
  size_t given = items.size() - static_cast<size_t>(ellipses);
  if (given > shape.size()) {
    fail(fmt::format("too many indices: {} for {} dimensions", given,
                     shape.size()));
  }
  Slice slice = whole_slice(shape);
  size_t at = 0;
  for (std::string_view item : items) {
    if (item == "...") {
      at += shape.size() - given;
    } else if (item.find(':') != std::string_view::npos) {
      slice.dimensions[at] = range(item, shape[at]);
      ++at;
    } else if (auto index = parse_integer(item)) {
      slice.dimensions[at] = plain_index(*index, shape[at], at);
      ++at;
    } else {
      fail(fmt::format("{} is no index or slice", quoted(item)));
    }
  }
  return slice;
}

}  // namespace tsinspect
