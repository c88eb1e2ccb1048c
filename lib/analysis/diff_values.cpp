// Two tensors are passed over in pieces of up to 1 MiB. The first pass only
// compares bytes, and stops at the first piece that differs: for most tensors
// that settles it. The second one, if there is one, computes the numbers, each
// piece's for itself, so that the order in which threads take them is of no
// consequence.

#include "analysis/diff_values.h"

#include <algorithm>
#include <cstring>

#include "analysis/diff_decode.h"
#include "analysis/diff_threads.h"
#include "base/byte_reader.h"

namespace tsinspect {
namespace {

constexpr uint64_t kPieceBytes = uint64_t{1} << 20;

// Elements of a piece: whole bytes of either tensor, whole vectors.
uint64_t piece_elements(uint64_t bits) {
  constexpr uint64_t kGranule = 8;
  uint64_t elements = kPieceBytes * 8 / std::max<uint64_t>(bits, 1);
  return std::max(elements / kGranule * kGranule, kGranule);
}

ValueReader open(const TensorOf& of, const Limits& limits, bool in_b) {
  try {
    return {of.model, of.tensor, limits};
  } catch (const Error& error) {
    throw UnreadableTensor{in_b, error};
  }
}

class Side {
 public:
  Side(const TensorOf& of, const Limits& limits, bool in_b)
      : bits_(of.tensor.element_bits()), reader_(open(of, limits, in_b)) {}

  std::span<const std::byte> read(uint64_t first, uint64_t count,
                                  std::vector<std::byte>* buffer) const {
    return reader_.read(first * bits_ / 8, (count * bits_ + 7) / 8, buffer);
  }
  void release(std::span<const std::byte> view) const { reader_.release(view); }
  uint64_t bits() const { return bits_; }

 private:
  uint64_t bits_;
  ValueReader reader_;
};

// What one thread works with.
struct Desk {
  explicit Desk(const Tensor& a, const Tensor& b) : decode_a(a), decode_b(b) {}

  Decoder decode_a, decode_b;
  std::vector<std::byte> buffer_a, buffer_b;
};

template <typename T>
void add_piece(Desk* desk, const std::byte* a, const std::byte* b,
               uint64_t first, uint64_t count, const DifferenceRule& rule,
               DifferenceSums* sums) {
  alignas(64) T block_a[kBlockValues], block_b[kBlockValues];
  for (uint64_t at = 0; at < count; at += kBlockValues) {
    size_t n = std::min<uint64_t>(kBlockValues, count - at);
    desk->decode_a.decode(a + at * desk->decode_a.bits() / 8, first + at,
                          std::span<T>(block_a, n));
    desk->decode_b.decode(b + at * desk->decode_b.bits() / 8, first + at,
                          std::span<T>(block_b, n));
    add_differences(block_a, block_b, n, first + at, rule, sums);
  }
}

std::vector<int64_t> index_of(uint64_t element,
                              const std::vector<int64_t>& shape) {
  std::vector<int64_t> index(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    auto size = static_cast<uint64_t>(shape[i]);
    index[i] = static_cast<int64_t>(element % size);
    element /= size;
  }
  return index;
}

// Reads a string tensor's texts one after the other.
class Texts {
 public:
  Texts(const TensorOf& of, const Limits& limits, bool in_b)
      : reader_(open(of, limits, in_b)),
        bytes_(reader_.read(0, reader_.size_bytes(), &buffer_)),
        in_(std::string_view(reinterpret_cast<const char*>(bytes_.data()),
                             bytes_.size())) {}

  std::string_view next() {
    return in_.bytes(in_.u64("string length"), "string");
  }

