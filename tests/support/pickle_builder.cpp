#include "support/pickle_builder.h"

#include <algorithm>
#include <bit>

#include "format/bytes.h"

namespace tsinspect::pkl {
namespace {

Code joined(const std::vector<Code>& items) {
  Code all;
  for (const Code& item : items) all += item;
  return all;
}

Code joined(const std::vector<std::pair<Code, Code>>& items) {
  Code all;
  for (const auto& [key, value] : items) all += key + value;
  return all;
}

}  // namespace

Code pickle(const Code& value) { return "\x80\x02" + value + "."; }

Code none() { return "N"; }

Code boolean(bool value) { return value ? "\x88" : "\x89"; }

Code integer(int64_t value) {
  if (value >= INT32_MIN && value <= INT32_MAX) {
    return "J" + little_endian(static_cast<uint64_t>(value), 4);
  }
  return "\x8a\x08" + little_endian(static_cast<uint64_t>(value), 8);
}

Code real(double value) {
  std::string bytes = little_endian(std::bit_cast<uint64_t>(value), 8);
  std::ranges::reverse(bytes);
  return "G" + bytes;
}

Code text(std::string_view value) {
  return ("X" + little_endian(value.size(), 4)).append(value);
}

Code bytes(std::string_view value) {
  return ("B" + little_endian(value.size(), 4)).append(value);
}

Code tuple(const std::vector<Code>& items) { return "(" + joined(items) + "t"; }

Code list(const std::vector<Code>& items) { return "](" + joined(items) + "e"; }

Code dict(const std::vector<std::pair<Code, Code>>& items) {
  return "}(" + joined(items) + "u";
}

Code integers(const std::vector<int64_t>& values) {
  std::vector<Code> items;
  for (int64_t value : values) items.push_back(integer(value));
  return tuple(items);
}

Code global(std::string_view name) {
  size_t dot = name.rfind('.');
  return Code("c")
      .append(name.substr(0, dot))
      .append("\n")
      .append(name.substr(dot + 1))
      .append("\n");
}

Code call(const Code& callable, const std::vector<Code>& arguments) {
  return callable + tuple(arguments) + "R";
}

Code build(const Code& object, const Code& state) {
  return object + state + "b";
}

Code set_items(const Code& object,
               const std::vector<std::pair<Code, Code>>& items) {
  return object + "(" + joined(items) + "u";
}

Code ordered_dict(const std::vector<std::pair<Code, Code>>& items) {
  return set_items(call(global("collections.OrderedDict"), {}), items);
}

Code persistent(const Code& id) { return id + "Q"; }

Code put(uint8_t index, const Code& value) {
  return value + "q" + little_endian(index, 1);
}

Code get(uint8_t index) { return "h" + little_endian(index, 1); }

Code storage(std::string_view type, std::string_view key, int64_t elements,
             std::string_view device) {
  return persistent(
      tuple({text("storage"), global(std::string("torch.").append(type)),
             text(key), text(device), integer(elements)}));
}

Code tensor(const Code& storage, int64_t offset,
            const std::vector<int64_t>& shape,
            const std::vector<int64_t>& strides, bool requires_grad) {
  return call(global("torch._utils._rebuild_tensor_v2"),
              {storage, integer(offset), integers(shape), integers(strides),
               boolean(requires_grad), ordered_dict({})});
}

Code float_vector(std::string_view key, int64_t elements) {
  return tensor(storage("FloatStorage", key, elements), 0, {elements}, {1});
}

Code module_state(const Tables& tables) {
  auto items = tables.attributes;
  items.emplace_back(text("_parameters"), ordered_dict(tables.parameters));
  items.emplace_back(text("_buffers"), ordered_dict(tables.buffers));
  items.emplace_back(text("_modules"), ordered_dict(tables.modules));
  return dict(items);
}

Code module(std::string_view type, const Tables& tables) {
  return build(global(type) + ")\x81", module_state(tables));
}

}  // namespace tsinspect::pkl
