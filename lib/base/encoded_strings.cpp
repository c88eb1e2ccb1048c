#include "base/encoded_strings.h"

#include <fmt/format.h>

#include "base/byte_reader.h"

namespace tsinspect {
namespace {

constexpr uint64_t kLengthBytes = 8;  // Before a decoded string.

// The bytes of all strings, behind their lengths, which are read on the way.
std::string_view skip_lengths(std::string_view content,
                              const EncodedField& field) {
  ByteReader in(content);
  uint64_t left = content.size();
  for (uint64_t i = 0; i < field.elements; ++i) {
    uint64_t length = in.varint("length of a string");
    if (length > left) {
      throw Error(ErrorKind::kMalformed,
                  fmt::format("strings are longer than the {} bytes they lie "
                              "in",
                              content.size()));
    }
    left -= length;
  }
  in.bytes(field.gap_bytes, "checksum of the strings' lengths");
  if (in.position() != left) {
    throw Error(
        ErrorKind::kMalformed,
        fmt::format("{} bytes of strings and their lengths where {} "
                    "are given",
                    content.size() - left + in.position(), content.size()));
  }
  return in.rest();
}

}  // namespace

uint64_t lengths_first_bytes(std::string_view content,
                             const EncodedField& field) {
  // There are no more strings than bytes, so that this does not overflow.
  uint64_t texts = skip_lengths(content, field).size();
  return kLengthBytes * field.elements + texts;
}

std::string decode_lengths_first(std::string_view content,
                                 const EncodedField& field,
                                 uint64_t size_bytes) {
  ByteReader texts(skip_lengths(content, field));
  ByteReader lengths(content);
  std::string out;
  out.reserve(kLengthBytes * field.elements + texts.remaining());
  for (uint64_t i = 0; i < field.elements; ++i) {
    uint64_t length = lengths.varint("length of a string");
    out.append(reinterpret_cast<const char*>(&length), sizeof length);
    out.append(texts.bytes(length, "string"));
  }
  if (out.size() == size_bytes) return out;
  throw Error(
      ErrorKind::kMalformed,
      fmt::format("strings have {} bytes, not {}", out.size(), size_bytes));
}

}  // namespace tsinspect
