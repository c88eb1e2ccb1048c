#include "render/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <utility>

#include "base/printable.h"
#include "render/text.h"
#include "tsinspect/error.h"
#include "tsinspect/values.h"

namespace tsinspect::cli {
namespace {

// torch has no tensor of more dimensions; this bounds the recursion below.
constexpr size_t kMaxDimensions = 64;

uint64_t elements_of(const std::vector<int64_t>& shape) {
  uint64_t count = 1;
  for (int64_t size : shape) count *= static_cast<uint64_t>(size);
  return count;
}

// A part of a tensor, seen as a tensor of its own.
class Part {
 public:
  Part(const Model& model, const Tensor& tensor, const Slice& slice)
      : reader_(model, tensor),
        type_class_(dtype_info(tensor.dtype).type_class),
        slice_(slice),
        shape_(slice.shape()),
        index_(slice.dimensions.size()) {
    for (size_t i = 0; i < slice.dimensions.size(); ++i) {
      index_[i] = slice.dimensions[i].start;
      if (!slice.dimensions[i].dropped) kept_.push_back(i);
    }
    if (shape_.size() > kMaxDimensions) {
      throw Error(ErrorKind::kLimit,
                  fmt::format("{} dimensions; values are shown of at most {}",
                              shape_.size(), kMaxDimensions));
    }
  }

  const std::vector<int64_t>& shape() const { return shape_; }
  DTypeClass type_class() const { return type_class_; }

  void move_to(size_t dimension, int64_t index) {
    const auto& along = slice_.dimensions[kept_[dimension]];
    index_[kept_[dimension]] = along.start + index * along.step;
  }
  std::string text() const { return reader_.text(index_); }
  double real() const { return reader_.real(index_); }

  // The two halves of a complex number: "1+2j".
  std::pair<double, double> complex() const {
    std::string whole = text();
    if (whole.starts_with('(')) whole.erase(0, 1);
    char* middle = nullptr;
    double real = std::strtod(whole.c_str(), &middle);
    return {real, std::strtod(middle, nullptr)};
  }

 private:
  ElementReader reader_;
  DTypeClass type_class_;
  const Slice& slice_;
  std::vector<int64_t> shape_;
  std::vector<size_t> kept_;  // Dimensions of the tensor that the part has.
  std::vector<int64_t> index_;
};

// How real numbers that stand together are written, after torch's
// _tensor_str._Formatter: whole ones as "3.", far apart ones as "3.0000e-05".
class RealFormat {
 public:
  explicit RealFormat(int precision) : precision_(precision) {}

  void see(double value) {
    if (!std::isfinite(value) || value == 0) return;
    smallest_ = std::min(smallest_, std::abs(value));
    largest_ = std::max(largest_, std::abs(value));
    whole_ &= value == std::ceil(value);
  }

  std::string text(double value) const {
    if (!std::isfinite(value)) return fmt::format("{}", value);
    bool seen = largest_ > 0;
    bool scientific = seen && (largest_ / smallest_ > 1000 || largest_ > 1e8 ||
                               (!whole_ && smallest_ < 1e-4));
    if (scientific) return fmt::format("{:.{}e}", value, precision_);
    if (whole_) return fmt::format("{:.0f}.", value);
    return fmt::format("{:.{}f}", value, precision_);
  }

 private:
  int precision_;
  double smallest_ = INFINITY;
  double largest_ = 0;
  bool whole_ = true;
};

// Walks the elements that are shown twice, to learn the widest one and to
// print.
class Printer {
 public:
  Printer(Output& out, Part& part, const ValueStyle& style)
      : out_(out),
        part_(part),
        real_(style.precision),
        imaginary_(style.precision),
        cut_(!style.full && elements_of(part.shape()) > kWholeElements),
        line_columns_(out.columns() > 0 ? out.columns() : 80) {}

  void print() {
    if (elements_of(part_.shape()) == 0) {
      out_.text("[]\n");
      return;
    }
    each(0, [this] { learn(); });
    each(0, [this] { width_ = std::max(width_, columns_of(element())); });
    write(0);
    out_.put('\n');
  }

