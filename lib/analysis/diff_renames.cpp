#include "analysis/diff_renames.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "analysis/diff_content.h"
#include "analysis/diff_threads.h"
#include "tsinspect/listing.h"

namespace tsinspect {
namespace {

using Rows = std::vector<uint32_t>;
using Pairs = std::vector<std::pair<uint32_t, uint32_t>>;

// Above this many tensors of one content, their order alone decides: comparing
// all their names with each other would take too long.
constexpr size_t kMostCompared = 256;

bool has_values(const Tensor& tensor) {
  return tensor.storage != kNoIndex && tensor.elements() > 0;
}

// What is the same of tensors that can be equal.
auto kind_of(const Tensor& tensor) {
  return std::tie(tensor.dtype, tensor.shape);
}

struct ByKind {
  const Model& model;
  bool operator()(uint32_t x, const Tensor& y) const {
    return kind_of(model.tensors[x]) < kind_of(y);
  }
  bool operator()(const Tensor& x, uint32_t y) const {
    return kind_of(x) < kind_of(model.tensors[y]);
  }
  bool operator()(uint32_t x, uint32_t y) const {
    return kind_of(model.tensors[x]) < kind_of(model.tensors[y]);
  }
};

// Those of `rows` that a tensor among `others` could be equal to.
Rows with_counterpart(const Model& model, const Rows& rows, const Model& other,
                      Rows others) {
  ByKind less{other};
  std::sort(others.begin(), others.end(), less);
  Rows found;
  for (uint32_t row : rows) {
    const Tensor& tensor = model.tensors[row];
    if (has_values(tensor) &&
        std::binary_search(others.begin(), others.end(), tensor, less)) {
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
std::vector<Hashed> hash_all(const Model& model, const Rows& rows,
                             const DiffOptions& options) {
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
          content_hash(model, model.tensors[distinct[i]], options.limits);
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

// Pairs them, most alike names first; only those that `may` allows.
template <typename May>
Pairs pair_by_name(const Sides& rows, const NameMatch& match, May may) {
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
      size_t alike = common_end(match.names_a[a], match.names_b[b]);
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

void add_side(const Model& model, const Rows& rows, bool in_b,
              const DiffOptions& options, ByContent* contents,
              std::vector<DiffFailure>* failures) {
  std::vector<Hashed> hashes = hash_all(model, rows, options);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (hashes[i].error) {
      failures->push_back({in_b, rows[i], *hashes[i].error});
      continue;
    }
    const Tensor& tensor = model.tensors[rows[i]];
    auto& [of_a, of_b] =
        (*contents)[{tensor.dtype, tensor.shape, hashes[i].hash}];
    (in_b ? of_b : of_a).push_back(rows[i]);
  }
}

}  // namespace

Pairs take_renames(const Model& a, const Model& b, const DiffOptions& options,
                   NameMatch* match, std::vector<DiffFailure>* failures) {
  ByContent contents;
  Rows rows_a = with_counterpart(a, match->only_a, b, match->only_b);
  Rows rows_b = with_counterpart(b, match->only_b, a, match->only_a);
  add_side(a, rows_a, false, options, &contents, failures);
  add_side(b, rows_b, true, options, &contents, failures);
  Pairs renames;
  std::set<Heads> heads;
  auto heads_of = [&](uint32_t x, uint32_t y) {
    return tsinspect::heads_of(match->names_a[x], match->names_b[y]);
  };
  auto take = [&](bool constant, auto may) {
    for (const auto& [content, rows] : contents) {
      if (content.hash.is_constant != constant) continue;
      for (auto [x, y] : pair_by_name(rows, *match, may)) {
        if (!equal_contents(a, a.tensors[x], b, b.tensors[y], options.limits))
          continue;
        renames.emplace_back(x, y);
        if (!constant) heads.insert(heads_of(x, y));
      }
    }
  };
  take(false, [](uint32_t, uint32_t) { return true; });
  // A bias of zeros is renamed if what is beside it is, in the same way.
  take(true,
       [&](uint32_t x, uint32_t y) { return heads.contains(heads_of(x, y)); });
  Rows gone_a, gone_b;
  for (auto [x, y] : renames) {
    gone_a.push_back(x);
    gone_b.push_back(y);
  }
  remove_rows(&match->only_a, gone_a);
  remove_rows(&match->only_b, gone_b);
  std::sort(renames.begin(), renames.end());
  return renames;
}

}  // namespace tsinspect
