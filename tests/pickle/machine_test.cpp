#include "pickle/machine.h"

#include <gmock/gmock.h>

#include "pickle/pickle.h"
#include "support/expect_error.h"
#include "support/object_text.h"
#include "support/pickle_builder.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::string_literals;

struct Result {
  ObjectGraph graph;
  std::vector<Import> imports;
  ObjectRef root = kNoObject;

  std::string text() const { return object_text(graph, root); }
};

// `pickle` must outlive the result.
Result read(std::string_view pickle) {
  Result result;
  ByteReader in(pickle);
  result.root = read_pickle(&in, 7, &result.graph, &result.imports);
  return result;
}

std::vector<std::string> imports(const Result& result) {
  std::vector<std::string> all;
  for (const Import& import : result.imports) {
    all.push_back(std::string(import.name) + "@" +
                  std::to_string(import.offset) + "x" +
                  std::to_string(import.calls));
  }
  return all;
}

TEST(Machine, OneObjectNamedTwiceIsOneNode) {
  std::string pickle = pkl::pickle(
      pkl::tuple({pkl::put(3, pkl::list({pkl::integer(1)})), pkl::get(3)}));
  Result result = read(pickle);
  auto items = result.graph.items(result.root);
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0], items[1]);
}

TEST(Machine, ChangesToASharedObjectShowInAllPlaces) {
  // a = [1]; b = (a, a); a.append(2)
  Result result = read("]q\0K\1ah\0h\0\x86q\1h\0K\2a0."s);
  EXPECT_EQ(result.text(), "([1, 2], [1, 2])");
}

TEST(Machine, AListMayHoldItself) {
  Result result = read("]q\0h\0a."s);
  EXPECT_EQ(result.text(), "[...]");
  EXPECT_EQ(result.graph.items(result.root)[0], result.root);
}

TEST(Machine, AnObjectsStateMayHoldTheObject) {
  std::string pickle =
      pkl::pickle(pkl::build(pkl::put(0, pkl::call(pkl::global("a.B"), {})),
                             pkl::dict({{pkl::text("self"), pkl::get(0)}})));
  EXPECT_EQ(read(pickle).text(), "<a.B>()|{'self': ...}");
}

TEST(Machine, ATupleMayHoldItselfThroughAList) {
  // As pickle.py writes it: the tuple is built, thrown away and taken out of
  // the memo.
  Result result = read(
      "]q\0(h\0tq\1"
      "0h\0h\1a0h\1."s);
  EXPECT_EQ(result.text(), "([...])");
}

TEST(Machine, AMemoEntryMayBeReplacedAndFarAway) {
  EXPECT_EQ(read("K\1q\5K\2q\5h\5\x86."s).text(), "(2, 2)");
  EXPECT_EQ(read("K\1r\xff\xff\xff\xff"
                 "0j\xff\xff\xff\xff.")
                .text(),
            "1");
  EXPECT_EQ(read("K\1p18446744073709551615\n0g18446744073709551615\n.").text(),
            "1");
}

TEST(Machine, StopsAtStopAndLeavesTheRest) {
  std::string bytes = "K\1.K\2.";
  ByteReader in(bytes);
  ObjectGraph graph;
  std::vector<Import> imports;
  EXPECT_EQ(graph.integer(read_pickle(&in, 0, &graph, &imports)), 1);
  EXPECT_EQ(in.position(), 3u);
  EXPECT_EQ(graph.integer(read_pickle(&in, 0, &graph, &imports)), 2);
}

TEST(Machine, ItemsOfAnObjectAreItsOwn) {
  // An OrderedDict, and a list subclass with a state.
  std::string dict =
      pkl::pickle(pkl::ordered_dict({{pkl::text("a"), pkl::integer(1)}}));
  EXPECT_EQ(read(dict).text(), "<collections.OrderedDict>(){'a': 1}");
  EXPECT_EQ(read("ca\nL\n)\x81(K\1K\2eK\3a}b.").text(), "<a.L>()[1, 2, 3]|{}");
}

TEST(Machine, ReadsAnOrderedDictOfPython2) {
  std::string pickle = pkl::pickle(
      pkl::call(pkl::global("collections.OrderedDict"),
                {pkl::list({pkl::list({pkl::text("a"), pkl::integer(1)}),
                            pkl::list({pkl::text("b"), pkl::integer(2)})})}));
  EXPECT_EQ(read(pickle).text(),
            "<collections.OrderedDict>([['a', 1], ['b', 2]])");
}

TEST(Machine, ReadsAnObjectOfProtocol0) {
  EXPECT_EQ(read("ccopy_reg\n_reconstructor\n(ca\nB\nc__builtin__\nobject\n"
                 "Ntp0\nRp1\n(dp2\nVx\nI5\nsb.")
                .text(),
            "<copy_reg._reconstructor>(<a.B>, <__builtin__.object>, None)"
            "|{'x': 5}");
}

