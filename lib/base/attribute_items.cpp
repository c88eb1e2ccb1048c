#include "base/attribute_items.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

namespace tsinspect {
namespace {

constexpr size_t kMostItems = 1000;
constexpr size_t kMostAttributes = 10'000;

}  // namespace

void add_attribute(NodeAttribute attribute, const MessageReader& in,
                   std::vector<NodeAttribute>* attributes) {
  if (attributes->size() == kMostAttributes) {
    throw Error(
        ErrorKind::kLimit,
        fmt::format("a node has more than {} attributes", kMostAttributes),
        in.offset());
  }
  attributes->push_back(std::move(attribute));
}

void add_item(AttributeItem item, NodeAttribute* attribute) {
  if (attribute->items.size() < kMostItems) {
    attribute->items.push_back(std::move(item));
  } else {
    ++attribute->left_out;
  }
}

void add_integers(MessageReader* in, const char* what,
                  NodeAttribute* attribute) {
  if (!in->is_bytes()) return add_item(in->integer(what), attribute);
  uint64_t value = 0;
  int shift = 0;
  for (char c : in->bytes(what)) {
    auto byte = static_cast<unsigned char>(c);
    if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
    shift += 7;
    if (byte & 0x80) continue;
    add_item(static_cast<int64_t>(value), attribute);
    value = 0;
    shift = 0;
  }
}

void add_floats(MessageReader* in, const char* what, NodeAttribute* attribute) {
  if (!in->is_bytes()) {
    return add_item(static_cast<double>(in->fixed32_float(what)), attribute);
  }
  std::string_view bytes = in->bytes(what);
  for (size_t at = 0; at + sizeof(float) <= bytes.size(); at += sizeof(float)) {
    float value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    add_item(static_cast<double>(value), attribute);
  }
}

}  // namespace tsinspect
