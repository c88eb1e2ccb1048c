// Protobuf messages, walked field by field where they lie.
//
// A message is a sequence of fields: a tag, which is a varint of the field's
// number times 8 plus its wire type, and a value. Wire types: 0 a varint, 1
// 64 bits, 2 a length and so many bytes, 5 32 bits. Source: the encoding page
// of Protocol Buffers' documentation.

#pragma once

#include <cstdint>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <string_view>
#include <vector>

namespace tsinspect {

// Reads one message. Fields that nobody asks for are skipped, and cost nothing
// but their tag and length.
class MessageReader {
 public:
  // `name` is that of the message's type, for errors: "ModelProto". `file` is
  // what offsets in errors count from; the message lies in it.
  MessageReader(std::string_view message, std::string_view file,
                const char* name);

  // Moves to the next field; false behind the last one. Throws
  // Error(kMalformed) where there is no field.
  bool next();

  uint32_t field() const { return field_; }  // The current field's number.
  bool is_bytes() const;                     // Of wire type 2.

  // The value of the current field, called `what` in errors: at most once.
  // Throws Error(kMalformed) if it has another wire type or is cut off.
  uint64_t varint(const char* what);
  int64_t integer(const char* what);  // int32, int64 and enums.
  uint32_t fixed32(const char* what);
  float fixed32_float(const char* what);
  // Appends a repeated integer's items, one or packed ones. Throws
  // Error(kLimit) once *values has more than `most`.
  void integers(const char* what, size_t most, std::vector<int64_t>* values);
  std::string_view bytes(const char* what);
  MessageReader message(const char* what, const char* type);

  // Offset in the file of the current field's tag.
  uint64_t offset() const { return offset_; }

  std::string_view text() const { return message_; }  // The whole message.

 private:
  void expect(protozero::pbf_wire_type type, const char* what) const;
  void append_packed(const char* what, size_t most,
                     std::vector<int64_t>* values);
  [[noreturn]] void fail(const char* what, const char* problem) const;
  uint64_t offset_of(const char* at) const;

  std::string_view message_;
  std::string_view file_;
  const char* name_;
  protozero::pbf_reader reader_;
  uint32_t field_ = 0;
  uint64_t offset_ = 0;
  bool is_taken_ = true;  // The current field's value has been read.
};

// What is wrong with a message, to stand behind the name of what is.
const char* problem_of(const protozero::exception& error);

}  // namespace tsinspect
