// Reads the TorchScript source of an archive: its records `code/**.py`.

#pragma once

#include <tsinspect/limits.h>

#include <string_view>

#include "torchscript/syntax.h"

namespace tsinspect::torchscript {

enum class Depth : uint8_t {
  kSignatures,  // Functions' bodies are passed over, as kSkipped.
  kBodies,
};

// Parses one record, which the caller keeps alive as long as the tree. Time and
// memory are linear in the text: per byte at most about 40 bytes of tree, 5 in
// real files. Throws Error(kMalformed), with the offset in the text, for what
// is not serialized TorchScript, and Error(kLimit) for what is nested deeper
// than Limits::source_depth: blocks, or expressions in one statement.
Tree parse(std::string_view source, Depth depth, const Limits& limits = {});

// Parses the body of a function that parse() passed over; `body` is the range
// of its kSkipped. The root of the result is a kBlock, its offsets those in
// `source`. Throws as parse() does.
Tree parse_body(std::string_view source, Range body, const Limits& limits = {});

}  // namespace tsinspect::torchscript
