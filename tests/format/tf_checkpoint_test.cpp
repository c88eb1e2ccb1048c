#include <gmock/gmock.h>
#include <sys/stat.h>

#include "format/format.h"
#include "format/temp_folder.h"
#include "support/checkpoint_builder.h"
#include "support/expect_error.h"

namespace tsinspect {
namespace {

using ::testing::HasSubstr;

std::string index_bytes() {
  return table_of({{"", bundle_header()}, {"w", bundle_entry({}).text()}});
}

// Writes a checkpoint of one variable; the path of its index.
std::string add_checkpoint(const TempFolder& folder, const std::string& name) {
  folder.add(name + ".data-00000-of-00001", "1234");
  return folder.add(name + ".index", index_bytes());
}

std::string message_of(const std::string& path) {
  try {
    open_model(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

TEST(TfCheckpoint, OpensByItsIndexItsNameOrItsFolder) {
  TempFolder folder;
  std::string index = add_checkpoint(folder, "variables/model");
  EXPECT_EQ(open_model(index).path, index);
  EXPECT_EQ(open_model(folder.path() + "/variables/model").path, index);
  EXPECT_EQ(open_model(folder.path() + "/variables").path, index);
  EXPECT_EQ(open_model(index).tensors.size(), 1U);
}

TEST(TfCheckpoint, OpensTheOneThatTheStateFileNames) {
  TempFolder folder;
  add_checkpoint(folder, "model-1");
  std::string last = add_checkpoint(folder, "model-2");
  EXPECT_THAT(message_of(folder.path()),
              HasSubstr("choose one: model-1.index"));
  folder.add("checkpoint", "model_checkpoint_path: \"model-2\"\n");
  EXPECT_EQ(open_model(folder.path()).path, last);
  // As they were where it was written.
  folder.add("checkpoint", "model_checkpoint_path: \"/gone/run/model-2\"\n");
  EXPECT_EQ(open_model(folder.path()).path, last);
}

TEST(TfCheckpoint, OfVersion1OpensByItsFolder) {
  TempFolder folder;
  std::string file = folder.add("export", index_bytes());
  folder.add("checkpoint", "model_checkpoint_path: \"export\"\n");
  EXPECT_EQ(open_model(folder.path()).path, file);
}

TEST(TfCheckpoint, ItsOtherFilesTellWhichToOpen) {
  TempFolder folder;
  add_checkpoint(folder, "model-7");
  EXPECT_EQ(message_of(folder.path() + "/model-7.data-00000-of-00001"),
            "data of a TensorFlow checkpoint; open 'model-7.index' beside it");
  std::string state =
      folder.add("checkpoint", "model_checkpoint_path: \"model-7\"\n");
  EXPECT_EQ(message_of(state),
            "state file of a TensorFlow checkpoint; open 'model-7.index' "
            "beside it");
}

TEST(TfCheckpoint, ItsOtherFilesAreAlone) {
  TempFolder folder;
  EXPECT_EQ(message_of(folder.add("m.data-00000-of-00001", "\x01\x02")),
            "data of a TensorFlow checkpoint; its index, which ends in .index, "
            "is not beside it");
  for (std::string_view named :
       {"model-7", "..", "", "/", "a\\\"", "../../etc/passwd"}) {
    std::string state =
        folder.add("checkpoint",
                   "model_checkpoint_path: \"" + std::string(named) + "\"\n");
    EXPECT_EQ(message_of(state),
              "state file of a TensorFlow checkpoint; the checkpoint that it "
              "names is not beside it");
    EXPECT_EQ(message_of(folder.path()), "folder without a model file");
  }
  EXPECT_THAT(message_of(folder.add("checkpoint", "model_checkpoint_path:")),
              HasSubstr("is not beside it"));
}

// Opening a pipe without a writer would wait for one.
TEST(TfCheckpoint, ItsStateFileIsAPipe) {
  TempFolder folder;
  add_checkpoint(folder, "a");
  add_checkpoint(folder, "b");
  mkfifo((folder.path() + "/checkpoint").c_str(), 0600);
  EXPECT_THAT(message_of(folder.path()), HasSubstr("choose one"));
}

}  // namespace
}  // namespace tsinspect
