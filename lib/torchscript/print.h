// Writes syntax trees back as source text.

#pragma once

#include <string>

#include "torchscript/syntax.h"

namespace tsinspect::torchscript {

// The source of a node as LibTorch would write it: blocks indented by two
// blanks, a parameter a line, tuples in parentheses. Other parentheses stand
// only where they are needed; LibTorch puts more around receivers of calls. A
// statement ends its line, an expression does not.
//
// parse() reads the same tree from the text of a whole one: kinds, operators,
// names, numbers, and what strings stand for. Its expressions may be nested
// twice as deep. Bodies that were passed over are parsed, which throws as
// parse_body() does.
std::string print(const Tree& tree, NodeId id);

}  // namespace tsinspect::torchscript
