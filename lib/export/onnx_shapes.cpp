#include "export/onnx_shapes.h"

#include <algorithm>
#include <span>

namespace tsinspect {
namespace {

using Shape = std::vector<int64_t>;

OnnxShape input_shape(const OnnxCall& call, size_t input) {
  auto type = call.type(input);
  return type ? type->shape : std::nullopt;
}

OnnxShape unknown_of_rank(size_t rank) { return Shape(rank, -1); }

int64_t broadcast_sizes(int64_t a, int64_t b) {
  if (a == 1) return b;
  if (b == 1) return a;
  return a >= 0 ? a : b;  // Equal, or it is an error.
}

// An axis counted from the end, if it is negative; unset if it is out of range.
std::optional<size_t> axis_in(int64_t axis, size_t rank) {
  if (axis < 0) axis += static_cast<int64_t>(rank);
  if (axis < 0 || axis >= static_cast<int64_t>(rank)) return std::nullopt;
  return static_cast<size_t>(axis);
}

// Which dimensions the axes are of; unset if one is out of range.
std::optional<std::vector<bool>> axes_in(const Shape& axes, size_t rank) {
  std::vector<bool> is_axis(rank, false);
  for (int64_t axis : axes) {
    auto place = axis_in(axis, rank);
    if (!place) return std::nullopt;
    is_axis[*place] = true;
  }
  return is_axis;
}

// Axes are an attribute in some opsets, an input in others.
OnnxShape axes_of(const OnnxCall& call) {
  auto axes = call.list("axes");
  return axes ? axes : call.integers(1);
}

bool names_axes(const OnnxCall& call) {
  return call.has(1) || !call.node.attribute("axes").empty();
}

Shape without(const Shape& shape, const std::vector<bool>& is_axis,
              bool keeps) {
  Shape result;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (!is_axis[i]) {
      result.push_back(shape[i]);
    } else if (keeps) {
      result.push_back(1);
    }
  }
  return result;
}

int64_t product(std::span<const int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes) {
    if (size < 0 || __builtin_mul_overflow(result, size, &result)) return -1;
  }
  return result;
}

int64_t item(const OnnxShape& list, size_t i, int64_t absent) {
  return list && i < list->size() ? (*list)[i] : absent;
}

// Of one dimension that a window of `kernel` moves over; -1 if not known.
int64_t windowed(const OnnxCall& call, size_t i, size_t dimensions,
                 int64_t size, int64_t kernel) {
  std::string_view auto_pad = call.text("auto_pad");
  bool is_plain = auto_pad.empty() || auto_pad == "NOTSET";
  if (!is_plain || size < 0 || kernel < 1) return -1;
  auto pads = call.list("pads");
  int64_t stride = item(call.list("strides"), i, 1);
  int64_t dilation = item(call.list("dilations"), i, 1);
  constexpr int64_t kMost = 1 << 30;  // So that nothing below overflows.
  int64_t before = item(pads, i, 0), after = item(pads, i + dimensions, 0);
  for (int64_t value : {size, kernel, stride, dilation, before, after}) {
    if (value > kMost || value < 0) return -1;
  }
  int64_t span = size + before + after - (dilation * (kernel - 1) + 1);
  if (stride < 1 || span < 0) return -1;
  // Rounding up has had two meanings.
  if (call.integer("ceil_mode", 0) != 0 && span % stride != 0) return -1;
  return span / stride + 1;
}

}  // namespace

OnnxShape broadcast_shapes(const OnnxShape& a, const OnnxShape& b) {
  if (!a || !b) return std::nullopt;
  Shape result(std::max(a->size(), b->size()));
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t left = i < a->size() ? (*a)[a->size() - 1 - i] : 1;
    int64_t right = i < b->size() ? (*b)[b->size() - 1 - i] : 1;
    result[result.size() - 1 - i] = broadcast_sizes(left, right);
  }
  return result;
}

