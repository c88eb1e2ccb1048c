// Annotations as serialized TorchScript and LibTorch's schemas write them:
//
//   type = NAME { "." NAME } [ "[" [ type { "," type } ] "]" ] | "()"
//
// Source of truth: torch/csrc/jit/frontend/script_type_parser.cpp.

#include "torchscript/types.h"

#include <algorithm>
#include <array>

namespace tsinspect::torchscript {
namespace {

struct NamedKind {
  std::string_view name;
  TypeKind kind;
};

// In the order of the kinds that have no arguments.
constexpr std::array kSimple = {
    NamedKind{"?", TypeKind::kUnknown},
    NamedKind{"Any", TypeKind::kAny},
    NamedKind{"NoneType", TypeKind::kNone},
    NamedKind{"Tensor", TypeKind::kTensor},
    NamedKind{"int", TypeKind::kInt},
    NamedKind{"float", TypeKind::kFloat},
    NamedKind{"complex", TypeKind::kComplex},
    NamedKind{"bool", TypeKind::kBool},
    NamedKind{"str", TypeKind::kString},
    NamedKind{"number", TypeKind::kNumber},
    NamedKind{"Device", TypeKind::kDevice},
};

constexpr std::array kAliases = {
    NamedKind{"None", TypeKind::kNone},
    NamedKind{"Scalar", TypeKind::kNumber},
    NamedKind{"torch.Tensor", TypeKind::kTensor},
    NamedKind{"torch.device", TypeKind::kDevice},
    NamedKind{"torch.dtype", TypeKind::kInt},
    NamedKind{"Layout", TypeKind::kInt},
    NamedKind{"MemoryFormat", TypeKind::kInt},
    NamedKind{"ScalarType", TypeKind::kInt},
};

constexpr std::array kConstructors = {
    NamedKind{"List", TypeKind::kList},
    NamedKind{"Optional", TypeKind::kOptional},
    NamedKind{"Tuple", TypeKind::kTuple},
    NamedKind{"Dict", TypeKind::kDict},
};

template <typename Table>
const NamedKind* find(const Table& table, std::string_view name) {
  auto row = std::ranges::find(table, name, &NamedKind::name);
  return row == table.end() ? nullptr : &*row;
}

// Types of real programs nest no deeper and are no longer. A tuple made of two
// others is twice as long, in a few bytes of source.
constexpr uint16_t kMaxDepth = 32;
constexpr size_t kMaxText = 8192;
constexpr uint64_t kMaxTextBytes = uint64_t{32} << 20;

}  // namespace

class TypeTable::Parser {
 public:
  Parser(TypeTable* table, std::string_view text, bool variables)
      : table_(*table), text_(text), variables_(variables) {}

  // kUnknown where the text is no type, or more than one.
  TypeId parse() {
    TypeId type = read(0);
    skip_blanks();
    return failed_ || at_ != text_.size() ? type_id(TypeKind::kUnknown) : type;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) {
      ++at_;
    }
  }

