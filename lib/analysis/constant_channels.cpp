#include "analysis/constant_channels.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>

namespace tsinspect {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

constexpr size_t kFirstPiece = 256;

constexpr size_t kReleasedBytes = size_t{1} << 20;

struct Tolerance {
  DType dtype;
  double value;
};

constexpr std::array kTolerances = {
    Tolerance{DType::kFloat64, 1e-6}, Tolerance{DType::kFloat32, 1e-5},
    Tolerance{DType::kFloat16, 4e-3}, Tolerance{DType::kBFloat16, 3e-2}};

std::string_view setting(const Layer& layer, std::string_view name) {
  for (const LayerSetting& setting : layer.settings) {
    if (setting.name == name) return setting.value;
  }
  return {};
}

bool is_transposed(const Layer& layer) {
  return layer.op.starts_with("aten::conv_transpose") ||
         setting(layer, "transposed") == "True";
}

// 1 where the layer does not say.
uint64_t groups_of(const Layer& layer) {
  std::string_view text = setting(layer, "groups");
  uint64_t groups = 1;
  std::from_chars(text.data(), text.data() + text.size(), groups);
  return groups;
}

// What compilers turn into vectors: loops of a fixed length.
constexpr size_t kLanes = 8;

void widen(std::span<const float> floats, double* out) {
  size_t whole = floats.size() / kLanes * kLanes;
  for (size_t i = 0; i < whole; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      out[i + lane] = floats[i + lane];
    }
  }
  for (size_t i = whole; i < floats.size(); ++i) out[i] = floats[i];
}

// Sums over two channels that tell how alike they are.
struct Products {
  double from = 0, to = 0, both = 0;

  void add(std::span<const double> x, std::span<const double> y) {
    std::array<double, kLanes> xx{}, yy{}, xy{};
    size_t whole = x.size() / kLanes * kLanes;
    for (size_t i = 0; i < whole; i += kLanes) {
      for (size_t lane = 0; lane < kLanes; ++lane) {
        double a = x[i + lane], b = y[i + lane];
        xx[lane] += a * a;
        yy[lane] += b * b;
        xy[lane] += a * b;
      }
    }
    for (size_t i = whole; i < x.size(); ++i) {
      xx[0] += x[i] * x[i];
      yy[0] += y[i] * y[i];
      xy[0] += x[i] * y[i];
    }
    from = std::accumulate(xx.begin(), xx.end(), from);
    to = std::accumulate(yy.begin(), yy.end(), to);
    both = std::accumulate(xy.begin(), xy.end(), both);
  }

  // The least squares' factor, if what it leaves is within the tolerance.
  std::optional<double> factor(double tolerance) const {
    if (from == 0 && to == 0) return kNaN;
    if (from == 0 || !std::isfinite(from + to + both)) return std::nullopt;
    double rest = to - both * both / from;
    if (!(rest <= tolerance * tolerance * to)) return std::nullopt;
    return both / from;
  }
};

std::optional<std::vector<double>> factors_of(
    const std::vector<Products>& products, double tolerance) {
  std::vector<double> factors;
  bool tells = false;
  for (const Products& channel : products) {
    std::optional<double> factor = channel.factor(tolerance);
    if (!factor) return std::nullopt;
    tells |= std::abs(*factor) > 0;  // Not for NaN.
    factors.push_back(*factor);
  }
  if (!tells) return std::nullopt;
  return factors;
}

// A number in [-1, 1] that depends on nothing but `index`.
double pseudo_random(uint64_t index) {
  uint64_t bits = (index + 1) * 0x9e3779b97f4a7c15u;
  bits = (bits ^ (bits >> 32)) * 0xd6e8feb86659fd93u;
  return static_cast<double>(static_cast<int64_t>(bits)) * 0x1p-63;
}

}  // namespace

std::optional<double> fold_tolerance(DType dtype) {
  for (const Tolerance& row : kTolerances) {
    if (row.dtype == dtype) return row.value;
  }
  return std::nullopt;
}

