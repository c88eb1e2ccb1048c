#include "analysis/compare_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <tuple>
#include <unordered_map>

#include "analysis/diff_values.h"
#include "analysis/run_pairing.h"

namespace tsinspect {
namespace {

struct DTypeTolerance {
  DType dtype;
  Tolerance tolerance;
};

constexpr DTypeTolerance kDefaults[] = {
    {DType::kFloat8E4M3FN, {.atol = 0.125, .rtol = 0.125}},
    {DType::kFloat8E4M3FNUZ, {.atol = 0.125, .rtol = 0.125}},
    {DType::kFloat8E5M2, {.atol = 0.25, .rtol = 0.25}},
    {DType::kFloat8E5M2FNUZ, {.atol = 0.25, .rtol = 0.25}},
    {DType::kBFloat16, {.atol = 1e-2, .rtol = 2e-2}},
    {DType::kFloat16, {.atol = 1e-3, .rtol = 5e-3}},
    {DType::kComplex32, {.atol = 1e-3, .rtol = 5e-3}},
    {DType::kFloat32, {.atol = 1e-5, .rtol = 1e-4}},
    {DType::kComplex64, {.atol = 1e-5, .rtol = 1e-4}},
    {DType::kFloat64, {.atol = 1e-10, .rtol = 1e-8}},
    {DType::kComplex128, {.atol = 1e-10, .rtol = 1e-8}},
};

// Of numbers that are no tensors: a float32's, which is what they come from.
constexpr Tolerance kOfFloats = {.atol = 1e-5, .rtol = 1e-4};

// A step of a quantised tensor; of the coarsest channel.
double step_of(const Tensor& tensor) {
  if (!tensor.details || !tensor.details->quantization) return 0;
  const Quantization& quantization = *tensor.details->quantization;
  double step = quantization.scale;
  for (double scale : quantization.scales) step = std::max(step, scale);
  // A little more: it is the difference of two rounded multiples.
  return step * (1 + 1e-6);
}

// Numbers that can be told apart by how much they differ.
bool is_real(const Tensor& tensor) {
  DTypeClass type_class = dtype_info(tensor.dtype).type_class;
  return type_class == DTypeClass::kFloat ||
         type_class == DTypeClass::kQuantized;
}

bool is_comparable(const Tensor& a, const Tensor& b) {
  if (is_real(a) && is_real(b)) return true;
  return dtype_info(a.dtype).type_class == dtype_info(b.dtype).type_class;
}

// The values that are compared, as rows.
std::vector<uint32_t> taken(const RunRecord& run, const NameFilter& filter,
                            bool inputs) {
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < run.values.size(); ++row) {
    const RunValue& value = run.values[row];
    if (!inputs && value.is_input()) continue;
    if (filter.matches(value.name)) rows.push_back(row);
  }
  return rows;
}

bool has_inputs(const RunRecord& run) {
  return std::any_of(run.values.begin(), run.values.end(),
                     [](const RunValue& value) { return value.is_input(); });
}

class Comparison {
 public:
  Comparison(const RunRecord& a, const RunRecord& b,
             const CompareRunsOptions& options)
      : a_(a),
        b_(b),
        options_(options),
        is_paired_a_(a.values.size()),
        is_paired_b_(b.values.size()) {
    for (const RunTolerance& tolerance : options.tolerances) {
      globs_.emplace_back(std::span(&tolerance.glob, 1));
    }
    bool inputs = has_inputs(a) && has_inputs(b);
    rest_a_ = taken(a, options.filter, inputs);
    rest_b_ = taken(b, options.filter, inputs);
    if (rest_a_.empty() && rest_b_.empty()) {
      throw Error(ErrorKind::kNotFound, "no value of the two runs is picked");
    }
  }

  RunsDiff run() {
    pair_by_name();
    pair_by_value();
    if (result_.pairs.empty()) {
      throw Error(ErrorKind::kNotFound,
                  fmt::format("none of {} values is in both runs, by name or "
                              "by what it is",
                              rest_a_.size() + rest_b_.size()));
    }
    std::sort(result_.pairs.begin(), result_.pairs.end(),
              [](const RunPair& x, const RunPair& y) { return x.a < y.a; });
    auto first = std::find_if(result_.pairs.begin(), result_.pairs.end(),
                              [](const RunPair& p) { return p.diverged(); });
    if (first != result_.pairs.end()) {
      result_.first = static_cast<uint32_t>(first - result_.pairs.begin());
    }
    result_.only_a = std::move(rest_a_);
    result_.only_b = std::move(rest_b_);
    return std::move(result_);
  }

