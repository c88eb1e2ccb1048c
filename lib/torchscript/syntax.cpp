#include "torchscript/syntax.h"

#include <algorithm>
#include <array>

namespace tsinspect::torchscript {
namespace {

struct Escape {
  char letter;
  char byte;
};
constexpr std::array kEscapes = {
    Escape{'a', '\a'}, Escape{'b', '\b'},  Escape{'f', '\f'},
    Escape{'n', '\n'}, Escape{'r', '\r'},  Escape{'t', '\t'},
    Escape{'v', '\v'}, Escape{'\\', '\\'}, Escape{'\'', '\''},
    Escape{'"', '"'},
};

struct CodeEscape {
  char letter;
  size_t digits;
};
constexpr std::array kCodeEscapes = {CodeEscape{'x', 2}, CodeEscape{'u', 4},
                                     CodeEscape{'U', 8}};

// The value of a digit in any base up to 16; 16 for what is none.
uint32_t digit_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint32_t>(c - '0');
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? static_cast<uint32_t>(c - 'a' + 10) : 16;
}

// A number of at most `most` digits at the start of `text`, which loses them.
uint32_t take_digits(std::string_view* text, size_t most, uint32_t base) {
  uint32_t value = 0;
  while (most > 0 && !text->empty() && digit_value(text->front()) < base) {
    value = value * base + digit_value(text->front());
    text->remove_prefix(1);
    --most;
  }
  return value;
}

void append_utf8(uint32_t code, std::string* out) {
  if (code > 0x10ffff) code = 0xfffd;
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
    return;
  }
  size_t rest = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr std::array<uint32_t, 4> kLead = {0, 0xc0, 0xe0, 0xf0};
  out->push_back(static_cast<char>(kLead[rest] | (code >> (6 * rest))));
  while (rest-- > 0) {
    out->push_back(static_cast<char>(0x80 | ((code >> (6 * rest)) & 0x3f)));
  }
}

// Appends what the escape at the start of `text`, behind its backslash, stands
// for, and removes it from `text`. One that Python does not know stays as it
// is, backslash and all.
void take_escape(std::string_view* text, std::string* out) {
  if (text->empty()) return;
  char c = text->front();
  if (digit_value(c) < 8) {
    out->push_back(static_cast<char>(take_digits(text, 3, 8)));
    return;
  }
  text->remove_prefix(1);
  if (c == '\n') return;
  for (const Escape& row : kEscapes) {
    if (row.letter == c) return out->push_back(row.byte);
  }
  for (const CodeEscape& row : kCodeEscapes) {
    if (row.letter != c) continue;
    uint32_t code = take_digits(text, row.digits, 16);
    if (c == 'x') return out->push_back(static_cast<char>(code));
    return append_utf8(code, out);
  }
  out->push_back('\\');
  out->push_back(c);
}

// Appends what the literal at the start of `text` stands for, and removes it.
void take_literal(std::string_view* text, std::string* out) {
  char quote = text->front();
  bool triple = text->size() >= 6 && (*text)[1] == quote && (*text)[2] == quote;
  std::string_view end = text->substr(0, triple ? 3 : 1);
  text->remove_prefix(end.size());
  while (!text->empty() && !text->starts_with(end)) {
    char c = text->front();
    text->remove_prefix(1);
    if (c == '\\') {
      take_escape(text, out);
    } else {
      out->push_back(c);
    }
  }
  text->remove_prefix(std::min(end.size(), text->size()));
}

}  // namespace

Class as_class(const Tree& tree, NodeId id) {
  return {tree.child(id, 0), tree.child(id, 1), tree.child(id, 2)};
}

Function as_function(const Tree& tree, NodeId id) {
  return {tree.child(id, 0), tree.child(id, 1), tree.child(id, 2),
          tree.child(id, 3)};
}

Parameter as_parameter(const Tree& tree, NodeId id) {
  return {tree.child(id, 0), tree.child(id, 1), tree.child(id, 2)};
}

Assign as_assign(const Tree& tree, NodeId id) {
  return {tree.child(id, 0), tree.child(id, 1), tree.child(id, 2)};
}

std::string dotted_name(const Tree& tree, NodeId id) {
  std::vector<std::string_view> steps;
  while (tree.kind(id) == NodeKind::kAttribute) {
    steps.push_back(tree.text(tree.child(id, 1)));
    id = tree.child(id, 0);
  }
  if (tree.kind(id) != NodeKind::kName) return {};
  std::string name(tree.text(id));
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    name += '.';
    name += *step;
  }
  return name;
}

std::string string_value(const Tree& tree, NodeId id) {
  std::string value;
  if (tree.kind(id) != NodeKind::kString) return value;
  std::string_view text = tree.text(id);
  while (true) {
    size_t literal = 0;
    while (literal < text.size() && text[literal] != '\'' &&
           text[literal] != '"') {
      // Between literals: blanks, or a comment that may hold a quote.
      if (text[literal] == '#') {
        literal = std::min(text.find('\n', literal), text.size());
      } else {
        ++literal;
      }
    }
    text.remove_prefix(literal);
    if (text.empty()) return value;
    take_literal(&text, &value);
  }
}

}  // namespace tsinspect::torchscript
