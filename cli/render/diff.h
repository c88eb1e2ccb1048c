// What is different between two models, for people and for programs.

#pragma once

#include <string>

#include "render/json.h"
#include "tsinspect/diff.h"

namespace tsinspect::cli {

// Rows, objects, methods up to which a screen shows each of them.
constexpr size_t kScreenRows = 20;

struct DiffView {
  const Model& a;
  const Model& b;
  const Diff& diff;
  bool all = false;     // Every tensor that differs, with all its numbers.
  bool values = false;  // And what the edges of the worst ones hold.
};

// How many tensors differ in which way.
struct DiffCounts {
  explicit DiffCounts(const Diff& diff);

  uint64_t changed = 0;
  uint64_t retyped = 0;
  uint64_t reshaped = 0;
  uint64_t without_data = 0;  // In one of the two.
  uint64_t renamed = 0;
  uint64_t relaid = 0;            // With the values in another order.
  uint64_t derived = 0;           // Folded or transposed by freezing.
  uint64_t equal = 0;             // Within tolerance, too; none of those above.
  uint64_t within_tolerance = 0;  // Of those: not equal.
  uint64_t other_bits = 0;        // Of those: equal but not in all bits.
};

// A line with the verdict; a table of what differs, by tensor if they are few
// or all are asked for, else by module; the objects; the code; notes.
void print_diff(Output& out, const DiffView& view);

// What differs in the code, if that was compared: modules, settings, and each
// method with its lines, as many as a screen shows or all of them.
void print_code(Output& out, const DiffView& view);

// What stands in front of a line: "-" if only A has it, "+" if only B.
const char* mark_of(CodeLine::Kind kind);

// "same", "added", "removed", "renamed", "relaid", "changed", "derived",
// "absorbed", "equal", …, "objects", "code", "notes", as members of an object.
void write_diff(Json& json, const DiffView& view);

// "code", if that was compared.
void write_code(Json& json, const CodeDiff& code);

// What else there is to say, a sentence each.
std::vector<std::string> diff_notes(const DiffView& view);

}  // namespace tsinspect::cli
