// How strongly operators bind.

#pragma once

#include "torchscript/token.h"

namespace tsinspect::torchscript {

// Python's precedences, of binary operators but `**`. In LibTorch's own parser
// `and` binds no stronger than `or`, but python_print.cpp writes neither
// without parentheses.
constexpr int kOrPrecedence = 1;  // What binds least.
constexpr int kNotPrecedence = 3;
constexpr int kComparison = 4;
constexpr int kTargetPrecedence = 5;  // What can stand left of `=` or `in`.
constexpr int kUnaryPrecedence = 11;  // `-`, `+`, `~`; stronger only is `**`.

// Precedence of a binary operator but `**`, all of which bind to the left; 0
// for every other kind. As such an operator, `not` can only start `not in`.
int precedence_of(TokenKind kind);

}  // namespace tsinspect::torchscript
