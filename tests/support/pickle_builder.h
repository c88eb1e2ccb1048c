// Builds pickles: each function gives the opcodes that leave one value on the
// stack.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tsinspect::pkl {

using Code = std::string;

// A whole pickle of protocol 2 whose value this is.
Code pickle(const Code& value);

Code none();
Code boolean(bool value);
Code integer(int64_t value);
Code real(double value);
Code text(std::string_view value);
Code bytes(std::string_view value);
Code tuple(const std::vector<Code>& items);
Code list(const std::vector<Code>& items);
Code dict(const std::vector<std::pair<Code, Code>>& items);
Code integers(const std::vector<int64_t>& values);  // A tuple.

// "module.name"
Code global(std::string_view name);
Code call(const Code& callable, const std::vector<Code>& arguments);
Code build(const Code& object, const Code& state);
Code set_items(const Code& object,
               const std::vector<std::pair<Code, Code>>& items);
Code ordered_dict(const std::vector<std::pair<Code, Code>>& items);
Code persistent(const Code& id);

// A value that is memoized, and the one that was.
Code put(uint8_t index, const Code& value);
Code get(uint8_t index);

// As torch.save writes them; `type` is "FloatStorage", ….
Code storage(std::string_view type, std::string_view key, int64_t elements,
             std::string_view device = "cpu");
Code tensor(const Code& storage, int64_t offset,
            const std::vector<int64_t>& shape,
            const std::vector<int64_t>& strides, bool requires_grad = false);
// A contiguous float32 tensor that is the whole of a storage.
Code float_vector(std::string_view key, int64_t elements);

// What a pickled torch.nn.Module holds.
struct Tables {
  std::vector<std::pair<Code, Code>> parameters = {};
  std::vector<std::pair<Code, Code>> buffers = {};
  std::vector<std::pair<Code, Code>> modules = {};
  std::vector<std::pair<Code, Code>> attributes = {};
};
Code module_state(const Tables& tables);
Code module(std::string_view type, const Tables& tables);

}  // namespace tsinspect::pkl
