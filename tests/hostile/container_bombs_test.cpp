// Zips, headers and indices that repeat, overlap and lie.

#include <filesystem>

#include "format/bytes.h"
#include "hostile/bombs.h"

namespace tsinspect::hostile {
namespace {

constexpr auto kMalformed = ErrorKind::kMalformed;
constexpr auto kLimit = ErrorKind::kLimit;

std::string one_tensor(const std::string& key = "0", int64_t elements = 16) {
  return pkl::pickle(
      pkl::dict({{pkl::text("w"), pkl::float_vector(key, elements)}}));
}

bool has_finding(const Model& model, std::string_view rule) {
  for (const Finding& finding : model.findings) {
    if (finding.rule == rule) return true;
  }
  return false;
}

TEST(ZipBomb, HasTwoPickles) {
  Model model = expect_read(
      torch_zip(one_tensor("none"), {{"archive/data.pkl", one_tensor()}}));
  EXPECT_TRUE(has_finding(model, "duplicate-record"));
  EXPECT_EQ(model.tensors.size(), 1U);
}

TEST(ZipBomb, HasRecordsThatOverlap) {
  std::string pickle = one_tensor();
  ZipRecord twin = {"archive/data.pkl", ""};
  twin.offset = 0;
  twin.stored_bytes = pickle.size();
  twin.size_bytes = pickle.size();
  Model model = expect_read(torch_zip(pickle, {twin}));
  EXPECT_TRUE(has_finding(model, "overlapping-records"));
}

// Thousands of names for one payload, which inflates a thousand times.
TEST(ZipBomb, NamesOnePayloadTenThousandTimes) {
  std::string zeros(1 << 19, '\0');
  std::vector<ZipRecord> records = {{"a/data.pkl", one_tensor()},
                                    {"a/data/0", zeros, 8}};
  uint64_t stored = deflated(zeros).size();
  uint64_t offset = 30 + 10 + one_tensor().size();
  for (int i = 0; i < 10000; ++i) {
    ZipRecord twin = {"a/data/0", ""};
    twin.method = 8;
    twin.offset = offset;
    twin.stored_bytes = stored;
    twin.size_bytes = zeros.size();
    records.push_back(twin);
  }
  expect_cheap(build_zip(records));
}

TEST(ZipBomb, HasTenThousandRecordsOfOneName) {
  std::vector<ZipRecord> records = {{"a/data.pkl", one_tensor()}};
  for (int i = 0; i < 10000; ++i) records.push_back({"a/data/0", ""});
  expect_cheap(build_zip(records));
}

TEST(ZipBomb, DisagreesWithItsLocalHeaders) {
  ZipRecord pickle = {"archive/data.pkl", one_tensor()};
  pickle.local_name = "archive/evil.pkl";
  expect_refused(build_zip({pickle}), kMalformed,
                 "its local header says 'archive/evil.pkl'");
  pickle.local_name = std::nullopt;
  pickle.offset = 7;
  expect_refused(build_zip({pickle}), kMalformed, "not a zip local header");
}

TEST(ZipBomb, InflatesToLessOrMoreThanItSays) {
  for (int difference : {-1, 1}) {
    ZipRecord pickle = {"archive/data.pkl", one_tensor(), 8};
    pickle.size_bytes = pickle.data.size() + difference;
    expect_refused(build_zip({pickle}), kMalformed, "does not inflate to");
  }
}

TEST(ZipBomb, ClaimsToInflateToGigabytes) {
  ZipRecord pickle = {"archive/data.pkl", one_tensor(), 8};
  pickle.size_bytes = 4'000'000'000;
  expect_refused(build_zip({pickle}), kLimit, "inflated pickles and source");
}

// Real ones: 100 MB of zeros take 100 KB.
TEST(ZipBomb, InflatesItsPickle) {
  std::string pickle = "\x80\2" + std::string(100'000'000, 'N') + ".";
  expect_refused(build_zip({{"archive/data.pkl", pickle, 8}}), kLimit,
                 "inflated pickles and source");
}

TEST(ZipBomb, InflatesItsSource) {
  std::string source(100'000'000, '\n');
  std::string pickle = pkl::pickle(pkl::global("__torch__.M") + ")\x81}b");
  std::string constants = pkl::pickle(")");
  expect_refused(build_zip({{"m/data.pkl", pickle},
                            {"m/constants.pkl", constants},
                            {"m/code/__torch__.py", source, 8}}),
                 kLimit, "inflated pickles and source");
}

TEST(ZipBomb, InflatesItsStorageOnlyWhenItIsRead) {
  std::string zeros(64 << 20, '\0');
  std::string file = build_zip({{"archive/data.pkl", one_tensor("0", 16 << 20)},
                                {"archive/data/0", zeros, 8}});
  MemoryFile input(file);
  ChildReport report = run_in_child([&](Progress& progress) {
    progress.step("list", [&] { open_model(input.path()); });
  });
  EXPECT_TRUE(report.ended_well);
  if (!is_sanitized()) {
    EXPECT_LT(report.peak_bytes, 4U << 20);
  }
}

TEST(ZipBomb, HasAStorageLargerThanTheFile) {
  std::string pickle = one_tensor("0", int64_t{1} << 40);
  expect_refused(torch_zip(pickle), kMalformed,
                 "1099511627776 elements of float32 take 4398046511104 bytes");
  expect_refused(torch_zip(one_tensor("0", INT64_MAX)), kMalformed,
                 "elements are too many");
  expect_refused(torch_zip(one_tensor("0", -1)), kMalformed,
                 "its size is no count");
  expect_refused(torch_zip(one_tensor("7")), kMalformed, "there is no record");
  ZipRecord storage = {"archive/data/0", "x"};
  storage.size_bytes = storage.stored_bytes = 3'000'000'000;
  expect_refused(build_zip({{"archive/data.pkl", one_tensor()}, storage}),
                 kMalformed, "exceed the file");
}

TEST(SafetensorsBomb, ClaimsALongHeader) {
  expect_refused(little_endian(100'000'000, 8) + "{}", kMalformed, "");
  expect_refused(little_endian(100'000'001, 8) + "{\"a\"", kLimit, "");
  expect_refused(little_endian(UINT64_MAX, 8) + "{\"a\":1}", kLimit, "");
}

TEST(SafetensorsBomb, NestsItsHeader) {
  for (const char* open : {"[", "{\"a\":"}) {
    std::string header = "{\"w\":{\"x\":" + repeated(open, 200000);
    expect_refused(safetensors_of(header, ""), kMalformed, "");
  }
}

TEST(SafetensorsBomb, HasTensorsThatOverlap) {
  expect_refused(
      safetensors_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                     R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
                     "123456"),
      kMalformed, "");
}

TEST(SafetensorsBomb, HasAShapeThatOverflows) {
  expect_refused(
      safetensors_of(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],)"
                     R"("data_offsets":[0,4]}})",
                     "1234"),
      kMalformed, "");
  expect_refused(
      safetensors_of(R"({"a":{"dtype":"F32","shape":[18446744073709551616],)"
                     R"("data_offsets":[0,4]}})",
                     "1234"),
      kMalformed, "");
  expect_refused(safetensors_of(R"({"a":{"dtype":"F32","shape":[1],)"
                                R"("data_offsets":[18446744073709551615,3]}})",
                                "1234"),
                 kMalformed, "");
}

