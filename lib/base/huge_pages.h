// Large tables at a lower cost a page.

#pragma once

#include <cstddef>
#include <vector>

namespace tsinspect {

// Asks the system to back this memory with huge pages where it has them. Only a
// hint: what is never written still takes no memory.
void advise_huge_pages(const void* data, size_t size_bytes);

// reserve(), for a table that may grow to millions of rows.
template <typename T>
void reserve_rows(std::vector<T>* table, size_t rows) {
  table->reserve(rows);
  advise_huge_pages(table->data(), table->capacity() * sizeof(T));
}

}  // namespace tsinspect
