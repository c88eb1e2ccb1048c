// Values that pickles of protocols 0 and 1 write as text.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tsinspect {

// The characters of a Python string literal with its quotes, as STRING writes
// it; empty if it is not one.
std::optional<std::string> parse_quoted(std::string_view literal);

// Text with `\uXXXX` and `\UXXXXXXXX`, as UNICODE writes it, in UTF-8.
std::string parse_raw_unicode(std::string_view text);

// A decimal integer as little-endian two's complement of the least length;
// empty if it is not one, or has more digits than Python converts (4,300).
std::optional<std::string> parse_decimal(std::string_view digits);

// The characters of UTF-8 text as one byte each, as Latin-1 has them: what
// protocol 2 and before write for bytes. Empty if one does not fit.
std::optional<std::string> encode_latin1(std::string_view text);

// Two's complement, little-endian, of at most eight bytes.
int64_t small_integer(std::string_view bytes);

}  // namespace tsinspect