TEST(SafetensorsBomb, HasAMillionDimensions) {
  std::string header = R"({"a":{"dtype":"U8","shape":[1)" +
                       repeated(",1", kMillion) + R"(],"data_offsets":[0,1]}})";
  expect_refused(safetensors_of(header, "1"), kLimit, "dimensions");
}

TEST(NumpyBomb, LiesInItsHeader) {
  auto refused = [](std::string_view descr, std::string_view shape,
                    ErrorKind kind, std::string_view part) {
    std::string array = npy_of(npy_header(descr, "False", shape), "1234");
    expect_refused(array, kind, part);
    expect_refused(build_zip({{"a.npy", array}}), kind, part);
    expect_refused(build_zip({{"a.npy", array, 8}}), kind, part);
  };
  refused("'<f4'", "(1099511627776,)", kMalformed, "");
  refused("'<f4'", "(4294967296, 4294967296)", kMalformed, "");
  refused("'<f4'", "(-1,)", kMalformed, "a dimension is not a whole number");
  refused("'<U2000000000'", "(1,)", kMalformed, "");
  refused("[('a', '<f4', (4294967296, 4294967296))]", "(1,)", kMalformed, "");
  refused("'|O'", "(1,)", ErrorKind::kUnsupported, "Python objects");
}

TEST(NumpyBomb, NestsItsHeader) {
  for (const char* open : {"(", "[", "{'a': ", "[('a', "}) {
    std::string header = "{'descr': " + repeated(open, 10000);
    expect_refused(npy_of(header, ""), kMalformed, "");
  }
}

TEST(NumpyBomb, ClaimsALongHeader) {
  std::string array =
      "\x93NUMPY\2" + std::string(1, '\0') + little_endian(UINT32_MAX, 4) + "{";
  expect_refused(array, kLimit, "");
}

// An index must not lead out of its folder.
TEST(IndexBomb, NamesFilesElsewhere) {
  for (const char* shard :
       {"../../etc/passwd", "/etc/passwd", "a/../../b", "..", ""}) {
    std::string text =
        R"({"metadata":{},"weight_map":{"w":")" + std::string(shard) + R"("}})";
    SCOPED_TRACE(shard);
    expect_cheap(text);
    Error error = error_of(text);
    EXPECT_EQ(error.kind(), kMalformed) << error.what();
  }
}

TEST(IndexBomb, NestsItsJson) {
  expect_refused(R"({"weight_map":)" + repeated("{\"a\":", 200000), kMalformed,
                 "");
}

}  // namespace
}  // namespace tsinspect::hostile