 private:
  void pair_by_name() {
    std::unordered_map<std::string_view, uint32_t> rows;
    for (uint32_t row : rest_b_) rows.emplace(b_.values[row].name, row);
    std::vector<RunPair> agreed, diverged;
    for (uint32_t row : rest_a_) {
      auto found = rows.find(a_.values[row].name);
      if (found == rows.end() || !may_be_same(row, found->second)) continue;
      RunPair pair = judged(row, found->second, MatchedBy::kName);
      (pair.diverged() ? diverged : agreed).push_back(std::move(pair));
      rows.erase(found);
    }
    take(std::move(agreed));
    take(pairs_within_calls());
    std::erase_if(diverged, [&](const RunPair& pair) {
      return is_paired_a_[pair.a] || is_paired_b_[pair.b] || is_moved(pair);
    });
    take(std::move(diverged));
  }

  // An operator of a module's name is another thing, and what tracing had no
  // use for it returns no more.
  bool may_be_same(uint32_t row_a, uint32_t row_b) const {
    const RunValue& a = a_.values[row_a];
    const RunValue& b = b_.values[row_b];
    if (a.method.empty() != b.method.empty()) return false;
    return a.is_tensor() == b.is_tensor() ||
           (a.json != "null" && b.json != "null");
  }

  // Tracing leaves arguments out that are no tensors, so that others have their
  // places.
  bool is_moved(const RunPair& pair) const {
    const RunValue& a = a_.values[pair.a];
    const RunValue& b = b_.values[pair.b];
    if (!a.is_input()) return false;
    return !a.is_tensor() || !b.is_tensor() || !alike(pair.a, pair.b);
  }

  // What is the same at another place among the arguments, or results, of a
  // call.
  std::vector<RunPair> pairs_within_calls() const {
    auto call_of = [](const RunValue& value) {
      return std::tuple(std::string_view(value.path),
                        std::string_view(value.method), value.call,
                        value.is_input());
    };
    std::map<decltype(call_of(RunValue())), std::vector<uint32_t>> calls;
    for (uint32_t row : rest_b_) {
      const RunValue& value = b_.values[row];
      if (value.is_tensor()) calls[call_of(value)].push_back(row);
    }
    std::vector<RunPair> pairs;
    for (uint32_t row : rest_a_) {
      const RunValue& value = a_.values[row];
      auto found = calls.find(call_of(value));
      if (!value.is_tensor() || found == calls.end()) continue;
      std::vector<uint32_t>& rows = found->second;
      auto same = std::find_if(rows.begin(), rows.end(), [&](uint32_t other) {
        return alike(row, other) &&
               !judged(row, other, MatchedBy::kValue).diverged();
      });
      if (same == rows.end()) continue;
      pairs.push_back(judged(row, *same, MatchedBy::kValue));
      rows.erase(same);
    }
    return pairs;
  }

  void pair_by_value() {
    Samples a = samples(a_, rest_a_), b = samples(b_, rest_b_);
    auto same = [&](uint32_t x, uint32_t y) {
      if (!alike(a.rows[x], b.rows[y])) return false;
      Tolerance tolerance = tolerance_of(a.rows[x], b.rows[y]);
      return a.samples[x].is_close(b.samples[y], tolerance.atol,
                                   tolerance.rtol);
    };
    auto size_a = static_cast<uint32_t>(a.rows.size());
    auto size_b = static_cast<uint32_t>(b.rows.size());
    Places anchors = longest_common(size_a, size_b, same);
    std::erase_if(anchors, [&](auto place) {
      return judged(a.rows[place.first], b.rows[place.second],
                    MatchedBy::kValue)
          .diverged();
    });
    auto gaps_of = [&](const Places& around, const Places& taken) {
      return fill_gaps(size_a, size_b, around, [&](auto x, auto y) {
        return alike(a.rows[x], b.rows[y]) && !is_taken(taken, x, y);
      });
    };
    auto rows = [&](Places places) {
      for (auto& [x, y] : places) x = a.rows[x], y = b.rows[y];
      return places;
    };
    take(rows(anchors), MatchedBy::kValue);
    // Where the runs agree to the end, what is left in between is of one alone.
    if (agrees_at_end(rows(gaps_of(anchors, {})))) return;
    Places recovered = pairs_by_recovered_name(a.rows, b.rows, anchors);
    take(rows(recovered), MatchedBy::kRecovered);
    Places gaps = rows(gaps_of(ascending(anchors, recovered), recovered));
    take(gaps, MatchedBy::kShape);
  }

