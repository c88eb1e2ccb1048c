// Whether two versions of a method do the same.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "analysis/code_units.h"
#include "tsinspect/diff.h"

namespace tsinspect {

// Compares the units of two models. The work for all of them together, and the
// lines told, are bounded: then units that may be the same differ in no line.
class UnitDiffer {
 public:
  // `pairs` says which constants of one model are equal to which of the other.
  UnitDiffer(const Model& a, const Model& b,
             const std::vector<TensorDiff>& pairs);

  struct Options {
    const Literals* literals = nullptr;  // Of B, that count as others.
    bool keeps_parameters = false;
  };

  // Nothing if they are the same; else the lines that differ, none where these
  // cannot be told.
  std::optional<std::vector<CodeLine>> compare(const CodeUnit& a,
                                               const CodeUnit& b,
                                               const Options& options);

 private:
  using Types = std::unordered_map<uint32_t, std::string>;

  static Types types_of(const Model& model);
  bool may_be_same(uint32_t a, uint32_t b) const;
  std::vector<CodeLine> differ(const std::vector<CanonicalLine>& a,
                               const std::vector<CanonicalLine>& b);

  Types types_a_, types_b_;                      // Of the constants, by number.
  std::unordered_map<uint32_t, uint32_t> to_b_;  // A's that are in B, too,
  std::unordered_set<uint32_t> in_a_;            // and which these are in B.
  uint64_t bytes_left_, steps_left_, lines_left_;
};

}  // namespace tsinspect
