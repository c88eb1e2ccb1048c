#include "tsinspect/listing.h"

#include <algorithm>
#include <cstring>

#include "base/name_index.h"

namespace tsinspect {
namespace {

// Compares two values as <=> does, for keys that are the sort's whole order.
int compare(uint64_t a, uint64_t b) { return a < b ? -1 : a > b; }

int compare_by(SortKey key, const Tensor& a, const Tensor& b) {
  switch (key) {
    case SortKey::kFile:
      return 0;
    case SortKey::kName:
      return a.display_name().compare(b.display_name());
    case SortKey::kElements:
      return compare(a.elements(), b.elements());
    case SortKey::kBytes:
      return compare(a.size_bytes(), b.size_bytes());
    case SortKey::kDType:
      return std::strcmp(dtype_info(a.dtype).name, dtype_info(b.dtype).name);
  }
  return 0;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  auto resolved = [](const Tensor& t) {
    return t.details && (t.details->conjugate || t.details->negative);
  };
  return !resolved(a) && !resolved(b);
}

// An order in which tied tensors stand together.
bool memory_less(const Tensor& a, const Tensor& b) {
  if (a.storage != b.storage) return a.storage < b.storage;
  if (a.storage_offset != b.storage_offset) {
    return a.storage_offset < b.storage_offset;
  }
  if (a.dtype != b.dtype) return a.dtype < b.dtype;
  if (a.shape != b.shape) return a.shape < b.shape;
  return a.strides < b.strides;
}

}  // namespace

bool is_parameter(const Tensor& tensor) {
  return tensor.role == Role::kParameter || tensor.role == Role::kInitializer ||
         (tensor.role == Role::kVariable && tensor.requires_grad != false);
}

bool is_buffer(const Tensor& tensor) {
  return tensor.role == Role::kBuffer ||
         (tensor.role == Role::kVariable && tensor.requires_grad == false);
}

std::vector<uint32_t> select_tensors(const Model& model,
                                     const TensorQuery& query) {
  return select_tensors(
      model, [](const Tensor&) { return true; }, query);
}

std::vector<uint32_t> select_tensors(const Model& model,
                                     bool (*is_wanted)(const Tensor&),
                                     const TensorQuery& query) {
  std::vector<uint32_t> rows;
  for (uint32_t i = 0; i < model.tensors.size(); ++i) {
    const Tensor& tensor = model.tensors[i];
    if (!is_wanted(tensor)) continue;
    if (!query.filter.empty() &&
        !query.filter.matches(tensor.name, tensor.display_name())) {
      continue;
    }
    rows.push_back(i);
  }
  if (query.sort == SortKey::kFile) {
    if (query.descending) std::reverse(rows.begin(), rows.end());
  } else {
    int sign = query.descending ? -1 : 1;
    std::stable_sort(rows.begin(), rows.end(), [&](uint32_t a, uint32_t b) {
      return sign * compare_by(query.sort, model.tensors[a], model.tensors[b]) <
             0;
    });
  }
  if (query.top && *query.top < rows.size()) rows.resize(*query.top);
  return rows;
}

std::vector<uint32_t> tied_tensors(const Model& model) {
  std::vector<uint32_t> shared;
  for (uint32_t i = 0; i < model.tensors.size(); ++i) {
    uint32_t storage = model.tensors[i].storage;
    if (storage != kNoIndex && model.storages[storage].tensors > 1) {
      shared.push_back(i);
    }
  }
  std::stable_sort(shared.begin(), shared.end(), [&](uint32_t a, uint32_t b) {
    return memory_less(model.tensors[a], model.tensors[b]);
  });
  std::vector<uint32_t> ties;
  size_t first = 0;
  for (size_t i = 1; i < shared.size(); ++i) {
    const Tensor& a = model.tensors[shared[first]];
    const Tensor& b = model.tensors[shared[i]];
    // Equal in the order that sorted them: neither is less.
    if (memory_less(a, b)) {
      first = i;
    } else if (same_bits(a, b)) {
      if (ties.empty()) ties.resize(model.tensors.size(), kNoIndex);
      ties[shared[i]] = shared[first];
    }
  }
  return ties;
}

std::vector<uint32_t> ambiguous_tensors(const Model& model) {
  std::vector<uint32_t> rows;
  NameIndex index(model.tensors.size());
  for (uint32_t i = 0; i < model.tensors.size(); ++i) {
    uint32_t earlier =
        index.find_or_add(model.tensors[i].name, i, [&](uint32_t row) {
          return std::string_view(model.tensors[row].name);
        });
    if (earlier == NameIndex::kNone) continue;
    rows.push_back(earlier);
    rows.push_back(i);
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

}  // namespace tsinspect
