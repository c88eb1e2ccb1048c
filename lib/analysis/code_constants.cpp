#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <utility>

#include "torchscript/lexer.h"
#include "tsinspect/code.h"
#include "tsinspect/object_tree.h"

namespace tsinspect {
namespace {

using torchscript::Lexer;
using torchscript::Token;
using torchscript::TokenKind;

constexpr std::string_view kPrefix = "CONSTANTS.c";

// Calls `visit` with each "CONSTANTS.c0" of a text and where it ends, up to
// where the text is no TorchScript.
template <typename Visit>
void for_each_constant(std::string_view text, Visit visit) {
  Lexer lexer(text);
  Token before, dot;
  try {
    for (Token token = lexer.next(); token.kind != TokenKind::kEnd;
         before = std::exchange(dot, token), token = lexer.next()) {
      std::string_view name = text.substr(before.begin);
      name = name.substr(0, token.end - before.begin);
      if (token.kind == TokenKind::kName && name.starts_with(kPrefix)) {
        visit(name, token.end);
      }
    }
  } catch (const Error&) {
  }
}

std::string tensor_text(const Tensor& tensor) {
  std::string name;
  if (tensor.recovered() != nullptr) name = tensor.recovered()->name + ' ';
  return fmt::format("{}{} [{}]", name, dtype_info(tensor.dtype).name,
                     fmt::join(tensor.shape, ", "));
}

}  // namespace

ConstantNotes::ConstantNotes(const Model& model) : model_(model) {
  for (uint32_t i = 0; i < model.tensors.size(); ++i) {
    const Tensor& tensor = model.tensors[i];
    if (tensor.role == Role::kConstant) rows_.emplace(tensor.name, i);
  }
}

// "float32 [8]" or a Python type; empty for one that the file does not have.
std::string ConstantNotes::describe(std::string_view name) const {
  if (auto row = rows_.find(name); row != rows_.end()) {
    return tensor_text(model_.tensors[row->second]);
  }
  std::string_view digits = name.substr(kPrefix.size());
  size_t index = 0;
  auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), index);
  auto items = model_.objects.items(model_.constants);
  bool known = error == std::errc() && end == digits.data() + digits.size() &&
               index < items.size();
  return known ? type_name(model_.objects, items[index]) : std::string();
}

std::vector<CodeNote> ConstantNotes::notes(std::string_view text) const {
  std::vector<CodeNote> notes;
  if (text.find(kPrefix) == text.npos) return notes;
  std::unordered_set<std::string_view> in_line;
  for_each_constant(text, [&](std::string_view name, size_t end) {
    auto line_end =
        static_cast<uint32_t>(std::min(text.find('\n', end), text.size()));
    if (notes.empty() || notes.back().offset != line_end) {
      in_line.clear();
      notes.push_back({line_end, false, ""});
    }
    std::string what = describe(name);
    if (what.empty() || !in_line.insert(name).second) return;
    std::string& note = notes.back().text;
    if (!note.empty()) note += ", ";
    note += fmt::format("{}: {}", name.substr(kPrefix.size() - 1), what);
  });
  std::erase_if(notes, [](const CodeNote& note) { return note.text.empty(); });
  return notes;
}

}  // namespace tsinspect
