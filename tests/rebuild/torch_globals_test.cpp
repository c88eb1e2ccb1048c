#include <gmock/gmock.h>

#include <set>

#include "rebuild/globals.h"
#include "support/expect_error.h"
#include "support/torch_file.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using namespace std::string_literals;
using pkl::Code;

constexpr const char* kBytes = "abcdefghijklmnopqrstuvwx";  // Six floats.

Code floats() { return pkl::storage("FloatStorage", "0", 6); }

Code matrix() { return pkl::tensor(floats(), 0, {2, 3}, {3, 1}); }

Code vector(int64_t offset, int64_t size) {
  return pkl::tensor(floats(), offset, {size}, {1});
}

Code longs(int64_t offset, int64_t size) {
  return pkl::tensor(pkl::storage("LongStorage", "1", 6), offset, {size}, {1});
}

// (storage, offset, size, stride), what plain tensors start with.
std::vector<Code> plain(const std::vector<Code>& more = {}) {
  std::vector<Code> all = {floats(), pkl::integer(1), pkl::integers({2}),
                           pkl::integers({2})};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Code call(const char* name, const std::vector<Code>& arguments) {
  return pkl::call(pkl::global(name), arguments);
}

Model read(const Code& value) {
  return opened(torch_zip(
      value, {{"0", kBytes},
              {"1", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&()*+,-."}}));
}

struct Example {
  const char* global;
  Code value;
  std::vector<std::string> tensors;
};

std::vector<Example> examples() {
  const Code hooks = pkl::ordered_dict({});
  const Code no = pkl::boolean(false), yes = pkl::boolean(true);
  const Code quantizer = pkl::tuple({pkl::global("torch.per_tensor_affine"),
                                     pkl::real(0.5), pkl::integer(3)});
  return {
      {"torch._utils._rebuild_tensor",
       call("torch._utils._rebuild_tensor", plain()),
       {" tensor float32 [2] [2]+1 @0"}},
      {"torch._utils._rebuild_tensor_v2",
       call("torch._utils._rebuild_tensor_v2", plain({yes, hooks})),
       {" tensor float32 [2] [2]+1 @0 grad"}},
      {"torch._utils._rebuild_tensor_v3",
       call("torch._utils._rebuild_tensor_v3",
            {pkl::storage("UntypedStorage", "0", 24), pkl::integer(1),
             pkl::integers({2}), pkl::integers({2}), no, hooks,
             pkl::global("torch.uint16")}),
       {" tensor uint16 [2] [2]+1 @0"}},
      {"torch._utils._rebuild_qtensor",
       call("torch._utils._rebuild_qtensor",
            {pkl::storage("QInt8Storage", "0", 24), pkl::integer(0),
             pkl::integers({4}), pkl::integers({1}), quantizer, no, hooks}),
       {" tensor qint8 [4] [1]+0 @0"}},
      {"torch._utils._rebuild_parameter",
       call("torch._utils._rebuild_parameter", {matrix(), yes, hooks}),
       {" parameter float32 [2,3] [3,1]+0 @0 grad"}},
      {"torch._utils._rebuild_parameter_with_state",
       call("torch._utils._rebuild_parameter_with_state",
            {matrix(), no, hooks, pkl::dict({})}),
       {" parameter float32 [2,3] [3,1]+0 @0"}},
      {"torch._utils._rebuild_sparse_tensor",
       call("torch._utils._rebuild_sparse_tensor",
            {pkl::global("torch.sparse_coo"),
             pkl::tuple({pkl::tensor(pkl::storage("LongStorage", "1", 6), 0,
                                     {1, 2}, {2, 1}),
                         vector(1, 2), pkl::integers({5})})}),
       {".indices tensor int64 [1,2] [2,1]+0 @0",
        ".values tensor float32 [2] [1]+1 @1"}},
      {"torch._utils._rebuild_sparse_csr_tensor",
       call("torch._utils._rebuild_sparse_csr_tensor",
            {call("torch.serialization._get_layout",
                  {pkl::text("torch.sparse_csr")}),
             pkl::tuple({longs(0, 3), longs(3, 2), vector(1, 2),
                         pkl::integers({2, 5})})}),
       {".crow_indices tensor int64 [3] [1]+0 @0",
        ".col_indices tensor int64 [2] [1]+3 @0",
        ".values tensor float32 [2] [1]+1 @1"}},
      {"torch._utils._rebuild_nested_tensor",
       call("torch._utils._rebuild_nested_tensor",
            {vector(0, 6), longs(0, 2), longs(2, 2), longs(4, 2)}),
       {".buffer tensor float32 [6] [1]+0 @0",
        ".sizes tensor int64 [2] [1]+0 @1",
        ".strides tensor int64 [2] [1]+2 @1",
        ".storage_offsets tensor int64 [2] [1]+4 @1"}},
      {"torch._utils._rebuild_meta_tensor_no_storage",
       call("torch._utils._rebuild_meta_tensor_no_storage",
            {pkl::global("torch.float16"), pkl::integers({2, 3}),
             pkl::integers({3, 1}), no}),
       {" tensor float16 [2,3] [3,1]+0 @none"}},
      {"torch._utils._rebuild_wrapper_subclass",
       call("torch._utils._rebuild_wrapper_subclass",
            {pkl::global("my.Tensor"), pkl::global("torch.bfloat16"),
             call("torch.Size", {pkl::list({pkl::integer(7)})}),
             pkl::integers({1}), pkl::integer(0), pkl::none(), pkl::none(),
             yes}),
       {" tensor bfloat16 [7] [1]+0 @none grad"}},
      {"torch._utils._rebuild_device_tensor_from_numpy",
       call("torch._utils._rebuild_device_tensor_from_numpy",
            {matrix(), pkl::global("torch.float32"), pkl::text("xla:0"), yes}),
       {" tensor float32 [2,3] [3,1]+0 @0 grad"}},
      {"torch._utils._rebuild_device_tensor_from_cpu_tensor",
       call("torch._utils._rebuild_device_tensor_from_cpu_tensor",
            {matrix(), pkl::global("torch.float32"), pkl::text("xla:0"), no}),
       {" tensor float32 [2,3] [3,1]+0 @0"}},
      {"torch._utils._rebuild_xla_tensor",
       call("torch._utils._rebuild_xla_tensor",
            {matrix(), pkl::global("torch.float32"), pkl::text("xla:0"), no}),
       {" tensor float32 [2,3] [3,1]+0 @0"}},
      {"torch._tensor._rebuild_from_type",
       call("torch._tensor._rebuild_from_type",
            {pkl::global("torch._utils._rebuild_tensor"),
             pkl::global("my.Tensor"), pkl::tuple(plain()), pkl::dict({})}),
       {" tensor float32 [2] [2]+1 @0"}},
      {"torch._tensor._rebuild_from_type_v2",
       call("torch._tensor._rebuild_from_type_v2",
            {pkl::global("torch._utils._rebuild_tensor"),
             pkl::global("torch.nn.parameter.Parameter"), pkl::tuple(plain()),
             pkl::dict({})}),
       {" parameter float32 [2] [2]+1 @0"}},
      {"torch.tensor._rebuild_from_type",
       call("torch.tensor._rebuild_from_type",
            {pkl::global("torch._utils._rebuild_tensor"),
             pkl::global("torch.Tensor"), pkl::tuple(plain()), pkl::dict({})}),
       {" tensor float32 [2] [2]+1 @0"}},
      {"torch.nn.parameter.Parameter",
       pkl::build(call("torch.nn.parameter.Parameter", {matrix()}),
                  pkl::tuple({yes, no, hooks})),
       {" parameter float32 [2,3] [3,1]+0 @0 grad"}},
      {"torch.nn.parameter.Buffer",
       call("torch.nn.parameter.Buffer", {matrix()}),
       {" tensor float32 [2,3] [3,1]+0 @0"}},
      {"torch.autograd.variable.Variable",
       pkl::build(call("torch.autograd.variable.Variable", {matrix()}),
                  pkl::tuple({no, no, hooks})),
       {" tensor float32 [2,3] [3,1]+0 @0"}},
      {"torch.FloatTensor",
       pkl::build(
           call("torch.cuda.DoubleTensor", {}),
           pkl::tuple({pkl::storage("DoubleStorage", "0", 3), pkl::integer(1),
                       pkl::integers({2}), pkl::integers({1})})),
       {" tensor float64 [2] [1]+1 @0"}},
  };
}

TEST(TorchGlobals, EachMeansATensor) {
  for (const Example& example : examples()) {
    SCOPED_TRACE(example.global);
    Model model = read(example.value);
    EXPECT_EQ(tensor_lines(model), example.tensors);
  }
}

TEST(TorchGlobals, EveryRowHasAnExample) {
  std::set<std::string> rows, shown;
  for (const GlobalMeaning& row : torch_globals()) rows.insert(row.name);
  for (const Example& example : examples()) shown.insert(example.global);
  EXPECT_EQ(rows, shown);
}

TEST(TorchGlobals, EveryRowLacksSomethingWithoutArguments) {
  // The oldest are objects whose state counts; without one they are none.
  const std::set<std::string> calls_alone = {
      "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer",
      "torch.autograd.variable.Variable", "torch.FloatTensor"};
  for (const GlobalMeaning& row : torch_globals()) {
    SCOPED_TRACE(row.name);
    if (calls_alone.contains(row.name)) {
      EXPECT_THAT(tensor_lines(read(call(row.name, {}))), ElementsAre());
    } else {
      EXPECT_THROW(read(call(row.name, {})), Error);
    }
  }
}

TEST(TorchGlobals, KeepConjugateAndNegativeBits) {
  Code bits = pkl::dict({{pkl::text("conj"), pkl::boolean(true)},
                         {pkl::text("neg"), pkl::boolean(true)}});
  Model model =
      read(call("torch._utils._rebuild_tensor_v2",
                {pkl::storage("ComplexFloatStorage", "0", 3), pkl::integer(0),
                 pkl::integers({3}), pkl::integers({1}), pkl::boolean(false),
                 pkl::ordered_dict({}), bits}));
  ASSERT_NE(model.tensors[0].details, nullptr);
  EXPECT_TRUE(model.tensors[0].details->conjugate);
  EXPECT_TRUE(model.tensors[0].details->negative);
  EXPECT_EQ(read(matrix()).tensors[0].details, nullptr);
}

TEST(TorchGlobals, KeepTheQuantizer) {
  Model model = read(examples()[3].value);
  const Quantization& q = *model.tensors[0].details->quantization;
  EXPECT_EQ(q.scheme, "per_tensor_affine");
  EXPECT_EQ(q.scale, 0.5);
  EXPECT_EQ(q.zero_point, 3);
}

// A tensor of two channels, quantised with these scales and zero points.
Code per_channel(const Code& scales, const Code& zero_points, int64_t axis) {
  Code quantizer = pkl::tuple({pkl::global("torch.per_channel_affine"), scales,
                               zero_points, pkl::integer(axis)});
  return call("torch._utils._rebuild_qtensor",
              {pkl::storage("QInt8Storage", "0", 24), pkl::integer(0),
               pkl::integers({3, 2}), pkl::integers({2, 1}), quantizer,
               pkl::boolean(false), pkl::ordered_dict({})});
}

TEST(TorchGlobals, ReadScalesOfEachChannel) {
  Model model = read(per_channel(pkl::list({pkl::real(0.5), pkl::real(0.25)}),
                                 longs(1, 2), 1));
  const Quantization& q = *model.tensors[0].details->quantization;
  EXPECT_EQ(q.axis, 1);
  EXPECT_THAT(q.scales, ElementsAre(0.5, 0.25));
  EXPECT_THAT(q.zero_points,
              ElementsAre(0x504f4e4d4c4b4a49, 0x5857565554535251));
}

TEST(TorchGlobals, LeaveScalesThatHaveNoData) {
  Code meta = call("torch._utils._rebuild_meta_tensor_no_storage",
                   {pkl::global("torch.float64"), pkl::integers({2}),
                    pkl::integers({1}), pkl::boolean(false)});
  Model model = read(per_channel(meta, meta, 1));
  EXPECT_THAT(model.tensors[0].details->quantization->scales, ElementsAre());
}

TEST(TorchGlobals, KeepTheLayoutOfParts) {
  Model model = read(examples()[6].value);
  EXPECT_EQ(model.tensors[0].details->layout, "sparse_coo");
  EXPECT_THAT(model.tensors[1].details->whole_shape, ElementsAre(5));
}

TEST(TorchGlobals, KeepTheClassOfASubclass) {
  EXPECT_EQ(read(examples()[14].value).tensors[0].details->python_class,
            "my.Tensor");
  EXPECT_EQ(read(examples()[10].value).tensors[0].details->python_class,
            "my.Tensor");
  EXPECT_EQ(read(examples()[16].value).tensors[0].details, nullptr);
}

TEST(TorchGlobals, AParameterMayBeOfASubclass) {
  Code inner =
      call("torch._tensor._rebuild_from_type_v2",
           {pkl::global("torch._utils._rebuild_parameter"),
            pkl::global("my.Weights"),
            pkl::tuple({matrix(), pkl::boolean(true), pkl::ordered_dict({})}),
            pkl::dict({})});
  Model model = read(inner);
  EXPECT_THAT(tensor_lines(model),
              ElementsAre(" parameter float32 [2,3] [3,1]+0 @0 grad"));
  EXPECT_EQ(model.tensors[0].details->python_class, "my.Weights");
}

TEST(TorchGlobals, ASubclassOfAnUnknownFunctionIsLookedInto) {
  Code value = call("torch._tensor._rebuild_from_type_v2",
                    {pkl::global("my.rebuild"), pkl::global("my.Tensor"),
                     pkl::tuple({matrix(), pkl::integer(1)}), pkl::dict({})});
  EXPECT_THAT(tensor_lines(read(value)),
              ElementsAre("2.0 tensor float32 [2,3] [3,1]+0 @0"));
}

TEST(HostileTensor, ASubclassMayHaveAFunctionThatMakesNone) {
  for (const char* function : {"torch.FloatTensor", "os.system"}) {
    Code value = call("torch._tensor._rebuild_from_type_v2",
                      {pkl::global(function), pkl::global("my.Tensor"),
                       pkl::tuple({}), pkl::dict({})});
    EXPECT_THAT(tensor_lines(read(value)), ElementsAre());
  }
}

struct Bad {
  Code value;
  ErrorKind kind;
  const char* what;  // Behind "tensor 'x': ".
};

std::vector<Bad> bad_values() {
  const Code hooks = pkl::ordered_dict({});
  const Code no = pkl::boolean(false);
  const char* v2 = "torch._utils._rebuild_tensor_v2";
  const char* qtensor = "torch._utils._rebuild_qtensor";
  auto with = [&](size_t index, const Code& value) {
    std::vector<Code> arguments = plain({no, hooks});
    arguments[index] = value;
    return call(v2, arguments);
  };
  const Code two = pkl::list({pkl::real(0.5), pkl::real(0.25)});
  // A tensor object that was never given its state.
  const Code nothing = call("torch.FloatTensor", {});
  constexpr ErrorKind kMalformed = ErrorKind::kMalformed;
  return {
      {with(0, pkl::integer(1)), kMalformed,
       "torch._utils._rebuild_tensor_v2: its storage is no storage"},
      {with(1, pkl::text("1")), kMalformed,
       "torch._utils._rebuild_tensor_v2: its offset is no integer"},
      {with(2, pkl::tuple({pkl::real(2)})), kMalformed,
       "torch._utils._rebuild_tensor_v2: its shape is no integer"},
      {with(3, pkl::tuple({pkl::none()})), kMalformed,
       "torch._utils._rebuild_tensor_v2: its strides is no integer"},
      {with(4, pkl::integer(1)), kMalformed,
       "torch._utils._rebuild_tensor_v2: its requires_grad is no boolean"},
      {with(2, pkl::integers(std::vector<int64_t>(65, 1))), ErrorKind::kLimit,
       "torch._utils._rebuild_tensor_v2: a shape of 65 dimensions"},
      {call(v2, plain()), kMalformed,
       "torch._utils._rebuild_tensor_v2: no requires_grad"},
      {call("torch._utils._rebuild_tensor_v3",
            plain({no, hooks, pkl::text("float32")})),
       ErrorKind::kUnsupported,
       "torch._utils._rebuild_tensor_v3: dtype 'float32'"},
      {call("torch._utils._rebuild_tensor_v3",
            plain({no, hooks, pkl::global("torch.float9")})),
       ErrorKind::kUnsupported,
       "torch._utils._rebuild_tensor_v3: dtype 'torch.float9'"},
      {call("torch._utils._rebuild_parameter", {pkl::integer(1), no, hooks}),
       kMalformed, "torch._utils._rebuild_parameter: its data is no tensor"},
      {call("torch._utils._rebuild_parameter", {nothing, no, hooks}),
       kMalformed, "torch._utils._rebuild_parameter: its data is no tensor"},
      {call(qtensor, plain({pkl::tuple({pkl::none()}), no, hooks})), kMalformed,
       "torch._utils._rebuild_qtensor: its quantizer has too few fields"},
      {call(qtensor, plain({pkl::tuple({pkl::global("torch.x"), pkl::integer(1),
                                        pkl::integer(1)}),
                            no, hooks})),
       kMalformed, "torch._utils._rebuild_qtensor: its scale is no number"},
      {per_channel(two, two, 2), kMalformed,
       "torch._utils._rebuild_qtensor: its axis is none of its shape"},
      {per_channel(two, two, -1), kMalformed,
       "torch._utils._rebuild_qtensor: its axis is none of its shape"},
      {per_channel(two, longs(0, 3), 1), kMalformed,
       "torch._utils._rebuild_qtensor: its scales do not fit its shape"},
      {per_channel(pkl::list({pkl::text("a"), pkl::text("b")}), two, 1),
       kMalformed, "torch._utils._rebuild_qtensor: its scale is no integer"},
      {per_channel(pkl::tensor(floats(), 0, {2}, {0}), two, 1), kMalformed,
       "torch._utils._rebuild_qtensor: its scales do not fit its shape"},
      {per_channel(pkl::integer(1), two, 1), kMalformed,
       "torch._utils._rebuild_qtensor: its list of scales or zero points is no "
       "tensor"},
      {call("torch._utils._rebuild_sparse_tensor",
            {pkl::global("torch.sparse_dia"), pkl::tuple({})}),
       ErrorKind::kUnsupported, "sparse layout 'sparse_dia'"},
      {call("torch._utils._rebuild_sparse_tensor",
            {pkl::global("torch.sparse_coo"),
             pkl::tuple({longs(0, 1), vector(0, 1)})}),
       kMalformed,
       "torch._utils._rebuild_sparse_tensor: its data has too few fields"},
      {call("torch._utils._rebuild_sparse_tensor",
            {pkl::global("torch.sparse_coo"),
             pkl::tuple({pkl::none(), vector(0, 1), pkl::integers({5})})}),
       kMalformed,
       "torch._utils._rebuild_sparse_tensor: its .indices is no tensor"},
  };
}

TEST(BadTensor, IsRefusedByName) {
  for (const Bad& bad : bad_values()) {
    std::string what = "tensor 'x': "s + bad.what;
    expect_error(bad.kind, what, [&] {
      read(pkl::dict({{pkl::text("x"), bad.value}}));
    });
  }
}

TEST(BadTensor, ReachesBeyondItsStorage) {
  expect_error(ErrorKind::kMalformed,
               "tensor 'x': shape [2, 3], strides [3, 1] and offset 1 reach 7 "
               "elements of float32, but its storage has 24 bytes",
               [] {
                 read(pkl::dict({{pkl::text("x"),
                                  pkl::tensor(floats(), 1, {2, 3}, {3, 1})}}));
               });
}

TEST(HostileTensor, AnObjectWithoutItsStateIsNone) {
  Code nothing = call("torch.FloatTensor", {});
  EXPECT_THAT(tensor_lines(read(nothing)), ElementsAre());
  EXPECT_THAT(
      tensor_lines(read(call("torch.nn.parameter.Parameter", {nothing}))),
      ElementsAre());
}

TEST(HostileTensor, IsRebuiltByCallsWithoutEnd) {
  Code value = matrix();
  for (int i = 0; i < 17; ++i) {
    value = call("torch._utils._rebuild_parameter",
                 {value, pkl::boolean(false), pkl::none()});
  }
  expect_error(ErrorKind::kLimit,
               "tensor '': a tensor rebuilt by too many calls",
               [&] { read(value); });
}

TEST(HostileTensor, RebuildsItself) {
  // The call is appended to the list that is its arguments.
  Code value = "ctorch._utils\n_rebuild_parameter\n" + pkl::put(0, "]") + "R" +
               pkl::put(1, "") + "0" + pkl::get(0) + pkl::get(1) + "a0" +
               pkl::get(1);
  expect_error(ErrorKind::kLimit,
               "tensor '': a tensor rebuilt by too many calls",
               [&] { read(value); });
}

TEST(HostileTensor, SharesScalesAgainAndAgain) {
  Code numbers;
  for (int i = 0; i < 2'000; ++i) numbers += pkl::real(i);
  Code list = pkl::put(9, "](" + numbers + "e");
  Code quantizer =
      pkl::put(8, pkl::tuple({pkl::global("torch.per_channel_affine"), list,
                              pkl::get(9), pkl::integer(0)}));
  Code one = call("torch._utils._rebuild_qtensor",
                  {pkl::storage("QInt8Storage", "0", 24), pkl::integer(0),
                   pkl::integers({2'000}), pkl::integers({0}), quantizer,
                   pkl::boolean(false), pkl::none()});
  Code again = call("torch._utils._rebuild_qtensor",
                    {pkl::storage("QInt8Storage", "0", 24), pkl::integer(0),
                     pkl::integers({2'000}), pkl::integers({0}), pkl::get(8),
                     pkl::boolean(false), pkl::none()});
  std::vector<Code> items(100, again);
  items[0] = one;
  EXPECT_NO_THROW(read(pkl::list({one, again})));
  try {
    read(pkl::list(items));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kLimit);
  }
}

}  // namespace
}  // namespace tsinspect
