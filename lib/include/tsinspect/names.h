// Picking names by pattern, and finding the one a user meant.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tsinspect {

// A set of glob patterns over dotted names. `*` stands for any characters, dots
// included, `?` for one, `[a-z]` and `[!a-z]` for one of a set (so that `[*]`
// is a star itself). A pattern that begins with `!` takes names away.
class NameFilter {
 public:
  NameFilter() = default;
  explicit NameFilter(std::span<const std::string> patterns);

  bool empty() const { return wanted_.empty() && unwanted_.empty(); }

  // True if the name matches one of the plain patterns, or there is none, and
  // none of the `!` patterns.
  bool matches(std::string_view name) const;

  // The same for something with two names: one of the plain patterns matches
  // one of them, and none of the `!` patterns either.
  bool matches(std::string_view name, std::string_view other) const;

  // And with any number of names.
  bool matches(std::span<const std::string_view> names) const;

 private:
  std::vector<std::string> wanted_;
  std::vector<std::string> unwanted_;
};

// The one of `candidates` that `wanted` is most likely a misspelling of, by
// edit distance, or the beginning of; empty if there is none. The first of
// equally near ones.
std::string closest_name(std::string_view wanted,
                         std::span<const std::string_view> candidates);

}  // namespace tsinspect
