// The text of an input: what `--input` takes. No value is made here.
//
//   input   = [NAME "="] value
//   value   = "None" | "True" | "False" | NUMBER | STRING
//           | list | tuple | dict          as Python writes them
//           | tensor [":" DTYPE]
//   tensor  = FUNCTION "(" value, … ")"    rand, randn, zeros, ones, full,
//                                          arange, randint, as in torch
//           | FILE                         with a suffix of a file of tensors
//           | list                         of numbers, maybe nested

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tsinspect/dtype.h"

namespace tsinspect {

struct InputValue {
  enum class Kind : uint8_t {
    kNone,
    kBool,    // `integer` is 0 or 1.
    kInt,     // `integer`
    kFloat,   // `number`
    kString,  // `text`
    kList,    // `items`
    kTuple,   // `items`
    kDict,    // `items` has keys and values in turn.
    kCall,    // `text` is the function's name, `items` its arguments.
    kFile,    // `text` is the path.
  };

  Kind kind = Kind::kNone;
  int64_t integer = 0;
  double number = 0;
  std::string text = {};
  std::vector<InputValue> items = {};
  std::optional<DType> dtype = {};  // Behind a colon; of what is a tensor.
};

struct InputSpec {
  std::string name;  // Of the argument; empty: the next one.
  InputValue value;
};

// Whether `text` ends as the names of files of tensors do: ".npy", ".npz",
// ".safetensors", ".pt", …
bool has_tensor_suffix(std::string_view text);

// Throws Error(kMalformed) that quotes the text and says what is wrong where.
InputSpec parse_input(std::string_view text);

}  // namespace tsinspect
