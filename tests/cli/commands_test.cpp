// Commands over small safetensors files written by the test.

#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "captured.h"
#include "command.h"

namespace tsinspect::cli {
namespace {

class CommandsTest : public testing::Test {
 protected:
  CommandsTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("tsinspect-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~CommandsTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& header,
                    const std::string& data) {
    std::string path = folder_ / name;
    uint64_t size = header.size();
    std::ofstream(path, std::ios::binary)
        << std::string(reinterpret_cast<const char*>(&size), 8) << header
        << data;
    return path;
  }

  // float32 0, 1, 2, … of a shape, as the tensor `a.w`.
  std::string count_up(const std::string& shape, int count) {
    std::vector<float> values(static_cast<size_t>(count));
    std::iota(values.begin(), values.end(), 0.0f);
    return write("up.safetensors",
                 R"({"a.w":{"dtype":"F32","shape":)" + shape +
                     R"(,"data_offsets":[0,)" + std::to_string(4 * count) +
                     "]}}",
                 std::string(reinterpret_cast<const char*>(values.data()),
                             4 * values.size()));
  }

  // What the command prints; its status is in `status`.
  std::string run(const char* name, std::vector<std::string> args) {
    return captured([&](Output& out) {
      Options options;
      Action action = find_command(name)->setup(&options);
      ASSERT_TRUE(parse_options(options, std::move(args)));
      testing::internal::CaptureStderr();
      status = action(out);
      errors = testing::internal::GetCapturedStderr();
    });
  }

  std::filesystem::path folder_;
  int status = -1;
  std::string errors;
};

TEST_F(CommandsTest, ParamsListsWhatTheFileDoesNotCallABuffer) {
  EXPECT_EQ(run("params", {count_up("[2,3]", 6)}),
            "name  dtype    shape   elements  size\n"
            "a.w   float32  [2, 3]         6  24 B\n"
            "1 tensor, 6 elements, 24 B\n"
            "the file does not say which are parameters; all tensors are "
            "listed\n");
  EXPECT_EQ(status, kOk);
}

TEST_F(CommandsTest, AnEmptyListHasAReason) {
  std::string file = count_up("[1]", 1);
  EXPECT_EQ(run("buffers", {file}),
            "no buffers; 1 tensor: see `tsinspect tensors " + file + "`\n");
  EXPECT_EQ(run("params", {file, "--filter", "x"}),
            "no tensors chosen, of 1 tensor\n");
  EXPECT_EQ(status, kOk);
}

TEST_F(CommandsTest, SeveralFilesHaveHeadings) {
  std::string file = count_up("[1]", 1);
  std::string text = run("tensors", {file, file});
  EXPECT_TRUE(text.starts_with(file + ": safetensors\nname"));
  EXPECT_NE(text.find("\n\n" + file + ": safetensors\n"), std::string::npos);
}

TEST_F(CommandsTest, AFailedFileDoesNotStopTheOthers) {
  std::string file = count_up("[1]", 1);
  std::string text = run("params", {"/nosuch/x.pt", file, "--json"});
  EXPECT_EQ(status, kFailed);
  EXPECT_EQ(errors.find("tsinspect: /nosuch/x.pt: i/o error: "), 0u);
  EXPECT_TRUE(text.starts_with(
      R"({"schema":"tsinspect/1","file":"/nosuch/x.pt","error":{"kind":"i/o error","message":)"));
  EXPECT_TRUE(text.ends_with("\"findings\":[],\"error\":null}\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST_F(CommandsTest, TensorsInJsonFollowTheContract) {
  std::string file = count_up("[2,1]", 2);
  EXPECT_EQ(
      run("tensors", {file, "--json", "--sha256"}),
      R"({"schema":"tsinspect/1","file":")" + file +
          R"(","form":"safetensors","tensors":[{"name":"a.w","role":"tensor",)"
          R"("dtype":"float32","shape":[2,1],"strides":[1,1],)"
          R"("requires_grad":null,"elements":2,"bytes":8,"storage":0,)"
          R"("storage_offset":0,"device":null,"key_path":["'a.w'"],)"
          R"("sha256":"22b6f43bd8d27738d3213f29e96b62d0)"
          R"(1d9d6c0ab4f9732aaae803186f51eab7"}],"findings":[],"error":null})"
          "\n");
}

TEST_F(CommandsTest, CsvIsRfc4180) {
  EXPECT_EQ(run("tensors", {count_up("[2,3]", 6), "--csv"}),
            "name,role,dtype,shape,strides,requires_grad,elements,bytes,"
            "storage,device,recovered_name,evidence\r\n"
            "a.w,tensor,float32,\"[2, 3]\",\"[3, 1]\",,6,24,0,,,\r\n");
}

