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

// Two's complement, little-endian, of at most eight bytes.
int64_t small_integer(std::string_view bytes);

}  // namespace tsinspect
