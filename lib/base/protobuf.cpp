#include "base/protobuf.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <protozero/varint.hpp>

#include "base/encoded_strings.h"

namespace tsinspect {
namespace {

constexpr int kMaxFields = 10000;

std::optional<uint64_t> take_varint(std::string_view* data) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !data->empty(); shift += 7) {
    auto byte = static_cast<uint8_t>(data->front());
    data->remove_prefix(1);
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

// Bytes of a field's content that follow; empty if the wire type is unknown.
std::optional<uint64_t> take_length(uint8_t wire_type, std::string_view* data) {
  switch (wire_type) {
    case 0:
      if (!take_varint(data)) return std::nullopt;
      return 0;
    case 1:
      return 8;
    case 2:
      return take_varint(data);
    case 5:
      return 4;
    default:
      return std::nullopt;
  }
}

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

using Item = EncodedField::Item;

// Puts the items of a field, as they come, into their decoded form.
class FieldDecoder {
 public:
  // No item takes more than eight times its bytes in the message.
  FieldDecoder(const EncodedField& field, uint64_t size_bytes,
               uint64_t message_bytes)
      : field_(field),
        size_bytes_(field.packed_bits == 0 ? size_bytes : field.elements) {
    out_.reserve(std::min(size_bytes_, 8 * message_bytes));
  }

  void number(uint64_t value) {
    room_for(field_.item_bytes);
    out_.append(reinterpret_cast<const char*>(&value), field_.item_bytes);
  }

  void text(std::string_view value) {
    uint64_t length = value.size();
    room_for(sizeof length + length);
    last_ = out_.size();
    out_.append(reinterpret_cast<const char*>(&length), sizeof length);
    out_.append(value);
  }

  void packed(std::string_view items) {
    if (field_.item == Item::kByte) {
      room_for(items.size());
      out_.append(items);
      return;
    }
    const char* at = items.data();
    const char* end = at + items.size();
    while (at != end) number(take(&at, end));
  }

  std::string finish() {
    if (field_.repeats_last) repeat_last();
    if (out_.size() != size_bytes_) fail();
    return std::move(out_);
  }

 private:
  static_assert(std::endian::native == std::endian::little,
                "numbers are copied as they lie");

  uint64_t take(const char** at, const char* end) const {
    if (field_.item == Item::kVarint) return protozero::decode_varint(at, end);
    size_t size = field_.item == Item::kFixed32 ? 4 : 8;
    if (static_cast<size_t>(end - *at) < size) fail();
    uint64_t value = 0;
    std::copy_n(*at, size, reinterpret_cast<char*>(&value));
    *at += size;
    return value;
  }

  // Zeros, where there is no last one.
  void repeat_last() {
    if (field_.item == Item::kBytes) {
      std::string last =
          out_.empty() ? std::string(8, '\0') : out_.substr(last_);
      while (out_.size() < size_bytes_) {
        room_for(last.size());
        out_ += last;
      }
      return;
    }
    size_t size = size_t{field_.item_bytes} * field_.parts;
    std::string last = out_.size() < size ? std::string(size, '\0')
                                          : out_.substr(out_.size() - size);
    while (last.size() < kRunBytes && size > 0) last += last;
    while (size_bytes_ - out_.size() >= last.size()) out_ += last;
    out_.append(last, 0, (size_bytes_ - out_.size()) / size * size);
  }

  void room_for(uint64_t bytes) const {
    if (bytes <= size_bytes_ - out_.size()) return;
    throw Error(ErrorKind::kMalformed,
                fmt::format("field {} has more values than the {} bytes that "
                            "the shape needs",
                            field_.number, size_bytes_));
  }

  [[noreturn]] void fail() const {
    throw Error(ErrorKind::kMalformed,
                fmt::format("field {} has {} bytes of values where the shape "
                            "needs {}",
                            field_.number, out_.size(), size_bytes_));
  }

  static constexpr size_t kRunBytes = 4096;  // Are repeated at a time.

  const EncodedField& field_;
  uint64_t size_bytes_;  // Of all items, not packed yet.
  std::string out_;
  size_t last_ = 0;  // Where the last text begins.
};

// The content of a field of bytes; the last of several counts.
std::string_view content_of(std::string_view message,
                            const EncodedField& field) {
  if (field.number == 0) return message;
  std::string_view content;
  MessageReader in(message, message, "message");
  while (in.next()) {
    if (in.field() == field.number) content = in.bytes("values");
  }
  return content;
}

// Keeps the low bits of each byte, and lets as many as there is room for share
// a byte.
std::string pack_bits(std::string_view bytes, unsigned bits) {
  std::string out((bytes.size() * bits + 7) / 8, '\0');
  unsigned mask = (1u << bits) - 1;
  for (size_t i = 0; i < bytes.size(); ++i) {
    unsigned low = static_cast<uint8_t>(bytes[i]) & mask;
    out[i * bits / 8] |= static_cast<char>(low << i * bits % 8);
  }
  return out;
}

bool is_wire_type_of(Item item, protozero::pbf_wire_type type) {
  switch (item) {
    case Item::kVarint:
      return type == protozero::pbf_wire_type::varint;
    case Item::kFixed32:
      return type == protozero::pbf_wire_type::fixed32;
    case Item::kFixed64:
      return type == protozero::pbf_wire_type::fixed64;
    case Item::kBytes:
    case Item::kByte:
    case Item::kLengthsFirst:
      return type == protozero::pbf_wire_type::length_delimited;
  }
  return false;
}

// Items in the bytes of a packed field.
uint64_t count_packed(std::string_view items, Item item) {
  if (item == Item::kByte) return items.size();
  if (item == Item::kFixed32) return items.size() / 4;
  if (item == Item::kFixed64) return items.size() / 8;
  return static_cast<uint64_t>(std::ranges::count_if(
      items, [](char c) { return static_cast<uint8_t>(c) < 0x80; }));
}

void decode_items(protozero::pbf_reader reader, const EncodedField& field,
                  FieldDecoder* decoder) {
  while (reader.next(field.number)) {
    auto type = reader.wire_type();
    if (field.item == Item::kBytes && is_wire_type_of(field.item, type)) {
      auto view = reader.get_view();
      decoder->text({view.data(), view.size()});
    } else if (type == protozero::pbf_wire_type::length_delimited) {
      auto view = reader.get_view();
      decoder->packed({view.data(), view.size()});
    } else if (!is_wire_type_of(field.item, type)) {
      reader.skip();
    } else if (field.item == Item::kVarint) {
      decoder->number(reader.get_uint64());
    } else if (field.item == Item::kFixed32) {
      decoder->number(reader.get_fixed32());
    } else {
      decoder->number(reader.get_fixed64());
    }
  }
}

}  // namespace

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

std::string decode_field(std::string_view message, const EncodedField& field,
                         uint64_t size_bytes) {
  if (field.item == Item::kLengthsFirst) {
    return decode_lengths_first(content_of(message, field), field, size_bytes);
  }
  FieldDecoder decoder(field, size_bytes, message.size());
  try {
    if (field.number == 0) {
      decoder.packed(message);
    } else {
      decode_items({message.data(), message.size()}, field, &decoder);
    }
  } catch (const protozero::exception& error) {
    throw Error(ErrorKind::kMalformed,
                fmt::format("field {} {}", field.number, problem_of(error)));
  }
  if (field.packed_bits == 0) return decoder.finish();
  return pack_bits(decoder.finish(), field.packed_bits);
}

uint64_t count_items(std::string_view message, const EncodedField& field) {
  uint64_t count = 0;
  MessageReader in(message, message, "message");
  while (in.next()) {
    if (in.field() != field.number) continue;
    bool is_packed = in.is_bytes() && field.item != Item::kBytes;
    count += is_packed ? count_packed(in.bytes("items"), field.item) : 1;
  }
  return count;
}

ProtobufFields protobuf_fields(std::string_view message) {
  ProtobufFields fields;
  for (int i = 0; i < kMaxFields && !message.empty(); ++i) {
    auto tag = take_varint(&message);
    if (!tag || *tag >> 3 == 0 || *tag >> 3 >= fields.size()) return {};
    auto wire_type = static_cast<uint8_t>(*tag & 7);
    auto length = take_length(wire_type, &message);
    if (!length) return {};
    ProtobufField& field = fields[*tag >> 3];
    if (field.is_absent()) field = {wire_type, message.substr(0, *length)};
    message.remove_prefix(std::min<uint64_t>(*length, message.size()));
  }
  return fields;
}

}  // namespace tsinspect
