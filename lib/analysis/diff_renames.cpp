#include "analysis/diff_renames.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "analysis/diff_content.h"
#include "analysis/diff_layout.h"
#include "analysis/diff_names.h"
#include "analysis/diff_threads.h"
#include "tsinspect/listing.h"

namespace tsinspect {
namespace {

using Rows = std::vector<uint32_t>;
using Pairs = std::vector<std::pair<uint32_t, uint32_t>>;

// Above this many tensors of one content, their order alone decides: comparing
// all their names with each other would take too long.
constexpr size_t kMostCompared = 256;

// What two tensors have in common if one can have the other's values: a way to
// tell, and the hash that tells it.
struct Likeness {
  bool any_order = false;  // In any order, of any shape.

  bool applies(const Tensor& tensor) const {
    if (tensor.storage == kNoIndex || tensor.elements() == 0) return false;
    return !any_order ||
           (is_numeric(tensor.dtype) && tensor.element_bits() % 8 == 0);
  }

  std::vector<int64_t> shape_of(const Tensor& tensor) const {
    if (!any_order) return tensor.shape;
    return {static_cast<int64_t>(tensor.elements())};
  }

  auto kind_of(const Tensor& tensor) const {
    return std::pair(tensor.dtype, shape_of(tensor));
  }

  ContentHash hash(const Model& model, const Tensor& tensor,
                   const Limits& limits) const {
    return any_order ? element_hash(model, tensor, limits)
                     : content_hash(model, tensor, limits);
  }
};

// Those of `rows` that a tensor among `others` could be equal to.
Rows with_counterpart(const Likeness& likeness, const Model& model,
                      const Rows& rows, const Model& other,
                      const Rows& others) {
  using Kind = std::pair<DType, std::vector<int64_t>>;
  std::set<Kind> kinds;
  for (uint32_t row : others)
    kinds.insert(likeness.kind_of(other.tensors[row]));
  Rows found;
  for (uint32_t row : rows) {
    const Tensor& tensor = model.tensors[row];
    if (likeness.applies(tensor) && kinds.contains(likeness.kind_of(tensor))) {
      found.push_back(row);
    }
  }
  return found;
}

struct Hashed {
  ContentHash hash{};
  std::optional<Error> error;
};

// The hash of each of `rows`; memory that several of them view, once.
std::vector<Hashed> hash_all(const Likeness& likeness, const Model& model,
                             const Rows& rows, const DiffOptions& options) {
  std::vector<uint32_t> ties = tied_tensors(model);
  auto first_of = [&](uint32_t row) {
    return ties.empty() || ties[row] == kNoIndex ? row : ties[row];
  };
  Rows distinct;
  for (uint32_t row : rows) distinct.push_back(first_of(row));
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());

