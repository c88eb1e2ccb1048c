#include "onnx/element_type.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tsinspect::onnx {
namespace {

TEST(OnnxElementType, AnItemHoldsWholeElementsOrTheirParts) {
  for (int64_t type = 0; type < 40; ++type) {
    const ElementType* row = find_element_type(type);
    if (row == nullptr || row->dtype == DType::kString) continue;
    SCOPED_TRACE(dtype_info(row->dtype).name);
    uint32_t item_bits = row->field.item_bytes * 8u;
    uint32_t bits = dtype_info(row->dtype).bits;
    EXPECT_EQ(std::max(bits, item_bits) % std::min(bits, item_bits), 0u);
    EXPECT_TRUE(bits >= 8 || item_bits == 8);
  }
}

TEST(OnnxElementType, NamesThoseItDoesNotRead) {
  for (int64_t type : {0, 27, 28, 29, -1}) {
    EXPECT_EQ(find_element_type(type), nullptr);
  }
  EXPECT_EQ(element_type_name(27), "float6_e2m3");
  EXPECT_EQ(element_type_name(-1), "data type -1");
}

}  // namespace
}  // namespace tsinspect::onnx