std::optional<ChannelLayout> channel_layout(const Layer& layer,
                                            const Tensor& weight) {
  uint64_t elements = weight.elements();
  if (weight.shape.size() < 2 || elements == 0) return std::nullopt;
  auto rows = static_cast<uint64_t>(weight.shape[0]);
  ChannelLayout layout = {rows, rows, elements / rows, rows, rows};
  if (is_transposed(layer)) {
    auto columns = static_cast<uint64_t>(weight.shape[1]);
    uint64_t groups = groups_of(layer);
    if (groups == 0 || rows % groups != 0) return std::nullopt;
    // `groups` divides the rows, so none of these exceeds the elements.
    layout = {columns * groups, rows * columns, elements / rows / columns,
              rows / groups * columns, columns};
  }
  if (layout.channels > ChannelLayout::kMostChannels) return std::nullopt;
  return layout;
}

NumberRuns::NumberRuns(const Model& model, const Tensor& tensor,
                       const Limits& limits)
    : reader_(model, tensor, limits),
      decoder_(tensor),
      item_bytes_(tensor.element_bits() / 8) {}

std::span<const double> NumberRuns::read(uint64_t first, size_t count) {
  auto bytes = reader_.read(first * item_bytes_, count * item_bytes_, &buffer_);
  numbers_.resize(count);
  std::span<const double> numbers = numbers_;
  if (decoder_.type() == NumberType::kFloat) {
    floats_.resize(count);
    auto floats = decoder_.decode(bytes, first, std::span(floats_));
    widen(floats, numbers_.data());
  } else {
    numbers = decoder_.decode(bytes, first, std::span(numbers_));
  }
  // Giving back takes time: not for each of these small pieces.
  bool goes_on = bytes.data() == unreleased_.data() + unreleased_.size();
  unreleased_ =
      goes_on ? std::span(unreleased_.data(), unreleased_.size() + bytes.size())
              : bytes;
  if (unreleased_.size() >= kReleasedBytes) {
    reader_.release(unreleased_);
    unreleased_ = {};
  }
  return numbers;
}

std::vector<double> read_numbers(const Model& model, const Tensor& tensor,
                                 const Limits& limits) {
  if (!fold_tolerance(tensor.dtype)) return {};
  std::vector<double> numbers;
  try {
    NumberRuns runs(model, tensor, limits);
    for (uint64_t at = 0; at < tensor.elements(); at += NumberRuns::kMost) {
      uint64_t rest = tensor.elements() - at;
      auto piece = runs.read(at, std::min<uint64_t>(NumberRuns::kMost, rest));
      numbers.insert(numbers.end(), piece.begin(), piece.end());
    }
  } catch (const Error&) {
    return {};
  }
  return numbers;
}

double signature(NumberRuns& runs, uint64_t first, uint64_t count) {
  double squares = 0, projection = 0;
  for (uint64_t at = 0; at < count; at += NumberRuns::kMost) {
    auto piece = runs.read(first + at,
                           std::min<uint64_t>(NumberRuns::kMost, count - at));
    for (size_t i = 0; i < piece.size(); ++i) {
      squares += piece[i] * piece[i];
      projection += piece[i] * pseudo_random(at + i);
    }
  }
  double cosine = std::abs(projection) / std::sqrt(squares);
  return std::isfinite(cosine) ? cosine : kNaN;
}

std::optional<std::vector<double>> channel_factors(NumberRuns& from,
                                                   NumberRuns& to,
                                                   const ChannelLayout& layout,
                                                   double tolerance) {
  std::vector<Products> products(layout.channels);
  bool in_order = layout.runs == layout.channels;
  uint64_t elements = layout.runs * layout.run_elements;
  // Most tensors of other content end in their first channel: the first pieces
  // are small.
  size_t piece = kFirstPiece;
  for (uint64_t at = 0; at < elements;) {
    size_t count = std::min<uint64_t>(piece, elements - at);
    auto x = from.read(at, count), y = to.read(at, count);
    for (size_t begin = 0, end; begin < count; begin = end) {
      uint64_t run = (at + begin) / layout.run_elements;
      uint64_t run_end = (run + 1) * layout.run_elements;
      end = std::min<uint64_t>(count, run_end - at);
      Products& channel = products[layout.channel_of(run)];
      channel.add(x.subspan(begin, end - begin), y.subspan(begin, end - begin));
      bool is_whole = in_order && at + end == run_end;
      if (is_whole && !channel.factor(tolerance)) return std::nullopt;
    }
    at += count;
    piece = std::min(2 * piece, NumberRuns::kMost);
  }
  return factors_of(products, tolerance);
}

}  // namespace tsinspect
