#include "tsinspect/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "format/bytes.h"
#include "format/temp_folder.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

namespace fs = std::filesystem;

using testing::AllOf;
using testing::HasSubstr;

Model open_fixture(const std::string& name) {
  return open_model(std::string(TSINSPECT_FIXTURES) + "/" + name);
}

// The message of the Error(kUnsupported or kNotFound) of an export that must
// leave its folder empty.
std::string refusal(const Model& model, const char* format,
                    ExportOptions options = {}) {
  TempFolder folder;
  options.format = find_export_format(format);
  try {
    export_tensors(model, folder.path() + "/out", options);
  } catch (const Error& error) {
    EXPECT_TRUE(error.kind() == ErrorKind::kUnsupported ||
                error.kind() == ErrorKind::kNotFound);
    EXPECT_TRUE(fs::is_empty(folder.path()));
    return error.what();
  }
  return "nothing thrown";
}

Model with_names(const TempFolder& folder, std::string_view a,
                 std::string_view b) {
  auto entry = [](std::string_view name, const char* offsets) {
    return std::string("\"").append(name).append(
               R"(":{"dtype":"U8","shape":[2],"data_offsets":)") +
           offsets + "}";
  };
  return open_model(folder.add(
      "in.safetensors",
      safetensors_of("{" + entry(a, "[0,2]") + "," + entry(b, "[2,4]") + "}",
                     "abcd")));
}

TEST(Export, FormatsAreFoundByNameAndBySuffix) {
  for (const ExportFormat& format : export_formats()) {
    EXPECT_EQ(find_export_format(format.name), &format);
    EXPECT_EQ(find_export_format_of(std::string("a/b") + format.suffix),
              &format);
    EXPECT_EQ(format.suffix, "." + std::string(format.name));
  }
  EXPECT_EQ(find_export_format(".npz"), nullptr);
  EXPECT_EQ(find_export_format_of("npz"), nullptr);
}

TEST(Export, EveryWriterIsInTheTable) {
  // The other files of the folder are what the writers stand on.
  size_t writers = 0;
  fs::path folder = fs::path(TSINSPECT_SOURCE_DIR) / "lib/export";
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream in(entry.path());
    std::string text((std::istreambuf_iterator<char>(in)), {});
    writers +=
        text.find("\nWriter ") != text.npos && entry.path().stem() != "export";
  }
  EXPECT_EQ(writers, export_formats().size());
}

