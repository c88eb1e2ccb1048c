#include "render/code_text.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "base/printable.h"
#include "torchscript/lexer.h"
#include "tsinspect/error.h"

namespace tsinspect::cli {
namespace {

using torchscript::Lexer;
using torchscript::Token;
using torchscript::TokenKind;

constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kReset = "\x1b[0m";

// Tokens from one kind to another, and their colour.
struct Style {
  TokenKind first, last;
  std::string_view code;
};
constexpr std::string_view kLiteral = "\x1b[36m";
constexpr std::array kStyles = {
    Style{TokenKind::kNumber, TokenKind::kNumber, kLiteral},
    Style{TokenKind::kString, TokenKind::kString, "\x1b[32m"},
    Style{TokenKind::kFalse, TokenKind::kFalse, kLiteral},
    Style{TokenKind::kNone, TokenKind::kNone, kLiteral},
    Style{TokenKind::kTrue, TokenKind::kTrue, kLiteral},
    Style{TokenKind::kAnd, TokenKind::kWith, "\x1b[35m"},
};

// A stretch of the text that has a colour.
struct Span {
  size_t begin, end;
  std::string_view code;
};

std::string_view style_of(TokenKind kind, TokenKind before) {
  bool defined = before == TokenKind::kDef || before == TokenKind::kClass;
  if (kind == TokenKind::kName) return defined ? kBold : std::string_view();
  for (const Style& row : kStyles) {
    if (kind >= row.first && kind <= row.last) return row.code;
  }
  return {};
}

// In order. What stands behind text that has no tokens has no colour.
std::vector<Span> spans_of(std::string_view text) {
  std::vector<Span> spans;
  Lexer lexer(text);
  TokenKind before = TokenKind::kEnd;
  try {
    for (Token token = lexer.next(); token.kind != TokenKind::kEnd;
         before = token.kind, token = lexer.next()) {
      std::string_view code = style_of(token.kind, before);
      if (!code.empty()) spans.push_back({token.begin, token.end, code});
    }
  } catch (const Error&) {
  }
  return spans;
}

class CodePrinter {
 public:
  CodePrinter(Output& out, std::string_view text,
              std::span<const CodeNote> notes, bool colors)
      : out_(out), text_(text), notes_(notes), colors_(colors) {
    if (colors) spans_ = spans_of(text);
  }

  void print() {
    for (size_t begin = 0, end = 0; begin < text_.size(); begin = end + 1) {
      end = std::min(text_.find('\n', begin), text_.size());
      size_t indent =
          std::min(text_.find_first_not_of(' ', begin), end) - begin;
      while (has_note(begin, true)) {
        out_.spaces(indent);
        comment();
        out_.put('\n');
      }
      line(begin, end);
      while (has_note(end, false)) {
        out_.spaces(2);
        comment();
      }
      out_.put('\n');
    }
  }

 private:
  bool has_note(size_t at, bool above) const {
    return next_note_ < notes_.size() && notes_[next_note_].offset == at &&
           notes_[next_note_].above == above;
  }

  void comment() {
    styled(kDim, "# " + printable_lines(notes_[next_note_++].text));
  }

  void line(size_t begin, size_t end) {
    while (next_span_ < spans_.size() && begin < end) {
      const Span& span = spans_[next_span_];
      if (span.begin >= end) break;
      if (span.begin > begin) plain(begin, span.begin);
      begin = std::max(begin, span.begin);
      size_t stop = std::min(span.end, end);
      styled(span.code, printable_lines(text_.substr(begin, stop - begin)));
      begin = stop;
      // A string may go on in the next line.
      if (span.end > end) break;
      ++next_span_;
    }
    plain(begin, end);
  }

  void plain(size_t begin, size_t end) {
    out_.text(printable_lines(text_.substr(begin, end - begin)));
  }

  void styled(std::string_view code, const std::string& escaped) {
    if (colors_) out_.text(code);
    out_.text(escaped);
    if (colors_) out_.text(kReset);
  }

  Output& out_;
  std::string_view text_;
  std::span<const CodeNote> notes_;
  bool colors_;
  std::vector<Span> spans_;
  size_t next_note_ = 0;
  size_t next_span_ = 0;
};

}  // namespace

bool wants_colors(const Output& out) {
  const char* no_color = std::getenv("NO_COLOR");
  return out.columns() != 0 && (no_color == nullptr || *no_color == '\0');
}

void print_code_heading(Output& out, std::string_view record, bool colors) {
  out.print("{}# {}{}\n", colors ? kBold : "", printable(record),
            colors ? kReset : "");
}

void print_code(Output& out, std::string_view text,
                std::span<const CodeNote> notes, bool colors) {
  if (!notes.empty() || colors) {
    return CodePrinter(out, text, notes, colors).print();
  }
  out.text(printable_lines(text));
  if (!text.empty() && !text.ends_with('\n')) out.put('\n');
}

}  // namespace tsinspect::cli
