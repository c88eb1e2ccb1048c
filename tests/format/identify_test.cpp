#include "format/identify.h"

#include <gmock/gmock.h>

#include "format/bytes.h"
#include "format/temp_folder.h"

namespace tsinspect {
namespace {

using ::testing::StartsWith;
using ::testing::StrEq;
using namespace std::string_literals;

std::string look(std::string_view bytes) {
  TempFolder folder;
  return identify(open_input(folder.add("m", bytes), {}));
}

struct Sample {
  const char* name;
  std::string bytes;
  const char* looks_like;
};

class IdentifySample : public ::testing::TestWithParam<Sample> {};

TEST_P(IdentifySample, SaysWhatItLooksLike) {
  EXPECT_THAT(look(GetParam().bytes), StartsWith(GetParam().looks_like));
}

std::string zip_with(const char* name) {
  return zip_of({{"readme.md", "x"}, {name, "y"}});
}

INSTANTIATE_TEST_SUITE_P(
    , IdentifySample,
    ::testing::Values(
        Sample{"Empty", "", "empty file; "},
        Sample{"Gzip", "\x1f\x8b\x08\x00"s, "gzip"},
        Sample{"Bzip2", "BZh91AY", "bzip2; "},
        Sample{"Xz", "\xfd\x37zXZ\0\0"s, "xz; "},
        Sample{"Zstd", "\x28\xb5\x2f\xfd", "zstd; "},
        Sample{"SevenZip", "7z\xbc\xaf\x27\x1c", "7-Zip archive; "},
        Sample{"Rar", "Rar!\x1a\x07", "RAR archive; "},
        Sample{"Tar", std::string(257, 'x') + "ustar", "tar archive; "},
        Sample{"Html", "\n <!DOCTYPE html><html>", "HTML page; the download"},
        Sample{"GitLfs",
               "version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
               "Git LFS pointer; the model itself was not fetched"},
        Sample{"Json", "{\"a\": 1}", "JSON without a weight_map; "},
        Sample{"Xml", "<?xml version=\"1.0\"?><a/>", "XML; "},
        Sample{"OpenVino", "<?xml version=\"1.0\"?><net name=\"x\">",
               "OpenVINO"},
        Sample{"Python", "import torch\n", "text; "},
        Sample{"Png", "\x89PNG\r\n\x1a\n", "PNG image; "},
        Sample{"Pdf", "%PDF-1.7", "PDF document; "},
        Sample{"Elf", "\x7f\x45LF", "ELF program"},
        Sample{"Hdf5", "\x89HDF\r\n\x1a\n", "HDF5 file (Keras"},
        Sample{"SavedModel", "\x08\x01\x12\x03xyz", "TensorFlow SavedModel; "},
        Sample{"GraphDef", "\x0a\x06\x0a\x01x\x12\x01y", "TensorFlow graph"},
        Sample{"Checkpoint",
               std::string(40, '\0') + "\x57\xfb\x80\x8b\x24\x75\x47\xdb",
               "index of a TensorFlow checkpoint; "},
        Sample{"TfLite", "\x1c\0\0\0TFL3"s, "TensorFlow Lite model; "},
        Sample{"FlatBuffer", "\x1c\0\0\0PTMF"s, "PyTorch mobile model"},
        Sample{"Gguf", "GGUF\3\0\0\0"s, "GGUF model"},
        Sample{"Sqlite", "SQLite format 3\0"s, "SQLite database; "},
        Sample{"LightGbm", "tree\nversion=v4\n", "LightGBM model; "},
        Sample{"Torch7", "\x04\0\0\0\x01\0\0\0\x03\0\0\0V 1"s,
               "Lua Torch 7 file"},
        Sample{"EmptyZip", zip_of({}), "empty zip; "},
        Sample{"Keras", zip_with("model.weights.h5"), "Keras 3 model"},
        Sample{"Word", zip_with("[Content_Types].xml"), "Office document; "},
        Sample{"Java", zip_with("META-INF/MANIFEST.MF"), "Java archive; "},
        Sample{"Pt2Old", zip_with("serialized_exported_program.json"),
               "torch.export program (.pt2); "},
        Sample{"Pt2", zip_with("name/archive_format"),
               "torch.export program (.pt2); "},
        Sample{"Package", zip_with("name/.data/extern_modules"),
               "torch.package archive; "},
        Sample{"ZippedModel", zip_with("best.pt"),
               "zip that holds model files; "},
        Sample{"Zip", zip_with("a\x1b"),
               "zip without data.pkl: it holds readme.md, a\\x1b; "},
        Sample{"Unknown", "\x01\x02\x03\xff\xfe",
               "no model file of a known kind: it begins with 01 02 03 ff fe"}),
    [](const auto& test) { return test.param.name; });

TEST(Identify, CutOffSamplesAreNoTrouble) {
  for (const char* bytes : {"\x08", "\x0a\xff", "\x12", "GG", "P", "<", "{"}) {
    EXPECT_NE(look(bytes), "");
  }
}

TEST(NameList, IsBounded) {
  EXPECT_THAT(name_list({"a", "b\n"}, 4), StrEq("a, b\\n"));
  EXPECT_THAT(name_list({"a", "b", "c"}, 2), StrEq("a, b and 1 more"));
  EXPECT_THAT(name_list({}, 2), StrEq(""));
}

}  // namespace
}  // namespace tsinspect
