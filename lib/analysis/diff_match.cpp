#include "analysis/diff_match.h"

#include <algorithm>
#include <array>

#include "base/name_index.h"

namespace tsinspect {
namespace {

// What training code puts before the names of the model itself.
constexpr std::array<std::string_view, 4> kWrappers = {
    "module.", "model.", "state_dict.", "_orig_mod."};

// Different beginnings of names of one model that are tried.
constexpr size_t kMostWrappers = 4;

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// What each star of the pattern stands for, the earlier ones for as little as
// possible.
std::optional<std::vector<std::string_view>> match_stars(
    std::string_view pattern, std::string_view name) {
  auto parts = split(pattern, '*');
  if (parts.size() == 1) {
    if (name != pattern) return std::nullopt;
    return std::vector<std::string_view>{};
  }
  std::string_view begin = parts.front(), end = parts.back();
  if (name.size() < begin.size() + end.size() || !name.starts_with(begin) ||
      !name.ends_with(end)) {
    return std::nullopt;
  }
  name.remove_prefix(begin.size());
  name.remove_suffix(end.size());
  std::vector<std::string_view> stars;
  for (size_t i = 1; i + 1 < parts.size(); ++i) {
    size_t at = name.find(parts[i]);
    if (at == std::string_view::npos) return std::nullopt;
    stars.push_back(name.substr(0, at));
    name.remove_prefix(at + parts[i].size());
  }
  stars.push_back(name);
  return stars;
}

std::string_view without(std::string_view name, std::string_view prefix) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

std::string base_name(std::string_view name, const DiffOptions& options,
                      bool in_a) {
  std::string_view rest = name;
  for (const std::string& prefix : options.strip_prefixes) {
    if (!rest.starts_with(prefix)) continue;
    rest.remove_prefix(prefix.size());
    break;
  }
  if (in_a) {
    for (const NameMap& map : options.maps) {
      if (auto mapped = mapped_name(map, rest)) return *mapped;
    }
  }
  return std::string(rest);
}

std::vector<std::string> base_names(const Model& model,
                                    const DiffOptions& options, bool in_a) {
  std::vector<std::string> names;
  names.reserve(model.tensors.size());
  for (const Tensor& tensor : model.tensors) {
    names.push_back(base_name(tensor.display_name(), options, in_a));
  }
  return names;
}

// The wrappers that `name` begins with, one in another: "module._orig_mod.".
std::string_view wrappers_of(std::string_view name) {
  size_t size = 0;
  for (bool more = true; more;) {
    more = false;
    for (std::string_view wrapper : kWrappers) {
      if (!name.substr(size).starts_with(wrapper)) continue;
      size += wrapper.size();
      more = true;
    }
  }
  return name.substr(0, size);
}

// Beginnings that could be stripped; the empty one first.
std::vector<std::string_view> candidates(
    const std::vector<std::string>& names) {
  std::vector<std::string_view> found = {""};
  std::string_view last;
  for (const std::string& name : names) {
    std::string_view wrapper = wrappers_of(name);
    if (wrapper == last || found.size() > kMostWrappers) continue;
    last = wrapper;
    if (std::find(found.begin(), found.end(), wrapper) == found.end()) {
      found.push_back(wrapper);
    }
  }
  return found;
}

// How many names of A are also in B.
size_t count_matches(const std::vector<std::string>& a,
                     std::string_view prefix_a,
                     const std::vector<std::string>& b,
                     std::string_view prefix_b) {
  NameIndex index(b.size());
  auto name_of = [&](uint32_t row) { return without(b[row], prefix_b); };
  for (uint32_t i = 0; i < b.size(); ++i) {
    index.find_or_add(name_of(i), i, name_of);
  }
  return static_cast<size_t>(
      std::count_if(a.begin(), a.end(), [&](const std::string& name) {
        return index.find(without(name, prefix_a), name_of) != NameIndex::kNone;
      }));
}

void strip(std::vector<std::string>* names, std::string_view prefix) {
  if (prefix.empty()) return;
  for (std::string& name : *names) {
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
  }
}

void strip_wrappers(NameMatch* match) {
  size_t most = count_matches(match->names_a, "", match->names_b, "");
  if (most == std::min(match->names_a.size(), match->names_b.size())) return;
  std::string best_a, best_b;
  for (std::string_view a : candidates(match->names_a)) {
    for (std::string_view b : candidates(match->names_b)) {
      if (a.empty() && b.empty()) continue;
      size_t count = count_matches(match->names_a, a, match->names_b, b);
      if (count <= most) continue;
      most = count;
      best_a = a;
      best_b = b;
    }
  }
  strip(&match->names_a, best_a);
  strip(&match->names_b, best_b);
  match->wrapper_a = best_a;
  match->wrapper_b = best_b;
}

void pair_up(const NameFilter& filter, NameMatch* match) {
  const auto& a = match->names_a;
  const auto& b = match->names_b;
  auto name_of = [&](uint32_t row) { return std::string_view(b[row]); };
  NameIndex index(b.size());
  std::vector<uint32_t> next(b.size(), kNoIndex);  // Of the same name.
  std::vector<uint32_t> last(b.size(), kNoIndex);  // Of the first's name.
  std::vector<uint32_t> cursor(b.size());          // The first one's: free.
  for (uint32_t i = 0; i < b.size(); ++i) {
    uint32_t first = index.find_or_add(b[i], i, name_of);
    if (first == NameIndex::kNone) {
      cursor[i] = last[i] = i;
    } else {
      next[last[first]] = i;
      last[first] = i;
    }
  }
  std::vector<bool> taken(b.size());
  for (uint32_t i = 0; i < a.size(); ++i) {
    if (!filter.matches(a[i])) continue;
    uint32_t first = index.find(a[i], name_of);
    uint32_t row = first == NameIndex::kNone ? kNoIndex : cursor[first];
    if (row == kNoIndex) {
      match->only_a.push_back(i);
      continue;
    }
    match->pairs.emplace_back(i, row);
    taken[row] = true;
    cursor[first] = next[row];
  }
  for (uint32_t i = 0; i < b.size(); ++i) {
    if (!taken[i] && filter.matches(b[i])) match->only_b.push_back(i);
  }
}

}  // namespace

std::optional<std::string> mapped_name(const NameMap& map,
                                       std::string_view name) {
  auto stars = match_stars(map.from, name);
  if (!stars) return std::nullopt;
  auto parts = split(map.to, '*');
  std::string mapped(parts[0]);
  for (size_t i = 1; i < parts.size(); ++i) {
    if (i <= stars->size()) mapped += (*stars)[i - 1];
    mapped += parts[i];
  }
  return mapped;
}

NameMatch match_names(const Model& a, const Model& b,
                      const DiffOptions& options) {
  NameMatch match;
  match.names_a = base_names(a, options, true);
  match.names_b = base_names(b, options, false);
  strip_wrappers(&match);
  pair_up(options.filter, &match);
  return match;
}

std::vector<std::string> common_paths(const Model& model,
                                      const DiffOptions& options,
                                      const NameMatch& match, bool in_a) {
  std::vector<std::string> paths;
  for (const Module& module : model.modules) {
    // As prefixes are written, and as patterns fit: "backbone." is
    // "backbone.*".
    std::string path = module.path.empty() ? "" : module.path + '.';
    path = base_name(path, options, in_a);
    path = without(path, in_a ? match.wrapper_a : match.wrapper_b);
    if (path.ends_with('.')) path.pop_back();
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace tsinspect