TEST_F(CommandsTest, ShowPrintsLikeTorch) {
  EXPECT_EQ(run("show", {count_up("[2,3]", 6), "a.w"}),
            "a.w: float32 [2, 3]\n"
            "[[0., 1., 2.],\n"
            " [3., 4., 5.]]\n");
  EXPECT_EQ(run("show", {count_up("[2,3]", 6), "a.w[1, ::-1]"}),
            "a.w[1, ::-1]: float32 [3]\n"
            "[5., 4., 3.]\n");
  EXPECT_EQ(run("show", {count_up("[2,2,2]", 8), "a.w"}),
            "a.w: float32 [2, 2, 2]\n"
            "[[[0., 1.],\n"
            "  [2., 3.]],\n\n"
            " [[4., 5.],\n"
            "  [6., 7.]]]\n");
}

TEST_F(CommandsTest, ShowKeepsTheEdgesOfALongTensor) {
  EXPECT_EQ(run("show", {count_up("[2000]", 2000), "a.w"}),
            "a.w: float32 [2000]\n"
            "[0.0000e+00, 1.0000e+00, 2.0000e+00, ..., 1.9970e+03, "
            "1.9980e+03,\n 1.9990e+03]\n");
  std::string json = run("show", {count_up("[2000]", 2000), "a.w", "--json"});
  EXPECT_NE(json.find(",998,999],"), std::string::npos);
  EXPECT_NE(json.find("\"truncated\":true"), std::string::npos);
  json = run("show", {count_up("[2000]", 2000), "a.w", "--json", "--full"});
  EXPECT_NE(json.find("\"truncated\":false"), std::string::npos);
}

TEST_F(CommandsTest, ShowFindsExactNamesBeforeSlices) {
  std::string file =
      write("odd.safetensors",
            R"({"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
            R"("w[0]":{"dtype":"U8","shape":[],"data_offsets":[2,3]}})",
            "\1\2\3");
  EXPECT_EQ(run("show", {file, "w[0]"}), "w[0]: uint8 []\n3\n");
  EXPECT_EQ(run("show", {file, "w[1]"}), "w[1]: uint8 []\n2\n");
}

TEST_F(CommandsTest, ShowPrintsAnEmptyTensorHoweverLarge) {
  std::string file = write(
      "empty.safetensors",
      R"({"w":{"dtype":"U8","shape":[1000000000000,0],"data_offsets":[0,0]}})",
      "");
  EXPECT_EQ(run("show", {file, "w"}), "w: uint8 [1000000000000, 0]\n[]\n");
  EXPECT_NE(run("show", {file, "w", "--json"}).find("\"values\":[],"),
            std::string::npos);
}

TEST_F(CommandsTest, ShowRefusesEdgesWithoutEnd) {
  std::string shape = "[2";
  for (int i = 0; i < 23; ++i) shape += ",2";
  std::string file = write("wide.safetensors",
                           R"({"w":{"dtype":"U8","shape":)" + shape +
                               R"(],"data_offsets":[0,16777216]}})",
                           std::string(16777216, '\0'));
  run("show", {file, "w"});
  EXPECT_EQ(status, kFailed);
  EXPECT_NE(errors.find("limit exceeded: even the edges"), std::string::npos);
}

TEST_F(CommandsTest, ShowSuggestsANearName) {
  run("show", {count_up("[1]", 1), "a.v"});
  EXPECT_EQ(status, kFailed);
  EXPECT_NE(errors.find("not found: no tensor or object is named 'a.v'; did "
                        "you mean 'a.w'?"),
            std::string::npos);
  run("show", {count_up("[1]", 1), "a"});
  EXPECT_NE(errors.find("tensors begin with it"), std::string::npos);
}

TEST_F(CommandsTest, ModulesAreDerivedWhereThereAreNone) {
  EXPECT_EQ(run("modules", {count_up("[3]", 3)}),
            "module  own  parameters  buffers\n"
            "(root)    0           3        0\n"
            "└─ a      3           3        0\n"
            "2 modules, 3 elements in parameters, 0 elements in buffers\n"
            "the file has no modules; the tree is from tensor names\n");
  EXPECT_NE(run("modules", {count_up("[3]", 3), "--json"})
                .find(R"("derived":true,"modules":[{"path":"","type":"")"),
            std::string::npos);
}

TEST_F(CommandsTest, InfoIsOneScreen) {
  std::string text = run("info", {count_up("[3]", 3)});
  EXPECT_NE(text.find(": safetensors\n"), std::string::npos);
  EXPECT_NE(text.find("tensors     1 (3 elements, 12 B)"), std::string::npos);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 24);
}

TEST_F(CommandsTest, NamesAreSafeToPrint) {
  std::string file = write(
      "bad.safetensors",
      "{\"a\\u001b[31m\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":"
      "[0,1]}}",
      "\1");
  for (const char* command : {"info", "tensors", "modules", "show"}) {
    EXPECT_EQ(run(command, {file}).find('\x1b'), std::string::npos) << command;
  }
  EXPECT_EQ(run("tensors", {file, "--csv"}).find('\x1b'), std::string::npos);
  EXPECT_NE(run("tensors", {file, "--json"}).find("\\u001b[31m"),
            std::string::npos);
  // What was printed can be typed back.
  EXPECT_NE(run("show", {file, "a\\x1b[31m"}).find("[1]"), std::string::npos);
  EXPECT_EQ(status, kOk);
}

}  // namespace
}  // namespace tsinspect::cli
