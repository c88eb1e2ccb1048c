#include "analysis/constant_structure.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace tsinspect {
namespace {

// How many modules are looked at for one layer, where its constants leave so
// many: order decides among more than that, and time stays linear in layers.
constexpr size_t kMostTried = 256;

// Originals of one content and leaf, at most one a module, and the modules of
// those that no layer took yet.
struct Pool {
  std::map<uint32_t, uint32_t> rows;  // By place.
  std::set<uint32_t> free;            // Places.

  bool has(uint32_t place) const { return rows.contains(place); }
};

// The pools of one content, by leaf.
using Pools = std::map<std::string_view, Pool>;

struct Choice {
  uint32_t place = kNoIndex;
  size_t tensors = 0;      // Of the layer, that the module has.
  bool is_unique = false;  // No other module has as many.
};

// A tensor of a layer whose content and role leave some originals.
struct Slot {
  uint32_t tensor;
  Pool* pool;
};

class LayerMatcher {
 public:
  LayerMatcher(std::span<const Layer> layers, const Originals& originals,
               const Contents& contents, Claims* claims)
      : layers_(layers),
        originals_(originals),
        contents_(contents),
        claims_(*claims),
        pools_(contents.groups.size()) {}

  void match() {
    std::vector<bool> is_open(layers_.size());
    for (uint32_t layer = 0; layer < layers_.size(); ++layer) {
      is_open[layer] = !take_certain(layer);
    }
    uint32_t before = 0;  // Place of the last layer that has one.
    for (uint32_t layer = 0; layer < layers_.size(); ++layer) {
      if (is_open[layer]) take_next(layer, before);
      if (claims_.places[layer] != kNoIndex) before = claims_.places[layer];
    }
  }

 private:
  Pool* pool_of(const LayerTensor& tensor);
  std::vector<Slot> slots_of(uint32_t layer);
  Choice best_of(const std::vector<Slot>& slots) const;
  bool take_certain(uint32_t layer);
  void take_next(uint32_t layer, uint32_t before);
  void take(uint32_t layer, uint32_t place, const std::vector<Slot>& slots);
  void claim(uint32_t layer, uint32_t place, const Slot& slot);

