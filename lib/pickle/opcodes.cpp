// The pickle language, one row an opcode. Source of truth: CPython's
// Lib/pickletools.py (opcodes) and Modules/_pickle.c (what each does).
//
// A pickle is a run of opcodes, each with its argument behind it, that ends
// with STOP. Protocols 0 and 1 write arguments as lines of text, later ones as
// little-endian binary.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <system_error>

#include "pickle/machine.h"
#include "pickle/pickle.h"
#include "pickle/text.h"

namespace tsinspect {

struct Operations {
  using M = Machine;

  static void ignore(M&) {}
  static void proto(M& m) {
    uint8_t version = m.in_.u8("protocol");
    if (version > 5) {
      throw Error(ErrorKind::kUnsupported,
                  fmt::format("pickle protocol {}", version), m.opcode_at_);
    }
  }
  static void frame(M& m) { m.in_.u64("frame size"); }
  static void stop(M& m) { m.stopped_ = true; }

  static void mark(M& m) { m.marks_.push_back(m.stack_.size()); }
  static void pop(M& m) {
    size_t floor = m.marks_.empty() ? 0 : m.marks_.back();
    if (!m.marks_.empty() && m.stack_.size() == floor) {
      m.marks_.pop_back();
    } else {
      m.pop();
    }
  }
  static void pop_mark(M& m) { m.stack_.resize(m.pop_mark()); }
  static void dup(M& m) { m.push(m.top()); }

  static void none(M& m) { m.push(m.graph_.add_none()); }
  static void newtrue(M& m) { m.push(m.graph_.add_bool(true)); }
  static void newfalse(M& m) { m.push(m.graph_.add_bool(false)); }
  static void binint(M& m) {
    m.push(m.graph_.add_int(static_cast<int32_t>(m.in_.u32("integer"))));
  }
  static void binint1(M& m) { m.push(m.graph_.add_int(m.in_.u8("integer"))); }
  static void binint2(M& m) { m.push(m.graph_.add_int(m.in_.u16("integer"))); }
  static void long1(M& m) {
    m.push_integer(m.in_.bytes(m.in_.u8("integer length"), "integer"));
  }
  static void long4(M& m) {
    m.push_integer(m.in_.bytes(m.in_.u32("integer length"), "integer"));
  }
  static void push_decimal(M& m, std::string_view digits) {
    auto value = parse_decimal(digits);
    if (!value) m.fail("not an integer, or one of too many digits");
    m.push_integer(m.graph_.own(std::move(*value)));
  }
  static void integer(M& m) {
    std::string_view line = m.in_.line("integer");
    if (line == "00") return newfalse(m);
    if (line == "01") return newtrue(m);
    push_decimal(m, line);
  }
  static void long_integer(M& m) {
    std::string_view line = m.in_.line("integer");
    if (line.ends_with('L')) line.remove_suffix(1);
    push_decimal(m, line);
  }
  static void floating(M& m) {
    std::string_view line = m.in_.line("float");
    double value = 0;
    auto [end, error] =
        std::from_chars(line.data(), line.data() + line.size(), value);
    if (error != std::errc() || end != line.data() + line.size()) {
      m.fail("not a float, or one that is out of range");
    }
    m.push(m.graph_.add_float(value));
  }
  static void binfloat(M& m) {
    m.push(m.graph_.add_float(
        std::bit_cast<double>(m.in_.u64_big_endian("float"))));
  }

  static void string(M& m) {
    auto text = parse_quoted(m.in_.line("string"));
    if (!text) m.fail("a string without quotes");
    m.push_text(m.graph_.own(std::move(*text)));
  }
  static void unicode(M& m) {
    m.push_text(m.graph_.own(parse_raw_unicode(m.in_.line("string"))));
  }
  static void text1(M& m) {
    m.push_text(m.in_.bytes(m.in_.u8("string length"), "string"));
  }
  static void text4(M& m) {
    m.push_text(m.in_.bytes(m.in_.u32("string length"), "string"));
  }
  static void text8(M& m) {
    m.push_text(m.in_.bytes(m.in_.u64("string length"), "string"));
  }
  static void push_bytes(M& m, uint64_t size) {
    m.push(m.graph_.add_bytes(ObjectKind::kBytes, m.in_.bytes(size, "bytes")));
  }
  static void bytes1(M& m) { push_bytes(m, m.in_.u8("bytes length")); }
  static void bytes4(M& m) { push_bytes(m, m.in_.u32("bytes length")); }
  static void bytes8(M& m) { push_bytes(m, m.in_.u64("bytes length")); }

