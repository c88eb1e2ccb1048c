// Types of TorchScript values, each once.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tsinspect::torchscript {

enum class TypeKind : uint8_t {
  kUnknown,  // What could not be told; fits everything.
  kAny,
  kNone,
  kTensor,
  kInt,
  kFloat,
  kComplex,
  kBool,
  kString,
  kNumber,  // int, float or complex.
  kDevice,
  kList,      // Of its argument.
  kOptional,  // Its argument or None.
  kTuple,     // Of its arguments.
  kDict,      // From its first argument to its second.
  kGeneric,   // Any other constructor: Future[T], RRef[T], Union[T, U].
  kVariable,  // Of a schema: `t`, bound by the arguments.
  kNamed,     // A class, enum or interface, or any other name.
};

// Index into a TypeTable. The types without arguments stand at the place of
// their kind.
using TypeId = uint32_t;

constexpr TypeId type_id(TypeKind kind) { return static_cast<TypeId>(kind); }

struct Type {
  TypeKind kind = TypeKind::kUnknown;
  uint16_t depth = 0;  // Of its arguments' nesting.
  std::string text;    // As an annotation: "List[int]".
  std::vector<TypeId> arguments;
};

// All types of a program. Equal types have equal ids. What nests deeper than
// types of real programs do, or is far longer, is kUnknown; so is any new type
// once there are tens of megabytes of them.
class TypeTable {
 public:
  TypeTable();

  // The type that an annotation means: "Dict[str, Tensor]", "__torch__.Net".
  // kUnknown for what is none.
  TypeId parse(std::string_view annotation);

  // The same for a type in an operator's schema, where names of one letter and
  // those that end in "Val" are variables.
  TypeId parse_schema(std::string_view type);

  TypeId make(TypeKind kind, std::span<const TypeId> arguments);
  TypeId list_of(TypeId element) {
    return make(TypeKind::kList, {&element, 1});
  }
  TypeId optional_of(TypeId element);

  const Type& operator[](TypeId id) const { return types_[id]; }
  TypeKind kind(TypeId id) const { return types_[id].kind; }

  // Argument of a list, optional, dict, …; kUnknown if it has none there.
  TypeId argument(TypeId id, size_t index = 0) const;

  // The type behind any Optional.
  TypeId without_optional(TypeId id) const;

  // What two branches give.
  TypeId join(TypeId a, TypeId b);

 private:
  class Parser;

  TypeId intern(TypeKind kind, std::string text,
                std::span<const TypeId> arguments);

  std::deque<Type> types_;
  std::unordered_map<std::string_view, TypeId> by_text_;
  std::map<std::pair<TypeId, TypeId>, TypeId> joined_;  // Tuples.
  // Annotations as they were written, which may have other blanks.
  std::unordered_map<std::string, TypeId> parsed_;
  uint64_t text_bytes_ = 0;  // Of all types.
};

}  // namespace tsinspect::torchscript
