#include <charconv>

#include "render/tensor_part.h"
#include "render/values.h"

namespace tsinspect::cli {
namespace {

void write_integer(Json& json, const std::string& text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  if (std::from_chars(text.data(), end, value).ptr == end) {
    return json.value(value);
  }
  uint64_t large = 0;
  std::from_chars(text.data(), end, large);
  json.value(large);
}

void write_element(Json& json, const TensorPart& part) {
  switch (part.type_class()) {
    case DTypeClass::kBool:
      return json.value(part.text() == "True");
    case DTypeClass::kSigned:
    case DTypeClass::kUnsigned:
      return write_integer(json, part.text());
    case DTypeClass::kFloat:
    case DTypeClass::kQuantized:
      return json.value(part.real());
    case DTypeClass::kComplex: {
      auto [real, imaginary] = part.complex();
      json.begin_array();
      json.value(real);
      json.value(imaginary);
      return json.end_array();
    }
    case DTypeClass::kString:
      return json.value(part.string());
    case DTypeClass::kOpaque:
      return json.value(part.text());
  }
}

void write_nested(Json& json, TensorPart& part, size_t dimension,
                  uint64_t* left) {
  if (dimension == part.shape().size()) {
    --*left;
    return write_element(json, part);
  }
  json.begin_array();
  for (int64_t i = 0; i < part.shape()[dimension] && *left > 0; ++i) {
    part.move_to(dimension, i);
    write_nested(json, part, dimension + 1, left);
  }
  json.end_array();
}

}  // namespace

bool write_values(Json& json, const Model& model, const Tensor& tensor,
                  const Slice& slice, const ValueStyle& style) {
  TensorPart part(model, tensor, slice);
  if (part.elements() == 0) {  // However large the other dimensions.
    json.begin_array();
    json.end_array();
    return true;
  }
  uint64_t left = style.full ? UINT64_MAX : kWholeElements;
  write_nested(json, part, 0, &left);
  return style.full || part.elements() <= kWholeElements;
}

}  // namespace tsinspect::cli
