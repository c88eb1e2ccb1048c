// Two runs side by side, and where they part.
//
// Values belong together by name; among the arguments, or results, of one call
// by what they are, since tracing drops some. What is left, because one of the
// two models is frozen or traced and has other names, is matched by what it is:
// first, as many as there can be in one order, values of one shape that are the
// same within tolerance. Where the runs part, the rest by the names that are
// recovered of a frozen model's constants, and then, in between, by its shape,
// the last with the last: freezing folds an operator into the one before it, so
// that it is the earlier values that are gone.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analysis/run_record.h"
#include "tsinspect/diff.h"

namespace tsinspect {

// Instead of the dtype's own, for values whose name matches.
struct RunTolerance {
  std::string glob;
  std::optional<double> atol;
  std::optional<double> rtol;
};

struct CompareRunsOptions {
  NameFilter filter;                     // On the values' names.
  std::vector<RunTolerance> tolerances;  // The last that matches counts.
  bool nan_differs = false;
  unsigned threads = 1;
  Limits limits;
};

enum class MatchedBy : uint8_t { kName, kValue, kRecovered, kShape };

// "name", "value", "recovered name", "shape"
const char* to_string(MatchedBy matched);

enum class Verdict : uint8_t {
  kEqual,   // equal: all bits are the same.
  kWithin,  // within: of tolerance.
  kBeyond,  // beyond: of tolerance.
  kShape,   // shape: the values are not compared.
  kDType,   // dtype: numbers of different kinds, also not compared.
  kType,    // type: a tensor in one, none in the other.
  kOther,   // other: values that are no tensors, and not the same.
};

const char* to_string(Verdict verdict);

struct RunPair {
  uint32_t a = 0, b = 0;  // Rows of RunRecord::values.
  MatchedBy matched = MatchedBy::kName;
  Verdict verdict = Verdict::kEqual;
  Tolerance tolerance = {};
  // Set where values were compared and differ, if only in their bits.
  std::optional<ValueDiff> values = {};

  bool diverged() const { return verdict > Verdict::kWithin; }
};

struct RunsDiff {
  std::vector<RunPair> pairs;     // In A's order.
  std::vector<uint32_t> only_a;   // Rows of A's values that have no partner,
  std::vector<uint32_t> only_b;   // of B's; in their orders.
  std::optional<uint32_t> first;  // Row of `pairs`: the first that diverged.

  uint64_t count(Verdict verdict) const;
  bool same() const { return !first; }
};

// What a tensor of this dtype may differ by, where nothing else is asked for:
// what sums in another order make of it, in a network of usual depth. Exact for
// integers and what is none; of quantised values, a step.
Tolerance default_tolerance(const Tensor& tensor);

// Arguments are compared where both runs have some. Throws Error(kNotFound)
// where nothing of the one belongs to anything of the other, and where the
// filter leaves nothing; Error where a tensor cannot be read.
RunsDiff compare_runs(const RunRecord& a, const RunRecord& b,
                      const CompareRunsOptions& options = {});

}  // namespace tsinspect
