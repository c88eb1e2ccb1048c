// TorchScript source as lines that are equal where they do the same, whatever
// LibTorch called their variables and classes.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "torchscript/classes.h"
#include "torchscript/syntax.h"

namespace tsinspect {

// A statement, or the head of a block.
struct CanonicalLine {
  std::string text;  // As the file has it, on one line, indented.
  // What it says: the tree of its statement. Of a variable, it has only that
  // there is one, of a constant of the model its type. Names of classes are
  // without what LibTorch tells them apart by, numbers with all their digits.
  std::string shape;
  // The variables in it from left to right. Each is a number, in the order in
  // which a function first names them.
  std::vector<uint32_t> variables;
  std::vector<uint32_t> constants;  // N of each CONSTANTS.cN.
};

// Literals of source text by what others they count as.
using Literals = std::unordered_map<std::string, std::string>;

struct CanonicalOptions {
  // What CONSTANTS.cN is, by N: "float32 [8, 3]".
  const std::unordered_map<uint32_t, std::string>* constants = nullptr;
  const Literals* literals = nullptr;
  // The type of a method's first parameter is its class: not worth telling.
  bool is_method = false;
  // The names of parameters matter, as they do where callers give them.
  bool keeps_parameters = false;
};

// The lines of a function (a kFunction), its head first. Throws Error for a
// body that cannot be parsed.
std::vector<CanonicalLine> canonical_function(
    const torchscript::Tree& tree, torchscript::NodeId function,
    const CanonicalOptions& options = {});

// A class's head and what it declares, without its methods.
std::vector<CanonicalLine> canonical_class(const torchscript::Tree& tree,
                                           const torchscript::ClassInfo& info);

// The shape of an expression of no function.
std::string canonical_shape(const torchscript::Tree& tree,
                            torchscript::NodeId id);

// The literals of an expression from left to right, as Literals has them.
std::vector<std::string> literals_of(const torchscript::Tree& tree,
                                     torchscript::NodeId id);

}  // namespace tsinspect
