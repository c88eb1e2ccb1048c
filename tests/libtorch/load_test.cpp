// load() against torch::jit::load, on fixtures, on real files, on files made to
// mislead it.

#include "tsinspect/libtorch/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <regex>

#include "format/temp_folder.h"
#include "libtorch/refuse.h"
#include "support/child.h"
#include "support/memory_file.h"
#include "support/pickle_builder.h"
#include "support/zip_builder.h"
#include "tsinspect/model.h"
#include "tsinspect/program.h"

namespace tsinspect {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string fixture(const std::string& name) {
  return std::string(TSINSPECT_FIXTURES) + "/" + name;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_script(const std::string& path) {
  try {
    Form form = open_program(path).form;
    return form == Form::kTorchScript || form == Form::kTorchScriptFrozen ||
           form == Form::kMobile;
  } catch (const Error&) {
    return false;
  }
}

// Whether loading it does what the tests would not have done.
bool is_harmless(const std::string& path) {
  for (const OutsideCall& call : outside_calls(open_program(path))) {
    if (call.at_load) return false;
  }
  return true;
}

std::vector<std::string> scripts_in(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    std::string path = entry.path();
    if (path.find("/unsafe/") != std::string::npos) continue;
    if (entry.is_regular_file() && is_script(path)) paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// All that a module is: its objects and their values, with the tensors' bytes.
void append_value(const c10::IValue& value, std::string* text) {
  if (value.isTensor()) {
    at::Tensor tensor = value.toTensor();
    std::ostringstream out;
    if (!tensor.defined()) {
      *text += "undefined\n";
      return;
    }
    out << tensor.scalar_type() << tensor.sizes() << tensor.layout()
        << tensor.requires_grad();
    if (tensor.layout() == at::kStrided && !tensor.is_mkldnn()) {
      out << tensor.strides() << tensor.storage_offset();
      at::Tensor dense = tensor.detach().contiguous();
      const char* data = static_cast<const char*>(dense.data_ptr());
      out.write(data, data ? dense.numel() * dense.element_size() : 0);
    }
    *text += out.str() + "\n";
  } else if (value.isObject()) {
    const auto& object = value.toObjectRef();
    *text += object.type()->annotation_str() + "{\n";
    for (size_t i = 0; i < object.type()->numAttributes(); ++i) {
      *text += object.type()->getAttributeName(i) + " " +
               object.type()->getAttribute(i)->annotation_str() + ": ";
      append_value(object.getSlot(i), text);
    }
    *text += "}\n";
  } else if (value.isTuple()) {
    for (const auto& item : value.toTupleRef().elements()) {
      append_value(item, text);
    }
  } else if (value.isTensorList()) {
    for (const at::Tensor& item : value.toTensorVector()) {
      append_value(item, text);
    }
  } else if (value.isList()) {
    *text += value.type()->annotation_str() + ": ";
    for (const auto& item : value.toListRef()) append_value(item, text);
  } else if (value.isGenericDict()) {
    *text += value.type()->annotation_str() + ": ";
    for (const auto& item : value.toGenericDict()) {
      append_value(item.key(), text);
      append_value(item.value(), text);
    }
  } else if (!value.isCapsule()) {
    std::ostringstream out;
    out << value << "\n";
    *text += out.str();
  }
}

void append_constants(torch::jit::Block* block, std::string* text) {
  for (torch::jit::Node* node : block->nodes()) {
    if (node->kind() == c10::prim::Constant &&
        node->hasAttribute(c10::attr::value) &&
        node->kindOf(c10::attr::value) == torch::jit::AttributeKind::t) {
      append_value(node->t(c10::attr::value), text);
    }
    for (torch::jit::Block* inner : node->blocks()) {
      append_constants(inner, text);
    }
  }
}

// The graphs of all methods, with the Python lines they come from.
std::string code_of(const torch::jit::Module& module) {
  std::string text;
  for (const auto& each : module.modules()) {
    for (const auto& method : each.get_methods()) {
      std::ostringstream schema;
      schema << method.function().getSchema();
      auto graph = torch::jit::toGraphFunction(method.function()).graph();
      // Objects are printed with where they are in memory.
      static const std::regex kAddress("object\\(0x[0-9a-f]+\\)");
      text += schema.str() +
              std::regex_replace(graph->toString(true), kAddress, "object");
      append_constants(graph->block(), &text);
      for (torch::jit::Node* node : graph->nodes()) {
        text += node->sourceRange().str();
        if (auto range = node->sourceRange().findSourceRangeThatGenerated()) {
          text += range->str();
        }
      }
    }
  }
  return text;
}

std::string all_of(const torch::jit::Module& module) {
  std::string text;
  append_value(module._ivalue(), &text);
  return text + code_of(module);
}

// The two texts from where they part; empty if they do not.
std::string first_difference(const std::string& ours,
                             const std::string& theirs) {
  if (ours == theirs) return {};
  size_t at = 0;
  while (at < ours.size() && ours[at] == theirs[at]) ++at;
  size_t begin = at < 100 ? 0 : at - 100;
  return ours.substr(begin, 300) + "\n=== is, in LibTorch:\n" +
         theirs.substr(begin, 300);
}

struct Counts {
  int mapped = 0;
  int not_mapped = 0;
  int refused = 0;
};

// Both must load the file, to the same, or both must refuse it.
void expect_same(const std::string& path, Counts* counts) {
  std::string theirs, why;
  try {
    theirs = all_of(torch::jit::load(path, at::kCPU));
  } catch (const std::exception& error) {
    why = error.what();
  }
  try {
    LoadedModule ours = load(path);
    EXPECT_EQ(why, "") << path << " is loaded here alone";
    EXPECT_EQ(first_difference(all_of(ours.module), theirs), "") << path;
    ++(ours.mapped ? counts->mapped : counts->not_mapped);
    if (!ours.why_not_mapped.empty()) {
      std::cout << path << ": " << ours.why_not_mapped << "\n";
    }
  } catch (const Error& error) {
    EXPECT_NE(why, "") << path << ": " << error.what();
    std::cout << path << ": refused: " << std::string(error.what(), 0, 200)
              << "\n";
    ++counts->refused;
  }
}

TEST(Load, GivesWhatLibTorchGivesOfEveryFixture) {
  Counts counts;
  for (const std::string& path : scripts_in(TSINSPECT_FIXTURES)) {
    if (is_harmless(path)) expect_same(path, &counts);
  }
  EXPECT_GT(counts.mapped, 60);
  EXPECT_EQ(counts.not_mapped, 0);
  // LibTorch 1 lacks operators of some.
  EXPECT_LE(counts.refused, TORCH_VERSION_MAJOR < 2 ? 4 : 0);
}

TEST(Load, GivesWhatLibTorchGivesOfRealFiles) {
  const char* corpus = std::getenv("TSINSPECT_CORPUS");
  if (corpus == nullptr) GTEST_SKIP() << "TSINSPECT_CORPUS is not set";
  Counts counts;
  for (const std::string& path : scripts_in(corpus)) {
    if (is_harmless(path)) expect_same(path, &counts);
  }
  std::cout << counts.mapped << " mapped, " << counts.not_mapped
            << " read by torch::jit::load, " << counts.refused
            << " refused by both\n";
  EXPECT_GT(counts.mapped, 60);
}

TEST(Load, WritingChangesTheModuleAlone) {
  TempFolder folder;
  std::string path = folder.add("m.pt", contents(fixture("scripted_cnn.pt")));
  std::string before = contents(path);
  LoadedModule loaded = load(path);
  ASSERT_TRUE(loaded.mapped);
  EXPECT_EQ(loaded.why_not_mapped, "");
  EXPECT_EQ(loaded.path, path);
  std::string fresh = all_of(load(path).module);
  {
    torch::NoGradGuard no_grad;
    for (at::Tensor tensor : loaded.module.parameters()) tensor.fill_(7);
  }
  EXPECT_EQ((*loaded.module.parameters().begin()).min().item<float>(), 7);
  EXPECT_TRUE(all_of(load(path).module) == fresh);
  EXPECT_EQ(contents(path), before);
}

TEST(Load, ATensorOutlivesItsModule) {
  at::Tensor kept, copy;
  {
    LoadedModule loaded = load(fixture("scripted_cnn.pt"));
    kept = *loaded.module.parameters().begin();
    copy = kept.detach().clone();
  }
  EXPECT_TRUE(kept.equal(copy));
}

TEST(Load, OtherDevicesGetCopies) {
  LoadedModule loaded = load(fixture("scripted_cnn.pt"), {.device = at::kMeta});
  EXPECT_FALSE(loaded.mapped);
  EXPECT_EQ(loaded.why_not_mapped, "not for the CPU");
  EXPECT_TRUE((*loaded.module.parameters().begin()).is_meta());
}

TEST(Load, WhatIsNoTorchScriptIsRefused) {
  try {
    load(fixture("state_dict.pt"));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
    EXPECT_STREQ(error.what(), "torch-save-zip holds no TorchScript to load");
  }
}

// A module with one float32 parameter, viewed as told in a storage that claims
// so many elements. The record has four: 1, 2, 3, 4.
struct Handmade {
  int64_t claimed = 4;
  int64_t offset = 0;
  int64_t size = 4;
  uint16_t method = 0;
  size_t padding = 0;
};

std::string handmade(const Handmade& h) {
  const char* source =
      "class M(Module):\n"
      "  __parameters__ = [\"w\", ]\n"
      "  __buffers__ = []\n"
      "  w : Tensor\n"
      "  training : bool\n"
      "  def forward(self: __torch__.M) -> Tensor:\n"
      "    return self.w\n";
  pkl::Code tensor = pkl::call(
      pkl::global("torch._utils._rebuild_tensor_v2"),
      {pkl::storage("FloatStorage", "0", h.claimed), pkl::integer(h.offset),
       pkl::integers({h.size}), pkl::integers({1}), pkl::boolean(true),
       pkl::call(pkl::global("collections.OrderedDict"), {})});
  pkl::Code module =
      pkl::build(pkl::global("__torch__.M") + ")\x81",
                 pkl::dict({{pkl::text("training"), pkl::boolean(false)},
                            {pkl::text("w"), tensor}}));
  float values[] = {1, 2, 3, 4};
  std::string bytes(reinterpret_cast<const char*>(values), sizeof(values));
  ZipRecord storage = {"m/data/0", bytes, h.method};
  storage.padding = std::string(h.padding, '\0');
  return build_zip({{"m/data.pkl", pkl::pickle(module)},
                    {"m/code/__torch__.py", source},
                    {"m/constants.pkl", pkl::pickle(")")},
                    storage,
                    {"m/version", "3\n"}});
}

at::Tensor output_of(const LoadedModule& loaded) {
  return torch::jit::Module(loaded.module).forward({}).toTensor();
}

TEST(Load, CopiesWhatIsCompressedOrMisaligned) {
  TempFolder folder;
  at::Tensor values = at::tensor({1.0F, 2.0F, 3.0F, 4.0F});
  int mapped = 0;
  for (size_t padding = 4; padding < 20; ++padding) {
    std::string path = folder.add("m.pt", handmade({.padding = padding}));
    LoadedModule loaded = load(path);
    EXPECT_TRUE(output_of(loaded).equal(values));
    mapped += loaded.why_not_mapped.empty();
  }
  EXPECT_EQ(mapped, 1);  // Of sixteen places in turn, one is aligned.
  LoadedModule inflated = load(folder.add("d.pt", handmade({.method = 8})));
  EXPECT_TRUE(output_of(inflated).equal(values));
  EXPECT_EQ(inflated.why_not_mapped,
            "1 of 1 storages are copied, being compressed or not aligned");
}

TEST(Load, RefusesTensorsThatLeaveTheirStorage) {
  TempFolder folder;
  for (const Handmade& lie :
       {Handmade{.claimed = 1000, .size = 1000}, Handmade{.offset = 1},
        Handmade{.size = 5}, Handmade{.claimed = 1 << 30, .size = 1 << 30},
        Handmade{.offset = -1}, Handmade{.size = -1}}) {
    std::string path = folder.add("m.pt", handmade(lie));
    EXPECT_THROW(load(path), Error) << lie.claimed << " " << lie.offset;
  }
}

TEST(Load, RefusesCallsThatReachOutside) {
  for (const char* name :
       {"outside.pt", "outside_when_loaded.pt", "outside_mobile.ptl"}) {
    Model model = open_program(fixture(name));
    try {
      refuse_outside_calls(model, false);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kRefused);
      EXPECT_THAT(error.what(), HasSubstr("--trust"));
    }
    EXPECT_NO_THROW(refuse_outside_calls(model, true));
  }
  EXPECT_NO_THROW(
      refuse_outside_calls(open_program(fixture("scripted_cnn.pt")), false));
  EXPECT_THROW(load_libraries({"/nowhere/libcustom.so"}), Error);
}

// A module or an Error, whatever the bytes are.
void load_bytes(const std::string& bytes) {
  hostile::MemoryFile file(bytes);
  try {
    if (!is_harmless(file.path())) return;
    LoadedModule loaded = load(file.path());
    std::string text;
    append_value(loaded.module._ivalue(), &text);
  } catch (const Error&) {
  }
}

TEST(Load, SurvivesFilesThatAreCutOrChanged) {
  constexpr int kCuts = 4, kFlips = 12;
  bool soak = std::getenv("TSINSPECT_SOAK") != nullptr;
  int rounds = soak ? 50 : 1;
  std::vector<std::string> paths;
  for (const char* name :
       {"scripted_cnn.pt", "traced_cnn.pt", "frozen_cnn.pt", "mobile_cnn.ptl",
        "scripted_attributes.pt", "frozen/quantised.original.pt",
        "frozen/lstm.script.pt", "resnet_block.pt"}) {
    paths.push_back(fixture(name));
  }
  for (const std::string& path : paths) {
    auto report = hostile::run_in_child([&](hostile::Progress& progress) {
      std::mt19937 random(1);
      std::string bytes = contents(path);
      for (int i = 0; i < kCuts * rounds; ++i) {
        size_t size = random() % bytes.size();
        progress.step(path + " cut at " + std::to_string(size),
                      [&] { load_bytes(bytes.substr(0, size)); });
      }
      for (int i = 0; i < kFlips * rounds; ++i) {
        std::string changed = bytes;
        size_t at = random() % bytes.size();
        changed[at] = static_cast<char>(random());
        progress.step(path + " changed at " + std::to_string(at),
                      [&] { load_bytes(changed); });
      }
    });
    EXPECT_TRUE(report.ended_well) << "crashed: " << report.where;
  }
}

}  // namespace
}  // namespace tsinspect