TEST(Machine, ACallableMayBeAPersistentId) {
  std::string pickle = pkl::pickle(pkl::call(
      pkl::persistent(pkl::tuple({pkl::text("module"), pkl::global("a.B"),
                                  pkl::text("b.py"), pkl::text("class B")})),
      {}));
  Result result = read(pickle);
  EXPECT_EQ(result.text(), "@('module', <a.B>, 'b.py', 'class B')()");
  EXPECT_THAT(imports(result), ElementsAre("a.B@14x0"));
}

TEST(Machine, StateOfAGlobalIsDropped) {
  EXPECT_EQ(read("ca\nB\n}b.").text(), "<a.B>");
}

TEST(Machine, CountsImportsAndTheirCalls) {
  Result result = read("(ca\nB\n)Rca\nC\nca\nB\n)\x81(ia\nC\n(ca\nB\not.");
  EXPECT_THAT(imports(result), ElementsAre("a.B@1x3", "a.C@8x1"));
  EXPECT_EQ(result.imports[0].record, 7u);
}

TEST(Machine, KeepsWhatWasReadBeforeAnError) {
  std::string pickle = "ca\nB\nca\nC\n\xff";
  Result result;
  ByteReader in(pickle);
  EXPECT_THROW(read_pickle(&in, 0, &result.graph, &result.imports), Error);
  EXPECT_THAT(imports(result), ElementsAre("a.B@0x0", "a.C@5x0"));
}

struct Bad {
  std::string pickle;
  const char* what;
  uint64_t offset;
};

const Bad kMalformed[] = {
    {"", "0x00000000: unable to read opcode: need 1 byte, 0 remain", 0},
    {"K\1", "0x00000002: unable to read opcode: need 1 byte, 0 remain", 2},
    {"\x80\2\7.", "0x00000002: pickle: 0x07 is no opcode", 2},
    {"\x80\2.", "0x00000002: pickle: the stack is empty", 2},
    {"K\1(.", "0x00000003: pickle: the stack is empty", 3},
    {"K\1(\x85.", "0x00000003: pickle: the stack is empty", 3},
    {"K\1\x86.", "0x00000002: pickle: the stack is empty", 2},
    {"(K\1\x87.", "0x00000003: pickle: the stack is empty", 3},
    {"0.", "0x00000000: pickle: the stack is empty", 0},
    {"1.", "0x00000000: pickle: there is no mark on the stack", 0},
    {"t.", "0x00000000: pickle: there is no mark on the stack", 0},
    {"]e.", "0x00000001: pickle: there is no mark on the stack", 1},
    {"2.", "0x00000000: pickle: the stack is empty", 0},
    {"a.", "0x00000000: pickle: the stack is empty", 0},
    {"K\1a.", "0x00000002: pickle: the stack is empty", 2},
    {"](K\1a.", "0x00000004: pickle: the stack is empty", 4},
    {"(K\1e.", "0x00000003: pickle: the stack is empty", 3},
    {"}K\1s.", "0x00000003: pickle: the stack is empty", 3},
    {"K\1K\2a.",
     "0x00000004: pickle: items are appended to something that is no list", 4},
    {"}(K\1e.",
     "0x00000004: pickle: items are appended to something that is no list", 4},
    {"](K\1K\2u.",
     "0x00000006: pickle: items are set in something that is no dict", 6},
    {"}(K\1u.", "0x00000004: pickle: a key without a value", 4},
    {"(K\1d.", "0x00000003: pickle: a key without a value", 3},
    {"K\1R.", "0x00000002: pickle: the stack is empty", 2},
    {"ca\nB\n)\x92.", "0x00000006: pickle: the stack is empty", 6},
    {"(o.", "0x00000001: pickle: an object without a class", 1},
    {"}b.", "0x00000001: pickle: the stack is empty", 1},
    {"Q.", "0x00000000: pickle: the stack is empty", 0},
    {"h\1.", "0x00000000: pickle: there is no memo entry 1", 0},
    {"j\1\2\3\4.", "0x00000000: pickle: there is no memo entry 67305985", 0},
    {"K\1q\2h\1.", "0x00000004: pickle: there is no memo entry 1", 4},
    {"q\1.", "0x00000000: pickle: the stack is empty", 0},
    {"g-1\n.", "0x00000000: pickle: a memo index is no number", 0},
    {"K\1p\n.", "0x00000002: pickle: a memo index is no number", 2},
    {"g99999999999999999999\n.",
     "0x00000000: pickle: a memo index is no number", 0},
    {"K\1K\2\x93.", "0x00000004: pickle: the name of a global is no string", 4},
    {"ca\nB", "0x00000003: unable to read global name: no end of line", 3},
    {"(ia\n", "0x00000004: unable to read global name: no end of line", 4},
    {"I1_0\n.", "0x00000000: pickle: not an integer, or one of too many digits",
     0},
    {"I\n.", "0x00000000: pickle: not an integer, or one of too many digits",
     0},
    {"LL\n.", "0x00000000: pickle: not an integer, or one of too many digits",
     0},
    {"F1,5\n.", "0x00000000: pickle: not a float, or one that is out of range",
     0},
    {"F1e999\n.",
     "0x00000000: pickle: not a float, or one that is out of range", 0},
    {"F\n.", "0x00000000: pickle: not a float, or one that is out of range", 0},
    {"Sab\n.", "0x00000000: pickle: a string without quotes", 0},
    {"S'ab", "0x00000001: unable to read string: no end of line", 1},
    {"X\5\0\0\0ab."s,
     "0x00000005: unable to read string: need 5 bytes, 3 remain", 5},
    {"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
     "0x00000009: unable to read string: need 18446744073709551615 bytes, 1 "
     "remain",
     9},
    {"C\2a", "0x00000002: unable to read bytes: need 2 bytes, 1 remain", 2},
    {"\x8a\3\1\2", "0x00000002: unable to read integer: need 3 bytes, 2 remain",
     2},
    {"G\1\2\3", "0x00000001: unable to read float: need 8 bytes, 3 remain", 1},
    {"\x95\1\0\0",
     "0x00000001: unable to read frame size: need 8 bytes, 1 "
     "remain",
     1},
};

