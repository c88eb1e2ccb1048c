// The half of canonical_function() that writes the shapes of lines.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "analysis/canonical_code.h"
#include "torchscript/syntax.h"

namespace tsinspect {

// A function's variables.
class Variables {
 public:
  void add(std::string_view name) { numbers_.try_emplace(name, kUnnamed); }

  // The number of a name, which has one from now on; nothing if it is none of
  // them.
  std::optional<uint32_t> find(std::string_view name);

 private:
  static constexpr uint32_t kUnnamed = UINT32_MAX;

  std::unordered_map<std::string_view, uint32_t> numbers_;
  uint32_t next_ = 0;
};

// Appends nodes to one line's shape, its variables and constants.
class ShapeWriter {
 public:
  ShapeWriter(const torchscript::Tree& tree, const CanonicalOptions& options,
              Variables* variables, CanonicalLine* line)
      : tree_(tree), options_(options), variables_(*variables), line_(*line) {}

  // Text is written with its length, so that none can pass for another node.
  void text(std::string_view text);
  void node(torchscript::NodeId id);

 private:
  void mark(char mark) { line_.shape += mark; }
  void name(std::string_view name);
  void literal(const std::string& literal);
  void attribute(torchscript::NodeId id);
  void constant(uint32_t number);
  void any(torchscript::NodeId id);

  const torchscript::Tree& tree_;
  const CanonicalOptions& options_;
  Variables& variables_;
  CanonicalLine& line_;
};

}  // namespace tsinspect
