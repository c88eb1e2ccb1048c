#include "tsinspect/code.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "support/torch_file.h"
#include "support/zip_builder.h"

namespace tsinspect {
namespace {

using pkl::Code;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kNet =
    "class Net(Module):\n"
    "  conv : __torch__.nn.Conv\n"
    "  def forward(self: __torch__.Net,\n"
    "    x: Tensor) -> Tensor:\n"
    "    y = (self.conv).forward(x, CONSTANTS.c0)\n"
    "    return torch.add(CONSTANTS.c1, CONSTANTS.c0, \"CONSTANTS.c0\")\n"
    "  def reset(self: __torch__.Net) -> None:\n"
    "    pass\n"
    "class Pair(NamedTuple):\n"
    "  x : int\n";
constexpr const char* kConv =
    "class Conv(Module):\n"
    "  def forward(self: __torch__.nn.Conv) -> int:\n"
    "    return 1\n"
    "def relu(x: Tensor) -> Tensor:\n"
    "  return x\n";
constexpr const char* kMangled =
    "class Conv(Module):\n"
    "  def forward(self: __torch__.nn.___torch_mangle_3.Conv) -> int:\n"
    "    return 3\n"
    "class Only(Module):\n"
    "  def twist(self) -> int:\n"
    "    return 4";

// An object of a scripted class, with its attributes as state.
Code object(const char* type,
            const std::vector<std::pair<Code, Code>>& attributes) {
  return pkl::build(pkl::global(type) + ")\x81", pkl::dict(attributes));
}

std::vector<ZipRecord> records() {
  Code net = object(
      "__torch__.Net",
      {{pkl::text("conv"), object("__torch__.nn.Conv", {})},
       {pkl::text("last"), object("__torch__.nn.___torch_mangle_3.Conv", {})}});
  Code constants = pkl::tuple({pkl::float_vector("0", 2), pkl::text("s")});
  return {{"net/data.pkl", pkl::pickle(net)},
          {"net/code/__torch__.py", kNet, 8},
          {"net/code/__torch__/nn.py", kConv},
          {"net/code/__torch__/nn/___torch_mangle_3.py", kMangled},
          {"net/constants.pkl", pkl::pickle(constants)},
          {"net/constants/0", "abcdefgh"}};
}

Model model() { return opened(build_zip(records())); }

std::string found(const Model& model, std::string_view name) {
  CodePart part = find_code(model, name);
  return part.name + "@" + std::to_string(part.place.offset);
}

// What looking for a name fails with.
std::string failure(const Model& model, std::string_view name) {
  try {
    return found(model, name);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
    return error.what();
  }
}

TEST(Code, RecordsListWhatTheyDefine) {
  Model net = model();
  auto all = code_records(net);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].name, "net/code/__torch__.py");
  EXPECT_EQ(all[0].text, kNet);
  ASSERT_EQ(all[0].classes.size(), 2u);
  EXPECT_EQ(all[0].classes[0].name, "__torch__.Net");
  EXPECT_EQ(all[0].classes[0].kind, "Module");
  EXPECT_THAT(all[0].classes[0].methods, ElementsAre("forward", "reset"));
  EXPECT_EQ(all[0].classes[1].kind, "NamedTuple");
  EXPECT_THAT(all[0].functions, IsEmpty());
  EXPECT_THAT(all[1].functions, ElementsAre("__torch__.nn.relu"));
}

TEST(Code, PartsAreWholeLines) {
  Model net = model();
  CodePart reset = find_code(net, "Net.reset");
  EXPECT_EQ(reset.name, "__torch__.Net.reset");
  EXPECT_EQ(reset.place.record, "net/code/__torch__.py");
  EXPECT_EQ(reset.text,
            "  def reset(self: __torch__.Net) -> None:\n    pass\n");
  EXPECT_EQ(reset.text.data() - find_code(net, "code/__torch__.py").text.data(),
            reset.place.offset);
  EXPECT_EQ(find_code(net, "Only.twist").text,
            "  def twist(self) -> int:\n    return 4");
  EXPECT_EQ(find_code(net, "Pair").text,
            "class Pair(NamedTuple):\n  x : int\n");
}

TEST(Code, NamesAreFound) {
  Model net = model();
  EXPECT_EQ(found(net, "net/code/__torch__/nn.py"),
            "net/code/__torch__/nn.py@0");
  EXPECT_EQ(found(net, "nn.py"), "net/code/__torch__/nn.py@0");
  EXPECT_EQ(found(net, "__torch__.Net"), "__torch__.Net@0");
  EXPECT_EQ(found(net, "Net"), "__torch__.Net@0");
  EXPECT_EQ(found(net, "relu"), "__torch__.nn.relu@80");
  EXPECT_EQ(found(net, "nn.relu"), "__torch__.nn.relu@80");
  EXPECT_EQ(found(net, "Only"), "__torch__.nn.___torch_mangle_3.Only@98");
  EXPECT_EQ(found(net, "nn.Only"), "__torch__.nn.___torch_mangle_3.Only@98");
  EXPECT_EQ(found(net, "reset"), "__torch__.Net.reset@217");
  // Paths of modules go before the ends of names, exact names before both.
  EXPECT_EQ(found(net, "forward"), "__torch__.Net.forward@46");
  EXPECT_EQ(found(net, "conv"), "__torch__.nn.Conv@0");
  EXPECT_EQ(found(net, "last"), "__torch__.nn.___torch_mangle_3.Conv@0");
  EXPECT_EQ(found(net, "last.forward"),
            "__torch__.nn.___torch_mangle_3.Conv.forward@20");
  // The name as it is goes before one without `___torch_mangle_3`.
  EXPECT_EQ(found(net, "nn.Conv"), "__torch__.nn.Conv@0");
}

