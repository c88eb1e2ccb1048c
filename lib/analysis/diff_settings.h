// Hyper-parameters that are different between two TorchScript models.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/canonical_code.h"
#include "torchscript/library.h"
#include "tsinspect/diff.h"

namespace tsinspect {

// A class, and the source that it stands in.
struct ClassSource {
  const torchscript::ClassInfo* info = nullptr;
  const torchscript::Library::Source* source = nullptr;
};

struct ClassSettings {
  std::vector<SettingDiff> settings;  // `where` is left empty.
  // For each literal of B's changed settings what it is in A's: where code of
  // B differs from A's in these only, the settings say it.
  Literals literals;
};

// The constants of two classes that differ. Those of one class only count where
// both are of one name and have some: a traced module has none.
ClassSettings diff_class_settings(const ClassSource& a, const ClassSource& b);

// The settings of layers, as far as the models have the same operators in the
// same order; `where` is the layer's name in B.
std::vector<SettingDiff> diff_layer_settings(const Model& a, const Model& b);

}  // namespace tsinspect