 private:
  ValueReader reader_;
  std::vector<std::byte> buffer_;
  std::span<const std::byte> bytes_;
  ByteReader in_;
};

// Where the element lies, and what both have there.
void locate(const TensorOf& a, const TensorOf& b, uint64_t element,
            const Limits& limits, ValueDiff* values) {
  values->at = index_of(element, b.tensor.shape);
  values->a_at = ElementReader(a.model, a.tensor, limits).text(values->at);
  values->b_at = ElementReader(b.model, b.tensor, limits).text(values->at);
}

// Texts are equal or not.
ValueOutcome compare_texts(const TensorOf& a, const TensorOf& b,
                           const ValueRule& rule) {
  Texts texts_a(a, rule.limits, false), texts_b(b, rule.limits, true);
  uint64_t elements = a.tensor.elements(), different = 0, first = kNowhere;
  for (uint64_t i = 0; i < elements; ++i) {
    if (texts_a.next() == texts_b.next()) continue;
    first = std::min(first, i);
    ++different;
  }
  if (rule.progress) rule.progress(a.tensor.size_bytes());
  if (different == 0) return {};
  ValueDiff values;
  values.has_metrics = false;
  values.elements = elements;
  values.different = values.beyond = different;
  locate(a, b, first, rule.limits, &values);
  return {false, std::move(values)};
}

class Comparison {
 public:
  Comparison(const TensorOf& a, const TensorOf& b, const ValueRule& rule)
      : of_a_(a),
        of_b_(b),
        rule_(rule),
        a_(a, rule.limits, false),
        b_(b, rule.limits, true),
        elements_(a.tensor.elements()),
        piece_(piece_elements(std::max(a_.bits(), b_.bits()))),
        settled_((elements_ + piece_ - 1) / piece_),
        desks_(std::max(rule.threads, 1u)) {}

  ValueOutcome run() {
    const Tensor& a = of_a_.tensor;
    bool same_encoding = tsinspect::same_encoding(a, of_b_.tensor);
    bool is_number = number_kind(a) != NumberKind::kNone &&
                     number_kind(of_b_.tensor) != NumberKind::kNone;
    ValueOutcome outcome;
    uint64_t first = kNowhere;
    if (same_encoding) {
      first = first_difference();
      outcome.other_bits = first != kNowhere;
      bool all_told = !rule_.difference.nan_differs || !is_number;
      if (!outcome.other_bits && all_told) return outcome;
    }
    if (!is_number) {
      // Of numbers and what is none, everything is different.
      outcome.values = ValueDiff{};
      outcome.values->has_metrics = false;
      outcome.values->different = same_encoding ? count_opaque() : elements_;
      outcome.values->beyond = outcome.values->different;
      locate(same_encoding ? first : 0, &*outcome.values);
    } else {
      add_numbers(&outcome, first);
    }
    if (outcome.values) outcome.values->elements = elements_;
    return outcome;
  }

 private:
  struct Views {
    std::span<const std::byte> a, b;
  };

  uint64_t pieces() const { return settled_.size(); }
  uint64_t count_of(uint64_t piece) const {
    return std::min(piece_, elements_ - piece * piece_);
  }

  Desk& desk(unsigned worker) {
    auto& desk = desks_[worker];
    if (!desk) desk.emplace(of_a_.tensor, of_b_.tensor);
    return *desk;
  }

  Views read(uint64_t piece, Desk* desk) const {
    uint64_t first = piece * piece_;
    return {a_.read(first, count_of(piece), &desk->buffer_a),
            b_.read(first, count_of(piece), &desk->buffer_b)};
  }

  void release(const Views& views) const {
    a_.release(views.a);
    b_.release(views.b);
  }

  // The first element whose bytes differ; kNowhere if none does. Remembers
  // which pieces are equal.
  uint64_t first_difference() {
    std::atomic<uint64_t> first = kNowhere;
    for_each_part(pieces(), rule_.threads, [&](unsigned worker, size_t piece) {
      if (first < piece * piece_) return;
      Views views = read(piece, &desk(worker));
      uint64_t at = kNowhere;
      if (std::memcmp(views.a.data(), views.b.data(), views.a.size()) != 0) {
        auto [where, other] =
            std::mismatch(views.a.begin(), views.a.end(), views.b.begin());
        auto byte = static_cast<uint64_t>(where - views.a.begin());
        at = piece * piece_ + byte * 8 / a_.bits();
      } else {
        settled_[piece] = 1;
        if (rule_.progress) rule_.progress(views.a.size());
      }
      release(views);
      uint64_t known = first;
      while (at < known && !first.compare_exchange_weak(known, at)) {
      }
    });
    return first;
  }

