#include "analysis/diff_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "analysis/diff_content.h"

namespace tsinspect {
namespace {

using Shape = std::vector<int64_t>;

// Dimension i of B is dimension order[i] of A.
struct KnownOrder {
  const char* name;
  size_t dimensions;
  std::array<int64_t, 5> order;
  // Of the dimension that is 1 in A and in B, where that tells it from another
  // of the same order; -1 if nothing needs to be 1.
  int one_in_a = -1;
  int one_in_b = -1;
};

// H, W, D: the sizes of a kernel; I, O: channels in and out; M: how many
// outputs each channel of a depthwise convolution has.
constexpr std::array kKnownOrders = {
    KnownOrder{"transposed", 2, {1, 0}},
    KnownOrder{"WIO→OIW", 3, {2, 1, 0}},
    KnownOrder{"HWIM→IMHW", 4, {2, 3, 0, 1}, 3, 1},
    KnownOrder{"IMHW→HWIM", 4, {2, 3, 0, 1}, 1, 3},
    KnownOrder{"HWIO→OIHW", 4, {3, 2, 0, 1}},
    KnownOrder{"OIHW→HWIO", 4, {2, 3, 1, 0}},
    KnownOrder{"DHWIO→OIDHW", 5, {4, 3, 0, 1, 2}},
    KnownOrder{"OIDHW→DHWIO", 5, {2, 3, 4, 1, 0}},
};

// Dimensions of which any order is tried.
constexpr size_t kMostDimensions = 5;

bool is_permutable(const Tensor& tensor) {
  return is_numeric(tensor.dtype) && tensor.element_bits() % 8 == 0;
}

// `tensor` with its dimensions cut into those of `shape`, or put together where
// they are of size 1. Its product is the tensor's.
Tensor cut(const Tensor& tensor, const Shape& shape) {
  Tensor view = tensor;
  view.shape = shape;
  view.strides.assign(shape.size(), 0);
  size_t from = tensor.shape.size();
  int64_t left = 1, stride = 1;  // Of the dimension that is being cut.
  for (size_t i = shape.size(); i-- > 0;) {
    view.strides[i] = stride;
    if (shape[i] == 1) continue;
    while (left == 1 && from > 0) {
      --from;
      left = tensor.shape[from];
      stride = tensor.strides[from];
    }
    view.strides[i] = stride;
    stride *= shape[i];
    left /= shape[i];
  }
  return view;
}

Tensor permuted(const Tensor& tensor, const Shape& order) {
  Tensor view = tensor;
  for (size_t i = 0; i < order.size(); ++i) {
    view.shape[i] = tensor.shape[static_cast<size_t>(order[i])];
    view.strides[i] = tensor.strides[static_cast<size_t>(order[i])];
  }
  return view;
}

bool fits(const Shape& a, const Shape& order, const Shape& b) {
  if (a.size() != b.size() || order.size() != b.size()) return false;
  for (size_t i = 0; i < b.size(); ++i) {
    if (a[static_cast<size_t>(order[i])] != b[i]) return false;
  }
  return true;
}

std::optional<Layout> known_layout(const KnownOrder& row, const Shape& a,
                                   const Shape& b) {
  Shape order(row.order.begin(),
              row.order.begin() + static_cast<std::ptrdiff_t>(row.dimensions));
  if (!fits(a, order, b)) return std::nullopt;
  auto is_one = [](const Shape& shape, int at) {
    return at < 0 || shape[static_cast<size_t>(at)] == 1;
  };
  if (!is_one(a, row.one_in_a) || !is_one(b, row.one_in_b)) return std::nullopt;
  return Layout{row.name, a, b, std::move(order)};
}

// A depthwise kernel, [H, W, I, M], beside [I * M, 1, H, W], for M above 1.
std::optional<Layout> depthwise_layout(const Shape& a, const Shape& b) {
  if (a.size() != 4 || b.size() != 4) return std::nullopt;
  bool a_is_torch = a[1] == 1;
  const Shape& hwim = a_is_torch ? b : a;
  const Shape& torch = a_is_torch ? a : b;
  bool fits = torch[0] == hwim[2] * hwim[3] && torch[1] == 1 &&
              torch[2] == hwim[0] && torch[3] == hwim[1];
  if (!fits) return std::nullopt;
  Shape grouped = {hwim[2], hwim[3], hwim[0], hwim[1]};
  return a_is_torch
             ? Layout{"(IM)1HW→HWIM", std::move(grouped), b, {2, 3, 0, 1}}
             : Layout{"HWIM→(IM)1HW", a, std::move(grouped), {2, 3, 0, 1}};
}

Shape identity(size_t dimensions) {
  Shape order(dimensions);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

Shape without_ones(Shape shape) {
  std::erase(shape, 1);
  return shape;
}

// Tries layouts until one fits.
class LayoutSearch {
 public:
  LayoutSearch(const Model& model_a, const Tensor& a, const Model& model_b,
               const Tensor& b, const Limits& limits)
      : model_a_(model_a), a_(a), model_b_(model_b), b_(b), limits_(limits) {}

  std::optional<Layout> find() {
    if (!is_permutable(a_)) return reshaped();
    for (const KnownOrder& row : kKnownOrders) {
      if (auto layout = known_layout(row, a_.shape, b_.shape)) {
        if (holds(*layout)) return layout;
      }
    }
    if (auto layout = depthwise_layout(a_.shape, b_.shape)) {
      if (holds(*layout)) return layout;
    }
    if (auto layout = reshaped()) return layout;
    if (auto layout = any_order()) return layout;
    return flattened();
  }

 private:
  bool holds(const Layout& layout) const {
    AlikeTensors views = alike(a_, b_, layout);
    return equal_contents(model_a_, views.a, model_b_, views.b, limits_);
  }

  // The same order, whatever the dimensions.
  std::optional<Layout> reshaped() const {
    if (!a_.is_contiguous() || !b_.is_contiguous()) return std::nullopt;
    Layout layout = {"reshaped", b_.shape, b_.shape, identity(b_.shape.size())};
    if (a_.shape == b_.shape || !holds(layout)) return std::nullopt;
    return layout;
  }

  std::optional<Layout> any_order() const {
    Shape a = without_ones(a_.shape), b = without_ones(b_.shape);
    if (a.size() < 2 || a.size() > kMostDimensions) return std::nullopt;
    Layout layout = {"", a, b, identity(a.size())};
    while (std::next_permutation(layout.order.begin(), layout.order.end())) {
      if (!fits(a, layout.order, b) || !holds(layout)) continue;
      layout.name =
          fmt::format("transposed ({})", fmt::join(layout.order, ", "));
      return layout;
    }
    return std::nullopt;
  }

  // A layer that takes an image flattened: its pixels stand together in one
  // tensor, its channels in the other. The weights may be transposed, too.
  std::optional<Layout> flattened() const {
    if (a_.shape.size() != 2 || b_.shape.size() != 2) return std::nullopt;
    for (size_t side : {size_t{0}, size_t{1}}) {
      for (bool turned : {true, false}) {
        if (auto layout = flattened(side, turned)) return layout;
      }
    }
    return std::nullopt;
  }

  // Dimension `side` of A is the flattened image.
  std::optional<Layout> flattened(size_t side, bool turned) const {
    size_t side_b = turned ? 1 - side : side;
    int64_t inputs = a_.shape[side], outputs = a_.shape[1 - side];
    if (b_.shape[side_b] != inputs || b_.shape[1 - side_b] != outputs) {
      return std::nullopt;
    }
    for (int64_t outer = 2; outer * 2 <= inputs; ++outer) {
      if (inputs % outer != 0) continue;
      int64_t inner = inputs / outer;
      Layout layout;
      layout.shape_a = side == 0 ? Shape{outer, inner, outputs}
                                 : Shape{outputs, outer, inner};
      layout.shape_b = side_b == 0 ? Shape{inner, outer, outputs}
                                   : Shape{outputs, inner, outer};
      if (turned) {
        layout.order = {2, 1, 0};
      } else {
        layout.order = side == 0 ? Shape{1, 0, 2} : Shape{0, 2, 1};
      }
      layout.name =
          fmt::format("{}inputs [{}, {}]→[{}, {}]",
                      turned ? "transposed, " : "", outer, inner, inner, outer);
      if (holds(layout)) return layout;
    }
    return std::nullopt;
  }

  const Model& model_a_;
  const Tensor& a_;
  const Model& model_b_;
  const Tensor& b_;
  const Limits& limits_;
};

}  // namespace

AlikeTensors alike(const Tensor& a, const Tensor& b, const Layout& layout) {
  return {permuted(cut(a, layout.shape_a), layout.order),
          cut(b, layout.shape_b)};
}

std::optional<Layout> find_layout(const Model& model_a, const Tensor& a,
                                  const Model& model_b, const Tensor& b,
                                  const Limits& limits) {
  if (a.dtype != b.dtype || a.elements() != b.elements()) return std::nullopt;
  return LayoutSearch(model_a, a, model_b, b, limits).find();
}

std::optional<Layout> expected_layout(const Tensor& a, const Tensor& b) {
  if (!is_permutable(a) || !is_permutable(b)) return std::nullopt;
  for (const KnownOrder& row : kKnownOrders) {
    if (auto layout = known_layout(row, a.shape, b.shape)) return layout;
  }
  return depthwise_layout(a.shape, b.shape);
}

}  // namespace tsinspect