// Every fixture that can be read, in every format that holds several tensors:
// what the format takes comes back with the same bytes.
TEST(Export, WhatIsWrittenReadsBackEqual) {
  size_t compared = 0;
  for (const auto& entry : fs::directory_iterator(TSINSPECT_FIXTURES)) {
    Model model;
    try {
      model = open_model(entry.path());
    } catch (const Error&) {
      continue;
    }
    for (const char* format : {"safetensors", "npz", "pt"}) {
      TempFolder folder;
      std::string path = folder.path() + "/out";
      ExportOptions options;
      options.format = find_export_format(format);
      options.renames = {{"", "tensor"}};
      ExportResult result;
      try {
        result = export_tensors(model, path, options);
      } catch (const Error& error) {
        EXPECT_TRUE(fs::is_empty(folder.path())) << entry.path();
        continue;
      }
      EXPECT_EQ(result.file_bytes, fs::file_size(path));
      Model copy = open_model(path);
      ASSERT_EQ(copy.tensors.size(), result.tensors.size()) << entry.path();
      EXPECT_FALSE(copy.stopped);
      for (size_t i = 0; i < copy.tensors.size(); ++i) {
        const Tensor& before = model.tensors[result.tensors[i].tensor];
        const Tensor& after = copy.tensors[i];
        SCOPED_TRACE(entry.path().string() + " " + before.name);
        EXPECT_EQ(after.name, before.name.empty() ? "tensor" : before.name);
        EXPECT_EQ(after.dtype, before.dtype);
        EXPECT_EQ(after.shape, before.shape);
        EXPECT_EQ(sha256(copy, after), sha256(model, before));
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 500u);
}

TEST(Export, TiesStayInAPtAndAreCopiedElsewhere) {
  Model model = open_fixture("tied.pt");
  for (const char* format : {"pt", "safetensors"}) {
    TempFolder folder;
    ExportOptions options;
    options.format = find_export_format(format);
    std::string path = folder.path() + "/out";
    ExportResult result = export_tensors(model, path, options);
    bool stays = format == std::string_view("pt");
    EXPECT_EQ(result.keeps_ties, stays);
    Model copy = open_model(path);
    EXPECT_EQ(copy.tensors[0].storage == copy.tensors[1].storage, stays);
  }
  ExportOptions refuse;
  refuse.ties = Ties::kRefuse;
  EXPECT_THAT(refusal(model, "npz", refuse), HasSubstr("the same memory"));
}

TEST(Export, NamesWhatAFormatLacksAndSaysWhatToDo) {
  EXPECT_THAT(refusal(open_fixture("floats.pt"), "npz"),
              AllOf(HasSubstr("npz has no"), HasSubstr("--dtype float32")));
  EXPECT_THAT(refusal(open_fixture("quantized.pt"), "safetensors"),
              AllOf(HasSubstr("'per_tensor'"), HasSubstr("dequantises it")));
  EXPECT_THAT(refusal(open_fixture("meta.pt"), "npz"),
              HasSubstr("has no data"));
  EXPECT_THAT(refusal(open_fixture("byte_strings.npy"), "csv"),
              HasSubstr("leave it out"));
}

TEST(Export, RefusesNamesThatCannotBeKept) {
  TempFolder folder;
  Model model = with_names(folder, "../a", "b");
  EXPECT_THAT(refusal(model, "npz"), HasSubstr("lead out of its folder"));
  EXPECT_THAT(refusal(with_names(folder, "/a", "b"), "npz"),
              HasSubstr("absolute path"));
  EXPECT_THAT(refusal(with_names(folder, "a\\u0000", "b"), "npz"),
              HasSubstr("NUL"));
  ExportOptions options;
  options.renames = {{"b", "__metadata__"}};
  EXPECT_THAT(refusal(model, "safetensors", options),
              HasSubstr("safetensors' own"));
  options.renames = {{"*", "same"}};
  EXPECT_THAT(refusal(model, "pt", options),
              HasSubstr("two tensors would be named 'same'"));
  options.renames = {{"b", "\xff"}};
  EXPECT_THAT(refusal(model, "pt", options), HasSubstr("not UTF-8"));
  options.renames = {{"b", ""}};
  EXPECT_THAT(refusal(model, "pt", options), HasSubstr("nothing is left"));
  EXPECT_THAT(refusal(open_fixture("bare_tensor.pt"), "pt"),
              HasSubstr("--rename =NAME"));
}

TEST(Export, RefusesWhatIsNotOneTensorWhereOneIsDue) {
  Model model = open_fixture("state_dict.pt");
  EXPECT_THAT(refusal(model, "npy"), HasSubstr("holds one tensor, not 9"));
  ExportOptions options;
  options.names = {"head.weigth"};
  EXPECT_THAT(refusal(model, "npy", options),
              HasSubstr("did you mean 'head.weight'?"));
  options.names = {};
  options.filter = NameFilter(std::vector<std::string>{"none.*"});
  EXPECT_THAT(refusal(model, "npz", options), HasSubstr("no tensor is left"));
}

TEST(Export, KeepsTheMetadataOfSafetensorsAndMarksOthersAsTorchs) {
  TempFolder folder;
  std::string in = folder.add(
      "in.safetensors",
      safetensors_of(R"({"__metadata__":{"a":"1\n\"","b":"2"},)"
                     R"("w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                     "x"));
  ExportOptions options;
  options.metadata = {{"b", ""}, {"c", "3"}};
  std::string out = folder.path() + "/out.safetensors";
  export_tensors(open_model(in), out, options);
  Model copy = open_model(out);
  auto value = [](const Model& model, std::string_view key) {
    ObjectRef ref = model.objects.find(model.root, key);
    return ref == kNoObject ? "(none)" : std::string(model.objects.bytes(ref));
  };
  EXPECT_EQ(value(copy, "a"), "1\n\"");
  EXPECT_EQ(value(copy, "b"), "(none)");
  EXPECT_EQ(value(copy, "c"), "3");
  EXPECT_EQ(value(copy, "format"), "(none)");
  std::string other = folder.path() + "/other.safetensors";
  export_tensors(open_fixture("state_dict.pt"), other, {});
  EXPECT_EQ(value(open_model(other), "format"), "pt");
}

TEST(Export, ReplacesTheFileItReads) {
  TempFolder folder;
  std::string path = folder.add(
      "in.safetensors",
      safetensors_of(
          R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
          std::string("\0\0\x80\x3f", 4)));
  Model model = open_model(path);
  ExportOptions options;
  options.dtype = DType::kBFloat16;
  EXPECT_THROW(export_tensors(model, path, options), Error);
  options.force = true;
  export_tensors(model, path, options);
  EXPECT_EQ(open_model(path).tensors[0].dtype, DType::kBFloat16);
}

TEST(Export, CountsWhatIsTooLargeForTheNewDType) {
  TempFolder folder;
  // 1, 1e30, infinity.
  std::string in = folder.add(
      "in.safetensors",
      safetensors_of(
          R"({"w":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})",
          std::string("\0\0\x80\x3f\xca\xf2\x49\x71\0\0\x80\x7f", 12)));
  ExportOptions options;
  options.dtype = DType::kFloat16;
  ExportResult result =
      export_tensors(open_model(in), folder.path() + "/out.npy", options);
  EXPECT_EQ(result.tensors[0].overflowed, 1u);
}

TEST(Export, StopsWhenItIsToldToAndLeavesNothing) {
  TempFolder folder;
  ExportOptions options;
  options.progress = [](uint64_t, uint64_t) { return false; };
  EXPECT_THROW(export_tensors(open_fixture("state_dict.pt"),
                              folder.path() + "/out.npz", options),
               Error);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Export, TellsHowFarItIs) {
  TempFolder folder;
  Model model = open_fixture("tied.pt");
  uint64_t last = 0, all = 0;
  ExportOptions options;
  options.progress = [&](uint64_t done, uint64_t total) {
    EXPECT_GE(done, last);
    last = done;
    all = total;
    return true;
  };
  export_tensors(model, folder.path() + "/out.pt", options);
  EXPECT_EQ(last, all);
  EXPECT_GT(all, 0u);
}

TEST(Export, DoesNotWriteWhatCouldNotBeReadToTheEnd) {
  TempFolder folder;
  std::string in = folder.add(
      "in.safetensors",
      safetensors_of(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                     "more than that"));
  EXPECT_THROW(export_tensors(open_model(in), folder.path() + "/out.npz", {}),
               Error);
}

}  // namespace
}  // namespace tsinspect
