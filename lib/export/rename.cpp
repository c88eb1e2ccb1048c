#include <vector>

#include "tsinspect/export.h"

namespace tsinspect {
namespace {

// What stands between the stars, one piece more than there are stars.
std::vector<std::string_view> split_at_stars(std::string_view glob) {
  std::vector<std::string_view> pieces;
  for (size_t star; (star = glob.find('*')) != glob.npos;) {
    pieces.push_back(glob.substr(0, star));
    glob.remove_prefix(star + 1);
  }
  pieces.push_back(glob);
  return pieces;
}

}  // namespace

std::optional<std::string> renamed(std::string_view name,
                                   const RenameRule& rule) {
  auto from = split_at_stars(rule.from);
  if (from.size() == 1) {
    if (name != rule.from) return std::nullopt;
    return rule.to;
  }
  if (!name.starts_with(from.front())) return std::nullopt;
  name.remove_prefix(from.front().size());
  if (!name.ends_with(from.back())) return std::nullopt;
  name.remove_suffix(from.back().size());
  // Each star takes as little as it can, the last one the rest.
  std::vector<std::string_view> taken;
  for (size_t i = 1; i + 1 < from.size(); ++i) {
    size_t at = name.find(from[i]);
    if (at == name.npos) return std::nullopt;
    taken.push_back(name.substr(0, at));
    name.remove_prefix(at + from[i].size());
  }
  taken.push_back(name);
  auto to = split_at_stars(rule.to);
  std::string result(to[0]);
  for (size_t i = 1; i < to.size(); ++i) {
    if (i <= taken.size()) result += taken[i - 1];
    result += to[i];
  }
  return result;
}

}  // namespace tsinspect