  std::vector<Hashed> hashes(distinct.size());
  for_each_part(distinct.size(), options.threads, [&](unsigned, size_t i) {
    try {
      hashes[i].hash =
          likeness.hash(model, model.tensors[distinct[i]], options.limits);
    } catch (const Error& error) {
      hashes[i].error = error;
    }
  });
  std::vector<Hashed> result;
  for (uint32_t row : rows) {
    auto place =
        std::lower_bound(distinct.begin(), distinct.end(), first_of(row));
    result.push_back(hashes[static_cast<size_t>(place - distinct.begin())]);
  }
  return result;
}

size_t common_end(const std::string& a, const std::string& b) {
  auto [end, other] = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  return static_cast<size_t>(end - a.rbegin());
}

// What is different of two names that end alike: "layer1" and "block1" of
// "layer1.conv.weight" and "block1.conv.weight".
using Heads = std::pair<std::string, std::string>;

Heads heads_of(const std::string& a, const std::string& b) {
  size_t alike = common_end(a, b);
  std::string_view head_a = std::string_view(a).substr(0, a.size() - alike);
  std::string_view tail = std::string_view(a).substr(head_a.size());
  // Parts are the same only as a whole.
  bool whole =
      head_a.empty() || head_a.size() == a.size() || tail.starts_with('.');
  if (!whole || alike == b.size()) {
    size_t dot = tail.find('.');
    alike = dot == std::string_view::npos ? 0 : tail.size() - dot;
  }
  return {a.substr(0, a.size() - alike), b.substr(0, b.size() - alike)};
}

// Rows of A and of B that have one content.
using Sides = std::pair<Rows, Rows>;

// What the tensors are called, comparable across frameworks.
struct Names {
  std::vector<std::string> a, b;
};

std::vector<std::string> comparable(const std::vector<std::string>& names) {
  std::vector<std::string> result;
  for (const std::string& name : names) result.push_back(comparable_name(name));
  return result;
}

// Pairs them, most alike names first; only those that `may` allows.
template <typename May>
Pairs pair_by_name(const Sides& rows, const Names& names, May may) {
  const auto& [of_a, of_b] = rows;
  Pairs pairs;
  size_t count = std::min(of_a.size(), of_b.size());
  if (of_a.size() > kMostCompared || of_b.size() > kMostCompared) {
    for (size_t i = 0; i < count; ++i) {
      if (may(of_a[i], of_b[i])) pairs.emplace_back(of_a[i], of_b[i]);
    }
    return pairs;
  }
  std::vector<std::tuple<size_t, uint32_t, uint32_t>> all;
  for (uint32_t a : of_a) {
    for (uint32_t b : of_b) {
      if (!may(a, b)) continue;
      size_t alike = common_end(names.a[a], names.b[b]);
      all.emplace_back(SIZE_MAX - alike, a, b);
    }
  }
  std::sort(all.begin(), all.end());
  std::set<uint32_t> taken_a, taken_b;
  for (auto [unlike, a, b] : all) {
    if (taken_a.contains(a) || taken_b.contains(b)) continue;
    taken_a.insert(a);
    taken_b.insert(b);
    pairs.emplace_back(a, b);
  }
  return pairs;
}

void remove_rows(Rows* rows, Rows gone) {
  std::sort(gone.begin(), gone.end());
  std::erase_if(*rows, [&](uint32_t row) {
    return std::binary_search(gone.begin(), gone.end(), row);
  });
}

// Rows by dtype, shape and hash: what is under one key has one content, but
// for quantisation.
struct Content {
  DType dtype;
  std::vector<int64_t> shape;
  ContentHash hash;
  auto operator<=>(const Content&) const = default;
};
using ByContent = std::map<Content, Sides>;

void add_side(const Likeness& likeness, const Model& model, const Rows& rows,
              bool in_b, const DiffOptions& options, ByContent* contents,
              std::vector<DiffFailure>* failures) {
  std::vector<Hashed> hashes = hash_all(likeness, model, rows, options);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (hashes[i].error) {
      failures->push_back({in_b, rows[i], *hashes[i].error});
      continue;
    }
    const Tensor& tensor = model.tensors[rows[i]];
    auto& [of_a, of_b] =
        (*contents)[{tensor.dtype, likeness.shape_of(tensor), hashes[i].hash}];
    (in_b ? of_b : of_a).push_back(rows[i]);
  }
}

// Fewer numbers than this can be the same ones by chance, in any order.
constexpr uint64_t kFewNumbers = 16;

class Renamer {
 public:
  Renamer(const Model& a, const Model& b, const DiffOptions& options,
          NameMatch* match, std::vector<DiffFailure>* failures)
      : a_(a),
        b_(b),
        options_(options),
        match_(*match),
        failures_(*failures),
        names_{comparable(match->names_a), comparable(match->names_b)} {}

  std::vector<Rename> run() {
    ByContent same = contents({});
    take(same, false);
    ByContent reordered = contents({.any_order = true});
    take(reordered, false, true);
    // A bias of zeros is renamed if what is beside it is, in the same way.
    take(same, true);
    take(reordered, true, true);
    std::ranges::sort(renames_, {}, &Rename::a);
    return std::move(renames_);
  }

 private:
  // What of the rows that are left may belong together.
  ByContent contents(const Likeness& likeness) {
    ByContent contents;
    Rows rows_a =
        with_counterpart(likeness, a_, match_.only_a, b_, match_.only_b);
    Rows rows_b =
        with_counterpart(likeness, b_, match_.only_b, a_, match_.only_a);
    add_side(likeness, a_, rows_a, false, options_, &contents, &failures_);
    add_side(likeness, b_, rows_b, true, options_, &contents, &failures_);
    return contents;
  }

