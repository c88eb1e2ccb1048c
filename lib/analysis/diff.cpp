#include "tsinspect/diff.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <thread>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "analysis/diff_code.h"
#include "analysis/diff_decode.h"
#include "analysis/diff_frozen.h"
#include "analysis/diff_layout.h"
#include "analysis/diff_match.h"
#include "analysis/diff_renames.h"
#include "analysis/diff_threads.h"
#include "analysis/diff_values.h"
#include "tsinspect/listing.h"

namespace tsinspect {
namespace {

// Tensors of up to this size are one thread's work each; all threads share in
// a larger one, one such tensor at a time.
constexpr uint64_t kSmallBytes = uint64_t{4} << 20;

// What comparing two tensors led to.
struct Result {
  ValueOutcome outcome;
  std::optional<DiffFailure> failure;
};

Tolerance tolerance_of(const std::string& name, const DiffOptions& options) {
  Tolerance tolerance = options.tolerance;
  for (const NamedTolerance& named : options.tolerances) {
    if (NameFilter(std::span(&named.glob, 1)).matches(name)) {
      tolerance.atol = named.atol;
    }
  }
  return tolerance;
}

// Leaves only objects that are no modules: the code's comparison has those.
void remove_modules(const Model& a, const Model& b, ObjectsDiff* objects) {
  auto paths_of = [](const Model& model) {
    std::unordered_set<std::string_view> paths;
    for (const Module& module : model.modules) paths.insert(module.path);
    return paths;
  };
  auto paths_a = paths_of(a), paths_b = paths_of(b);
  std::erase_if(objects->changes, [&](const ObjectDiff& change) {
    return (change.a != kNoObject && paths_a.contains(change.path)) ||
           (change.b != kNoObject && paths_b.contains(change.path));
  });
}

class Differ {
 public:
  Differ(const Model& a, const Model& b, const DiffOptions& options)
      : a_(a), b_(b), options_(options) {
    if (options_.threads == 0) {
      options_.threads = std::max(std::thread::hardware_concurrency(), 1u);
    }
  }

  Diff run() {
    NameMatch match = match_names(a_, b_, options_);
    pair_pooled(a_, b_, &match);
    for (auto [a, b] : match.pairs) add_pair(match, a, b);
    for (Rename& row : take_translated(a_, b_, &match)) add_pair(match, &row);
    compare_pairs();
    find_layouts();
    diff_.absorbed = take_absorbed(a_, b_, &match);
    auto renames = take_renames(a_, b_, options_, &match, &diff_.failures);
    for (Rename& row : renames) add_pair(match, &row);
    diff_.forms_own = take_forms_own(a_, b_, &match);
    std::stable_sort(diff_.pairs.begin(), diff_.pairs.end(),
                     [](const auto& x, const auto& y) { return x.a < y.a; });
    diff_.added = std::move(match.only_b);
    diff_.removed = std::move(match.only_a);
    for (uint32_t b : diff_.added) {
      diff_.added_names.push_back(match.names_b[b]);
    }
    for (uint32_t a : diff_.removed) {
      diff_.removed_names.push_back(match.names_a[a]);
    }
    diff_.wrapper_a = match.wrapper_a;
    diff_.wrapper_b = match.wrapper_b;
    // Freezing leaves no objects, and inlines all code.
    if (!diff_.absorbed.is_frozen) {
      diff_.code = diff_code(a_, b_, options_, match, diff_.pairs);
      if (options_.filter.empty()) diff_.objects = diff_objects(a_, b_);
    }
    if (diff_.code.compared) remove_modules(a_, b_, &diff_.objects);
    return std::move(diff_);
  }

 private:
  // Pairs of rows that view the same two pieces of memory the same way, under
  // one tolerance, are one task.
  struct Task {
    uint32_t a, b;
    Tolerance tolerance;
    uint64_t bytes;
    std::vector<size_t> pairs;
  };

  void add_pair(const NameMatch& match, uint32_t a, uint32_t b) {
    TensorDiff& pair = diff_.pairs.emplace_back();
    pair.name = match.names_b[b];
    pair.a = a;
    pair.b = b;
    pair.derived = is_derived(a_.tensors[a]) != is_derived(b_.tensors[b]);
  }

  void add_pair(const NameMatch& match, Rename* rename) {
    add_pair(match, rename->a, rename->b);
    TensorDiff& pair = diff_.pairs.back();
    // A constant has no name of its own to be changed.
    pair.renamed = a_.tensors[rename->a].role != Role::kConstant ||
                   b_.tensors[rename->b].role != Role::kConstant;
    pair.layout = std::move(rename->layout);
  }

  // Of one name, but with the values in another order?
  void find_layouts() {
    for (TensorDiff& pair : diff_.pairs) {
      bool may_be =
          pair.change == Change::kShape || pair.change == Change::kValue;
      if (!may_be || pair.layout) continue;
      try {
        auto layout = find_layout(a_, a_.tensors[pair.a], b_,
                                  b_.tensors[pair.b], options_.limits);
        // The shape says it all.
        if (layout && layout->name != "reshaped") pair.layout = layout;
      } catch (const Error& error) {
        diff_.failures.push_back({false, pair.a, error});
      }
      if (!pair.layout) continue;
      pair.change = Change::kNone;
      pair.values.reset();
    }
  }

