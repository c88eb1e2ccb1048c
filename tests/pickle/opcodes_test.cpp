#include <gtest/gtest.h>

#include <set>

#include "pickle/pickle.h"
#include "support/expect_error.h"
#include "support/object_text.h"

namespace tsinspect {
namespace {

using namespace std::string_literals;

struct Example {
  const char* name;    // pickletools' name of the opcode.
  std::string pickle;  // Ends with STOP.
  std::string value;
};

// An opcode each, the first byte of `pickle` that is not one of an earlier row.
// Protocol and frames are written by all Pythons; the rest is what pickle.py
// documents.
const Example kExamples[] = {
    {"STOP", "N.", "None"},
    {"PROTO", "\x80\x05N.", "None"},
    {"FRAME", "\x95\2\0\0\0\0\0\0\0N."s, "None"},
    {"NEWTRUE", "\x88.", "True"},
    {"NEWFALSE", "\x89.", "False"},
    {"INT", "I-12\n.", "-12"},
    {"INT", "I01\n.", "True"},
    {"INT", "I00\n.", "False"},
    {"INT", "I+7\n.", "7"},
    {"LONG", "L-5L\n.", "-5"},
    {"LONG", "L6\n.", "6"},
    {"LONG", "L-9223372036854775808L\n.", "-9223372036854775808"},
    {"LONG", "L9223372036854775808L\n.", "0x008000000000000000"},
    {"BININT", "J\1\2\3\xff.", "-16580095"},
    {"BININT1", "K\xff.", "255"},
    {"BININT2", "M\1\xff.", "65281"},
    {"LONG1", "\x8a\2\1\xff.", "-255"},
    {"LONG1", "\x8a\0."s, "0"},
    {"LONG1", "\x8a\11\1\2\3\4\5\6\7\10\11.", "0x090807060504030201"},
    {"LONG4", "\x8b\3\0\0\0\1\2\3."s, "197121"},
    {"FLOAT", "F-1.5\n.", "-1.5"},
    {"FLOAT", "Finf\n.", "inf"},
    {"FLOAT", "F-inf\n.", "-inf"},
    {"FLOAT", "Fnan\n.", "nan"},
    {"FLOAT", "F5e-324\n.", "5e-324"},
    {"FLOAT", "F1e+16\n.", "1e+16"},
    {"BINFLOAT", "G\x3f\xf8\0\0\0\0\0\0."s, "1.5"},
    {"STRING", "S'a\\n\\x41'\n.", "'a\\nA'"},
    {"BINSTRING", "T\2\0\0\0ab."s, "'ab'"},
    {"SHORT_BINSTRING", "U\2ab.", "'ab'"},
    {"UNICODE", "Va\\u00e9\xe9\n.", "'aéé'"},
    {"BINUNICODE", "X\2\0\0\0ab."s, "'ab'"},
    {"SHORT_BINUNICODE", "\x8c\2ab.", "'ab'"},
    {"BINUNICODE8", "\x8d\2\0\0\0\0\0\0\0ab."s, "'ab'"},
    {"BINBYTES", "B\2\0\0\0ab."s, "b'ab'"},
    {"SHORT_BINBYTES", "C\2ab.", "b'ab'"},
    {"BINBYTES8", "\x8e\2\0\0\0\0\0\0\0ab."s, "b'ab'"},
    {"BYTEARRAY8", "\x96\2\0\0\0\0\0\0\0ab."s, "b'ab'"},
    {"EMPTY_LIST", "].", "[]"},
    {"EMPTY_TUPLE", ").", "()"},
    {"EMPTY_DICT", "}.", "{}"},
    {"EMPTY_SET", "\x8f.", "set{}"},
    {"MARK, TUPLE", "(K\1K\2K\3K\4t.", "(1, 2, 3, 4)"},
    {"TUPLE1", "K\1\x85.", "(1)"},
    {"TUPLE2", "K\1K\2\x86.", "(1, 2)"},
    {"TUPLE3", "K\1K\2K\3\x87.", "(1, 2, 3)"},
    {"LIST", "(K\1K\2l.", "[1, 2]"},
    {"DICT", "(K\1K\2K\3K\4d.", "{1: 2, 3: 4}"},
    {"FROZENSET", "(K\1K\2\x91.", "frozenset{1, 2}"},
    {"APPEND", "]K\1aK\2a.", "[1, 2]"},
    {"APPENDS", "](K\1K\2e(K\3e.", "[1, 2, 3]"},
    {"SETITEM", "}K\1K\2sK\3K\4s.", "{1: 2, 3: 4}"},
    {"SETITEMS", "}(K\1K\2u(K\3K\4u.", "{1: 2, 3: 4}"},
    {"ADDITEMS", "\x8f(K\1K\2\x90(K\3\x90.", "set{1, 2, 3}"},
    {"POP",
     "K\1K\2"
     "0.",
     "1"},
    {"POP", "K\1(0.", "1"},
    {"POP_MARK",
     "K\1(K\2K\3"
     "1.",
     "1"},
    {"DUP",
     "]K\1"
     "2\206a.",
     "[(1, 1)]"},
    {"PUT, GET", "K\1p5\n0g5\n.", "1"},
    {"BINPUT, BINGET",
     "K\1q\x05"
     "0h\5.",
     "1"},
    {"LONG_BINPUT, LONG_BINGET",
     "K\1r\5\0\0\0"
     "0j\5\0\0\0."s,
     "1"},
    {"MEMOIZE",
     "K\1\x94K\2\x94"
     "00h\1h\0\x86."s,
     "(2, 1)"},
    {"GLOBAL", "ca.b\nC.D\n.", "<a.b.C.D>"},
    {"STACK_GLOBAL", "\x8c\3a.b\x8c\1C\x93.", "<a.b.C>"},
    {"REDUCE", "ca\nB\nK\1\x85R.", "<a.B>(1)"},
    {"NEWOBJ", "ca\nB\nK\1\x85\x81.", "<a.B>(1)"},
    {"NEWOBJ_EX", "ca\nB\nK\1\x85}K\2K\3s\x92.", "<a.B>((1), {2: 3})"},
    {"INST", "(K\1K\2ia\nB\n.", "<a.B>(1, 2)"},
    {"OBJ", "(ca\nB\nK\1K\2o.", "<a.B>(1, 2)"},
    {"BUILD", "ca\nB\n)R}K\1K\2sb.", "<a.B>()|{1: 2}"},
    {"PERSID", "Pab c\n.", "@'ab c'"},
    {"BINPERSID", "K\1K\2\x86Q.", "@(1, 2)"},
    {"EXT1", "\x82\xff.", "<copyreg._inverted_registry[255]>"},
    {"EXT2", "\x83\1\2.", "<copyreg._inverted_registry[513]>"},
    {"EXT4", "\x84\1\0\1\0."s, "<copyreg._inverted_registry[65537]>"},
    {"READONLY_BUFFER", "C\1a\x98.", "b'a'"},
};

std::string read(std::string_view pickle) {
  ObjectGraph graph;
  std::vector<Import> imports;
  ByteReader in(pickle);
  ObjectRef root = read_pickle(&in, kNoIndex, &graph, &imports);
  EXPECT_EQ(in.remaining(), 0u);
  return object_text(graph, root);
}

TEST(Opcodes, LeaveTheValueThatTheyStandFor) {
  for (const Example& example : kExamples) {
    SCOPED_TRACE(example.name);
    EXPECT_EQ(read(example.pickle), example.value);
  }
}

// What reading this one opcode ends in; empty if nothing is wrong.
std::string error_of(char code) {
  try {
    read({&code, 1});
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Opcodes, AreAllOfPythonsAndEachHasAnExample) {
  std::set<char> known;
  for (int code = 0; code < 256; ++code) {
    bool is_known = error_of(static_cast<char>(code)).find("no opcode") ==
                    std::string::npos;
    if (is_known) known.insert(static_cast<char>(code));
  }
  EXPECT_EQ(known.size(), 68u) << "len(pickletools.opcodes)";
  // NEXT_BUFFER is refused.
  known.erase('\x97');
  for (const Example& example : kExamples) {
    for (char code : example.pickle) known.erase(code);
  }
  EXPECT_EQ(std::string(known.begin(), known.end()), "");
}

TEST(Opcodes, CutAnywhereAreAnError) {
  for (const Example& example : kExamples) {
    SCOPED_TRACE(example.name);
    for (size_t n = 0; n < example.pickle.size(); ++n) {
      EXPECT_THROW(read(example.pickle.substr(0, n)), Error) << n;
    }
  }
}

// {'a': [1, -2, 255, 256, 70000, -70000, 2**31, 2**40, -2**63, 2**64, True,
// False, None], 'f': [1.5, -0.0, inf, 5e-324], 't': ((), (1,), (1, 2),
// (1, 2, 3), (1, 2, 3, 4)), 's': 'é€', 'b': b'x\xff', 'set': {7},
// 'fs': frozenset([8]), 'e': [{}, [], '']}, as Python 3 dumps it with
// protocols 0 to 5.
const std::string kProtocols[] = {
    "(dp0\012Va\012p1\012(lp2\012I1\012aI-2\012aI255\012aI256\012aI70"
    "000\012aI-70000\012aL2147483648L\012aL1099511627776L\012aL-92233"
    "72036854775808L\012aL18446744073709551616L\012aI01\012aI00\012aN"
    "asVf\012p3\012(lp4\012F1.5\012aF-0.0\012aFinf\012aF5e-324\012asV"
    "t\012p5\012((t(I1\012tp6\012(I1\012I2\012tp7\012(I1\012I2\012I3\012"
    "tp8\012(I1\012I2\012I3\012I4\012tp9\012tp10\012sVs\012p11\012V\351"
    "\134u20ac\012p12\012sVb\012p13\012c_codecs\012encode\012p14\012("
    "Vx\377\012p15\012Vlatin1\012p16\012tp17\012Rp18\012sVset\012p19\012"
    "c__builtin__\012set\012p20\012((lp21\012I7\012atp22\012Rp23\012s"
    "Vfs\012p24\012c__builtin__\012frozenset\012p25\012((lp26\012I8\012"
    "atp27\012Rp28\012sVe\012p29\012(lp30\012(dp31\012a(lp32\012aV\012"
    "p33\012as."s,
    "}q\000(X\001\000\000\000aq\001]q\002(K\001J\376\377\377\377K\377"
    "M\000\001Jp\021\001\000J\220\356\376\377L2147483648L\012L1099511"
    "627776L\012L-9223372036854775808L\012L18446744073709551616L\012I"
    "01\012I00\012NeX\001\000\000\000fq\003]q\004(G\077\370\000\000\000"
    "\000\000\000G\200\000\000\000\000\000\000\000G\177\360\000\000\000"
    "\000\000\000G\000\000\000\000\000\000\000\001eX\001\000\000\000t"
    "q\005()(K\001tq\006(K\001K\002tq\007(K\001K\002K\003tq\010(K\001"
    "K\002K\003K\004tq\011tq\012X\001\000\000\000sq\013X\005\000\000\000"
    "\303\251\342\202\254q\014X\001\000\000\000bq\015c_codecs\012enco"
    "de\012q\016(X\003\000\000\000x\303\277q\017X\006\000\000\000lati"
    "n1q\020tq\021Rq\022X\003\000\000\000setq\023c__builtin__\012set\012"
    "q\024(]q\025K\007atq\026Rq\027X\002\000\000\000fsq\030c__builtin"
    "__\012frozenset\012q\031(]q\032K\010atq\033Rq\034X\001\000\000\000"
    "eq\035]q\036(}q\037]q X\000\000\000\000q!eu."s,
    "\200\002}q\000(X\001\000\000\000aq\001]q\002(K\001J\376\377\377\377"
    "K\377M\000\001Jp\021\001\000J\220\356\376\377\212\005\000\000\000"
    "\200\000\212\006\000\000\000\000\000\001\212\010\000\000\000\000"
    "\000\000\000\200\212\011\000\000\000\000\000\000\000\000\001\210"
    "\211NeX\001\000\000\000fq\003]q\004(G\077\370\000\000\000\000\000"
    "\000G\200\000\000\000\000\000\000\000G\177\360\000\000\000\000\000"
    "\000G\000\000\000\000\000\000\000\001eX\001\000\000\000tq\005()K"
    "\001\205q\006K\001K\002\206q\007K\001K\002K\003\207q\010(K\001K\002"
    "K\003K\004tq\011tq\012X\001\000\000\000sq\013X\005\000\000\000\303"
    "\251\342\202\254q\014X\001\000\000\000bq\015c_codecs\012encode\012"
    "q\016X\003\000\000\000x\303\277q\017X\006\000\000\000latin1q\020"
    "\206q\021Rq\022X\003\000\000\000setq\023c__builtin__\012set\012q"
    "\024]q\025K\007a\205q\026Rq\027X\002\000\000\000fsq\030c__builti"
    "n__\012frozenset\012q\031]q\032K\010a\205q\033Rq\034X\001\000\000"
    "\000eq\035]q\036(}q\037]q X\000\000\000\000q!eu."s,
    "\200\003}q\000(X\001\000\000\000aq\001]q\002(K\001J\376\377\377\377"
    "K\377M\000\001Jp\021\001\000J\220\356\376\377\212\005\000\000\000"
    "\200\000\212\006\000\000\000\000\000\001\212\010\000\000\000\000"
    "\000\000\000\200\212\011\000\000\000\000\000\000\000\000\001\210"
    "\211NeX\001\000\000\000fq\003]q\004(G\077\370\000\000\000\000\000"
    "\000G\200\000\000\000\000\000\000\000G\177\360\000\000\000\000\000"
    "\000G\000\000\000\000\000\000\000\001eX\001\000\000\000tq\005()K"
    "\001\205q\006K\001K\002\206q\007K\001K\002K\003\207q\010(K\001K\002"
    "K\003K\004tq\011tq\012X\001\000\000\000sq\013X\005\000\000\000\303"
    "\251\342\202\254q\014X\001\000\000\000bq\015C\002x\377q\016X\003"
    "\000\000\000setq\017cbuiltins\012set\012q\020]q\021K\007a\205q\022"
    "Rq\023X\002\000\000\000fsq\024cbuiltins\012frozenset\012q\025]q\026"
    "K\010a\205q\027Rq\030X\001\000\000\000eq\031]q\032(}q\033]q\034X"
    "\000\000\000\000q\035eu."s,
    "\200\004\225\325\000\000\000\000\000\000\000}\224(\214\001a\224]"
    "\224(K\001J\376\377\377\377K\377M\000\001Jp\021\001\000J\220\356"
    "\376\377\212\005\000\000\000\200\000\212\006\000\000\000\000\000"
    "\001\212\010\000\000\000\000\000\000\000\200\212\011\000\000\000"
    "\000\000\000\000\000\001\210\211Ne\214\001f\224]\224(G\077\370\000"
    "\000\000\000\000\000G\200\000\000\000\000\000\000\000G\177\360\000"
    "\000\000\000\000\000G\000\000\000\000\000\000\000\001e\214\001t\224"
    "()K\001\205\224K\001K\002\206\224K\001K\002K\003\207\224(K\001K\002"
    "K\003K\004t\224t\224\214\001s\224\214\005\303\251\342\202\254\224"
    "\214\001b\224C\002x\377\224\214\003set\224\217\224(K\007\220\214"
    "\002fs\224(K\010\221\224\214\001e\224]\224(}\224]\224\214\000\224"
    "eu."s,
    "\200\005\225\325\000\000\000\000\000\000\000}\224(\214\001a\224]"
    "\224(K\001J\376\377\377\377K\377M\000\001Jp\021\001\000J\220\356"
    "\376\377\212\005\000\000\000\200\000\212\006\000\000\000\000\000"
    "\001\212\010\000\000\000\000\000\000\000\200\212\011\000\000\000"
    "\000\000\000\000\000\001\210\211Ne\214\001f\224]\224(G\077\370\000"
    "\000\000\000\000\000G\200\000\000\000\000\000\000\000G\177\360\000"
    "\000\000\000\000\000G\000\000\000\000\000\000\000\001e\214\001t\224"
    "()K\001\205\224K\001K\002\206\224K\001K\002K\003\207\224(K\001K\002"
    "K\003K\004t\224t\224\214\001s\224\214\005\303\251\342\202\254\224"
    "\214\001b\224C\002x\377\224\214\003set\224\217\224(K\007\220\214"
    "\002fs\224(K\010\221\224\214\001e\224]\224(}\224]\224\214\000\224"
    "eu."s};

TEST(Protocols, AllGiveOneValue) {
  std::string front =
      "{'a': [1, -2, 255, 256, 70000, -70000, 2147483648, 1099511627776, "
      "-9223372036854775808, 0x010000000000000000, True, False, None], "
      "'f': [1.5, -0, inf, 5e-324], "
      "'t': ((), (1), (1, 2), (1, 2, 3), (1, 2, 3, 4)), 's': 'é€', 'b': ";
  // Before 3 there are no bytes, and before 4 no sets: they are calls.
  std::string bytes[] = {"<_codecs.encode>('xÿ', 'latin1')", "b'x\\xff'"};
  std::string sets[] = {
      "<__builtin__.set>([7]), 'fs': <__builtin__.frozenset>([8])",
      "<builtins.set>([7]), 'fs': <builtins.frozenset>([8])",
      "set{7}, 'fs': frozenset{8}"};
  for (int protocol = 0; protocol <= 5; ++protocol) {
    SCOPED_TRACE(protocol);
    EXPECT_EQ(read(kProtocols[protocol]), front + bytes[protocol >= 3] +
                                              ", 'set': " +
                                              sets[protocol < 3    ? 0
                                                   : protocol == 3 ? 1
                                                                   : 2] +
                                              ", 'e': [{}, [], '']}");
  }
}

TEST(LooksLikePickle, OfEveryProtocol) {
  for (const std::string& pickle : kProtocols) {
    EXPECT_TRUE(looks_like_pickle(pickle));
    EXPECT_TRUE(looks_like_pickle(pickle + "\n"));
  }
  EXPECT_TRUE(looks_like_pickle("I1\n."));
  EXPECT_TRUE(looks_like_pickle("M\1\2."));
  EXPECT_TRUE(looks_like_pickle("T\1\0\0\0a."s));
  EXPECT_TRUE(looks_like_pickle("\x80\x02 and more")) << "By its magic.";
}

TEST(LooksLikePickle, IfItIsDamagedFarBehind) {
  std::string pickle = "(";
  for (int i = 0; i < 200; ++i) pickle += "I1\n";
  EXPECT_TRUE(looks_like_pickle(pickle + "l."));
  EXPECT_TRUE(looks_like_pickle(pickle + "#l."));
  EXPECT_FALSE(looks_like_pickle("#" + pickle + "l."));
}

TEST(LooksLikePickle, IfItCallsSomethingWhateverFollows) {
  EXPECT_TRUE(looks_like_pickle("cos\nsystem\n(S'true'\ntR.and text"));
  EXPECT_TRUE(looks_like_pickle("cos\nsystem\n(S'true'\ntR#"));
  EXPECT_FALSE(looks_like_pickle("cos\nsystem\n(S'true'\nt#"));
}

TEST(LooksLikePickle, NotOfTextThatStartsWithAnOpcode) {
  for (const char* text :
       {"", ".", "\n\n\n", "I am no pickle.", "Licence\n\nDo as you like.\n",
        "(see below) and so on.", "copy\nof\nsome lines.", "None.", "N. B.",
        "Never.\n", "Find it here.", "Vector graphics\nare here.", "d.",
        "]more.", "version https://git-lfs.github.com/spec/v1."}) {
    EXPECT_FALSE(looks_like_pickle(text)) << text;
  }
  EXPECT_FALSE(looks_like_pickle("\x80\x06.")) << "No such protocol.";
}

}  // namespace
}  // namespace tsinspect
