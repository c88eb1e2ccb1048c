// A syntax tree as one line of text, for tests.

#pragma once

#include <string>

#include "torchscript/parser.h"

namespace tsinspect::torchscript {

// Names and literals as they are written; every other node as
// "(kind operator child…)", a missing child as "_".
std::string dump(const Tree& tree, NodeId id);

// The one statement of `source`, dumped.
std::string dump_statement(const std::string& source);

// The message of the Error that parsing `source` ends in; empty for none.
std::string error_of(std::string_view source, Depth depth = Depth::kBodies,
                     const Limits& limits = {});

}  // namespace tsinspect::torchscript
