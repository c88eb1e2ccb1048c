#include "torchscript/debug_records.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "support/pickle_builder.h"

namespace tsinspect::torchscript {
namespace {

using pkl::Code;
using testing::ElementsAre;
using testing::IsEmpty;

DebugRecord read(const std::string& bytes) {
  auto owner = std::make_shared<std::string>(bytes);
  return DebugRecord({std::as_bytes(std::span(*owner)), owner});
}

Code indices(const std::vector<int64_t>& values) {
  std::vector<Code> items;
  for (int64_t value : values) items.push_back(pkl::integer(value));
  return pkl::call(pkl::global("torch.jit._pickle.build_intlist"),
                   {pkl::list(items)});
}

Code range(const Code& source, int64_t start) {
  return pkl::tuple({source, pkl::integer(start), pkl::integer(start + 1)});
}

Code entry(int64_t offset, const Code& range) {
  return pkl::tuple({pkl::integer(offset), range, pkl::integer(-1)});
}

const std::vector<std::string> kTable = {"",
                                         "def f(x):\n",
                                         "  y = x\n",
                                         "  return y\n",
                                         "m.py",
                                         "/a/conv.py(5): _conv\n",
                                         "C:\\b (x86)\\n.py(60): <module>"};

// Every entry tells of the same source, at its own place.
Code with_table(const std::vector<Code>& entries) {
  std::vector<Code> strings;
  for (const std::string& text : kTable) strings.push_back(pkl::text(text));
  return pkl::tuple({pkl::text("FORMAT_WITH_STRING_TABLE"), pkl::tuple(strings),
                     pkl::tuple(entries)});
}

Code f_source(int64_t line = 20) {
  return pkl::tuple(
      {indices({1, 2, 3, 0}), pkl::integer(4), pkl::integer(line)});
}

// "m.py:21:   y = x", and the calls of a stack.
std::string shown(const std::optional<Origin>& origin) {
  if (!origin) return "nothing";
  std::string text =
      origin->file + ":" + std::to_string(origin->line) + ":" + origin->text;
  for (const Frame& frame : origin->stack) {
    text += "|" + frame.file + "," + std::to_string(frame.line) + "," +
            frame.function;
  }
  return text;
}

// What the one entry of a record, which is at 7, says.
std::string only(const Code& record) {
  DebugRecord read_record = read(pkl::pickle(record));
  if (read_record.entries().empty()) return "no entry";
  return shown(read_record.find(7));
}

TEST(DebugRecords, FindsTheLineOfPython) {
  DebugRecord record = read(pkl::pickle(with_table({
      entry(0,
            range(pkl::tuple({indices({}), pkl::integer(0), pkl::integer(0)}),
                  0)),
      entry(10, range(f_source(), 0)),
      entry(30, range(f_source(), 21)),
      entry(20, range(f_source(), 12)),
  })));
  EXPECT_EQ(shown(record.find(0)), "nothing");
  EXPECT_EQ(shown(record.find(9)), "nothing");
  EXPECT_EQ(shown(record.find(10)), "m.py:20:def f(x):");
  EXPECT_EQ(shown(record.find(19)), "m.py:20:def f(x):");
  EXPECT_EQ(shown(record.find(20)), "m.py:21:  y = x");
  EXPECT_EQ(shown(record.find(UINT64_MAX)), "m.py:22:  return y");
  EXPECT_EQ(record.find(25)->offset, 20u);
}

TEST(DebugRecords, ReadsTheFormsWithoutATable) {
  Code source =
      pkl::tuple({pkl::text("a\nb\n"), pkl::text("o.py"), pkl::integer(3)});
  Code offset = pkl::integer(7);
  for (const std::vector<Code>& items :
       {std::vector<Code>{offset, range(source, 2)},
        {offset, range(source, 2), pkl::integer(1)},
        {offset, pkl::integer(1), range(source, 2)}}) {
    EXPECT_EQ(only(pkl::tuple({pkl::tuple(items)})), "o.py:4:b");
  }
}

TEST(DebugRecords, APartOfNoFileBeginsWithLineOne) {
  Code source = pkl::tuple({pkl::text("a\nb"), pkl::none(), pkl::integer(0)});
  EXPECT_EQ(only(pkl::tuple({entry(7, range(source, 2))})), ":2:b");
}

TEST(DebugRecords, TracedCodeHasAStackOfCalls) {
  Code source = pkl::tuple({indices({5, 6}), pkl::integer(4), pkl::integer(5)});
  EXPECT_EQ(only(with_table({entry(7, range(source, 0))})),
            "/a/conv.py:5:|/a/conv.py,5,_conv|C:\\b (x86)\\n.py,60,<module>");
}

TEST(DebugRecords, NoEntriesTellNothing) {
  DebugRecord record = read(pkl::pickle(with_table({})));
  EXPECT_THAT(record.entries(), IsEmpty());
  EXPECT_EQ(shown(record.find(0)), "nothing");
  EXPECT_THAT(read(pkl::pickle(")")).entries(), IsEmpty());
}

TEST(DebugRecordsOfTorch, NameTheLinesOfTheFixtures) {
  Model model = open_model(TSINSPECT_FIXTURES "/scripted_cnn.pt");
  std::string_view name = "scripted_cnn/code/__torch__/models.py";
  auto record = read_debug_record(model, name);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(shown(record->find(0)), "nothing");
  EXPECT_EQ(shown(record->find(400)),
            "models.py:20:        return "
            "self.head(self.features(x).mean([2, 3]))");
  EXPECT_FALSE(read_debug_record(model, "scripted_cnn/code/x.py").has_value());
}

TEST(DebugRecordsOfTorch, KeepTheStackOfATracedModel) {
  Model model = open_model(TSINSPECT_FIXTURES "/frozen_traced_cnn.pt");
  auto record = read_debug_record(
      model, "frozen_traced_cnn/code/__torch__/models/___torch_mangle_38.py");
  ASSERT_TRUE(record.has_value());
  auto origin = record->find(160);
  ASSERT_TRUE(origin.has_value());
  std::vector<std::string> functions;
  for (const Frame& frame : origin->stack) functions.push_back(frame.function);
  functions.resize(3);
  EXPECT_THAT(functions,
              ElementsAre("_conv_forward", "forward", "_slow_forward"));
}

TEST(BadDebugRecords, WhatIsNoTupleIsMalformed) {
  for (const Code& value : {pkl::none(), pkl::list({}), pkl::text("x"),
                            pkl::dict({}), pkl::integer(1)}) {
    expect_error(ErrorKind::kMalformed, "debug record: expected a tuple",
                 [&] { read(pkl::pickle(value)); });
  }
  EXPECT_THROW(read(""), Error);
  EXPECT_THROW(read("\x80\x02("), Error);
}

TEST(BadDebugRecords, EntriesThatMakeNoSenseAreLeftOut) {
  Code good = range(f_source(), 0);
  Code number = pkl::integer(1);
  for (const Code& bad : {
           pkl::none(),
           pkl::tuple({}),
           pkl::tuple({number}),
           pkl::tuple({number, number, number}),
           pkl::tuple({pkl::text("7"), good}),
           pkl::tuple({pkl::integer(-7), good}),
           pkl::tuple({good, number}),
           entry(7, pkl::tuple({})),
           entry(7, pkl::tuple({f_source()})),
           entry(7, pkl::tuple({f_source(), pkl::none(), number})),
           entry(7, pkl::tuple({f_source(), pkl::integer(-1), number})),
           entry(7, range(pkl::none(), 0)),
           entry(7, range(pkl::tuple({indices({1}), number}), 0)),
           entry(7, range(pkl::tuple({indices({7}), number, number}), 0)),
           entry(7, range(pkl::tuple({indices({-1}), number, number}), 0)),
           entry(7,
                 range(pkl::tuple({pkl::list({number}), number, number}), 0)),
           entry(7, range(pkl::tuple({number, number, number}), 0)),
           entry(7, range(pkl::tuple({pkl::call(pkl::global("a.b"), {}), number,
                                      number}),
                          0)),
       }) {
    EXPECT_EQ(only(with_table({bad})), "no entry");
  }
}

TEST(BadDebugRecords, PlacesOutsideOfTheTextTellNothing) {
  for (int64_t start : {29, 30, INT32_MAX}) {
    EXPECT_EQ(only(with_table({entry(7, range(f_source(), start))})),
              "nothing");
  }
}

TEST(BadDebugRecords, FilesAndLinesMayBeMissing) {
  auto said = [](const Code& file, const Code& line) {
    Code source = pkl::tuple({indices({1}), file, line});
    return only(with_table({entry(7, range(source, 0))}));
  };
  EXPECT_EQ(said(pkl::integer(99), pkl::integer(5)), ":5:def f(x):");
  EXPECT_EQ(said(pkl::none(), pkl::integer(5)), ":5:def f(x):");
  EXPECT_EQ(said(pkl::integer(4), pkl::none()), "m.py:1:def f(x):");
  EXPECT_EQ(said(pkl::integer(4), pkl::integer(-5)), "m.py:1:def f(x):");
  EXPECT_EQ(said(pkl::integer(4), pkl::integer(INT64_MAX)),
            "m.py:9223372036854775807:def f(x):");
}

TEST(BadDebugRecords, WhatIsNoCallEndsTheStack) {
  auto frames = [](const std::string& text) {
    Code source = pkl::tuple({pkl::text(text), pkl::none(), pkl::integer(0)});
    DebugRecord record =
        read(pkl::pickle(pkl::tuple({entry(7, range(source, 0))})));
    return record.find(7)->stack.size();
  };
  EXPECT_EQ(frames("a(1): b\nc(2): d\n"), 2u);
  EXPECT_EQ(frames("a(1): b\nc(x): d\ne(3): f"), 1u);
  EXPECT_EQ(frames("a(): b"), 0u);
  EXPECT_EQ(frames("a(-1): b"), 0u);
  EXPECT_EQ(frames("a(99999999999999999999): b"), 0u);
  EXPECT_EQ(frames("1): b"), 0u);
  EXPECT_EQ(frames("(1): "), 1u);
  EXPECT_EQ(frames("\n\n"), 0u);
  std::string deep;
  for (int i = 0; i < 5'000; ++i) deep += "a(1): b\n";
  EXPECT_EQ(frames(deep), kMostFrames);
}

// A megabyte a thousand times over, and ten thousand entries that share it.
TEST(BadDebugRecords, SharedTextsAreNotPutTogether) {
  std::string block(1 << 20, ' ');
  block.back() = '\n';
  Code source = pkl::tuple(
      {indices(std::vector<int64_t>(1'000, 0)), pkl::none(), pkl::integer(1)});
  std::vector<Code> entries = {entry(0, range(pkl::put(1, source), 0))};
  for (int i = 1; i < 10'000; ++i) {
    entries.push_back(entry(i, range(pkl::get(1), i * 100'000)));
  }
  DebugRecord record = read(pkl::pickle(
      pkl::tuple({pkl::text("FORMAT_WITH_STRING_TABLE"),
                  pkl::tuple({pkl::text(block)}), pkl::tuple(entries)})));
  for (int i = 0; i < 10'000; ++i) {
    uint64_t line = 1 + uint64_t(i) * 100'000 / block.size();
    ASSERT_EQ(record.find(static_cast<uint64_t>(i))->line, line);
  }
}

TEST(BadDebugRecords, EveryCutAndFlippedByteEndsInAResultOrAnError) {
  std::string good = pkl::pickle(with_table(
      {entry(5, range(f_source(), 12)),
       entry(9,
             range(pkl::tuple({indices({5, 6}), pkl::none(), pkl::integer(1)}),
                   0))}));
  auto use = [](const std::string& bytes) {
    try {
      DebugRecord record = read(bytes);
      for (const auto& each : record.entries()) record.find(each.offset);
    } catch (const Error&) {
    }
  };
  for (size_t size = 0; size < good.size(); ++size) use(good.substr(0, size));
  for (size_t i = 0; i < good.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1u << bit));
      use(bad);
    }
  }
}

}  // namespace
}  // namespace tsinspect::torchscript
