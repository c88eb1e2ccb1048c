#include "analysis/constant_folds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>
#include <tuple>

namespace tsinspect {
namespace {

// What is folded into operators of such a name.
struct FoldedInto {
  std::string_view op;
  bool takes_offsets;  // Constants that are added, too.
};

constexpr std::array kFoldedInto = {
    FoldedInto{"aten::conv1d", true},
    FoldedInto{"aten::conv2d", true},
    FoldedInto{"aten::conv3d", true},
    FoldedInto{"aten::conv_transpose1d", true},
    FoldedInto{"aten::conv_transpose2d", true},
    FoldedInto{"aten::conv_transpose3d", true},
    FoldedInto{"aten::_convolution", true},
    FoldedInto{"aten::convolution", true},
    FoldedInto{"aten::linear", false},
};

const FoldedInto* find_op(std::string_view op) {
  for (const FoldedInto& row : kFoldedInto) {
    // "aten::conv_transpose2d.input" is an overload.
    if (op.substr(0, op.find('.')) == row.op) return &row;
  }
  return nullptr;
}

// The constant of that role, or kNoIndex.
uint32_t tensor_of(const Layer& layer, std::string_view role) {
  for (const LayerTensor& tensor : layer.tensors) {
    if (tensor.role == role) return tensor.tensor;
  }
  return kNoIndex;
}

// Any two channels of one element are multiples of each other.
bool proves_nothing(const ChannelLayout& layout) {
  return layout.runs * layout.run_elements == layout.channels;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += " and ";
    text += name;
  }
  return text;
}

// "conv1.bias folded with bn1, offset added".
std::string describe(const Claim& claim, bool is_scaled,
                     std::string_view besides) {
  std::string text = claim.name;
  if (!claim.folded.empty()) text += " folded with " + joined(claim.folded);
  if (is_scaled) text += ", scaled by a constant";
  if (!besides.empty()) text += fmt::format(", {}", besides);
  return text;
}

}  // namespace

FoldMatcher::FoldMatcher(const Model& frozen, std::span<const Layer> layers,
                         const Originals& originals, const Contents& contents,
                         const Limits& limits, Claims* claims)
    : frozen_(frozen),
      layers_(layers),
      originals_(originals),
      contents_(contents),
      limits_(limits),
      claims_(*claims),
      weights_(originals, limits),
      partners_(originals, limits) {
  for (uint32_t group = 0; group < contents.groups.size(); ++group) {
    for (uint32_t row : contents.groups[group].rows) {
      equals_.emplace(group, originals.rows[row].place);
    }
  }
}

bool FoldMatcher::has_equal_in(uint32_t constant, uint32_t place) const {
  return equals_.contains({contents_.matches[constant].group, place});
}

std::vector<double> FoldMatcher::read_channels(const Model& model,
                                               uint32_t row) const {
  const Tensor& tensor = model.tensors[row];
  if (tensor.elements() > ChannelLayout::kMostChannels) return {};
  return read_numbers(model, tensor, limits_);
}

FoldExplanation FoldMatcher::explain(std::span<const double> factors,
                                     double tolerance, uint32_t place,
                                     uint32_t bias) {
  size_t channels = factors.size();
  std::vector<double> before(channels), after;
  uint32_t original = originals_.find(place, "bias");
  if (original != kNoIndex) before = read_channels(originals_.model, original);
  if (bias != kNoIndex) after = read_channels(frozen_, bias);
  bool is_readable = before.size() == channels &&
                     (bias == kNoIndex || after.size() == channels);
  if (!is_readable) return {};
  return explain_fold({factors, before, after, tolerance},
                      partners_.of(channels), place, originals_,
                      claims_.absorbed);
}

std::optional<FoldMatcher::Fold> FoldMatcher::find_fold(const Layer& layer,
                                                        uint32_t weight,
                                                        uint32_t bias) {
  const Tensor& tensor = frozen_.tensors[weight];
  std::optional<double> tolerance = fold_tolerance(tensor.dtype);
  auto layout = channel_layout(layer, tensor);
  if (!tolerance || !layout) return std::nullopt;
  std::optional<Fold> best;
  // Better explained, not yet taken, and in the order of the modules.
  auto rank = [&](const Fold& fold) {
    return std::tuple(-static_cast<int>(fold.how.fit),
                      folded_.contains(fold.original),
                      originals_.rows[fold.original].place);
  };
  NumberRuns to(frozen_, tensor, limits_);
  for (uint32_t row : weights_.find(tensor, to, *layout, *tolerance)) {
    NumberRuns from(originals_.model, originals_.model.tensors[row], limits_);
    auto factors = channel_factors(from, to, *layout, *tolerance);
    if (!factors) continue;
    uint32_t place = originals_.rows[row].place;
    Fold fold = {row, explain(*factors, *tolerance, place, bias)};
    if (fold.how.fit == Fit::kNone && proves_nothing(*layout)) continue;
    if (!best || rank(fold) < rank(*best)) best = fold;
  }
  return best;
}