TEST(CodeBadNames, AnEndOfSeveralNamesSaysWhich) {
  EXPECT_EQ(failure(model(), "Conv"),
            "'Conv' may be __torch__.nn.Conv, "
            "__torch__.nn.___torch_mangle_3.Conv");
  EXPECT_EQ(failure(model(), "Conv.forward"),
            "'Conv.forward' may be __torch__.nn.Conv.forward, "
            "__torch__.nn.___torch_mangle_3.Conv.forward");
}

TEST(CodeBadNames, ManyNamesAreNotAllListed) {
  auto files = records();
  for (int i = 10; i < 20; ++i) {
    files.push_back({"net/code/__torch__/m" + std::to_string(i) + ".py",
                     "class Same:\n  x : int\n"});
  }
  EXPECT_THAT(failure(opened(build_zip(files)), "Same"),
              HasSubstr("__torch__.m15.Same and 4 more"));
}

TEST(CodeBadNames, AMisspeltNameHasASuggestion) {
  Model net = model();
  EXPECT_EQ(failure(net, "Nett"),
            "no class, function, method or record is named 'Nett'; did you "
            "mean 'Net'?");
  EXPECT_THAT(failure(net, "nn.rellu"), HasSubstr("did you mean 'nn.relu'?"));
  EXPECT_THAT(failure(net, "last.forwrd"),
              HasSubstr("did you mean 'last.forward'?"));
  EXPECT_EQ(failure(net, "\x1b[31m something else altogether"),
            "no class, function, method or record is named '\\x1b[31m "
            "something else altogether'");
  for (const char* name : {".", "..", "/", ".py", "et", "orward", "Net.",
                           "conv.", "conv.nothing", "__torch__"}) {
    EXPECT_THAT(failure(net, name), HasSubstr("no class")) << name;
  }
}

TEST(CodeBadModels, FilesOfOtherFormsHaveNoCode) {
  expect_error(ErrorKind::kUnsupported,
               "a torch-save-zip file has no code; TorchScript archives "
               "(torch.jit.save) have",
               [] { code_records(opened(torch_zip(pkl::dict({})))); });
}

TEST(CodeBadModels, AnArchiveMayHaveNoSource) {
  auto files = records();
  files.erase(files.begin() + 1, files.begin() + 4);
  expect_error(ErrorKind::kUnsupported,
               "this archive has no source that can be read",
               [&] { find_code(opened(build_zip(files)), "Net"); });
  files.push_back({"net/bytecode.pkl", pkl::pickle(pkl::tuple({}))});
  expect_error(ErrorKind::kUnsupported,
               "this file has bytecode and no source; `tsinspect ops` lists "
               "its operators",
               [&] { code_records(opened(build_zip(files))); });
}

TEST(Code, ConstantsAreNamedBehindTheirLines) {
  Model net = model();
  for (Tensor& tensor : net.tensors) {
    TensorDetails details;
    details.recovered = RecoveredName{"conv.weight", "content", "", {}};
    tensor.details = std::make_shared<TensorDetails>(details);
  }
  ConstantNotes constants(net);
  auto notes = constants.notes(kNet);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_FALSE(notes[0].above);
  EXPECT_EQ(std::string_view(kNet).substr(notes[0].offset - 3, 4), "c0)\n");
  EXPECT_EQ(notes[0].text, "c0: conv.weight float32 [2]");
  EXPECT_EQ(notes[1].text, "c1: str, c0: conv.weight float32 [2]");
}

TEST(CodeBadConstants, WhatTheFileLacksHasNoNote) {
  Model net = model();
  ConstantNotes constants(net);
  EXPECT_THAT(constants.notes(""), IsEmpty());
  EXPECT_THAT(constants.notes("a = CONSTANTS.c2\n"), IsEmpty());
  EXPECT_THAT(constants.notes("a = CONSTANTS.cx + CONSTANTS.c\n"), IsEmpty());
  EXPECT_THAT(constants.notes("a = CONSTANTS.c18446744073709551616\n"),
              IsEmpty());
  EXPECT_THAT(constants.notes("a = 'CONSTANTS.c0' # CONSTANTS.c0\n"),
              IsEmpty());
  EXPECT_EQ(
      constants.notes("CONSTANTS.c0\n'CONSTANTS.c0\nCONSTANTS.c0\n").size(),
      1u);
  EXPECT_EQ(constants.notes("CONSTANTS.c0")[0].offset, 12u);
}

