#include "analysis/constant_content.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "analysis/diff_content.h"

namespace tsinspect {
namespace {

using Kind = std::pair<DType, std::vector<int64_t>>;
using Key = std::pair<Kind, ContentHash>;

Kind kind_of(const Tensor& tensor) { return {tensor.dtype, tensor.shape}; }

bool can_be_transposed(const Tensor& tensor) {
  return tensor.shape.size() == 2 && !tensor.details;
}

Tensor transpose_of(const Tensor& tensor) {
  Tensor transposed = tensor;
  std::swap(transposed.shape[0], transposed.shape[1]);
  std::swap(transposed.strides[0], transposed.strides[1]);
  return transposed;
}

class ContentMatcher {
 public:
  ContentMatcher(const Model& frozen, const Originals& originals,
                 const Limits& limits)
      : frozen_(frozen), originals_(originals), limits_(limits) {}

  Contents match(std::span<const uint32_t> constants);

 private:
  std::optional<Key> key_of(const Model& model, const Tensor& tensor) const;
  bool same(const Model& model, const Tensor& tensor, uint32_t row) const;
  void group_originals(const std::set<Kind>& wanted);
  void add(uint32_t row);
  uint32_t find(const Tensor& constant, bool is_transposed) const;

  const Model& frozen_;
  const Originals& originals_;
  const Limits& limits_;
  Contents contents_;
  std::map<Key, uint32_t> groups_;
  std::map<uint32_t, uint32_t> group_of_first_;  // By Original::first.
};

std::optional<Key> ContentMatcher::key_of(const Model& model,
                                          const Tensor& tensor) const {
  try {
    return Key{kind_of(tensor), content_hash(model, tensor, limits_)};
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool ContentMatcher::same(const Model& model, const Tensor& tensor,
                          uint32_t row) const {
  const Model& original = originals_.model;
  try {
    return equal_contents(model, tensor, original, original.tensors[row],
                          limits_);
  } catch (const Error&) {
    return false;
  }
}

void ContentMatcher::add(uint32_t row) {
  uint32_t first = originals_.rows[row].first;
  auto known = group_of_first_.find(first);
  if (known != group_of_first_.end()) {
    contents_.groups[known->second].rows.push_back(row);
    return;
  }
  const Tensor& tensor = originals_.model.tensors[row];
  std::optional<Key> key = key_of(originals_.model, tensor);
  if (!key) return;
  auto next = static_cast<uint32_t>(contents_.groups.size());
  auto [group, added] = groups_.emplace(*key, next);
  if (added) {
    contents_.groups.push_back({{row}, key->second.is_constant});
  } else {
    EqualRows& equal = contents_.groups[group->second];
    // Equal by hash alone, or quantised otherwise.
    if (!same(originals_.model, tensor, equal.rows[0])) return;
    equal.rows.push_back(row);
  }
  group_of_first_[first] = group->second;
}

void ContentMatcher::group_originals(const std::set<Kind>& wanted) {
  for (uint32_t row = 0; row < originals_.rows.size(); ++row) {
    if (originals_.rows[row].is_candidate &&
        wanted.contains(kind_of(originals_.model.tensors[row]))) {
      add(row);
    }
  }
}

uint32_t ContentMatcher::find(const Tensor& constant,
                              bool is_transposed) const {
  std::optional<Key> key = key_of(frozen_, constant);
  if (!key || (is_transposed && key->second.is_constant)) return kNoIndex;
  auto group = groups_.find(*key);
  if (group == groups_.end()) return kNoIndex;
  uint32_t row = contents_.groups[group->second].rows[0];
  return same(frozen_, constant, row) ? group->second : kNoIndex;
}

Contents ContentMatcher::match(std::span<const uint32_t> constants) {
  contents_.matches.resize(frozen_.tensors.size());
  std::set<Kind> wanted, kinds;
  for (uint32_t row : constants) {
    const Tensor& tensor = frozen_.tensors[row];
    wanted.insert(kind_of(tensor));
    if (can_be_transposed(tensor)) wanted.insert(kind_of(transpose_of(tensor)));
  }
  for (uint32_t row = 0; row < originals_.rows.size(); ++row) {
    if (!originals_.rows[row].is_candidate) continue;
    kinds.insert(kind_of(originals_.model.tensors[row]));
  }
  group_originals(wanted);
  for (uint32_t row : constants) {
    const Tensor& tensor = frozen_.tensors[row];
    ContentMatch& match = contents_.matches[row];
    if (kinds.contains(kind_of(tensor))) match.group = find(tensor, false);
    if (match.group != kNoIndex || !can_be_transposed(tensor)) continue;
    Tensor transposed = transpose_of(tensor);
    if (!kinds.contains(kind_of(transposed))) continue;
    match.group = find(transposed, true);
    match.is_transposed = match.group != kNoIndex;
  }
  return std::move(contents_);
}

}  // namespace

Contents match_contents(const Model& frozen,
                        std::span<const uint32_t> constants,
                        const Originals& originals, const Limits& limits) {
  return ContentMatcher(frozen, originals, limits).match(constants);
}

}  // namespace tsinspect
