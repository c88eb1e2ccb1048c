#include "analysis/diff_units.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "analysis/constant_rows.h"
#include "analysis/diff_lines.h"

namespace tsinspect {
namespace {

// What a hostile file may cost: bytes of source parsed, steps of aligning
// lines, lines told.
constexpr uint64_t kMostBytes = uint64_t{64} << 20;
constexpr uint64_t kMostSteps = 100'000'000;
constexpr uint64_t kMostLines = 100'000;

std::unordered_map<uint32_t, uint32_t> numbers_of(const Model& model) {
  std::unordered_map<uint32_t, uint32_t> by_row;
  for (const auto& [number, rows] : constant_rows(model)) {
    for (uint32_t row : rows) by_row[row] = number;
  }
  return by_row;
}

}  // namespace

UnitDiffer::UnitDiffer(const Model& a, const Model& b,
                       const std::vector<TensorDiff>& pairs)
    : types_a_(types_of(a)),
      types_b_(types_of(b)),
      bytes_left_(kMostBytes),
      steps_left_(kMostSteps),
      lines_left_(kMostLines) {
  auto numbers_a = numbers_of(a), numbers_b = numbers_of(b);
  for (const TensorDiff& pair : pairs) {
    if (pair.change != Change::kNone) continue;
    auto x = numbers_a.find(pair.a), y = numbers_b.find(pair.b);
    if (x == numbers_a.end() || y == numbers_b.end()) continue;
    to_b_[x->second] = y->second;
    in_a_.insert(y->second);
  }
}

UnitDiffer::Types UnitDiffer::types_of(const Model& model) {
  Types types;
  for (const auto& [number, rows] : constant_rows(model)) {
    for (uint32_t row : rows) {
      const Tensor& tensor = model.tensors[row];
      types[number] +=
          fmt::format("{} {}", dtype_info(tensor.dtype).name, tensor.shape);
    }
  }
  return types;
}

// Numbers of constants alone say nothing: only where the values of both are in
// the other model, but elsewhere, are they surely two.
bool UnitDiffer::may_be_same(uint32_t a, uint32_t b) const {
  auto known = to_b_.find(a);
  return known == to_b_.end() || known->second == b || !in_a_.contains(b);
}

std::vector<CodeLine> UnitDiffer::differ(const std::vector<CanonicalLine>& a,
                                         const std::vector<CanonicalLine>& b) {
  auto same = [&](uint32_t x, uint32_t y) { return may_be_same(x, y); };
  std::vector<CodeLine> lines = diff_lines(a, b, same, &steps_left_);
  if (lines.size() > lines_left_) return {};
  lines_left_ -= lines.size();
  return lines;
}

std::optional<std::vector<CodeLine>> UnitDiffer::compare(
    const CodeUnit& a, const CodeUnit& b, const Options& options) {
  std::string_view text_a = a.text(), text_b = b.text();
  bool has_constants = text_a.find("CONSTANTS") != text_a.npos;
  if (text_a == text_b && !has_constants) return std::nullopt;
  uint64_t bytes = text_a.size() + text_b.size();
  if (bytes > bytes_left_) return std::vector<CodeLine>();
  bytes_left_ -= bytes;
  CanonicalOptions of_a = {.constants = &types_a_,
                           .keeps_parameters = options.keeps_parameters};
  CanonicalOptions of_b = {.constants = &types_b_,
                           .keeps_parameters = options.keeps_parameters};
  auto same = [&](uint32_t x, uint32_t y) { return may_be_same(x, y); };
  try {
    auto lines_a = a.lines(of_a), lines_b = b.lines(of_b);
    if (same_lines(lines_a, lines_b, same)) return std::nullopt;
    if (options.literals != nullptr && !options.literals->empty()) {
      of_b.literals = options.literals;
      if (same_lines(lines_a, b.lines(of_b), same)) return std::nullopt;
    }
    return differ(lines_a, lines_b);
  } catch (const Error&) {
    // Nothing can be told of what cannot be parsed but that it is not equal.
    if (text_a == text_b) return std::nullopt;
    return std::vector<CodeLine>();
  }
}

}  // namespace tsinspect