Code entry(int64_t offset, const char* text, const char* file, int64_t line) {
  return pkl::tuple({pkl::integer(offset),
                     pkl::tuple({pkl::tuple({pkl::text(text), pkl::text(file),
                                             pkl::integer(line)}),
                                 pkl::integer(0), pkl::integer(1)}),
                     pkl::integer(-1)});
}

// The model with this debug record for `code/__torch__.py`.
Model with_debug_record(const std::string& bytes) {
  auto files = records();
  files.push_back({"net/code/__torch__.py.debug_pkl", bytes});
  return opened(build_zip(files));
}

std::vector<std::string> shown(const std::vector<CodeNote>& notes) {
  std::vector<std::string> all;
  for (const CodeNote& note : notes) {
    EXPECT_TRUE(note.above);
    all.push_back(std::to_string(note.offset) + " " + note.text);
  }
  return all;
}

TEST(CodeOrigins, StandAboveTheLinesTheyBecame) {
  const char* stack =
      "C:\\torch\\nn\\modules\\module.py(9): _call_impl\n"
      "/home/me/conv.py(5): forward\n";
  Model net = with_debug_record(pkl::pickle(pkl::tuple({
      entry(0, "", "", 0),
      entry(117, "  y = f(x)", "/opt/m.py", 7),
      entry(118, "other", "n.py", 8),
      entry(140, "", "", 0),
      entry(170, "  y = f(x)", "/opt/m.py", 7),
      entry(216, "rest of a statement", "n.py", 9),
      entry(219, stack, "", 0),
  })));
  CodeOrigins origins(net, "net/code/__torch__.py");
  EXPECT_THAT(shown(origin_notes(&origins, find_code(net, "Net"))),
              ElementsAre("107 /opt/m.py:7: y = f(x)",
                          "217 /home/me/conv.py:5: forward"));
  EXPECT_EQ(origins.absolute_path(), "C:\\torch\\nn\\modules\\module.py");
  // Of one method, offsets count from its own first byte.
  CodePart reset = find_code(net, "reset");
  EXPECT_THAT(shown(origin_notes(&origins, reset)),
              ElementsAre("0 /home/me/conv.py:5: forward"));
  EXPECT_EQ(origins_of(origins, reset), (std::pair<size_t, size_t>(5, 7)));
}

TEST(CodeOrigins, WithoutADebugRecordAreNone) {
  Model net = model();
  CodeOrigins origins(net, "net/code/__torch__.py");
  EXPECT_EQ(origins.size(), 0u);
  EXPECT_THAT(origin_notes(&origins, find_code(net, "Net")), IsEmpty());
  EXPECT_EQ(origins.absolute_path(), "");
}

TEST(CodeBadOrigins, ARecordThatCannotBeReadIsAnError) {
  Model net = with_debug_record("\x80\x02N.");
  expect_error(ErrorKind::kMalformed,
               "record 'net/code/__torch__.py.debug_pkl': debug record: "
               "expected a tuple",
               [&] { CodeOrigins(net, "net/code/__torch__.py"); });
}

TEST(CodeBadOrigins, TextsThatAreSharedTooOftenAreALimit) {
  std::string deep;
  for (int i = 0; i < 256; ++i) deep += std::string(1'000, 'a') + "(1): b\n";
  Code source = pkl::tuple({pkl::text(deep), pkl::text(""), pkl::integer(0)});
  std::vector<Code> entries;
  for (int i = 0; i < 1'000; ++i) {
    entries.push_back(
        pkl::tuple({pkl::integer(i),
                    pkl::tuple({i == 0 ? pkl::put(1, source) : pkl::get(1),
                                pkl::integer(0), pkl::integer(1)})}));
  }
  Model net = with_debug_record(pkl::pickle(pkl::tuple(entries)));
  CodeOrigins origins(net, "net/code/__torch__.py");
  auto read_all = [&] {
    for (size_t i = 0; i < origins.size(); ++i) origins.at(i);
  };
  expect_error(ErrorKind::kLimit,
               "a debug record shares its texts so often that they are too "
               "long to be shown",
               read_all);
}

TEST(CodeBadOrigins, ARecordLargerThanTheFileAllowsIsALimit) {
  Model net = with_debug_record(std::string(100, 'x'));
  Limits limits;
  limits.metadata_bytes = 0;
  net.records.back().size_bytes = uint64_t{1} << 40;
  EXPECT_THROW(CodeOrigins(net, "net/code/__torch__.py", limits), Error);
}

TEST(CodeFindings, NameAPath) {
  Finding finding = path_finding("/home/a\n");
  EXPECT_EQ(finding.rule, "absolute-path");
  EXPECT_THAT(finding.message, HasSubstr("such as '/home/a\\n'"));
}

}  // namespace
}  // namespace tsinspect
