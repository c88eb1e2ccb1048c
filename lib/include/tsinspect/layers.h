// The operators of a TorchScript program that weights go into, with the weights
// and the settings: what is left of the layers of a frozen model.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tsinspect/model.h"
#include "tsinspect/program.h"

namespace tsinspect {

// A tensor that a layer's operator takes.
struct LayerTensor {
  // The argument's name, as modules call their parameters: "weight",
  // "running_mean", "weight_ih_l0_reverse".
  std::string role;
  uint32_t tensor = 0;  // Row of Model::tensors.
  // What it passed through on its way, first to last: "t", "to", "view".
  std::vector<std::string> through = {};
  std::string argument =
      {};  // As the operator's schema has it: "w_ih", "params".
};

// An argument of a layer's operator that is the same in every run.
struct LayerSetting {
  std::string name;   // "stride"
  std::string value;  // As it is written: "[2, 2]"
};

struct Layer {
  std::string name;      // As operator_names() has it: "conv2d_1".
  std::string op;        // Qualified: "aten::conv2d".
  std::string function;  // That it stands in: "__torch__.models.Net.forward".
  CodePlace place;       // Of the call.
  std::vector<LayerTensor> tensors;    // In the order of the arguments.
  std::vector<LayerSetting> settings;  // Those that a user of the layer sets.
};

// An operator's name in its model.
struct OperatorName {
  CodePlace place;
  std::string op;    // Qualified: "aten::conv2d".
  std::string name;  // "conv2d_1"
};

// Names for all operators of a TorchScript model that have a result, by place:
// the operator's short name, from the second on with a number: "conv2d",
// "conv2d_1". Convolutions are named by what they are whatever operator runs
// them, "conv2d" or "conv_transpose2d". In a frozen model that was traced, the
// modules that the debug records tell of stand before:
// "container.block.conv2d". They are unique and depend on nothing but the file.
// Whoever speaks of an operator looks its name up by the place.
std::vector<OperatorName> operator_names(const Model& model);

// The layers of a TorchScript model, by function and place. Only operators
// that take a constant of the model (CONSTANTS.c3), as it is or after it passed
// through operators that only change how it is seen, are layers. Empty for a
// model of another form. What source cannot be read has none.
std::vector<Layer> layers(const Model& model);

}  // namespace tsinspect
