// Lists that grow by many rows at once.

#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tsinspect::onnx {

// Makes room for `count` more, without copying the list for every call.
template <typename T>
void make_room(std::vector<T>* list, size_t count) {
  size_t needed = list->size() + count;
  if (needed <= list->capacity()) return;
  list->reserve(std::max(needed, list->capacity() + list->capacity() / 2));
}

}  // namespace tsinspect::onnx
