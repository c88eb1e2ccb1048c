#include "base/encoded_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <protozero/varint.hpp>

#include "base/encoded_strings.h"
#include "base/protobuf.h"

namespace tsinspect {
namespace {

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

}  // namespace tsinspect
