#include "analysis/exported_folds.h"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "analysis/constant_channels.h"
#include "analysis/constant_originals.h"
#include "analysis/constant_partners.h"
#include "analysis/constant_weights.h"
#include "analysis/dataflow_index.h"
#include "tsinspect/dataflow.h"

namespace tsinspect {
namespace {

// A convolution's tensors in the exported model.
struct Convolution {
  uint32_t weight = kNoIndex;
  uint32_t bias = kNoIndex;
};

std::vector<Convolution> convolutions(const Model& model) {
  const Dataflow& flow = *model.dataflow;
  DataflowIndex index(model);
  auto tensor = [&](uint32_t graph, std::string_view name) -> uint32_t {
    ValueSource source = index.find(graph, name);
    return source.kind == ValueSource::Kind::kTensor ? source.index : kNoIndex;
  };
  std::vector<Convolution> all;
  for (const DataflowNode& node : flow.nodes) {
    auto inputs = flow.of(node.inputs);
    if (node.op != "Conv" || inputs.size() < 2) continue;
    Convolution found;
    found.weight = tensor(node.graph, inputs[1]);
    if (inputs.size() > 2) found.bias = tensor(node.graph, inputs[2]);
    if (found.weight != kNoIndex) all.push_back(found);
  }
  return all;
}

class FoldNamer {
 public:
  FoldNamer(Model* model, const Model& original)
      : model_(*model),
        originals_(original),
        weights_(originals_, limits_),
        partners_(originals_, limits_) {
    for (const Tensor& tensor : original.tensors) known_.insert(tensor.name);
    for (const Tensor& tensor : model_.tensors) names_.insert(tensor.name);
  }

  uint32_t run() {
    for (const Convolution& convolution : convolutions(model_)) {
      const Tensor& weight = model_.tensors[convolution.weight];
      if (known_.contains(weight.name) || weight.recovered()) continue;
      try {
        find(convolution);
      } catch (const Error&) {
        // Not readable: it keeps its name.
      }
    }
    return named_;
  }

 private:
  void find(const Convolution& convolution) {
    const Tensor& weight = model_.tensors[convolution.weight];
    Layer layer;
    layer.op = "aten::conv2d";
    auto tolerance = fold_tolerance(weight.dtype);
    auto layout = channel_layout(layer, weight);
    if (!tolerance || !layout) return;
    NumberRuns to(model_, weight, limits_);
    for (uint32_t row : weights_.find(weight, to, *layout, *tolerance)) {
      NumberRuns from(originals_.model, originals_.model.tensors[row], limits_);
      auto factors = channel_factors(from, to, *layout, *tolerance);
      if (!factors) continue;
      uint32_t place = originals_.rows[row].place;
      FoldExplanation how =
          explain(*factors, *tolerance, place, convolution.bias);
      if (how.norm == kNoIndex) continue;
      taken_.insert(how.norm);
      std::string_view norm = originals_.module(how.norm);
      name(convolution.weight, originals_.model.tensors[row].name, norm);
      if (convolution.bias != kNoIndex) {
        name(convolution.bias, dotted(originals_.module(place), "bias"), norm);
      }
      return;
    }
  }

  FoldExplanation explain(const std::vector<double>& factors, double tolerance,
                          uint32_t place, uint32_t bias) {
    std::vector<double> before(factors.size()), after;
    uint32_t original = originals_.find(place, "bias");
    if (original != kNoIndex) before = read(originals_.model, original);
    if (bias != kNoIndex) after = read(model_, bias);
    bool is_readable = before.size() == factors.size() &&
                       (bias == kNoIndex || after.size() == factors.size());
    if (!is_readable) return {};
    return explain_fold({factors, before, after, tolerance},
                        partners_.of(factors.size()), place, originals_,
                        taken_);
  }

  std::vector<double> read(const Model& model, uint32_t row) const {
    const Tensor& tensor = model.tensors[row];
    if (tensor.elements() > ChannelLayout::kMostChannels) return {};
    return read_numbers(model, tensor, limits_);
  }

  void name(uint32_t row, const std::string& text, std::string_view norm) {
    if (names_.contains(text)) return;
    Tensor& tensor = model_.tensors[row];
    auto details = tensor.details
                       ? std::make_shared<TensorDetails>(*tensor.details)
                       : std::make_shared<TensorDetails>();
    RecoveredName& recovered = details->recovered.emplace();
    recovered.name = text;
    recovered.evidence = "folded";
    recovered.detail = text + " folded with " + std::string(norm);
    recovered.folded = {std::string(norm)};
    tensor.details = std::move(details);
    names_.insert(text);
    ++named_;
  }

  Model& model_;
  Limits limits_;
  Originals originals_;
  WeightIndex weights_;
  PartnerTable partners_;
  std::unordered_set<std::string> known_, names_;
  std::set<uint32_t> taken_;  // Places of batch norms.
  uint32_t named_ = 0;
};

}  // namespace

uint32_t name_exported_folds(Model* model, const Model& original) {
  return FoldNamer(model, original).run();
}

}  // namespace tsinspect
