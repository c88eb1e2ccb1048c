// Real files, cut off and with bytes flipped: a model or an Error, within
// bounds of time and memory.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "support/child.h"
#include "support/memory_file.h"
#include "support/read_all.h"

namespace tsinspect::hostile {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t kMostFileBytes = 64 << 10;
constexpr size_t kEveryCutBelow = 4096;

// How much is tried; all of it with TSINSPECT_SOAK=1.
struct Effort {
  size_t cuts;   // At most so many, a file.
  size_t flips;  // So many, a file.
};

bool is_soak() {
  const char* soak = std::getenv("TSINSPECT_SOAK");
  return soak != nullptr && std::string(soak) == "1";
}

std::vector<fs::path> small_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.file_size() < kMostFileBytes) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Every length up to 4 KiB, a sample of those above, and of all that no more
// than `most`.
std::vector<size_t> cuts(size_t size, size_t most, std::mt19937* random) {
  std::vector<size_t> all;
  for (size_t i = 0; i < std::min(size, kEveryCutBelow); ++i) all.push_back(i);
  for (size_t i = kEveryCutBelow; i < size; i += 1 + (*random)() % 31) {
    all.push_back(i);
  }
  if (all.size() <= most) return all;
  std::shuffle(all.begin(), all.end(), *random);
  all.resize(most);
  return all;
}

// One to three bytes become others.
std::string flipped(std::string bytes, std::mt19937* random,
                    std::string* name) {
  *name = "bytes";
  for (size_t n = 1 + (*random)() % 3; n > 0; --n) {
    size_t at = (*random)() % bytes.size();
    bytes[at] = static_cast<char>((*random)());
    *name += " " + std::to_string(at) + "=" +
             std::to_string(static_cast<uint8_t>(bytes[at]));
  }
  return bytes;
}

void read_mutations(const std::string& bytes, Effort effort,
                    Progress* progress) {
  std::mt19937 random(static_cast<uint32_t>(bytes.size()));
  auto read = [&](const std::string& name, std::string_view mutation) {
    MemoryFile file(mutation);
    progress->step(name, [&] { open_and_read_all(file.path()); });
  };
  read("whole", bytes);
  for (size_t size : cuts(bytes.size(), effort.cuts, &random)) {
    read("cut to " + std::to_string(size),
         std::string_view(bytes).substr(0, size));
  }
  for (size_t i = 0; i < effort.flips && !bytes.empty(); ++i) {
    std::string name;
    std::string mutation = flipped(bytes, &random, &name);
    read(name, mutation);
  }
}

void check_files(const std::vector<fs::path>& files, Effort effort) {
  for (const fs::path& path : files) {
    SCOPED_TRACE(path.string());
    std::string bytes = contents(path);
    ChildReport report = run_in_child(
        [&](Progress& progress) { read_mutations(bytes, effort, &progress); });
    EXPECT_TRUE(report.ended_well) << report.where;
    if (is_sanitized()) continue;
    EXPECT_LT(report.slowest, kMostSeconds) << report.slowest_at;
    EXPECT_LT(report.peak_bytes, most_bytes(bytes.size()));
  }
}

TEST(Mutation, OfEveryFixtureIsReadOrRefused) {
  Effort effort = is_soak() ? Effort{SIZE_MAX, 2000} : Effort{100, 100};
  auto files = small_files(TSINSPECT_FIXTURES);
  ASSERT_GT(files.size(), 50U);
  check_files(files, effort);
}

TEST(Mutation, OfEverySmallCorpusFileIsReadOrRefused) {
  const char* corpus = std::getenv("TSINSPECT_CORPUS");
  if (corpus == nullptr) GTEST_SKIP() << "TSINSPECT_CORPUS is not set";
  Effort effort = is_soak() ? Effort{SIZE_MAX, 200} : Effort{10, 10};
  check_files(small_files(corpus), effort);
}

}  // namespace
}  // namespace tsinspect::hostile