  // Places of what has no partner in `anchors`, and a name in common.
  Places pairs_by_recovered_name(const std::vector<uint32_t>& rows_a,
                                 const std::vector<uint32_t>& rows_b,
                                 const Places& anchors) const {
    std::multimap<std::string_view, uint32_t> named;
    for (uint32_t x = 0; x < rows_a.size(); ++x) {
      for (std::string_view name : names_of(a_.values[rows_a[x]])) {
        named.emplace(name, x);
      }
    }
    Places pairs;
    for (uint32_t y = 0; y < rows_b.size(); ++y) {
      for (std::string_view name : names_of(b_.values[rows_b[y]])) {
        auto [first, last] = named.equal_range(name);
        auto found = std::find_if(first, last, [&](const auto& entry) {
          uint32_t x = entry.second;
          return alike(rows_a[x], rows_b[y]) && !is_taken(anchors, x, y) &&
                 !is_taken(pairs, x, y);
        });
        if (found == last) continue;
        pairs.emplace_back(found->second, y);
        break;
      }
    }
    return pairs;
  }

  static std::vector<std::string_view> names_of(const RunValue& value) {
    std::vector<std::string_view> names(value.also.begin(), value.also.end());
    names.push_back(value.name);
    return names;
  }

  // Whether one of the two has a partner.
  static bool is_taken(const Places& places, uint32_t a, uint32_t b) {
    return std::any_of(places.begin(), places.end(), [&](auto place) {
      return place.first == a || place.second == b;
    });
  }

  // Both together, without those that would go back in either run.
  static Places ascending(const Places& anchors, const Places& more) {
    Places result = anchors;
    for (auto [a, b] : more) {
      bool crosses = std::any_of(result.begin(), result.end(), [&](auto place) {
        return (place.first < a) != (place.second < b);
      });
      if (!crosses) result.emplace_back(a, b);
    }
    std::sort(result.begin(), result.end());
    return result;
  }

  // Whether what came out last in either run is in both, and the same.
  bool agrees_at_end(const Places& gaps) const {
    if (gaps.empty()) return true;
    bool any = false;
    for (const RunPair& pair : result_.pairs) {
      if (pair.diverged()) return false;
      any |= pair.a > gaps.back().first && pair.b > gaps.back().second;
    }
    return any;
  }

  struct Samples {
    std::vector<uint32_t> rows;  // Of those values that are tensors with data.
    std::vector<Sample> samples;
  };

  Samples samples(const RunRecord& run, const std::vector<uint32_t>& rest) {
    Samples result;
    for (uint32_t row : rest) {
      const RunValue& value = run.values[row];
      if (!value.is_tensor()) continue;
      const Tensor& tensor = run.model.tensors[value.tensor];
      if (tensor.storage == kNoIndex) continue;
      result.rows.push_back(row);
      result.samples.emplace_back(run.model, tensor, options_.limits);
    }
    return result;
  }

  // Whether two values may be the same one: an argument is no result.
  bool alike(uint32_t a, uint32_t b) const {
    const Tensor& x = tensor(a_, a);
    const Tensor& y = tensor(b_, b);
    return x.shape == y.shape && is_comparable(x, y) &&
           a_.values[a].is_input() == b_.values[b].is_input();
  }

  static const Tensor& tensor(const RunRecord& run, uint32_t row) {
    return run.model.tensors[run.values[row].tensor];
  }

  // Moves pairs from the rest to the result.
  void take(std::vector<RunPair> pairs) {
    for (RunPair& pair : pairs) {
      is_paired_a_[pair.a] = is_paired_b_[pair.b] = true;
      result_.pairs.push_back(std::move(pair));
    }
    std::erase_if(rest_a_, [&](uint32_t row) { return is_paired_a_[row]; });
    std::erase_if(rest_b_, [&](uint32_t row) { return is_paired_b_[row]; });
  }

  void take(const Places& rows, MatchedBy matched) {
    std::vector<RunPair> pairs;
    for (auto [a, b] : rows) pairs.push_back(judged(a, b, matched));
    take(std::move(pairs));
  }

  RunPair judged(uint32_t a, uint32_t b, MatchedBy matched) const {
    RunPair pair = {.a = a, .b = b, .matched = matched};
    const RunValue& x = a_.values[a];
    const RunValue& y = b_.values[b];
    if (x.is_tensor() && y.is_tensor()) {
      judge_tensors(&pair);
    } else if (x.is_tensor() != y.is_tensor()) {
      pair.verdict = Verdict::kType;
    } else if (x.json != y.json) {
      pair.verdict = judge_numbers(&pair);
    }
    return pair;
  }

  // Of two values that are not the same: within tolerance if they are floats.
  Verdict judge_numbers(RunPair* pair) const {
    auto x = float_of(a_.values[pair->a]), y = float_of(b_.values[pair->b]);
    if (!x || !y) return Verdict::kOther;
    pair->tolerance = asked_of(pair->a, pair->b, kOfFloats);
    double bound = pair->tolerance.atol + pair->tolerance.rtol * std::abs(*x);
    return std::abs(*x - *y) <= bound ? Verdict::kWithin : Verdict::kOther;
  }