  template <ObjectKind kKind>
  static void empty(M& m) {
    m.push(m.graph_.add_container(kKind, {}));
  }
  template <ObjectKind kKind>
  static void from_mark(M& m) {
    m.push(m.take(kKind, m.pop_mark()));
  }
  static void dict(M& m) {
    size_t begin = m.pop_mark();
    if ((m.stack_.size() - begin) % 2 != 0) m.fail("a key without a value");
    m.push(m.take(ObjectKind::kDict, begin));
  }
  // Where the `count` values on top begin; none lies below the topmost mark.
  static size_t operands(M& m, size_t count) {
    size_t floor = m.marks_.empty() ? 0 : m.marks_.back();
    if (m.stack_.size() < floor + count) m.fail("the stack is empty");
    return m.stack_.size() - count;
  }
  template <int kCount>
  static void tuple(M& m) {
    m.push(m.take(ObjectKind::kTuple, operands(m, kCount)));
  }

  // The container that the `count` values on top go to.
  static ObjectRef target(M& m, size_t begin) {
    size_t floor = m.marks_.empty() ? 0 : m.marks_.back();
    if (begin <= floor || begin > m.stack_.size()) m.fail("the stack is empty");
    return m.stack_[begin - 1];
  }
  static void append(M& m) {
    size_t begin = operands(m, 1);
    m.append(target(m, begin), begin);
  }
  static void appends(M& m) {
    size_t begin = m.pop_mark();
    m.append(target(m, begin), begin);
  }
  static void setitem(M& m) {
    size_t begin = operands(m, 2);
    m.set_items(target(m, begin), begin);
  }
  static void setitems(M& m) {
    size_t begin = m.pop_mark();
    m.set_items(target(m, begin), begin);
  }

  static void put(M& m) { m.memoize(m.memo_line(), m.top()); }
  static void binput(M& m) { m.memoize(m.in_.u8("memo index"), m.top()); }
  static void long_binput(M& m) { m.memoize(m.in_.u32("memo index"), m.top()); }
  static void memoize(M& m) { m.memoize(m.memoized_, m.top()); }
  static void get(M& m) { m.push_memo(m.memo_line()); }
  static void binget(M& m) { m.push_memo(m.in_.u8("memo index")); }
  static void long_binget(M& m) { m.push_memo(m.in_.u32("memo index")); }

  static void global(M& m) {
    std::string_view module = m.in_.line("module name");
    m.push_global(module, m.in_.line("global name"));
  }
  static void stack_global(M& m) {
    ObjectRef name = m.pop();
    ObjectRef module = m.pop();
    if (m.graph_.kind(name) != ObjectKind::kString ||
        m.graph_.kind(module) != ObjectKind::kString) {
      m.fail("the name of a global is no string");
    }
    m.push_global(m.graph_.bytes(module), m.graph_.bytes(name));
  }
  static void push_extension(M& m, uint32_t code) {
    m.push_global("copyreg", fmt::format("_inverted_registry[{}]", code));
  }
  static void ext1(M& m) { push_extension(m, m.in_.u8("extension code")); }
  static void ext2(M& m) { push_extension(m, m.in_.u16("extension code")); }
  static void ext4(M& m) { push_extension(m, m.in_.u32("extension code")); }