  std::span<const Layer> layers_;
  const Originals& originals_;
  const Contents& contents_;
  Claims& claims_;
  std::vector<std::optional<Pools>> pools_;  // As the groups of contents.
};

// Null where no original has the role's name.
Pool* LayerMatcher::pool_of(const LayerTensor& tensor) {
  uint32_t group = contents_.matches[tensor.tensor].group;
  if (group == kNoIndex) return nullptr;
  if (!pools_[group]) {
    Pools& pools = pools_[group].emplace();
    for (uint32_t row : contents_.groups[group].rows) {
      const Original& original = originals_.rows[row];
      Pool& pool = pools[original.leaf];
      pool.rows.emplace(original.place, row);
      if (!claims_.absorbed.contains(original.place)) {
        pool.free.insert(original.place);
      }
    }
  }
  auto pool = pools_[group]->find(tensor.role);
  return pool == pools_[group]->end() ? nullptr : &pool->second;
}

// The fewest originals first.
std::vector<Slot> LayerMatcher::slots_of(uint32_t layer) {
  std::vector<Slot> slots;
  for (const LayerTensor& tensor : layers_[layer].tensors) {
    Pool* pool = pool_of(tensor);
    if (pool && !claims_.has(tensor.tensor, layer)) {
      slots.push_back({tensor.tensor, pool});
    }
  }
  std::stable_sort(slots.begin(), slots.end(),
                   [](const Slot& a, const Slot& b) {
                     return a.pool->rows.size() < b.pool->rows.size();
                   });
  return slots;
}

size_t count_with(const std::vector<Slot>& slots, uint32_t place) {
  auto has = [&](const Slot& slot) { return slot.pool->has(place); };
  return static_cast<size_t>(std::count_if(slots.begin(), slots.end(), has));
}

Choice LayerMatcher::best_of(const std::vector<Slot>& slots) const {
  Choice best;
  if (slots.empty() || slots[0].pool->rows.size() > kMostTried) return best;
  for (auto [place, row] : slots[0].pool->rows) {
    size_t tensors = count_with(slots, place);
    if (tensors > best.tensors) {
      best = {place, tensors, true};
    } else if (tensors == best.tensors) {
      best.is_unique = false;
    }
  }
  return best;
}

bool LayerMatcher::take_certain(uint32_t layer) {
  std::vector<Slot> slots = slots_of(layer);
  if (slots.empty()) return true;
  if (claims_.places[layer] != kNoIndex) {
    take(layer, claims_.places[layer], slots);
    return true;
  }
  Choice best = best_of(slots);
  if (best.is_unique) take(layer, best.place, slots);
  return best.is_unique;
}

// Free places from `place` on, then those before it.
std::vector<uint32_t> free_from(const Pool& pool, uint32_t place) {
  std::vector<uint32_t> places;
  auto at = pool.free.lower_bound(place);
  for (size_t i = 0; i < std::min(pool.free.size(), kMostTried); ++i) {
    if (at == pool.free.end()) at = pool.free.begin();
    places.push_back(*at++);
  }
  return places;
}

void LayerMatcher::take_next(uint32_t layer, uint32_t before) {
  std::vector<Slot> slots = slots_of(layer);
  std::vector<uint32_t> places = free_from(*slots[0].pool, before);
  if (places.empty()) {
    Choice best = best_of(slots);
    bool is_known = best.place != kNoIndex;
    take(layer, is_known ? best.place : slots[0].pool->rows.begin()->first,
         slots);
    return;
  }
  Choice best;
  for (uint32_t place : places) {
    size_t tensors = count_with(slots, place);
    if (tensors > best.tensors) best = {place, tensors, true};
    if (tensors == slots.size()) break;
  }
  take(layer, best.place, slots);
}

void LayerMatcher::take(uint32_t layer, uint32_t place,
                        const std::vector<Slot>& slots) {
  claims_.places[layer] = place;
  for (const Slot& slot : slots) {
    if (slot.pool->has(place)) claim(layer, place, slot);
  }
}

void LayerMatcher::claim(uint32_t layer, uint32_t place, const Slot& slot) {
  slot.pool->free.erase(place);
  claims_.of[slot.tensor].push_back({layer, slot.pool->rows.at(place)});
}

}  // namespace

void claim_by_layers(std::span<const Layer> layers, const Originals& originals,
                     const Contents& contents, Claims* claims) {
  LayerMatcher(layers, originals, contents, claims).match();
}

void claim_in_order(std::span<const uint32_t> constants,
                    const Originals& originals, const Contents& contents,
                    Claims* claims) {
  std::vector<bool> taken(originals.rows.size());
  for (uint32_t place : claims->absorbed) {
    for (uint32_t row : originals.modules[place]) taken[row] = true;
  }
  for (const auto& of_constant : claims->of) {
    for (const Claim& claim : of_constant) {
      if (claim.original != kNoIndex) taken[claim.original] = true;
    }
  }
  // Rows of each group that were looked at: all those are taken.
  std::vector<size_t> seen(contents.groups.size());
  for (uint32_t constant : constants) {
    uint32_t group = contents.matches[constant].group;
    if (group == kNoIndex || !claims->of[constant].empty()) continue;
    const std::vector<uint32_t>& rows = contents.groups[group].rows;
    size_t& at = seen[group];
    while (at < rows.size() && taken[rows[at]]) ++at;
    uint32_t row = rows[at < rows.size() ? at : 0];
    taken[row] = true;
    claims->of[constant].push_back({kNoIndex, row});
  }
}

}  // namespace tsinspect