OnnxShape sizes_as_shape(const std::optional<std::vector<int64_t>>& values,
                         const OnnxShape& shape_of_values) {
  if (values) {
    bool is_shape = std::ranges::all_of(*values, [](auto n) { return n >= 0; });
    return is_shape ? values : unknown_of_rank(values->size());
  }
  constexpr int64_t kMostRank = 64;
  bool has_rank = shape_of_values && shape_of_values->size() == 1 &&
                  (*shape_of_values)[0] >= 0 &&
                  (*shape_of_values)[0] <= kMostRank;
  if (!has_rank) return std::nullopt;
  return unknown_of_rank(static_cast<size_t>((*shape_of_values)[0]));
}

OnnxShape arg_shape(const OnnxCall& call) {
  auto shape = input_shape(call, 0);
  if (!shape) return std::nullopt;
  auto is_axis = axes_in({call.integer("axis", 0)}, shape->size());
  if (!is_axis) return std::nullopt;
  return without(*shape, *is_axis, call.integer("keepdims", 1) != 0);
}

OnnxShape concatenated_shape(const OnnxCall& call) {
  auto result = input_shape(call, 0);
  if (!result) return std::nullopt;
  auto axis = axis_in(call.integer("axis", 1), result->size());
  if (!axis) return std::nullopt;
  for (size_t i = 1; i < call.inputs(); ++i) {
    auto shape = input_shape(call, i);
    if (!shape || shape->size() != result->size()) {
      (*result)[*axis] = -1;
      continue;
    }
    int64_t& size = (*result)[*axis];
    size = size < 0 || (*shape)[*axis] < 0 ? -1 : size + (*shape)[*axis];
  }
  return result;
}

OnnxShape convolved_shape(const OnnxCall& call) {
  auto shape = input_shape(call, 0);
  auto weight = input_shape(call, 1);
  if (!shape || shape->size() < 2) return std::nullopt;
  if (!weight || weight->size() != shape->size()) {
    return unknown_of_rank(shape->size());
  }
  Shape result = {(*shape)[0], (*weight)[0]};
  size_t dimensions = shape->size() - 2;
  auto kernel = call.list("kernel_shape");
  for (size_t i = 0; i < dimensions; ++i) {
    result.push_back(windowed(call, i, dimensions, (*shape)[i + 2],
                              item(kernel, i, (*weight)[i + 2])));
  }
  return result;
}

OnnxShape pooled_shape(const OnnxCall& call) {
  auto shape = input_shape(call, 0);
  if (!shape || shape->size() < 2) return std::nullopt;
  Shape result = {(*shape)[0], (*shape)[1]};
  size_t dimensions = shape->size() - 2;
  auto kernel = call.list("kernel_shape");
  for (size_t i = 0; i < dimensions; ++i) {
    result.push_back(
        windowed(call, i, dimensions, (*shape)[i + 2], item(kernel, i, -1)));
  }
  return result;
}

OnnxShape globally_pooled_shape(const OnnxCall& call) {
  auto shape = input_shape(call, 0);
  if (!shape || shape->size() < 2) return std::nullopt;
  std::fill(shape->begin() + 2, shape->end(), 1);
  return shape;
}

OnnxShape expanded_shape(const OnnxCall& call) {
  return broadcast_shapes(
      input_shape(call, 0),
      sizes_as_shape(call.integers(1), input_shape(call, 1)));
}

OnnxShape flattened_shape(const OnnxCall& call) {
  auto shape = input_shape(call, 0);
  if (!shape) return unknown_of_rank(2);
  int64_t axis = call.integer("axis", 1);
  auto rank = static_cast<int64_t>(shape->size());
  if (axis < 0) axis += rank;
  if (axis < 0 || axis > rank) return unknown_of_rank(2);
  std::span<const int64_t> sizes = *shape;
  auto outer = static_cast<size_t>(axis);
  return Shape{product(sizes.first(outer)), product(sizes.subspan(outer))};
}

OnnxShape gathered_shape(const OnnxCall& call) {
  auto data = input_shape(call, 0);
  auto indices = input_shape(call, 1);
  if (!data || !indices) return std::nullopt;
  auto axis = axis_in(call.integer("axis", 0), data->size());
  if (!axis) return std::nullopt;
  auto place = data->begin() + static_cast<int64_t>(*axis);
  place = data->erase(place);
  data->insert(place, indices->begin(), indices->end());
  return data;
}

