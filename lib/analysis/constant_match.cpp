#include "analysis/constant_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "analysis/constant_claims.h"
#include "analysis/constant_content.h"
#include "analysis/constant_folds.h"
#include "analysis/constant_originals.h"
#include "analysis/constant_parts.h"
#include "analysis/constant_structure.h"

namespace tsinspect {
namespace {

std::vector<uint32_t> constants_of(const Model& frozen) {
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < frozen.tensors.size(); ++row) {
    const Tensor& tensor = frozen.tensors[row];
    if (tensor.role == Role::kConstant && has_own_values(frozen, tensor)) {
      rows.push_back(row);
    }
  }
  return rows;
}

// Turns the claims on each constant into what it is called.
class Namer {
 public:
  Namer(const Originals& originals, const Contents& contents)
      : originals_(originals), contents_(contents) {
    for (const EqualRows& group : contents.groups) {
      std::set<uint32_t> distinct;
      for (uint32_t row : group.rows)
        distinct.insert(originals.rows[row].first);
      distinct_.push_back(distinct.size());
    }
  }

  ConstantMatch name(uint32_t constant, std::vector<Claim> claims) const;

 private:
  void set_evidence(uint32_t constant, size_t claimed,
                    RecoveredName* recovered) const;

  const Originals& originals_;
  const Contents& contents_;
  std::vector<size_t> distinct_;  // Memory, of the rows of each group.
};

// Whether anything had to be chosen.
void Namer::set_evidence(uint32_t constant, size_t claimed,
                         RecoveredName* recovered) const {
  const ContentMatch& match = contents_.matches[constant];
  size_t equal = distinct_[match.group];
  if (match.is_transposed) recovered->evidence = "transposed";
  if (claimed == equal) return;
  if (!match.is_transposed) recovered->evidence = "structure";
  recovered->detail = fmt::format("one of {} equal tensors", equal);
  if (claimed > 1) {
    recovered->detail = fmt::format("{} of {} equal tensors", claimed, equal);
  }
}

ConstantMatch Namer::name(uint32_t constant, std::vector<Claim> claims) const {
  std::stable_sort(
      claims.begin(), claims.end(),
      [](const Claim& a, const Claim& b) { return a.layer < b.layer; });
  std::vector<std::pair<std::string, uint32_t>> names;  // With their rows.
  std::set<std::string> known;
  std::set<uint32_t> memory;  // First rows of what is equal.
  auto add = [&](const std::string& name, uint32_t row) {
    if (known.insert(name).second) names.emplace_back(name, row);
  };
  for (const Claim& claim : claims) {
    if (!claim.name.empty()) {
      add(claim.name, claim.original);
    } else if (memory.insert(originals_.rows[claim.original].first).second) {
      for (uint32_t row : originals_.tied_with(claim.original)) {
        add(std::string(originals_.model.tensors[row].display_name()), row);
      }
    }
  }
  ConstantMatch match;
  match.tensor = constant;
  match.original = names[0].second;
  match.recovered.name = names[0].first;
  match.recovered.evidence = claims[0].evidence;
  match.recovered.detail = claims[0].detail;
  for (size_t i = 1; i < names.size(); ++i) {
    match.recovered.also.push_back(std::move(names[i].first));
  }
  match.folded = claims[0].folded;
  bool is_equal = match.recovered.evidence == "content";
  if (is_equal) set_evidence(constant, memory.size(), &match.recovered);
  return match;
}

}  // namespace

std::vector<ConstantMatch> match_constants(const Model& frozen,
                                           std::span<const Layer> layers,
                                           const Model& original,
                                           const Limits& limits) {
  Originals originals(original);
  std::vector<uint32_t> constants = constants_of(frozen);
  Contents contents = match_contents(frozen, constants, originals, limits);
  Claims claims(frozen, layers.size());
  FoldMatcher folds(frozen, layers, originals, contents, limits, &claims);
  folds.claim_folded();
  claim_by_layers(layers, originals, contents, &claims);
  folds.claim_offsets();
  claim_in_order(constants, originals, contents, &claims);
  claim_parts(frozen, constants, originals, limits, &claims);
  Namer namer(originals, contents);
  std::vector<ConstantMatch> matches;
  for (uint32_t constant : constants) {
    std::vector<Claim>& of_constant = claims.of[constant];
    if (of_constant.empty()) continue;
    matches.push_back(namer.name(constant, std::move(of_constant)));
  }
  return matches;
}

}  // namespace tsinspect
