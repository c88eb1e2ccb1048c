#include "torchscript/precedence.h"

#include <array>

namespace tsinspect::torchscript {
namespace {

struct Operator {
  TokenKind kind;
  int precedence;
};

constexpr std::array kOperators = {
    Operator{TokenKind::kOr, kOrPrecedence},
    Operator{TokenKind::kAnd, 2},
    Operator{TokenKind::kIn, kComparison},
    Operator{TokenKind::kNot, kComparison},
    Operator{TokenKind::kNotIn, kComparison},
    Operator{TokenKind::kIs, kComparison},
    Operator{TokenKind::kIsNot, kComparison},
    Operator{TokenKind::kEqual, kComparison},
    Operator{TokenKind::kNotEqual, kComparison},
    Operator{TokenKind::kLess, kComparison},
    Operator{TokenKind::kLessEqual, kComparison},
    Operator{TokenKind::kGreater, kComparison},
    Operator{TokenKind::kGreaterEqual, kComparison},
    Operator{TokenKind::kPipe, kTargetPrecedence},
    Operator{TokenKind::kCaret, 6},
    Operator{TokenKind::kAmpersand, 7},
    Operator{TokenKind::kShiftLeft, 8},
    Operator{TokenKind::kShiftRight, 8},
    Operator{TokenKind::kPlus, 9},
    Operator{TokenKind::kMinus, 9},
    Operator{TokenKind::kStar, 10},
    Operator{TokenKind::kSlash, 10},
    Operator{TokenKind::kFloorDiv, 10},
    Operator{TokenKind::kPercent, 10},
    Operator{TokenKind::kAt, 10},
};

// One entry a token kind.
constexpr std::array<int, 128> precedences() {
  std::array<int, 128> table{};
  for (const Operator& row : kOperators) {
    table[static_cast<size_t>(row.kind)] = row.precedence;
  }
  return table;
}
constexpr std::array kPrecedences = precedences();

}  // namespace

int precedence_of(TokenKind kind) {
  return kPrecedences[static_cast<size_t>(kind)];
}

}  // namespace tsinspect::torchscript