  bool accept(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  TypeId fail() {
    failed_ = true;
    return type_id(TypeKind::kUnknown);
  }

  std::string_view name() {
    skip_blanks();
    size_t end = std::min(text_.find_first_of(" \n[](),", at_), text_.size());
    std::string_view result = text_.substr(at_, end - at_);
    at_ = end;
    return result;
  }

  TypeId read(size_t depth) {
    if (depth > kMaxDepth) return fail();
    if (accept('(')) {  // `Tuple[()]`
      return accept(')') ? table_.make(TypeKind::kTuple, {}) : fail();
    }
    std::string_view word = name();
    if (word.empty()) return fail();
    if (!accept('[')) return simple(word);
    std::vector<TypeId> arguments;
    while (!accept(']')) {
      arguments.push_back(read(depth + 1));
      if (failed_) return type_id(TypeKind::kUnknown);
      if (!accept(',') && (at_ == text_.size() || text_[at_] != ']')) {
        return fail();
      }
    }
    return construct(word, arguments);
  }

  TypeId simple(std::string_view word) {
    if (const NamedKind* row = find(kSimple, word)) return type_id(row->kind);
    if (const NamedKind* row = find(kAliases, word)) return type_id(row->kind);
    bool is_variable = variables_ && (word == "t" || word == "t1" ||
                                      word == "t2" || word.ends_with("Val"));
    if (is_variable) {
      return table_.intern(TypeKind::kVariable, "$" + std::string(word), {});
    }
    return table_.intern(TypeKind::kNamed, std::string(word), {});
  }

  TypeId construct(std::string_view word, std::vector<TypeId>& arguments) {
    if (word == "Final" && arguments.size() == 1) return arguments[0];
    TypeId none = type_id(TypeKind::kNone);
    if (word == "Union" && arguments.size() == 2 &&
        (arguments[0] == none || arguments[1] == none)) {
      return table_.join(arguments[0], arguments[1]);
    }
    const NamedKind* row = find(kConstructors, word);
    if (row == nullptr) return generic(word, arguments);
    // `Tuple[()]` has one argument, which is it.
    TypeId empty = table_.make(TypeKind::kTuple, {});
    if (row->kind == TypeKind::kTuple && arguments == std::vector{empty}) {
      return empty;
    }
    size_t needed = row->kind == TypeKind::kDict ? 2 : 1;
    if (row->kind != TypeKind::kTuple && arguments.size() != needed) {
      return fail();
    }
    if (row->kind == TypeKind::kOptional) {
      return table_.optional_of(arguments[0]);
    }
    return table_.make(row->kind, arguments);
  }

  TypeId generic(std::string_view word, const std::vector<TypeId>& arguments) {
    std::string text(word);
    for (size_t i = 0; i < arguments.size() && text.size() <= kMaxText; ++i) {
      text += (i == 0 ? "[" : ", ") + table_[arguments[i]].text;
    }
    return table_.intern(TypeKind::kGeneric, text + "]", arguments);
  }

  TypeTable& table_;
  std::string_view text_;
  bool variables_;
  size_t at_ = 0;
  bool failed_ = false;
};

TypeTable::TypeTable() {
  for (const NamedKind& row : kSimple) {
    intern(row.kind, std::string(row.name), {});
  }
}

TypeId TypeTable::parse(std::string_view annotation) {
  if (annotation.size() > 2 * kMaxText) return type_id(TypeKind::kUnknown);
  auto known = by_text_.find(annotation);
  if (known != by_text_.end()) return known->second;
  auto [entry, is_new] = parsed_.try_emplace(std::string(annotation));
  if (is_new) entry->second = Parser(this, annotation, false).parse();
  return entry->second;
}

TypeId TypeTable::parse_schema(std::string_view type) {
  return Parser(this, type, true).parse();
}

TypeId TypeTable::make(TypeKind kind, std::span<const TypeId> arguments) {
  auto row = std::ranges::find(kConstructors, kind, &NamedKind::kind);
  if (row == kConstructors.end()) return type_id(kind);
  std::string text(row->name);
  text += '[';
  for (size_t i = 0; i < arguments.size() && text.size() <= kMaxText; ++i) {
    if (i > 0) text += ", ";
    text += types_[arguments[i]].text;
  }
  if (arguments.empty()) text += "()";
  return intern(kind, text + "]", arguments);
}

TypeId TypeTable::optional_of(TypeId element) {
  TypeKind inner = kind(element);
  if (inner == TypeKind::kOptional || inner == TypeKind::kUnknown ||
      inner == TypeKind::kNone || inner == TypeKind::kAny) {
    return element;
  }
  return make(TypeKind::kOptional, {&element, 1});
}

TypeId TypeTable::argument(TypeId id, size_t index) const {
  const auto& arguments = types_[id].arguments;
  return index < arguments.size() ? arguments[index]
                                  : type_id(TypeKind::kUnknown);
}

TypeId TypeTable::without_optional(TypeId id) const {
  return kind(id) == TypeKind::kOptional ? argument(id) : id;
}

TypeId TypeTable::join(TypeId a, TypeId b) {
  if (a == b) return a;
  if (kind(a) == TypeKind::kNone) return optional_of(b);
  if (kind(b) == TypeKind::kNone) return optional_of(a);
  if (without_optional(a) == without_optional(b)) return optional_of(a);
  if (kind(a) == TypeKind::kTuple && kind(b) == TypeKind::kTuple &&
      types_[a].arguments.size() == types_[b].arguments.size()) {
    auto known = joined_.find({a, b});
    if (known != joined_.end()) return known->second;
    std::vector<TypeId> items = types_[a].arguments;
    for (size_t i = 0; i < items.size(); ++i) {
      items[i] = join(items[i], argument(b, i));
    }
    return joined_[{a, b}] = make(TypeKind::kTuple, items);
  }
  return type_id(TypeKind::kUnknown);
}

TypeId TypeTable::intern(TypeKind kind, std::string text,
                         std::span<const TypeId> arguments) {
  auto known = by_text_.find(text);
  if (known != by_text_.end()) return known->second;
  uint16_t depth = 0;
  for (TypeId argument : arguments) {
    depth = std::max<uint16_t>(depth, types_[argument].depth + 1);
  }
  if (depth > kMaxDepth || text.size() > kMaxText ||
      text_bytes_ + text.size() > kMaxTextBytes) {
    return type_id(TypeKind::kUnknown);
  }
  text_bytes_ += text.size();
  auto id = static_cast<TypeId>(types_.size());
  types_.push_back(
      {kind, depth, std::move(text), {arguments.begin(), arguments.end()}});
  by_text_[types_.back().text] = id;
  return id;
}

}  // namespace tsinspect::torchscript
