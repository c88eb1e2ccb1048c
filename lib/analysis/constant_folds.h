// Weights and biases that freezing changed, by folding into a layer what
// follows it.

#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analysis/constant_channels.h"
#include "analysis/constant_claims.h"
#include "analysis/constant_content.h"
#include "analysis/constant_originals.h"
#include "analysis/constant_partners.h"
#include "analysis/constant_weights.h"

namespace tsinspect {

class FoldMatcher {
 public:
  // All must outlive it.
  FoldMatcher(const Model& frozen, std::span<const Layer> layers,
              const Originals& originals, const Contents& contents,
              const Limits& limits, Claims* claims);

  // Claims for weights of no original's content the one that they are a
  // multiple of, channel by channel, and for the biases beside them what that
  // comes to.
  void claim_folded();

  // Claims for biases of convolutions whose weight is known, and which are
  // nothing else that is, the name beside the weight's.
  void claim_offsets();

 private:
  struct Fold {
    uint32_t original = kNoIndex;  // The weight's row.
    FoldExplanation how;
  };

  std::optional<Fold> find_fold(const Layer& layer, uint32_t weight,
                                uint32_t bias);
  std::vector<double> read_channels(const Model& model, uint32_t row) const;
  FoldExplanation explain(std::span<const double> factors, double tolerance,
                          uint32_t place, uint32_t bias);
  void claim_weight(uint32_t layer, uint32_t weight, const Fold& fold);
  void claim_bias(uint32_t layer, uint32_t bias, const FoldExplanation& how);
  std::vector<std::string> partners_of(const FoldExplanation& how) const;
  bool has_equal_in(uint32_t constant, uint32_t place) const;

  const Model& frozen_;
  std::span<const Layer> layers_;
  const Originals& originals_;
  const Contents& contents_;
  const Limits& limits_;
  Claims& claims_;
  WeightIndex weights_;
  PartnerTable partners_;
  std::set<uint32_t> folded_;                       // Rows of weights.
  std::set<std::pair<uint32_t, uint32_t>> equals_;  // Groups, places.
};

}  // namespace tsinspect