  Heads heads_of(uint32_t x, uint32_t y) const {
    return tsinspect::heads_of(names_.a[x], names_.b[y]);
  }

  void take(const ByContent& contents, bool constant, bool any_order = false) {
    Rows gone_a, gone_b;
    for (const auto& [content, rows] : contents) {
      if (content.hash.is_constant != constant) continue;
      auto may = [&](uint32_t x, uint32_t y) {
        return !taken_a_.contains(x) && !taken_b_.contains(y) &&
               (!constant || heads_.contains(heads_of(x, y)));
      };
      for (auto [x, y] : pair_by_name(rows, names_, may)) {
        Rename rename = {x, y, std::nullopt};
        if (!(any_order ? is_reordered(&rename) : is_equal(rename))) continue;
        taken_a_.insert(x);
        taken_b_.insert(y);
        gone_a.push_back(x);
        gone_b.push_back(y);
        if (!constant) heads_.insert(heads_of(x, y));
        renames_.push_back(std::move(rename));
      }
    }
    remove_rows(&match_.only_a, std::move(gone_a));
    remove_rows(&match_.only_b, std::move(gone_b));
  }

  bool is_equal(const Rename& rename) const {
    return equal_contents(a_, a_.tensors[rename.a], b_, b_.tensors[rename.b],
                          options_.limits);
  }

  // The same values: in which order?
  bool is_reordered(Rename* rename) const {
    const Tensor& tensor = a_.tensors[rename->a];
    rename->layout =
        find_layout(a_, tensor, b_, b_.tensors[rename->b], options_.limits);
    if (rename->layout) return true;
    bool tells = tensor.elements() >= kFewNumbers &&
                 dtype_info(tensor.dtype).type_class == DTypeClass::kFloat;
    if (tells) rename->layout = Layout{"reordered", {}, {}, {}};
    return tells;
  }

  const Model& a_;
  const Model& b_;
  const DiffOptions& options_;
  NameMatch& match_;
  std::vector<DiffFailure>& failures_;
  Names names_;
  std::set<Heads> heads_;
  std::set<uint32_t> taken_a_, taken_b_;
  std::vector<Rename> renames_;
};

// Rows by the name they are compared by; kNoIndex where several have it.
std::unordered_map<std::string, uint32_t> by_comparable_name(
    const Rows& rows, const std::vector<std::string>& names) {
  std::unordered_map<std::string, uint32_t> index;
  for (uint32_t row : rows) {
    auto [place, is_new] = index.try_emplace(comparable_name(names[row]), row);
    if (!is_new) place->second = kNoIndex;
  }
  return index;
}

}  // namespace

std::vector<Rename> take_renames(const Model& a, const Model& b,
                                 const DiffOptions& options, NameMatch* match,
                                 std::vector<DiffFailure>* failures) {
  return Renamer(a, b, options, match, failures).run();
}

std::vector<Rename> take_translated(const Model& a, const Model& b,
                                    NameMatch* match) {
  std::vector<Rename> renames;
  auto index_a = by_comparable_name(match->only_a, match->names_a);
  auto index_b = by_comparable_name(match->only_b, match->names_b);
  Rows gone_a, gone_b;
  for (uint32_t y : match->only_b) {
    std::string name = comparable_name(match->names_b[y]);
    auto place = index_a.find(name);
    bool is_one = place != index_a.end() && place->second != kNoIndex &&
                  index_b[name] != kNoIndex;
    if (!is_one) continue;
    uint32_t x = place->second;
    const Tensor& of_a = a.tensors[x];
    const Tensor& of_b = b.tensors[y];
    Rename rename = {x, y, std::nullopt};
    if (is_kernel(match->names_a[x]) != is_kernel(match->names_b[y])) {
      rename.layout = expected_layout(of_a, of_b);
      if (!rename.layout) continue;
    } else if (of_a.shape != of_b.shape) {
      continue;
    }
    gone_a.push_back(x);
    gone_b.push_back(y);
    renames.push_back(std::move(rename));
  }
  remove_rows(&match->only_a, std::move(gone_a));
  remove_rows(&match->only_b, std::move(gone_b));
  return renames;
}

}  // namespace tsinspect
