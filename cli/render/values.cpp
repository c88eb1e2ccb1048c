#include "render/values.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "render/tensor_part.h"
#include "render/text.h"
#include "tsinspect/error.h"

namespace tsinspect::cli {
namespace {

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
  Printer(Output& out, TensorPart& part, const ValueStyle& style)
      : out_(out),
        part_(part),
        real_(style.precision),
        imaginary_(style.precision),
        cut_(!style.full && part.elements() > kWholeElements),
        line_columns_(out.columns() > 0 ? out.columns() : 80) {}

  void print() {
    if (part_.elements() == 0) {
      out_.text("[]\n");
      return;
    }
    check_shown();
    each(0, [this] { learn(); });
    each(0, [this] { width_ = std::max(width_, columns_of(element())); });
    write(0);
    out_.put('\n');
  }

 private:
  size_t dimensions() const { return part_.shape().size(); }

  // A tensor expanded from one element can have more edges than anyone reads.
  void check_shown() {
    constexpr uint64_t kMostShown = 1'000'000;
    uint64_t shown = 1;
    for (int64_t size : part_.shape()) {
      if (!cut_ || shown > kMostShown) break;
      shown *= static_cast<uint64_t>(std::min(size, 2 * kEdgeItems));
    }
    if (shown > kMostShown) {
      throw Error(ErrorKind::kLimit,
                  fmt::format("even the edges of {} are too many to print; "
                              "name a slice",
                              shape_text(part_.shape())));
    }
  }

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
      default:  // Of strings it is a literal, which can be printed.
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
  TensorPart& part_;
  RealFormat real_;
  RealFormat imaginary_;
  bool cut_;
  size_t line_columns_;
  size_t width_ = 0;
};

}  // namespace

void print_values(Output& out, const Model& model, const Tensor& tensor,
                  const Slice& slice, const ValueStyle& style) {
  TensorPart part(model, tensor, slice);
  Printer(out, part, style).print();
}

}  // namespace tsinspect::cli