  static std::optional<double> float_of(const RunValue& value) {
    double number;
    const char* end = value.json.data() + value.json.size();
    auto [stop, error] = std::from_chars(value.json.data(), end, number);
    bool is_float = value.type == "float" && error == std::errc();
    return is_float && stop == end ? std::optional(number) : std::nullopt;
  }

  void judge_tensors(RunPair* pair) const {
    const Tensor& x = tensor(a_, pair->a);
    const Tensor& y = tensor(b_, pair->b);
    pair->tolerance = tolerance_of(pair->a, pair->b);
    if (x.shape != y.shape) {
      pair->verdict = Verdict::kShape;
      return;
    }
    if (!is_comparable(x, y)) {
      pair->verdict = Verdict::kDType;
      return;
    }
    // A model without its values, on a meta device, is equal to itself only.
    if (x.storage == kNoIndex || y.storage == kNoIndex) {
      pair->verdict = x.storage == y.storage ? Verdict::kEqual : Verdict::kType;
      return;
    }
    ValueOutcome outcome = values_of(*pair);
    pair->values = outcome.values;
    bool differs = outcome.values && outcome.values->different > 0;
    if (outcome.values && outcome.values->beyond > 0) {
      pair->verdict = Verdict::kBeyond;
    } else if (differs || outcome.other_bits || x.dtype != y.dtype) {
      pair->verdict = Verdict::kWithin;
    }
  }

  ValueOutcome values_of(const RunPair& pair) const {
    ValueRule rule;
    rule.difference.tolerance = pair.tolerance;
    rule.difference.nan_differs = options_.nan_differs;
    rule.limits = options_.limits;
    rule.threads = options_.threads;
    try {
      const Tensor& of_a = a_.model.tensors[a_.values[pair.a].tensor];
      const Tensor& of_b = b_.model.tensors[b_.values[pair.b].tensor];
      return compare_values({a_.model, of_a}, {b_.model, of_b}, rule);
    } catch (const UnreadableTensor& unreadable) {
      throw unreadable.error;
    }
  }

  Tolerance tolerance_of(uint32_t a, uint32_t b) const {
    Tolerance x = default_tolerance(tensor(a_, a));
    Tolerance y = default_tolerance(tensor(b_, b));
    return asked_of(a, b, {std::max(x.atol, y.atol), std::max(x.rtol, y.rtol)});
  }

  // What the options say of two values, else `result`.
  Tolerance asked_of(uint32_t a, uint32_t b, Tolerance result) const {
    for (size_t i = 0; i < globs_.size(); ++i) {
      if (!globs_[i].matches(a_.values[a].name, b_.values[b].name)) continue;
      const RunTolerance& asked = options_.tolerances[i];
      result.atol = asked.atol.value_or(result.atol);
      result.rtol = asked.rtol.value_or(result.rtol);
    }
    return result;
  }

  const RunRecord& a_;
  const RunRecord& b_;
  const CompareRunsOptions& options_;
  std::vector<NameFilter> globs_;          // Of options_.tolerances.
  std::vector<uint32_t> rest_a_, rest_b_;  // Rows that have no partner yet.
  std::vector<bool> is_paired_a_, is_paired_b_;
  RunsDiff result_;
};

}  // namespace

bool RunValue::is_input() const {
  size_t at = name.rfind('@');
  return at != name.npos && name.compare(at, 4, "@in.") == 0;
}

const char* to_string(MatchedBy matched) {
  constexpr const char* kNames[] = {"name", "value", "recovered name", "shape"};
  return kNames[static_cast<size_t>(matched)];
}

const char* to_string(Verdict verdict) {
  constexpr const char* kNames[] = {"equal", "within", "beyond", "shape",
                                    "dtype", "type",   "other"};
  return kNames[static_cast<size_t>(verdict)];
}

uint64_t RunsDiff::count(Verdict verdict) const {
  return static_cast<uint64_t>(std::count_if(
      pairs.begin(), pairs.end(),
      [&](const RunPair& pair) { return pair.verdict == verdict; }));
}

Tolerance default_tolerance(const Tensor& tensor) {
  for (const DTypeTolerance& row : kDefaults) {
    if (row.dtype == tensor.dtype) return row.tolerance;
  }
  return {.atol = step_of(tensor), .rtol = 0};
}

RunsDiff compare_runs(const RunRecord& a, const RunRecord& b,
                      const CompareRunsOptions& options) {
  return Comparison(a, b, options).run();
}

}  // namespace tsinspect
