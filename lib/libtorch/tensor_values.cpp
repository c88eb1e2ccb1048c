#include "libtorch/tensor_values.h"

#include <fmt/format.h>

#include "libtorch/dtypes.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using Kind = InputValue::Kind;
using Items = std::vector<InputValue>;

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::kMalformed, what);
}

bool is_sequence(const InputValue& value) {
  return (value.kind == Kind::kList && !value.dtype) ||
         value.kind == Kind::kTuple;
}

at::Scalar scalar_of(const InputValue& value) {
  switch (value.kind) {
    case Kind::kBool:
      return value.integer != 0;
    case Kind::kInt:
      return value.integer;
    case Kind::kFloat:
      return value.number;
    default:
      fail("a number is wanted");
  }
}

int64_t integer_of(const InputValue& value) {
  if (value.kind != Kind::kInt) fail("an integer is wanted");
  return value.integer;
}

// Sizes as single arguments, or as one list or tuple.
std::vector<int64_t> sizes_of(const Items& arguments) {
  const Items& sizes = arguments.size() == 1 && is_sequence(arguments[0])
                           ? arguments[0].items
                           : arguments;
  std::vector<int64_t> shape;
  for (const InputValue& size : sizes) {
    shape.push_back(integer_of(size));
    if (shape.back() < 0) fail("a size is negative");
  }
  return shape;
}

std::vector<int64_t> shape_of(const InputValue& value) {
  if (is_sequence(value)) return sizes_of(value.items);
  return {integer_of(value)};
}

// How many arguments a function takes.
void expect(const Items& arguments, size_t least, size_t most,
            const char* usage) {
  if (arguments.size() >= least && arguments.size() <= most) return;
  fail(fmt::format("the function is {}", usage));
}

at::Tensor full(const Items& arguments, at::TensorOptions options) {
  expect(arguments, 2, 2, "full(SHAPE, VALUE)");
  return at::full(shape_of(arguments[0]), scalar_of(arguments[1]), options);
}

at::Tensor arange(const Items& arguments, at::TensorOptions options) {
  expect(arguments, 1, 3, "arange(END), (START, END) or (START, END, STEP)");
  if (arguments.size() == 1) {
    return at::arange(scalar_of(arguments[0]), options);
  }
  at::Scalar step =
      arguments.size() == 3 ? scalar_of(arguments[2]) : at::Scalar(1);
  return at::arange(scalar_of(arguments[0]), scalar_of(arguments[1]), step,
                    options);
}

at::Tensor randint(const Items& arguments, at::TensorOptions options) {
  expect(arguments, 2, 3, "randint(HIGH, SHAPE) or randint(LOW, HIGH, SHAPE)");
  int64_t low = arguments.size() == 3 ? integer_of(arguments[0]) : 0;
  int64_t high = integer_of(arguments[arguments.size() - 2]);
  if (!options.has_dtype()) options = options.dtype(at::kLong);
  return at::randint(low, high, shape_of(arguments.back()), options);
}

struct Function {
  const char* name;
  at::Tensor (*make)(const Items& arguments, at::TensorOptions options);
};

constexpr Function kFunctions[] = {
    {"rand", [](const Items& a,
                at::TensorOptions o) { return at::rand(sizes_of(a), o); }},
    {"randn", [](const Items& a,
                 at::TensorOptions o) { return at::randn(sizes_of(a), o); }},
    {"zeros", [](const Items& a,
                 at::TensorOptions o) { return at::zeros(sizes_of(a), o); }},
    {"ones", [](const Items& a,
                at::TensorOptions o) { return at::ones(sizes_of(a), o); }},
    {"full", full},
    {"arange", arange},
    {"randint", randint},
};

at::Tensor call(const InputValue& value) {
  at::TensorOptions options;
  if (value.dtype) options = options.dtype(to_scalar_type(*value.dtype));
  for (const Function& row : kFunctions) {
    if (value.text == row.name) return row.make(value.items, options);
  }
  fail("no such function");
}

// A nested list, flattened.
class Flattened {
 public:
  explicit Flattened(const InputValue& value) { add(value, 0); }

  at::Tensor tensor() const {
    auto values = at::empty(shape_, at::kDouble);
    auto integers = at::empty(shape_, at::kLong);
    if (has_floats_) {
      std::copy(numbers_.begin(), numbers_.end(), values.data_ptr<double>());
      return values.to(c10::get_default_dtype_as_scalartype());
    }
    if (numbers_.empty()) return at::empty(shape_);
    std::copy(integers_.begin(), integers_.end(), integers.data_ptr<int64_t>());
    return has_integers_ ? integers : integers.to(at::kBool);
  }

 private:
  void add(const InputValue& value, size_t depth) {
    bool is_new = depth == shape_.size() && !has_leaf_;
    if (!is_nested(value)) {
      if (depth != shape_.size()) fail("the lists are not of one depth");
      has_leaf_ = true;
      return add_number(value);
    }
    auto size = static_cast<int64_t>(value.items.size());
    if (is_new) {
      shape_.push_back(size);
    } else if (depth >= shape_.size() || shape_[depth] != size) {
      fail("the lists are not of one size");
    }
    for (const InputValue& item : value.items) add(item, depth + 1);
  }

  static bool is_nested(const InputValue& value) {
    return value.kind == Kind::kList || value.kind == Kind::kTuple;
  }

  void add_number(const InputValue& value) {
    at::Scalar scalar = scalar_of(value);
    has_floats_ |= value.kind == Kind::kFloat;
    has_integers_ |= value.kind == Kind::kInt;
    numbers_.push_back(scalar.toDouble());
    integers_.push_back(value.integer);
  }

  std::vector<int64_t> shape_;
  std::vector<double> numbers_;
  std::vector<int64_t> integers_;
  bool has_leaf_ = false;
  bool has_floats_ = false;
  bool has_integers_ = false;
};

}  // namespace

at::Tensor tensor_from(const InputValue& value) {
  if (value.kind == Kind::kCall) return call(value);
  at::Tensor tensor = Flattened(value).tensor();
  return value.dtype ? tensor.to(to_scalar_type(*value.dtype)) : tensor;
}

}  // namespace tsinspect