  // True if there are values to compare; if not, says what there is.
  bool settle_without_values(TensorDiff* pair) const {
    const Tensor& a = a_.tensors[pair->a];
    const Tensor& b = b_.tensors[pair->b];
    bool has_a = a.storage != kNoIndex, has_b = b.storage != kNoIndex;
    if (pair->derived) return false;
    if (a.shape != b.shape && !pair->layout) {
      pair->change = Change::kShape;
    } else if (a.elements() > 0 && has_a != has_b) {
      pair->change = Change::kData;
    } else if (a.elements() == 0 || !has_a) {
      if (!same_encoding(a, b)) pair->change = Change::kDType;
    } else {
      return true;
    }
    return false;
  }

  std::vector<Task> plan() {
    auto ties_a = tied_tensors(a_), ties_b = tied_tensors(b_);
    auto first_of = [](const std::vector<uint32_t>& ties, uint32_t row) {
      return ties.empty() || ties[row] == kNoIndex ? row : ties[row];
    };
    using Key = std::tuple<uint32_t, uint32_t, double, size_t>;
    std::map<Key, size_t> known;
    std::vector<Task> tasks;
    for (size_t i = 0; i < diff_.pairs.size(); ++i) {
      TensorDiff& pair = diff_.pairs[i];
      if (!settle_without_values(&pair)) continue;
      Tolerance tolerance = tolerance_of(pair.name, options_);
      uint32_t a = first_of(ties_a, pair.a), b = first_of(ties_b, pair.b);
      // One with a layout is its own task.
      size_t own = pair.layout ? i + 1 : 0;
      auto [place, is_new] =
          known.try_emplace({a, b, tolerance.atol, own}, tasks.size());
      if (is_new) {
        uint64_t bytes =
            std::max(a_.tensors[a].size_bytes(), b_.tensors[b].size_bytes());
        tasks.push_back({pair.a, pair.b, tolerance, bytes, {}});
      }
      tasks[place->second].pairs.push_back(i);
    }
    return tasks;
  }

  Result compare(const Task& task, unsigned threads) const {
    ValueRule rule;
    rule.difference = {task.tolerance, options_.nan_differs};
    rule.limits = options_.limits;
    rule.threads = threads;
    rule.progress = options_.progress;
    Result result;
    const auto& layout = diff_.pairs[task.pairs[0]].layout;
    AlikeTensors views = {a_.tensors[task.a], b_.tensors[task.b]};
    if (layout) views = alike(views.a, views.b, *layout);
    try {
      result.outcome = compare_values({a_, views.a}, {b_, views.b}, rule);
    } catch (const UnreadableTensor& unreadable) {
      uint32_t row = unreadable.in_b ? task.b : task.a;
      result.failure = {unreadable.in_b, row, unreadable.error};
    }
    return result;
  }

  void take(const Task& task, const Result& result) {
    if (result.failure) diff_.failures.push_back(*result.failure);
    const auto& values = result.outcome.values;
    for (size_t i : task.pairs) {
      TensorDiff& pair = diff_.pairs[i];
      pair.values = values;
      pair.other_bits =
          result.outcome.other_bits && values && values->different == 0;
      bool beyond = values && values->beyond > 0;
      bool other_type = !same_encoding(a_.tensors[pair.a], b_.tensors[pair.b]);
      if (other_type && (beyond || task.tolerance.is_exact())) {
        pair.change = Change::kDType;
      } else if (beyond) {
        pair.change = Change::kValue;
      }
    }
  }

  void compare_pairs() {
    std::vector<Task> tasks = plan();
    std::vector<Result> results(tasks.size());
    std::vector<size_t> small, large;
    for (size_t i = 0; i < tasks.size(); ++i) {
      (tasks[i].bytes <= kSmallBytes ? small : large).push_back(i);
    }
    for (size_t i : large) results[i] = compare(tasks[i], options_.threads);
    for_each_part(small.size(), options_.threads, [&](unsigned, size_t part) {
      size_t i = small[part];
      results[i] = compare(tasks[i], 1);
    });
    std::vector<bool> failed(diff_.pairs.size());
    for (size_t i = 0; i < tasks.size(); ++i) {
      take(tasks[i], results[i]);
      if (!results[i].failure) continue;
      for (size_t pair : tasks[i].pairs) failed[pair] = true;
    }
    // Nothing is known of a pair that could not be read.
    size_t kept = 0;
    for (size_t i = 0; i < failed.size(); ++i) {
      if (!failed[i]) std::swap(diff_.pairs[kept++], diff_.pairs[i]);
    }
    diff_.pairs.resize(kept);
  }

  const Model& a_;
  const Model& b_;
  DiffOptions options_;
  Diff diff_;
};

}  // namespace

const char* to_string(Change change) {
  constexpr std::array kNames = {"none", "value", "dtype", "shape", "data"};
  return kNames[static_cast<size_t>(change)];
}

const char* to_string(ObjectDiff::Kind kind) {
  constexpr std::array kNames = {"added", "removed", "changed"};
  return kNames[static_cast<size_t>(kind)];
}

bool Diff::same() const {
  bool equal = std::all_of(pairs.begin(), pairs.end(), [](const auto& pair) {
    return pair.change == Change::kNone && !pair.renamed && !pair.layout;
  });
  return equal && added.empty() && removed.empty() && objects.changes.empty() &&
         code.same();
}

Diff diff(const Model& a, const Model& b, const DiffOptions& options) {
  return Differ(a, b, options).run();
}

}  // namespace tsinspect