 private:
  size_t dimensions() const { return part_.shape().size(); }

  // Calls `visit(i)` for the indices shown along a dimension, and
  // `visit(-1)` for those left out.
  template <typename Visit>
  void along(size_t dimension, Visit visit) {
    int64_t size = part_.shape()[dimension];
    bool cut = cut_ && size > 2 * kEdgeItems;
    for (int64_t i = 0; i < size; ++i) {
      if (cut && i == kEdgeItems) {
        visit(-1);
        i = size - kEdgeItems;
      }
      part_.move_to(dimension, i);
      visit(i);
    }
  }

  void each(size_t dimension, const std::function<void()>& visit) {
    if (dimension == dimensions()) return visit();
    along(dimension, [&](int64_t i) {
      if (i >= 0) each(dimension + 1, visit);
    });
  }

  void learn() {
    switch (part_.type_class()) {
      case DTypeClass::kFloat:
      case DTypeClass::kQuantized:
        return real_.see(part_.real());
      case DTypeClass::kComplex: {
        auto [real, imaginary] = part_.complex();
        real_.see(real);
        imaginary_.see(imaginary);
        return;
      }
      default:
        return;
    }
  }

  std::string element() {
    switch (part_.type_class()) {
      case DTypeClass::kFloat:
      case DTypeClass::kQuantized:
        return real_.text(part_.real());
      case DTypeClass::kComplex: {
        auto [real, imaginary] = part_.complex();
        std::string second = imaginary_.text(imaginary);
        return real_.text(real) + (second.starts_with('-') ? "" : "+") +
               second + 'j';
      }
      case DTypeClass::kOpaque:
        return printable(part_.text());
      default:
        return part_.text();
    }
  }

  void write_element() {
    std::string text = element();
    out_.spaces(width_ - columns_of(text));
    out_.text(text);
  }

  void write(size_t dimension) {
    if (dimension == dimensions()) return write_element();
    out_.put('[');
    if (dimension + 1 == dimensions()) {
      write_line(dimension);
    } else {
      write_rows(dimension);
    }
    out_.put(']');
  }

  void write_line(size_t dimension) {
    size_t room = line_columns_ - std::min(line_columns_, dimension + 1);
    size_t per_line = std::max<size_t>(1, room / (width_ + 2));
    size_t written = 0;
    along(dimension, [&](int64_t i) {
      if (written > 0) {
        out_.text(written % per_line == 0 ? "," : ", ");
        if (written % per_line == 0) new_line(dimension, 1);
      }
      ++written;
      i < 0 ? out_.text("...") : write_element();
    });
  }

  void write_rows(size_t dimension) {
    bool first = true;
    along(dimension, [&](int64_t i) {
      if (!std::exchange(first, false)) {
        out_.put(',');
        new_line(dimension, dimensions() - dimension - 1);
      }
      i < 0 ? out_.text("...") : write(dimension + 1);
    });
  }

  // Blank lines between matrices, two between stacks of them, and so on.
  void new_line(size_t dimension, size_t lines) {
    for (size_t i = 0; i < lines; ++i) out_.put('\n');
    out_.spaces(dimension + 1);
  }

  Output& out_;
  Part& part_;
  RealFormat real_;
  RealFormat imaginary_;
  bool cut_;
  size_t line_columns_;
  size_t width_ = 0;
};

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

void write_element(Json& json, const Part& part) {
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
    case DTypeClass::kOpaque:
      return json.value(part.text());
  }
}

void write_nested(Json& json, Part& part, size_t dimension, uint64_t* left) {
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

void print_values(Output& out, const Model& model, const Tensor& tensor,
                  const Slice& slice, const ValueStyle& style) {
  Part part(model, tensor, slice);
  Printer(out, part, style).print();
}

bool write_values(Json& json, const Model& model, const Tensor& tensor,
                  const Slice& slice, const ValueStyle& style) {
  Part part(model, tensor, slice);
  uint64_t left = style.full ? UINT64_MAX : kWholeElements;
  write_nested(json, part, 0, &left);
  return style.full || elements_of(part.shape()) <= kWholeElements;
}

}  // namespace tsinspect::cli
