// The tensors that constants of a frozen model can have been, by the modules
// that had them.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

struct Original {
  std::string_view module;  // "layer1.conv1" of "layer1.conv1.weight".
  std::string_view leaf;    // "weight"
  uint32_t place = 0;       // Of the module, in the order of all.
  uint32_t first = 0;  // First row that is the same memory; mostly its own.
  bool is_candidate = false;  // It has values, and a name that says something.
};

// Views the model, which must outlive it.
struct Originals {
  explicit Originals(const Model& model);

  // The row of a module's tensor, or kNoIndex.
  uint32_t find(uint32_t place, std::string_view leaf) const;
  std::string_view module(uint32_t place) const {
    return rows[modules[place].front()].module;
  }

  // All rows that are the same memory as `row`, in order.
  std::vector<uint32_t> tied_with(uint32_t row) const;

  const Model& model;
  std::vector<Original> rows;                  // As Model::tensors.
  std::vector<std::vector<uint32_t>> modules;  // Rows of each, by place.
  std::map<std::pair<uint32_t, std::string_view>, uint32_t> by_leaf;
  std::map<uint32_t, std::vector<uint32_t>> ties;  // Later rows, by the first.
};

// Whether it has values, and does not repeat them: what is read of a model
// stays within its bytes.
bool has_own_values(const Model& model, const Tensor& tensor);

// "layer1.conv1.bias" of the module and leaf.
std::string dotted(std::string_view module, std::string_view leaf);

}  // namespace tsinspect
