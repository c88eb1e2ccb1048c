// Types and schemas as LibTorch prints them.

#pragma once

#include <string>
#include <string_view>

#include "torchscript/classes.h"
#include "torchscript/syntax.h"

namespace tsinspect::torchscript {

// A type annotation as c10::Type::str() prints it: `List[Optional[int]]` is
// "int?[]", `Dict[str, Tensor]` "Dict(str, Tensor)", `Tuple[int, str]`
// "(int, str)". Names that are in `kinds` as an enum or an interface are
// printed as one: "Enum<__torch__.Color>", "InterfaceType<Net>"; all others are
// left as they are.
std::string type_text(const Tree& tree, NodeId type, const ClassKinds& kinds);

// The schema of a kFunction, as c10::FunctionSchema prints it:
// "forward(__torch__.Net self, Tensor x, int n=2) -> Tensor". `self_type` is
// the type of the first parameter where that has no annotation, as in
// interfaces and torch 1.1's files; of any other parameter it is Tensor.
// Without a return annotation there is no arrow: LibTorch infers the type from
// the body. A default that is no literal, as `CONSTANTS.c0`, is shown as it is
// written.
std::string schema_text(const Tree& tree, NodeId function,
                        std::string_view self_type, const ClassKinds& kinds);

}  // namespace tsinspect::torchscript