OnnxShape gemm_shape(const OnnxCall& call) {
  auto a = input_shape(call, 0);
  auto b = input_shape(call, 1);
  bool a_known = a && a->size() == 2, b_known = b && b->size() == 2;
  return Shape{a_known ? (*a)[call.integer("transA", 0) != 0 ? 1 : 0] : -1,
               b_known ? (*b)[call.integer("transB", 0) != 0 ? 0 : 1] : -1};
}

OnnxShape multiplied_shape(const OnnxCall& call) {
  auto a = input_shape(call, 0);
  auto b = input_shape(call, 1);
  if (!a || !b || a->empty() || b->empty()) return std::nullopt;
  OnnxShape result = Shape{};
  if (a->size() > 2 || b->size() > 2) {
    auto batch = [](const Shape& shape) {
      size_t size = shape.size() < 2 ? 0 : shape.size() - 2;
      return Shape(shape.begin(), shape.begin() + static_cast<int64_t>(size));
    };
    result = broadcast_shapes(batch(*a), batch(*b));
  }
  if (a->size() > 1) result->push_back((*a)[a->size() - 2]);
  if (b->size() > 1) result->push_back(b->back());
  return result;
}

OnnxShape reduced_shape(const OnnxCall& call) {
  auto shape = input_shape(call, 0);
  if (!shape) return std::nullopt;
  bool keeps = call.integer("keepdims", 1) != 0;
  auto axes = axes_of(call);
  if (!axes && names_axes(call)) {
    return keeps ? unknown_of_rank(shape->size()) : std::nullopt;
  }
  if (!axes || axes->empty()) {
    if (call.integer("noop_with_empty_axes", 0) != 0) return shape;
    return without(*shape, std::vector<bool>(shape->size(), true), keeps);
  }
  auto is_axis = axes_in(*axes, shape->size());
  if (!is_axis) return std::nullopt;
  return without(*shape, *is_axis, keeps);
}

OnnxShape reshaped_shape(const OnnxCall& call) {
  auto sizes = call.list("shape");  // Before opset 5.
  if (!sizes) sizes = call.integers(1);
  if (!sizes) return sizes_as_shape(std::nullopt, input_shape(call, 1));
  auto input = input_shape(call, 0);
  bool keeps_zero = call.integer("allowzero", 0) != 0;
  for (size_t i = 0; i < sizes->size(); ++i) {
    int64_t& size = (*sizes)[i];
    if (size == 0 && !keeps_zero) size = item(input, i, -1);
  }
  // The one that is -1 is what is left.
  auto rest = std::ranges::find(*sizes, -1);
  if (rest == sizes->end() || std::ranges::count(*sizes, -1) != 1 || !input) {
    return sizes;
  }
  *rest = 1;
  int64_t others = product(*sizes), all = product(*input);
  *rest = others > 0 && all >= 0 ? all / others : -1;
  return sizes;
}

OnnxShape squeezed_shape(const OnnxCall& call) {
  auto shape = input_shape(call, 0);
  auto axes = axes_of(call);
  if (!shape || !axes) return std::nullopt;
  auto is_axis = axes_in(*axes, shape->size());
  if (!is_axis) return std::nullopt;
  return without(*shape, *is_axis, false);
}

OnnxShape transposed_shape(const OnnxCall& call) {
  auto shape = input_shape(call, 0);
  if (!shape) return std::nullopt;
  auto perm = call.list("perm");
  if (!perm) {
    std::ranges::reverse(*shape);
    return shape;
  }
  if (perm->size() != shape->size()) return std::nullopt;
  Shape result;
  for (int64_t axis : *perm) {
    auto place = axis_in(axis, shape->size());
    if (!place) return std::nullopt;
    result.push_back((*shape)[*place]);
  }
  return result;
}

OnnxShape unsqueezed_shape(const OnnxCall& call) {
  auto shape = input_shape(call, 0);
  auto axes = axes_of(call);
  if (!shape || !axes) return std::nullopt;
  auto is_axis = axes_in(*axes, shape->size() + axes->size());
  if (!is_axis) return std::nullopt;
  Shape result;
  size_t next = 0;
  for (bool is_new : *is_axis) {
    if (!is_new && next == shape->size()) return std::nullopt;
    result.push_back(is_new ? 1 : (*shape)[next++]);
  }
  return result;
}

}  // namespace tsinspect
