// Source of truth: torch/csrc/jit/frontend/schema_matching.cpp, and
// isSubtypeOf() and matchTypeVariables() in aten/src/ATen/core/type.cpp.

#include <algorithm>
#include <array>
#include <utility>

#include "torchscript/operators.h"

namespace tsinspect::torchscript {
namespace {

constexpr TypeId kUnknown = type_id(TypeKind::kUnknown);

// What a tensor becomes where something else is wanted, by an operator that
// LibTorch puts there.
constexpr std::array kTensorBecomes = {TypeKind::kInt, TypeKind::kFloat,
                                       TypeKind::kComplex, TypeKind::kNumber};

bool is_number(TypeKind kind) {
  return kind == TypeKind::kInt || kind == TypeKind::kFloat ||
         kind == TypeKind::kComplex || kind == TypeKind::kNumber;
}

// Tries the arguments of one call against one overload.
class Matcher {
 public:
  Matcher(const Operator& op, std::span<const ArgumentType> arguments,
          bool convert, TypeTable* types)
      : op_(op), arguments_(arguments), convert_(convert), types_(*types) {}

  bool matches() {
    std::vector<bool> used(arguments_.size());
    size_t positional = 0;
    for (const OperatorArgument& formal : op_.arguments) {
      size_t actual = find(formal, positional);
      if (actual == arguments_.size()) {
        if (!formal.has_default) return false;
        continue;
      }
      if (arguments_[actual].keyword.empty()) ++positional;
      used[actual] = true;
      if (!fits(formal.type, arguments_[actual].type)) return false;
    }
    for (size_t i = 0; i < arguments_.size(); ++i) {
      bool is_rest = op_.is_vararg && arguments_[i].keyword.empty();
      if (!used[i] && !is_rest) return false;
    }
    return true;
  }

  // Whether an unknown type was taken for what the overload wants.
  bool guessed() const { return guessed_; }

  TypeId result() {
    std::vector<TypeId> returns;
    for (TypeId type : op_.returns) returns.push_back(substitute(type));
    if (returns.size() == 1) return returns[0];
    if (returns.empty()) return type_id(TypeKind::kNone);
    return types_.make(TypeKind::kTuple, returns);
  }

 private:
  // The argument that `formal` takes, the number of arguments if none is given.
  size_t find(const OperatorArgument& formal, size_t positional) const {
    if (!formal.keyword_only && positional < arguments_.size() &&
        arguments_[positional].keyword.empty()) {
      return positional;
    }
    auto named =
        std::ranges::find(arguments_, formal.name, &ArgumentType::keyword);
    return static_cast<size_t>(named - arguments_.begin());
  }

  bool fits(TypeId formal, TypeId actual) {
    if (is_subtype(formal, actual)) return true;
    TypeId wanted = types_.without_optional(formal);
    // `(1, 2)` where a list is wanted becomes one.
    if (types_.kind(wanted) == TypeKind::kList &&
        types_.kind(actual) == TypeKind::kTuple) {
      return std::ranges::all_of(types_[actual].arguments, [&](TypeId item) {
        return is_subtype(types_.argument(wanted), item);
      });
    }
    if (!convert_) return false;
    TypeKind kind = types_.kind(wanted);
    if (types_.kind(actual) == TypeKind::kTensor) {
      return std::ranges::find(kTensorBecomes, kind) != kTensorBecomes.end();
    }
    return types_.kind(actual) == TypeKind::kString &&
           kind == TypeKind::kDevice;
  }

  bool is_subtype(TypeId formal, TypeId actual) {
    if (formal == actual) return true;
    TypeKind wanted = types_.kind(formal);
    TypeKind given = types_.kind(actual);
    if (wanted == TypeKind::kVariable) return bind(formal, actual);
    if (given == TypeKind::kUnknown || wanted == TypeKind::kUnknown) {
      guessed_ = true;
      return true;
    }
    if (wanted == TypeKind::kAny) return true;
    if (wanted == TypeKind::kNumber) return is_number(given);
    if (wanted == TypeKind::kOptional) {
      if (given == TypeKind::kNone) return true;
      return is_subtype(types_.argument(formal),
                        types_.without_optional(actual));
    }
    return wanted == given && head(formal) == head(actual) &&
           fit_arguments(formal, actual);
  }

  // "Future" of Future[int].
  std::string_view head(TypeId type) const {
    std::string_view text = types_[type].text;
    return text.substr(0, text.find('['));
  }

  // Lists and dicts are of the very same types; tuples of subtypes.
  bool fit_arguments(TypeId formal, TypeId actual) {
    const auto& wanted = types_[formal].arguments;
    const auto& given = types_[actual].arguments;
    if (wanted.size() != given.size() || wanted.empty()) return false;
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (!is_subtype(wanted[i], given[i])) return false;
      bool exact = types_.kind(formal) != TypeKind::kTuple &&
                   types_[wanted[i]].arguments.empty() &&
                   types_.kind(wanted[i]) != TypeKind::kVariable;
      if (exact && wanted[i] != given[i] && given[i] != kUnknown) return false;
    }
    return true;
  }

  bool bind(TypeId variable, TypeId actual) {
    guessed_ |= actual == kUnknown;
    for (auto& [bound, type] : bindings_) {
      if (bound != variable) continue;
      if (type == kUnknown) type = actual;
      return type == actual || actual == kUnknown || is_subtype(type, actual);
    }
    bindings_.push_back({variable, actual});
    return true;
  }

  TypeId substitute(TypeId type) {
    if (types_.kind(type) == TypeKind::kVariable) {
      for (auto& [bound, actual] : bindings_) {
        if (bound == type) return actual;
      }
      return kUnknown;
    }
    std::vector<TypeId> arguments = types_[type].arguments;
    if (arguments.empty()) return type;
    for (TypeId& argument : arguments) argument = substitute(argument);
    if (types_.kind(type) == TypeKind::kOptional) {
      return types_.optional_of(arguments[0]);
    }
    return types_.kind(type) == TypeKind::kGeneric
               ? kUnknown
               : types_.make(types_.kind(type), arguments);
  }

  const Operator& op_;
  std::span<const ArgumentType> arguments_;
  bool convert_;
  TypeTable& types_;
  bool guessed_ = false;
  std::vector<std::pair<TypeId, TypeId>> bindings_;  // Variable, its type.
};

// The first overload that fits; if only because a type is unknown, the others
// must not fit just as well.
Match first_match(std::span<const Operator> overloads,
                  std::span<const ArgumentType> arguments, bool convert,
                  TypeTable* types, bool* found) {
  Match match;
  for (const Operator& op : overloads) {
    Matcher matcher(op, arguments, convert, types);
    if (!matcher.matches()) continue;
    TypeId result = matcher.result();
    if (!*found) {
      match = {&op, result};
      *found = true;
      if (!matcher.guessed()) return match;
    } else {
      match.op = nullptr;
      if (match.result != result) return {};
    }
  }
  return match;
}

}  // namespace

Match match_overload(std::span<const Operator> overloads,
                     std::span<const ArgumentType> arguments,
                     TypeTable* types) {
  for (bool convert : {false, true}) {
    bool found = false;
    Match match = first_match(overloads, arguments, convert, types, &found);
    if (found) return match;
  }
  return {};
}

}  // namespace tsinspect::torchscript
