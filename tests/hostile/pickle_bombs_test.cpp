// Pickles that nest, share, repeat and lie.

#include "hostile/bombs.h"

namespace tsinspect::hostile {
namespace {

using pkl::Code;

constexpr auto kMalformed = ErrorKind::kMalformed;
constexpr auto kLimit = ErrorKind::kLimit;
constexpr auto kUnsupported = ErrorKind::kUnsupported;

// Pickles are read alike wherever they stand: in an archive, or alone.
void expect_value_read(const Code& value) {
  expect_read(torch_zip(pkl::pickle(value)));
  expect_read(pkl::pickle(value));
}

void expect_value_refused(const Code& value, ErrorKind kind,
                          std::string_view part) {
  expect_refused(torch_zip(pkl::pickle(value)), kind, part);
}

Code put(uint32_t index) {
  Code code = "r";
  for (int i = 0; i < 4; ++i) code += static_cast<char>(index >> 8 * i);
  return code;
}

Code get(uint32_t index) { return "j" + put(index).substr(1); }

TEST(PickleBomb, NestsAMillionLists) {
  expect_value_read(repeated("]", kMillion) + repeated("a", kMillion - 1));
}

TEST(PickleBomb, NestsAMillionTuples) {
  expect_value_read(")" + repeated("\x85", kMillion));
}

TEST(PickleBomb, NestsAMillionMarkedTuples) {
  expect_value_read(repeated("(", kMillion) + repeated("t", kMillion));
}

TEST(PickleBomb, NestsAMillionDicts) {
  expect_value_read(repeated("}N", kMillion) + "N" + repeated("s", kMillion));
}

TEST(PickleBomb, NestsAMillionObjects) {
  expect_value_read(pkl::global("a.B") + put(0) + "0" +
                    repeated(get(0) + "(", kMillion / 4) +
                    repeated("tR", kMillion / 4));
}

TEST(PickleBomb, NestsAMillionPersistentIds) {
  expect_value_read("N" + repeated("Q", kMillion));
}

TEST(PickleBomb, NestsAMillionStates) {
  expect_value_read(pkl::global("a.B") + put(0) + "0" +
                    repeated(get(0) + ")\x81", kMillion / 8) +
                    repeated("b", kMillion / 8 - 1));
}

TEST(PickleBomb, NestsTensorsInTensorCalls) {
  std::string open = pkl::global("torch._utils._rebuild_parameter") + "(";
  expect_value_refused(repeated(open, 10000) + "N" + repeated("\x89}tR", 10000),
                       kLimit, "rebuilt by too many calls");
}

TEST(PickleBomb, NestsWrappers) {
  std::string open = pkl::global("torch.jit._pickle.restore_type_tag") + "(";
  expect_value_read(repeated(open, 10000) + "N" + repeated("NtR", 10000));
}

TEST(PickleBomb, LeavesAMillionMarks) {
  expect_value_refused(repeated("(", kMillion), kMalformed,
                       "the stack is empty");
}

// Each list holds the one before it many times: 10^30 leaves.
TEST(PickleBomb, LaughsInLists) {
  Code code = "]" + put(0);
  for (uint32_t i = 0; i < 30; ++i) {
    code += "0](" + repeated(get(i), 10) + "e" + put(i + 1);
  }
  expect_value_read(code);
}

TEST(PickleBomb, LaughsInDicts) {
  Code code = "}" + put(0);
  for (uint32_t i = 0; i < 30; ++i) {
    code += "0}(";
    for (int key = 0; key < 10; ++key) code += pkl::integer(key) + get(i);
    code += "u" + put(i + 1);
  }
  expect_value_read(code);
}

TEST(PickleBomb, LaughsInModules) {
  Code code = pkl::module(
      "a.B", {.parameters = {{pkl::text("w"), pkl::float_vector("0", 2)}}});
  code += put(0);
  for (uint32_t i = 0; i < 30; ++i) {
    std::vector<std::pair<Code, Code>> modules;
    for (int child = 0; child < 10; ++child) {
      modules.emplace_back(pkl::text(std::to_string(child)), get(i));
    }
    code += "0" + pkl::module("a.B", {.modules = modules}) + put(i + 1);
  }
  Model model = expect_read(torch_zip(pkl::pickle(code)));
  EXPECT_EQ(model.modules.size(), 31U);
}

TEST(PickleBomb, LaughsInTensors) {
  Code code = pkl::float_vector("0", 2) + put(0);
  code += "0](" + repeated(get(0), 200000) + "e";
  expect_cheap(torch_zip(pkl::pickle(code)));
}

TEST(PickleBomb, LaughsInKeys) {
  // Each key is a tuple of the one before it, twice.
  Code code = pkl::text("k") + put(0);
  for (uint32_t i = 0; i < 60; ++i)
    code += "0" + get(i) + get(i) + "\x86" + put(i + 1);
  expect_read(
      torch_zip(pkl::pickle("}" + code + pkl::float_vector("0", 2) + "s")));
}

TEST(PickleBomb, HoldsItself) {
  expect_value_read("]" + put(0) + get(0) + "a");
  expect_value_read("}" + put(0) + "N" + get(0) + "s");
  expect_value_read("]" + put(0) + get(0) + "\x85" + "a");
  expect_value_read(pkl::global("a.B") + ")\x81" + put(0) + get(0) + "b");
  expect_value_read(pkl::global("collections.OrderedDict") + ")R" + put(0) +
                    pkl::text("self") + get(0) + "s");
}

TEST(PickleBomb, IsAModuleThatHoldsItself) {
  Code state = "}(" + pkl::text("_parameters") + "}" + pkl::text("_modules") +
               "}" + pkl::text("m") + get(0) + "su";
  expect_value_read(pkl::global("a.B") + ")\x81" + put(0) + state + "b");
}

TEST(PickleBomb, HasATensorMadeOfItself) {
  Code code = pkl::global("torch._utils._rebuild_parameter") + "]" + put(0) +
              "R" + put(1) + "0" + get(0) + get(1) + "a0" + get(1);
  expect_cheap(torch_zip(pkl::pickle(code)));
}

// Many tensors share one long list of scales.
TEST(PickleBomb, SharesItsScales) {
  constexpr int64_t kScales = 20000;
  Code scales = "](";
  for (int64_t i = 0; i < kScales; ++i) scales += pkl::real(1);
  Code zeros = "](" + repeated("K\1", kScales);
  Code setup = scales + "e" + put(0) + "0" + zeros + "e" + put(1) + "0" +
               pkl::storage("QInt8Storage", "0", 1) + put(2) + "0" +
               pkl::tuple({pkl::integer(kScales)}) + put(3) + "0" +
               pkl::tuple({pkl::integer(0)}) + put(4) + "0" +
               pkl::tuple({pkl::global("torch.per_channel_affine"), get(0),
                           get(1), std::string("K\0", 2)}) +
               put(5) + "0" + pkl::global("torch._utils._rebuild_qtensor") +
               put(6) + "0";
  Code one = get(6) + "(" + get(2) + "K" + std::string(1, '\0') + get(3) +
             get(4) + get(5) + "\x89}tR";
  expect_cheap(
      torch_zip(pkl::pickle(setup + "](" + repeated(one, 5000) + "e")));
}

// Many arrays share one long text of data.
TEST(PickleBomb, SharesTheDataOfItsArrays) {
  Code data =
      pkl::call(pkl::global("_codecs.encode"),
                {pkl::text(std::string(200000, 'x')), pkl::text("latin1")});
  Code dtype =
      pkl::call(pkl::global("numpy.dtype"), {pkl::text("u1"), "\x89", "\x88"});
  Code setup = data + put(0) + "0" + dtype + put(1) + "0" +
               pkl::global("numpy.core.multiarray._reconstruct") + put(2) +
               "0" +
               pkl::tuple({"K\1", pkl::tuple({pkl::integer(200000)}), get(1),
                           "\x89", get(0)}) +
               put(3) + "0";
  Code one = get(2) + ")R" + get(3) + "b";
  expect_cheap(
      torch_zip(pkl::pickle(setup + "](" + repeated(one, 10000) + "e")));
}

// Many objects share one state of many entries.
TEST(PickleBomb, SharesTheStateOfItsObjects) {
  Code state = "}(" + repeated("K\1N", 100000) + "u" + put(0) + "0";
  Code one = get(1) + ")\x81" + get(0) + "b";
  expect_value_read(state + pkl::global("a.B") + put(1) + "0](" +
                    repeated(one, 50000) + "e");
}

// Many modules share tables of many entries.
TEST(PickleBomb, SharesTheTablesOfItsModules) {
  Code table = "}(" + repeated("K\1N", 50000) + "u" + put(0) + "0";
  Code state = "}(" + pkl::text("_parameters") + get(0) +
               pkl::text("_modules") + get(0) + "u" + put(1) + "0";
  Code one = get(2) + ")\x81" + get(1) + "b";
  expect_cheap(
      torch_zip(pkl::pickle(table + state + pkl::global("a.B") + put(2) +
                            "0](" + repeated(one, 20000) + "e")));
}

TEST(PickleBomb, HasALongNameAtEveryDepth) {
  Code name = pkl::text(std::string(1000, 'n'));
  Code code = name + put(0) + "0" + pkl::float_vector("0", 2) + put(1) + "0" +
              repeated("}(" + pkl::text("w") + get(1) + get(0), 5000) + "N" +
              repeated("u", 5000);
  expect_value_refused(code, kLimit, "names of tensors and modules take");
}

TEST(PickleBomb, HasLongNamesOfGlobals) {
  Code module = pkl::text(std::string(500000, 'm')) + put(0) + "0";
  Code code = module;
  for (int i = 0; i < 30000; ++i) {
    code += get(0) + pkl::text(std::to_string(i)) + "\x93" + "0";
  }
  expect_value_refused(code + "N", kLimit, "names of globals");
}

TEST(PickleBomb, HasAMillionGlobals) {
  Code code;
  for (int i = 0; i < 200000; ++i) {
    code += "ca\n" + std::to_string(i) + "\n0";
  }
  expect_value_read(code + "N");
}

TEST(PickleBomb, HasAMillionExtensionCodes) {
  Code code;
  for (uint32_t i = 0; i < 200000; ++i) code += "\x84" + get(i).substr(1) + "0";
  expect_value_read(code + "N");
}

TEST(PickleBomb, NamesAnExtensionCode) {
  Model model = expect_read(torch_zip(pkl::pickle("\x82\x07")));
  ASSERT_EQ(model.imports.size(), 1U);
  EXPECT_EQ(model.imports[0].name, "copyreg._inverted_registry[7]");
}

TEST(PickleBomb, ClaimsAHugeInteger) {
  expect_value_refused("\x8b\xff\xff\xff\xff", kMalformed,
                       "unable to read integer: need 4294967295 bytes");
}

TEST(PickleBomb, HasAHugeDecimalInteger) {
  expect_value_refused("L" + std::string(kMillion, '9') + "L\n", kMalformed,
                       "too many digits");
}

TEST(PickleBomb, HasAHugeBinaryInteger) {
  std::string digits(kMillion, '\x7f');
  expect_value_read("\x8b" + get(kMillion).substr(1) + digits);
}

TEST(PickleBomb, ClaimsAHugeString) {
  expect_value_refused("X\xff\xff\xff\xff", kMalformed,
                       "unable to read string: need 4294967295 bytes");
  expect_value_refused("\x8d\xff\xff\xff\xff\xff\xff\xff\xff", kMalformed,
                       "unable to read string");
  expect_value_refused("\x8e\xff\xff\xff\xff\xff\xff\xff\x7f", kMalformed,
                       "unable to read bytes");
}

TEST(PickleBomb, MemoizesAtFourBillion) {
  Model model = expect_read(
      torch_zip(pkl::pickle("]" + put(UINT32_MAX) + "0" + get(UINT32_MAX))));
  EXPECT_EQ(model.objects.kind(model.root), ObjectKind::kList);
  Code far;
  for (uint32_t i = 0; i < 100000; ++i) far += put(UINT32_MAX - i);
  expect_value_read("]" + far);
}

TEST(PickleBomb, GetsWhatWasNeverPut) {
  expect_value_refused(get(UINT32_MAX), kMalformed,
                       "there is no memo entry 4294967295");
  expect_value_refused("g18446744073709551616\n", kMalformed,
                       "a memo index is no number");
}

TEST(PickleBomb, HasNoStop) {
  expect_refused(torch_zip("\x80\2]"), kMalformed, "unable to read opcode");
}

TEST(PickleBomb, IsEmpty) {
  expect_refused(torch_zip(""), kMalformed, "unable to read opcode");
}

TEST(PickleBomb, StopsWithoutAValue) {
  expect_refused(torch_zip("\x80\2."), kMalformed, "the stack is empty");
}

TEST(PickleBomb, HasAnUnknownOpcode) {
  expect_value_refused("\xff", kMalformed, "0xff is no opcode");
  expect_value_refused("]Z", kMalformed, "0x5a is no opcode");
}

TEST(PickleBomb, IsOfALaterProtocol) {
  expect_refused(torch_zip("\x80\6N."), kUnsupported, "pickle protocol 6");
}

TEST(PickleBomb, NeedsBuffersOutsideOfIt) {
  expect_value_refused("\x97", kUnsupported, "buffers that lie outside");
}

TEST(PickleBomb, NamesAGlobalWithoutALineEnd) {
  expect_value_refused("c" + std::string(kMillion, 'g'), kMalformed,
                       "unable to read module name");
}

TEST(PickleBomb, LiesAboutItsFrames) {
  Code value = "\x95\xff\xff\xff\xff\xff\xff\xff\xff]\x95";
  expect_value_read(value + std::string(8, '\0'));
}

TEST(PickleBomb, UsesAStackThatIsEmpty) {
  for (const char* code : {"a", "s", "b", "R", "\x81", "\x92", "\x93", "Q",
                           "\x85", "\x86", "\x87", "2", "0", "q\1", "\x94"}) {
    expect_value_refused(code, kMalformed, "the stack is empty");
  }
  for (const char* code : {"t", "l", "d", "e", "u", "1", "o", "\x90", "\x91"}) {
    expect_value_refused(code, kMalformed, "there is no mark");
  }
}

TEST(PickleBomb, ReachesBelowAMark) {
  expect_value_refused("](Na", kMalformed, "the stack is empty");
  expect_value_refused("N(R", kMalformed, "the stack is empty");
}

TEST(PickleBomb, FillsWhatIsNoContainer) {
  expect_value_refused("NNa", kMalformed, "no list");
  expect_value_refused("NNNs", kMalformed, "no dict");
  expect_value_refused("](Nu", kMalformed, "key without a value");
}

}  // namespace
}  // namespace tsinspect::hostile
