#include "base/protobuf.h"

#include <fmt/format.h>

#include <bit>
#include <protozero/varint.hpp>

#include "tsinspect/error.h"

namespace tsinspect {

const char* problem_of(const protozero::exception& error) {
  using namespace protozero;
  if (dynamic_cast<const end_of_buffer_exception*>(&error)) return "is cut off";
  if (dynamic_cast<const varint_too_long_exception*>(&error)) {
    return "is no varint: it has more than 10 bytes";
  }
  if (dynamic_cast<const unknown_pbf_wire_type_exception*>(&error)) {
    return "has a wire type that does not exist";
  }
  if (dynamic_cast<const invalid_tag_exception*>(&error)) {
    return "has a number that no field may have";
  }
  return "has a length that does not fit";
}

MessageReader::MessageReader(std::string_view message, std::string_view file,
                             const char* name)
    : message_(message),
      file_(file),
      name_(name),
      reader_(message.data(), message.size()) {}

bool MessageReader::next() {
  try {
    if (!is_taken_) reader_.skip();
    is_taken_ = true;
    offset_ = offset_of(reader_.data().data());
    if (!reader_.next()) return false;
    field_ = reader_.tag();
    is_taken_ = false;
    return true;
  } catch (const protozero::exception& error) {
    fail("a field", problem_of(error));
  }
}

bool MessageReader::is_bytes() const {
  return reader_.wire_type() == protozero::pbf_wire_type::length_delimited;
}

uint64_t MessageReader::varint(const char* what) {
  expect(protozero::pbf_wire_type::varint, what);
  try {
    is_taken_ = true;
    return reader_.get_uint64();
  } catch (const protozero::exception& error) {
    fail(what, problem_of(error));
  }
}

int64_t MessageReader::integer(const char* what) {
  return static_cast<int64_t>(varint(what));
}

uint32_t MessageReader::fixed32(const char* what) {
  expect(protozero::pbf_wire_type::fixed32, what);
  try {
    is_taken_ = true;
    return reader_.get_fixed32();
  } catch (const protozero::exception& error) {
    fail(what, problem_of(error));
  }
}

float MessageReader::fixed32_float(const char* what) {
  return std::bit_cast<float>(fixed32(what));
}

void MessageReader::integers(const char* what, size_t most,
                             std::vector<int64_t>* values) {
  if (is_bytes()) {
    append_packed(what, most, values);
  } else {
    values->push_back(integer(what));
  }
  if (values->size() > most) {
    throw Error(
        ErrorKind::kLimit,
        fmt::format("{} of {} has more than {} items", what, name_, most),
        offset_);
  }
}

void MessageReader::append_packed(const char* what, size_t most,
                                  std::vector<int64_t>* values) {
  std::string_view items = bytes(what);
  const char* at = items.data();
  const char* end = at + items.size();
  try {
    while (at != end && values->size() <= most) {
      values->push_back(
          static_cast<int64_t>(protozero::decode_varint(&at, end)));
    }
  } catch (const protozero::exception& error) {
    fail(what, problem_of(error));
  }
}

std::string_view MessageReader::bytes(const char* what) {
  expect(protozero::pbf_wire_type::length_delimited, what);
  try {
    is_taken_ = true;
    auto view = reader_.get_view();
    return {view.data(), view.size()};
  } catch (const protozero::exception& error) {
    fail(what, problem_of(error));
  }
}

MessageReader MessageReader::message(const char* what, const char* type) {
  return {bytes(what), file_, type};
}

void MessageReader::expect(protozero::pbf_wire_type type,
                           const char* what) const {
  if (reader_.wire_type() == type) return;
  fail(what, fmt::format("has wire type {}, not {}",
                         static_cast<uint32_t>(reader_.wire_type()),
                         static_cast<uint32_t>(type))
                 .c_str());
}

void MessageReader::fail(const char* what, const char* problem) const {
  throw Error(ErrorKind::kMalformed,
              fmt::format("{} of {} {}", what, name_, problem), offset_);
}

uint64_t MessageReader::offset_of(const char* at) const {
  return static_cast<uint64_t>(at - file_.data());
}

}  // namespace tsinspect
