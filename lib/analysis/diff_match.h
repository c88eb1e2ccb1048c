// Which tensors of two models belong together by their names.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tsinspect/diff.h"

namespace tsinspect {

struct NameMatch {
  // A name for each row of the models' tensors, comparable with each other's.
  std::vector<std::string> names_a;
  std::vector<std::string> names_b;
  std::string wrapper_a;  // As in Diff.
  std::string wrapper_b;
  std::vector<std::pair<uint32_t, uint32_t>> pairs;  // Rows, in A's order.
  std::vector<uint32_t> only_a;                      // In order.
  std::vector<uint32_t> only_b;
};

// Of several tensors of one name, the first of A belongs to the first of B.
NameMatch match_names(const Model& a, const Model& b,
                      const DiffOptions& options);

// The paths of a model's modules, comparable with the other's: as the names of
// tensors below them are.
std::vector<std::string> common_paths(const Model& model,
                                      const DiffOptions& options,
                                      const NameMatch& match, bool in_a);

// `name` as `map` maps it; empty if the pattern does not fit.
std::optional<std::string> mapped_name(const NameMap& map,
                                       std::string_view name);

}  // namespace tsinspect
