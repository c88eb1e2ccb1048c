// The key of a slice sorts as what it is made of, which is
//
//   0, the tensor's name, the number of dimensions,
//   of each dimension start and length, both signed
//
//   number   u8 how many bytes, and so many, the highest first
//   name     its bytes, with 00 as 00 ff and ff as ff 00; then 00 01
//   signed   n bytes that have room for 7 n bits, the highest first, of which
//            the top n + 1 bits are 1 … 1 0, or the reverse if it is negative
//
// Sources: saved_tensor_slice_util.cc and core/lib/strings/ordered_code.cc of
// TensorFlow 2.21.

#include "tensorflow/tensor_slice.h"

#include <fmt/format.h>

#include <algorithm>

#include "tensorflow/fields.h"
#include "tsinspect/error.h"

namespace tsinspect::tensorflow {
namespace {

constexpr size_t kMostDimensions = 254;

void read_extent(MessageReader in, TensorSlice* slice) {
  int64_t start = 0;
  int64_t length = -1;
  while (in.next()) {
    if (in.field() == tensor_slice_proto_extent::kStart) {
      start = in.integer("start");
    } else if (in.field() == tensor_slice_proto_extent::kLength) {
      length = in.integer("length");
    }
  }
  slice->start.push_back(start);
  slice->length.push_back(length);
}

// The low bytes of a number, the highest first.
void append_big_endian(uint64_t value, size_t bytes, std::string* key) {
  for (size_t i = bytes; i-- > 0;) {
    *key += static_cast<char>(i < 8 ? value >> 8 * i : 0);
  }
}

void append_number(uint64_t value, std::string* key) {
  size_t bytes = 0;
  while (bytes < 8 && value >> 8 * bytes != 0) ++bytes;
  *key += static_cast<char>(bytes);
  append_big_endian(value, bytes, key);
}

void append_name(std::string_view name, std::string* key) {
  for (char c : name) {
    *key += c;
    if (c == '\0') *key += '\xff';
    if (c == '\xff') *key += '\0';
  }
  *key += '\0';
  *key += '\x01';
}

// Of n bytes the first 16 bits: n ones.
uint16_t header_of(size_t bytes) {
  return static_cast<uint16_t>(0xffff << (16 - bytes));
}

void append_signed(int64_t value, std::string* key) {
  uint64_t magnitude = static_cast<uint64_t>(value < 0 ? ~value : value);
  size_t bytes = 1;
  while (bytes < 10 && magnitude >> (7 * bytes - 1) != 0) ++bytes;
  size_t begin = key->size();
  std::string text;
  append_big_endian(static_cast<uint64_t>(value), bytes, &text);
  // Beyond 64 bits only the sign is left.
  for (size_t i = 0; i + 8 < bytes; ++i) text[i] = value < 0 ? '\xff' : '\0';
  *key += text;
  uint16_t header = header_of(bytes);
  (*key)[begin] ^= static_cast<char>(header >> 8);
  if (bytes > 1) (*key)[begin + 1] ^= static_cast<char>(header);
}

}  // namespace

bool TensorSlice::is_whole() const {
  return std::ranges::all_of(length, [](int64_t n) { return n == -1; });
}

std::vector<int64_t> TensorSlice::shape_in(
    const std::vector<int64_t>& whole) const {
  std::vector<int64_t> shape = length;
  for (size_t i = 0; i < std::min(shape.size(), whole.size()); ++i) {
    if (shape[i] == -1) shape[i] = whole[i];
  }
  return shape;
}

std::string TensorSlice::text() const {
  std::string text;
  for (size_t i = 0; i < start.size(); ++i) {
    if (i > 0) text += ':';
    text += length[i] == -1 ? "-" : fmt::format("{},{}", start[i], length[i]);
  }
  return text;
}

TensorSlice read_tensor_slice(MessageReader in) {
  TensorSlice slice;
  while (in.next()) {
    if (in.field() != tensor_slice_proto::kExtent) continue;
    if (slice.start.size() == kMostDimensions) {
      throw Error(
          ErrorKind::kLimit,
          fmt::format("slice of more than {} dimensions", kMostDimensions),
          in.offset());
    }
    read_extent(in.message("extent", "TensorSliceProto.Extent"), &slice);
  }
  return slice;
}

std::string slice_key(std::string_view name, const TensorSlice& slice) {
  std::string key;
  append_number(0, &key);
  append_name(name, &key);
  append_number(slice.start.size(), &key);
  for (size_t i = 0; i < slice.start.size(); ++i) {
    append_signed(slice.start[i], &key);
    append_signed(slice.length[i], &key);
  }
  return key;
}

}  // namespace tsinspect::tensorflow