  void add_numbers(ValueOutcome* outcome, uint64_t first_bits) {
    NumberKind a = number_kind(of_a_.tensor);
    NumberKind b = number_kind(of_b_.tensor);
    std::vector<DifferenceSums> parts(pieces());
    if (a == NumberKind::kComplex || b == NumberKind::kComplex) {
      add_all<std::complex<double>>(&parts);
    } else if (a == NumberKind::kWide || b == NumberKind::kWide) {
      add_all<long double>(&parts);
    } else {
      add_all<double>(&parts);
    }
    DifferenceSums sums;
    for (const DifferenceSums& part : parts) sums.add(part);
    if (sums.different == 0 && !outcome->other_bits) return;
    outcome->values = sums.measures();
    uint64_t at = sums.nan_at != kNowhere ? sums.nan_at : sums.max_at;
    uint64_t per_element = desk(0).decode_a.values_per_element();
    at = at == kNowhere ? first_bits : at / per_element;
    locate(at, &*outcome->values);
  }

  // Without decoding, where memory holds what the kernel takes.
  bool is_float32() const {
    return of_a_.tensor.dtype == DType::kFloat32 &&
           of_b_.tensor.dtype == DType::kFloat32;
  }

  template <typename T>
  void add_all(std::vector<DifferenceSums>* parts) {
    for_each_part(pieces(), rule_.threads, [&](unsigned worker, size_t piece) {
      Desk& desk = this->desk(worker);
      Views views = read_for_numbers(piece, &desk);
      uint64_t per_element = desk.decode_a.values_per_element();
      uint64_t first = piece * piece_ * per_element;
      uint64_t count = count_of(piece) * per_element;
      DifferenceSums* sums = &(*parts)[piece];
      if (is_float32()) {
        add_float32(views.a.data(), views.b.data(), count, first,
                    rule_.difference, sums);
      } else {
        add_piece<T>(&desk, views.a.data(), views.b.data(), first, count,
                     rule_.difference, sums);
      }
      a_.release(views.a);
      if (views.b.data() != views.a.data()) b_.release(views.b);
      if (rule_.progress && !settled_[piece]) rule_.progress(views.a.size());
    });
  }

  // Two views of one memory where the bytes are equal: that is less to do.
  Views read_for_numbers(uint64_t piece, Desk* desk) const {
    if (settled_[piece]) {
      auto a = a_.read(piece * piece_, count_of(piece), &desk->buffer_a);
      return {a, a};
    }
    Views views = read(piece, desk);
    if (!is_float32()) return views;
    if (std::memcmp(views.a.data(), views.b.data(), views.a.size()) != 0) {
      return views;
    }
    b_.release(views.b);
    return {views.a, views.a};
  }

  uint64_t count_opaque() {
    size_t item = a_.bits() / 8;
    uint64_t count = 0;
    for (uint64_t piece = 0; piece < pieces(); ++piece) {
      if (settled_[piece]) continue;
      Views views = read(piece, &desk(0));
      for (size_t at = 0; at + item <= views.a.size(); at += item) {
        count += std::memcmp(&views.a[at], &views.b[at], item) != 0;
      }
      release(views);
    }
    return count;
  }

  void locate(uint64_t element, ValueDiff* values) const {
    if (element == kNowhere) return;
    tsinspect::locate(of_a_, of_b_, element, rule_.limits, values);
  }

  TensorOf of_a_, of_b_;
  const ValueRule& rule_;
  Side a_, b_;
  uint64_t elements_;
  uint64_t piece_;                          // Elements of a piece.
  std::vector<uint8_t> settled_;            // Pieces known to be equal.
  std::vector<std::optional<Desk>> desks_;  // One a worker.
};

}  // namespace

ValueOutcome compare_values(const TensorOf& a, const TensorOf& b,
                            const ValueRule& rule) {
  if (a.tensor.elements() == 0) return {};
  if (a.tensor.dtype == DType::kString && b.tensor.dtype == DType::kString) {
    return compare_texts(a, b, rule);
  }
  return Comparison(a, b, rule).run();
}

}  // namespace tsinspect