  static void reduce(M& m) {
    ObjectRef arguments = m.pop();
    m.push_object(m.pop(), arguments);
  }
  static void newobj_ex(M& m) {
    // Positional and keyword arguments become two. Joined, those that many
    // objects share would be copied for each.
    ObjectRef arguments = m.take(ObjectKind::kTuple, operands(m, 2));
    m.push_object(m.pop(), arguments);
  }
  static void inst(M& m) {
    size_t begin = m.pop_mark();
    ObjectRef arguments = m.take(ObjectKind::kTuple, begin);
    global(m);
    m.push_object(m.pop(), arguments);
  }
  static void obj(M& m) {
    size_t begin = m.pop_mark();
    if (begin == m.stack_.size()) m.fail("an object without a class");
    ObjectRef arguments = m.take(ObjectKind::kTuple, begin + 1);
    m.push_object(m.pop(), arguments);
  }
  static void build(M& m) {
    ObjectRef state = m.pop();
    m.build(state);
  }
  static void push_persistent(M& m, ObjectRef id) {
    m.push(m.graph_.add_container(ObjectKind::kPersistent, {&id, 1}));
  }
  static void persid(M& m) {
    push_persistent(m, m.graph_.add_bytes(ObjectKind::kString,
                                          m.in_.line("persistent id")));
  }
  static void binpersid(M& m) { push_persistent(m, m.pop()); }
  static void buffer(M& m) {
    throw Error(ErrorKind::kUnsupported,
                "pickle: buffers that lie outside of it", m.opcode_at_);
  }
};

namespace {

struct Opcode {
  uint8_t code;
  const char* name;  // pickletools' name.
  void (*run)(Machine&);
};

// A pickle without a magic that fails behind this was one, but is damaged.
constexpr uint64_t kSoundBytes = 512;

using O = Operations;
using K = ObjectKind;

constexpr Opcode kOpcodes[] = {
    {'(', "MARK", O::mark},
    {')', "EMPTY_TUPLE", O::empty<K::kTuple>},
    {'.', "STOP", O::stop},
    {'0', "POP", O::pop},
    {'1', "POP_MARK", O::pop_mark},
    {'2', "DUP", O::dup},
    {'B', "BINBYTES", O::bytes4},
    {'C', "SHORT_BINBYTES", O::bytes1},
    {'F', "FLOAT", O::floating},
    {'G', "BINFLOAT", O::binfloat},
    {'I', "INT", O::integer},
    {'J', "BININT", O::binint},
    {'K', "BININT1", O::binint1},
    {'L', "LONG", O::long_integer},
    {'M', "BININT2", O::binint2},
    {'N', "NONE", O::none},
    {'P', "PERSID", O::persid},
    {'Q', "BINPERSID", O::binpersid},
    {'R', "REDUCE", O::reduce},
    {'S', "STRING", O::string},
    {'T', "BINSTRING", O::text4},
    {'U', "SHORT_BINSTRING", O::text1},
    {'V', "UNICODE", O::unicode},
    {'X', "BINUNICODE", O::text4},
    {']', "EMPTY_LIST", O::empty<K::kList>},
    {'a', "APPEND", O::append},
    {'b', "BUILD", O::build},
    {'c', "GLOBAL", O::global},
    {'d', "DICT", O::dict},
    {'e', "APPENDS", O::appends},
    {'g', "GET", O::get},
    {'h', "BINGET", O::binget},
    {'i', "INST", O::inst},
    {'j', "LONG_BINGET", O::long_binget},
    {'l', "LIST", O::from_mark<K::kList>},
    {'o', "OBJ", O::obj},
    {'p', "PUT", O::put},
    {'q', "BINPUT", O::binput},
    {'r', "LONG_BINPUT", O::long_binput},
    {'s', "SETITEM", O::setitem},
    {'t', "TUPLE", O::from_mark<K::kTuple>},
    {'u', "SETITEMS", O::setitems},
    {'}', "EMPTY_DICT", O::empty<K::kDict>},
    {0x80, "PROTO", O::proto},
    {0x81, "NEWOBJ", O::reduce},
    {0x82, "EXT1", O::ext1},
    {0x83, "EXT2", O::ext2},
    {0x84, "EXT4", O::ext4},
    {0x85, "TUPLE1", O::tuple<1>},
    {0x86, "TUPLE2", O::tuple<2>},
    {0x87, "TUPLE3", O::tuple<3>},
    {0x88, "NEWTRUE", O::newtrue},
    {0x89, "NEWFALSE", O::newfalse},
    {0x8a, "LONG1", O::long1},
    {0x8b, "LONG4", O::long4},
    {0x8c, "SHORT_BINUNICODE", O::text1},
    {0x8d, "BINUNICODE8", O::text8},
    {0x8e, "BINBYTES8", O::bytes8},
    {0x8f, "EMPTY_SET", O::empty<K::kSet>},
    {0x90, "ADDITEMS", O::appends},
    {0x91, "FROZENSET", O::from_mark<K::kFrozenSet>},
    {0x92, "NEWOBJ_EX", O::newobj_ex},
    {0x93, "STACK_GLOBAL", O::stack_global},
    {0x94, "MEMOIZE", O::memoize},
    {0x95, "FRAME", O::frame},
    {0x96, "BYTEARRAY8", O::bytes8},
    {0x97, "NEXT_BUFFER", O::buffer},
    {0x98, "READONLY_BUFFER", O::ignore},
};

// The rows by their code; null where a code is no opcode.
constexpr auto kByCode = [] {
  std::array<const Opcode*, 256> table = {};
  for (const Opcode& opcode : kOpcodes) table[opcode.code] = &opcode;
  return table;
}();

}  // namespace

ObjectRef Machine::run() {
  while (!stopped_) {
    opcode_at_ = in_.offset();
    uint8_t code = in_.u8("opcode");
    const Opcode* opcode = kByCode[code];
    if (opcode == nullptr) {
      fail(fmt::format("{:#04x} is no opcode", code));
    }
    opcode->run(*this);
  }
  return pop();
}

ObjectRef read_pickle(ByteReader* in, uint32_t record, ObjectGraph* graph,
                      std::vector<Import>* imports) {
  graph->reserve(in->remaining());
  return Machine(in, record, graph, imports).run();
}

bool looks_like_pickle(std::string_view bytes) {
  if (bytes.size() < 2) return false;
  if (bytes[0] == '\x80') return static_cast<uint8_t>(bytes[1]) <= 5;
  // Protocols 0 and 1 have no magic: they are run. Text that starts with an
  // opcode fails soon. What has made a call until then is none, though.
  ByteReader in(bytes);
  ObjectGraph graph;
  std::vector<Import> imports;
  try {
    Machine(&in, kNoIndex, &graph, &imports).run();
    return !imports.empty() ||
           in.rest().find_first_not_of(" \t\r\n") == std::string_view::npos;
  } catch (const Error& error) {
    bool calls = std::ranges::any_of(
        imports, [](const Import& import) { return import.calls > 0; });
    return calls || (error.offset() != Error::kNoOffset &&
                     error.offset() >= kSoundBytes);
  }
}

}  // namespace tsinspect
