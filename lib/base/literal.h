// Python literals, as NumPy writes them into the headers of its files.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tsinspect {

enum class LiteralKind : uint8_t {
  kString,
  kInt,
  kBool,  // `integer` is 0 or 1.
  kTuple,
  kList,
  kDict,  // `items` has keys and values in turn.
};

struct Literal {
  LiteralKind kind = LiteralKind::kTuple;
  int64_t integer = 0;
  std::string string;          // Unescaped.
  std::string_view text;       // As it stands in the source.
  std::vector<Literal> items;  // Of a container.

  // Value of a dict's key; null if it has none.
  const Literal* find(std::string_view key) const;
};

// Parses a string, integer, bool, tuple, list or dict, nested at most 32 deep,
// with nothing but white space around it. Throws Error(kMalformed) with `what`
// in its message. `base` is the offset of the text in its file. The result
// views into `text`.
Literal parse_literal(std::string_view text, const char* what, uint64_t base);

}  // namespace tsinspect
