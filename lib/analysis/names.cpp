#include "tsinspect/names.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

namespace tsinspect {
namespace {

// Bytes of the UTF-8 character that begins at `at`.
size_t character_size(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && (text[end] & 0xc0) == 0x80) ++end;
  return end - at;
}

// Where the set that begins with the '[' at `at` ends, behind its ']'; empty
// if it does not end, and the '[' stands for itself.
std::optional<size_t> set_end(std::string_view pattern, size_t at) {
  size_t first = at + 1;
  if (first < pattern.size() && pattern[first] == '!') ++first;
  size_t close = pattern.find(']', first + 1);
  if (close == std::string_view::npos) return std::nullopt;
  return close + 1;
}

bool set_has(std::string_view set, char c) {
  bool negated = set.starts_with('!');
  if (negated) set.remove_prefix(1);
  bool found = false;
  for (size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      found |= set[i] <= c && c <= set[i + 2];
      i += 2;
    } else {
      found |= set[i] == c;
    }
  }
  return found != negated;
}

// If the pattern's element at *at, which is no star, takes the character of
// `name` at *pos, moves both on.
bool take_one(std::string_view pattern, size_t* at, std::string_view name,
              size_t* pos) {
  if (*at == pattern.size() || *pos == name.size()) return false;
  if (pattern[*at] == '?') {
    *pos += character_size(name, *pos);
    ++*at;
    return true;
  }
  if (pattern[*at] == '[') {
    if (auto end = set_end(pattern, *at)) {
      auto set = pattern.substr(*at + 1, *end - *at - 2);
      if (!set_has(set, name[*pos])) return false;
      *at = *end;
      ++*pos;
      return true;
    }
  }
  if (pattern[*at] != name[*pos]) return false;
  ++*at;
  ++*pos;
  return true;
}

// Only the last star ever has to be tried again, so this takes no more than
// the product of the lengths.
bool glob_matches(std::string_view pattern, std::string_view name) {
  size_t at = 0, pos = 0;
  std::optional<size_t> star;
  size_t star_pos = 0;
  while (pos < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = ++at;
      star_pos = pos;
    } else if (!take_one(pattern, &at, name, &pos)) {
      if (!star) return false;
      at = *star;
      pos = ++star_pos;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

bool any_matches(const std::vector<std::string>& patterns,
                 std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const auto& p) { return glob_matches(p, name); });
}

// Levenshtein distance, or anything above `limit` if it is more than that.
size_t edit_distance(std::string_view a, std::string_view b, size_t limit) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    size_t best = row[0];
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
      best = std::min(best, row[j]);
    }
    if (best > limit) return best;
  }
  return row[b.size()];
}

// Of "optimizer", "optimizer_state_dict".
std::string first_that_begins_with(
    std::string_view wanted, std::span<const std::string_view> candidates) {
  if (wanted.size() < 3) return {};
  for (std::string_view candidate : candidates) {
    if (candidate.starts_with(wanted)) return std::string(candidate);
  }
  return {};
}

}  // namespace

NameFilter::NameFilter(std::span<const std::string> patterns) {
  for (const std::string& pattern : patterns) {
    if (pattern.starts_with('!')) {
      unwanted_.push_back(pattern.substr(1));
    } else {
      wanted_.push_back(pattern);
    }
  }
}

bool NameFilter::matches(std::string_view name) const {
  return matches(name, name);
}

bool NameFilter::matches(std::string_view name, std::string_view other) const {
  std::array<std::string_view, 2> names = {name, other};
  return matches(std::span(names).first(other == name ? 1 : 2));
}

bool NameFilter::matches(std::span<const std::string_view> names) const {
  auto any = [&](const std::vector<std::string>& patterns) {
    return std::ranges::any_of(names, [&](std::string_view name) {
      return any_matches(patterns, name);
    });
  };
  return (wanted_.empty() || any(wanted_)) && !any(unwanted_);
}

std::string closest_name(std::string_view wanted,
                         std::span<const std::string_view> candidates) {
  constexpr size_t kLongest = 200;
  if (wanted.size() > kLongest) return {};
  size_t limit = std::max<size_t>(2, wanted.size() / 4);
  limit = std::min(limit, wanted.size() - (wanted.size() > 1));
  std::string_view nearest;
  bool found = false;
  for (std::string_view candidate : candidates) {
    size_t gap = candidate.size() > wanted.size()
                     ? candidate.size() - wanted.size()
                     : wanted.size() - candidate.size();
    if (candidate.empty() || gap > limit) continue;
    size_t distance = edit_distance(wanted, candidate, limit);
    if (distance > limit) continue;
    nearest = candidate;
    found = true;
    if (distance == 0) break;
    limit = distance - 1;
  }
  if (found) return std::string(nearest);
  return first_that_begins_with(wanted, candidates);
}

}  // namespace tsinspect
