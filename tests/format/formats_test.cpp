#include <gmock/gmock.h>

#include <set>

#include "format/bytes.h"
#include "format/format.h"
#include "format/temp_folder.h"

namespace tsinspect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string message_of(const std::string& path) {
  try {
    open_model(path);
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

TEST(Formats, EveryFileOfTheFolderIsARow) {
  std::set<std::string> files = {"formats", "identify"};
  std::set<std::string> rows = files;
  for (const Format& format : formats()) rows.insert(format.name);
  std::filesystem::path folder = TSINSPECT_SOURCE_DIR "/lib/format";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".cpp") continue;
    files.insert(entry.path().stem());
  }
  EXPECT_EQ(files, rows);
}

TEST(Formats, EveryRowIsComplete) {
  for (const Format& format : formats()) {
    EXPECT_NE(format.matches, nullptr) << format.name;
    EXPECT_NE(format.read, nullptr) << format.name;
    EXPECT_STRNE(format.description, "") << format.name;
  }
}

TEST(Formats, NoRowTakesAnEmptyFile) {
  TempFolder folder;
  Input input = open_input(folder.add("m", ""), {});
  for (const Format& format : formats()) {
    EXPECT_FALSE(format.matches(input)) << format.name;
  }
}

TEST(OpenModel, TellsOfAFileThatDoesNotExist) {
  try {
    open_model("/does/not/exist");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIo);
  }
}

TEST(OpenModel, OpensTheOneModelOfAFolder) {
  TempFolder folder;
  folder.add("config.json", "{}");
  folder.add("training_args.bin", "x");
  std::string path = folder.add("model.safetensors", safetensors_with("a"));
  EXPECT_EQ(open_model(folder.path()).path, path);
}

TEST(OpenModel, NamesTheModelsOfAFolderWithSeveral) {
  TempFolder folder;
  for (char c = 'a'; c < 'a' + 12; ++c) {
    folder.add(std::string(1, c) + ".pt", "x");
  }
  EXPECT_EQ(message_of(folder.path()),
            "folder with several model files; choose one: a.pt, b.pt, c.pt, "
            "d.pt, e.pt, f.pt, g.pt, h.pt, i.pt, j.pt and 2 more");
}

TEST(OpenModel, NamesTheIndicesOfAFolderWithSeveral) {
  TempFolder folder;
  folder.add("a.bin.index.json", "{}");
  folder.add("b.safetensors.index.json", "{}");
  EXPECT_THAT(message_of(folder.path()),
              HasSubstr("a.bin.index.json, b.safetensors.index.json"));
}

TEST(OpenModel, TellsWhatAFolderIs) {
  TempFolder folder;
  EXPECT_EQ(message_of(folder.path()), "folder without a model file");
  folder.add(".metadata", "x");
  EXPECT_THAT(message_of(folder.path()), HasSubstr("distributed checkpoint"));
  folder.add("saved_model.pbtxt", "x");
  EXPECT_THAT(message_of(folder.path()),
              HasSubstr("TensorFlow SavedModel as text"));
}

TEST(OpenModel, EscapesNamesInItsMessage) {
  TempFolder folder;
  folder.add("a\x1b[31m.pt", "x");
  folder.add("b.pt", "x");
  EXPECT_THAT(message_of(folder.path()), HasSubstr("a\\x1b[31m.pt"));
  EXPECT_THAT(message_of(folder.path()), Not(HasSubstr("\x1b")));
}

TEST(OpenInput, AZipCutOffSaysSo) {
  TempFolder folder;
  std::string zip = zip_of({{"a.npy", std::string(100, 'x')}});
  EXPECT_THAT(message_of(folder.add("m", zip.substr(0, 60))),
              HasSubstr("a download that broke off"));
}

TEST(OpenInput, AZipsEndBehindOtherDataIsNoZip) {
  TempFolder folder;
  Input input = open_input(
      folder.add("m", "something else PK\5\6" + std::string(18, '\xff')), {});
  EXPECT_FALSE(input.is_zip);
}

}  // namespace
}  // namespace tsinspect