std::vector<std::string> FoldMatcher::partners_of(
    const FoldExplanation& how) const {
  std::vector<std::string> names;
  if (how.norm != kNoIndex) names.emplace_back(originals_.module(how.norm));
  for (uint32_t row : {how.scale, how.shift}) {
    if (row != kNoIndex) names.push_back(originals_.model.tensors[row].name);
  }
  return names;
}

void FoldMatcher::claim_weight(uint32_t layer, uint32_t weight,
                               const Fold& fold) {
  FoldExplanation of_weight = fold.how;
  of_weight.shift = kNoIndex;
  Claim claim = {layer, fold.original, {}, "folded"};
  claim.name = originals_.model.tensors[fold.original].name;
  claim.folded = partners_of(of_weight);
  bool is_explained = fold.how.is_scaled || !claim.folded.empty();
  claim.detail = describe(claim, fold.how.is_scaled,
                          is_explained ? "" : "scaled by channel");
  claims_.of[weight].push_back(std::move(claim));
}

// Beside the weight, in the module that is the layer's.
void FoldMatcher::claim_bias(uint32_t layer, uint32_t bias,
                             const FoldExplanation& how) {
  uint32_t place = claims_.places[layer];
  Claim claim = {layer, originals_.find(place, "bias"), {}, "folded"};
  claim.name = dotted(originals_.module(place), "bias");
  claim.folded = partners_of(how);
  // What is left to explain was added, too.
  bool is_offset = how.is_offset || how.fit <= Fit::kWeight;
  claim.detail =
      describe(claim, how.is_scaled, is_offset ? "offset added" : "");
  if (claim.original == kNoIndex) claim.detail += " (the original has none)";
  claims_.of[bias].push_back(std::move(claim));
}

void FoldMatcher::claim_folded() {
  // Layers that share their constants, as in branches, are one.
  std::map<std::pair<uint32_t, uint32_t>, std::optional<Fold>> known;
  for (uint32_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    uint32_t weight = tensor_of(layer, "weight");
    uint32_t bias = tensor_of(layer, "bias");
    if (!find_op(layer.op) || weight == kNoIndex ||
        contents_.matches[weight].group != kNoIndex) {
      continue;
    }
    auto [entry, added] = known.try_emplace({weight, bias});
    std::optional<Fold>& fold = entry->second;
    try {
      if (added) fold = find_fold(layer, weight, bias);
    } catch (const Error&) {
      // Not readable: it stays without a name.
    }
    if (!fold) continue;
    claims_.places[i] = originals_.rows[fold->original].place;
    if (!added) continue;
    folded_.insert(fold->original);
    claim_weight(i, weight, *fold);
    if (fold->how.norm != kNoIndex) claims_.absorbed.insert(fold->how.norm);
    if (bias != kNoIndex && !has_equal_in(bias, claims_.places[i])) {
      claim_bias(i, bias, fold->how);
    }
  }
}

void FoldMatcher::claim_offsets() {
  for (uint32_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const FoldedInto* op = find_op(layer.op);
    uint32_t weight = tensor_of(layer, "weight");
    uint32_t bias = tensor_of(layer, "bias");
    uint32_t place = claims_.places[i];
    if (!op || !op->takes_offsets || place == kNoIndex || bias == kNoIndex ||
        weight == kNoIndex) {
      continue;
    }
    // A bias of one number throughout equals many a tensor.
    uint32_t group = contents_.matches[bias].group;
    bool is_other = group != kNoIndex && !contents_.groups[group].is_one_value;
    if (is_other || has_equal_in(bias, place) || claims_.has(bias, i)) continue;
    auto layout = channel_layout(layer, frozen_.tensors[weight]);
    auto tolerance = fold_tolerance(frozen_.tensors[weight].dtype);
    if (!layout || !tolerance) continue;
    std::vector<double> unchanged(layout->channels, 1);
    FoldExplanation how = explain(unchanged, *tolerance, place, bias);
    // A batch norm that changes no weight is one only if the bias says so.
    if (how.norm != kNoIndex && how.fit != Fit::kExact) how = {};
    claim_bias(i, bias, how);
  }
}

}  // namespace tsinspect
