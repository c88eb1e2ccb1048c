// Text from a file, made fit for a terminal, a message or JSON.

#pragma once

#include <string>
#include <string_view>

namespace tsinspect {

// `text` with control characters, bidirectional overrides and bytes that are
// not UTF-8 written as escapes ("\n", "\x1b", "\u202e"), and a backslash as
// "\\". What is left can be printed anywhere and reads as one line.
std::string printable(std::string_view text);

// The same, cut to `columns` characters with "…" in its middle.
std::string printable(std::string_view text, size_t columns);

// Lines of source text: the same, but line ends, tabs and backslashes stay.
std::string printable_lines(std::string_view text);

// `text` as a Python string literal: printable, in single quotes.
std::string quoted(std::string_view text);

// `text` with every byte that is not UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace tsinspect