TEST(BadPickle, IsMalformed) {
  for (const Bad& bad : kMalformed) {
    expect_error(ErrorKind::kMalformed, bad.what, bad.offset,
                 [&] { read(bad.pickle); });
  }
}

TEST(BadPickle, IsOfALaterProtocol) {
  expect_error(ErrorKind::kUnsupported, "0x00000000: pickle protocol 6", 0,
               [] { read("\x80\6N."); });
}

TEST(BadPickle, HasBuffersElsewhere) {
  expect_error(ErrorKind::kUnsupported,
               "0x00000002: pickle: buffers that lie outside of it", 2,
               [] { read("\x80\5\x97."); });
}

TEST(BadPickle, CountsOffsetsFromTheFilesStart) {
  ByteReader in("\x80\2\7", 0x100);
  ObjectGraph graph;
  std::vector<Import> imports;
  expect_error(ErrorKind::kMalformed, "0x00000102: pickle: 0x07 is no opcode",
               0x102, [&] { read_pickle(&in, 0, &graph, &imports); });
}

TEST(HostilePickle, NestsWithoutEnd) {
  constexpr size_t kDepth = 200'000;
  std::string pickle(kDepth, ']');
  pickle += std::string(kDepth - 1, 'a') + ".";
  Result result = read(pickle);
  EXPECT_EQ(result.graph.size(), kDepth);
}

TEST(HostilePickle, NamesAnEnormousMemoEntry) {
  // Would be 16 GiB as a table.
  EXPECT_EQ(read("Nr\xff\xff\xff\xff.").text(), "None");
}

TEST(HostilePickle, MemoEntriesOfALaterPickleCountFromItsStart) {
  // The index is one that the whole stream, but not the pickle has bytes for.
  std::string bytes(1 << 20, '\0');
  for (int i = 0; i < 20'000; ++i) bytes += "Nr\0\0\x0f\0."s;
  ByteReader in(bytes);
  in.seek(1 << 20, "pickles");
  ObjectGraph graph;
  std::vector<Import> imports;
  while (in.remaining() > 0) read_pickle(&in, 0, &graph, &imports);
  EXPECT_EQ(graph.size(), 1u);
}

TEST(HostilePickle, SharesArgumentsOfManyObjects) {
  // 20,000 objects with the same 20,000 arguments.
  std::string pickle = pkl::put(0, pkl::global("a.B")) +
                       pkl::put(1, "(" + std::string(20'000, 'N') + "t") +
                       pkl::put(2, "}");
  for (int i = 0; i < 20'000; ++i) pickle += "h\0h\1h\2\x92"s + "0";
  Result result = read(pickle + ".");
  EXPECT_EQ(result.graph.size(), 4u + 2 * 20'000);
}

TEST(HostilePickle, JoinsLongNamesAgainAndAgain) {
  std::string pickle = pkl::put(0, pkl::text(std::string(100'000, 'm'))) +
                       pkl::put(1, pkl::text(std::string(100'000, 'n')));
  for (int i = 0; i < 100; ++i) pickle += "h\0h\1\x93"s + "0";
  try {
    read(pickle + ".");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kLimit);
    EXPECT_THAT(error.what(),
                HasSubstr("names of globals take too many bytes"));
  }
}

}  // namespace
}  // namespace tsinspect
