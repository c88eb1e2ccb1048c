#include <algorithm>
#include <set>

#include "base/printable.h"
#include "render/diff.h"
#include "render/text.h"

namespace tsinspect::cli {
namespace {

bool has_other_dtype(const DiffView& view, const TensorDiff& pair) {
  return view.a.tensors[pair.a].dtype != view.b.tensors[pair.b].dtype;
}

std::string wrapper_note(char model, const std::string& wrapper) {
  return fmt::format("names of {} are compared without {}", model,
                     tsinspect::quoted(wrapper));
}

// Tensors that differ in gradient, told by their number.
uint64_t count_grad_changes(const DiffView& view) {
  return static_cast<uint64_t>(std::count_if(
      view.diff.pairs.begin(), view.diff.pairs.end(), [&](const auto& pair) {
        auto a = view.a.tensors[pair.a].requires_grad;
        auto b = view.b.tensors[pair.b].requires_grad;
        return a && b && *a != *b;
      }));
}

// "folded: conv1 with bn1, layer1.conv1 with layer1.bn1 and 3 more".
std::string folded_note(const DiffView& view) {
  constexpr size_t kShown = 5;
  std::set<std::string> told;
  std::vector<std::string> parts;
  for (const TensorDiff& pair : view.diff.pairs) {
    for (const Tensor* tensor :
         {&view.a.tensors[pair.a], &view.b.tensors[pair.b]}) {
      const RecoveredName* name = tensor->recovered();
      if (!pair.derived || name == nullptr || name->folded.empty()) continue;
      std::string module = name->name.substr(0, name->name.rfind('.'));
      std::string part = fmt::format(
          "{} with {}", printable(module),
          printable(fmt::format("{}", fmt::join(name->folded, ", "))));
      if (told.insert(part).second) parts.push_back(std::move(part));
    }
  }
  if (parts.empty()) return {};
  size_t rest = parts.size() - std::min(parts.size(), kShown);
  parts.resize(parts.size() - rest);
  std::string text = fmt::format("folded: {}", fmt::join(parts, ", "));
  return rest > 0 ? fmt::format("{} and {} more", text, rest) : text;
}

}  // namespace

DiffCounts::DiffCounts(const Diff& diff) {
  for (const TensorDiff& pair : diff.pairs) {
    changed += pair.change == Change::kValue;
    retyped += pair.change == Change::kDType;
    reshaped += pair.change == Change::kShape;
    without_data += pair.change == Change::kData;
    renamed += pair.renamed;
    relaid += pair.layout.has_value();
    derived += pair.derived;
    bool is_other = pair.renamed || pair.derived || pair.layout;
    if (pair.change != Change::kNone || is_other) continue;
    ++equal;
    within_tolerance += pair.values && pair.values->different > 0;
    other_bits += pair.other_bits;
  }
}

std::vector<std::string> diff_notes(const DiffView& view) {
  const Diff& diff = view.diff;
  DiffCounts counts(diff);
  std::vector<std::string> notes;
  if (!diff.wrapper_a.empty()) {
    notes.push_back(wrapper_note('A', diff.wrapper_a));
  }
  std::string folded = folded_note(view);
  if (!folded.empty()) notes.push_back(std::move(folded));
  if (uint64_t originals = diff.absorbed.originals.size(); originals > 0) {
    notes.push_back(
        counted(originals, "tensor") +
        " of the original folded in, tied, or only counting batches");
  }
  if (uint64_t made = diff.absorbed.made.size(); made > 0) {
    notes.push_back(
        counted(made, "tensor") +
        " made by freezing: folded biases, parts of tensors, numbers");
  }
  for (const auto& [model, rows] :
       {std::pair('A', &diff.forms_own.a), std::pair('B', &diff.forms_own.b)}) {
    if (rows->empty()) continue;
    notes.push_back(fmt::format(
        "{} of {} that only its form has: numbers of its graph, texts, counts "
        "of batches",
        counted(rows->size(), "tensor"), model));
  }
  if (!diff.wrapper_b.empty()) {
    notes.push_back(wrapper_note('B', diff.wrapper_b));
  }
  if (std::any_of(diff.pairs.begin(), diff.pairs.end(), [&](const auto& pair) {
        return has_other_dtype(view, pair) && pair.change != Change::kShape;
      })) {
    notes.push_back("values of different dtypes are compared in float64");
  }
  if (counts.other_bits > 0) {
    auto first = std::find_if(diff.pairs.begin(), diff.pairs.end(),
                              [](const auto& pair) { return pair.other_bits; });
    std::string at =
        first->values ? shape_text(first->values->at) : std::string();
    notes.push_back(
        fmt::format("equal in value but not in all bits (-0 and 0, or NaNs): "
                    "{}, the first is {} at {}",
                    counted(counts.other_bits, "tensor"),
                    first->name.empty() ? "''" : printable(first->name), at));
  }
  uint64_t grads = count_grad_changes(view);
  if (grads > 0 && !diff.absorbed.is_frozen) {  // Constants have none.
    notes.push_back("requires_grad is different in " +
                    counted(grads, "tensor"));
  }
  bool has_objects = view.a.root != kNoObject && view.b.root != kNoObject;
  if (has_objects && !diff.objects.compared) {
    notes.push_back(diff.code.compared ? "only tensors and code are compared"
                                       : "only tensors are compared");
  }
  if (!diff.objects.complete) {
    notes.push_back("the objects are too many to compare all of them");
  }
  if (!diff.code.complete) {
    notes.push_back("the code is too much to compare all of it");
  }
  return notes;
}

}  // namespace tsinspect::cli
