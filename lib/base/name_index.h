// Finds rows of a table by name, in constant time and four bytes a slot.

#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace tsinspect {

// An open-addressing hash table of row numbers. The names stay with the table
// it indexes, which passes them in; hashes are seeded, so that a file cannot
// choose names that collide.
class NameIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // Room for `rows` rows; entering more is the caller's error.
  explicit NameIndex(size_t rows);

  // Row of `name`, or, where the table has none of that name, kNone after
  // entering `row` for it. `name_of(row)` gives a row's name.
  template <typename NameOf>
  uint32_t find_or_add(std::string_view name, uint32_t row, NameOf name_of) {
    uint32_t* slot = locate(name, name_of);
    if (*slot != kNone) return *slot;
    *slot = row;
    return kNone;
  }

  // Enters `row` for `name`. Returns the row it had before, or kNone.
  template <typename NameOf>
  uint32_t replace(std::string_view name, uint32_t row, NameOf name_of) {
    return std::exchange(*locate(name, name_of), row);
  }

  // Row of `name`, or kNone.
  template <typename NameOf>
  uint32_t find(std::string_view name, NameOf name_of) const {
    return *const_cast<NameIndex*>(this)->locate(name, name_of);
  }

 private:
  uint64_t hash(std::string_view name) const;

  template <typename NameOf>
  uint32_t* locate(std::string_view name, NameOf name_of) {
    size_t at = hash(name) & mask_;
    while (slots_[at] != kNone && name_of(slots_[at]) != name) {
      at = (at + 1) & mask_;
    }
    return &slots_[at];
  }

  std::vector<uint32_t> slots_;
  uint64_t mask_;
  uint64_t seed_;
};

}  // namespace tsinspect
