// Names of all constants of the frozen fixtures, against what torch knows.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "analysis/constant_match.h"
#include "analysis/frozen_layers.h"
#include "base/json_objects.h"

namespace tsinspect {
namespace {

namespace fs = std::filesystem;

using Names = std::set<std::string>;

// A row of truth.jsonl: see scripts/frozen_truth.py.
struct Constant {
  std::string name;
  Names names;
  Names folded;
  std::string part_of;
  std::string transpose_of;
  bool is_tensor = true;
};

struct Truth {
  std::string file;
  std::string original;
  std::vector<Constant> constants;
};

class TruthReader {
 public:
  Truth read(const std::string& line) {
    graph_ = {};
    ObjectRef row = read_json_objects(line, "truth.jsonl", 0, &graph_);
    Truth truth = {text(row, "file"), text(row, "original"), {}};
    for (ObjectRef item : graph_.items(graph_.find(row, "constants"))) {
      truth.constants.push_back({text(item, "name"), names(item, "names"),
                                 names(item, "folded"), text(item, "part_of"),
                                 text(item, "transpose_of"),
                                 graph_.find(item, "class") == kNoObject});
    }
    return truth;
  }

 private:
  std::string text(ObjectRef object, const char* key) const {
    return std::string(graph_.bytes(graph_.find(object, key)));
  }
  Names names(ObjectRef object, const char* key) const {
    Names names;
    for (ObjectRef item : graph_.items(graph_.find(object, key))) {
      names.emplace(graph_.bytes(item));
    }
    return names;
  }

  ObjectGraph graph_;
};

std::vector<Truth> read_truth() {
  std::ifstream lines(TSINSPECT_FIXTURES "/frozen/truth.jsonl");
  std::vector<Truth> rows;
  TruthReader reader;
  for (std::string line; std::getline(lines, line);) {
    rows.push_back(reader.read(line));
  }
  return rows;
}

std::string fixture(const std::string& name) {
  return TSINSPECT_FIXTURES "/" + name;
}

void expect_match(const Constant& constant, const ConstantMatch& match) {
  const RecoveredName& recovered = match.recovered;
  Names names(recovered.also.begin(), recovered.also.end());
  names.insert(recovered.name);
  if (!constant.part_of.empty()) {
    EXPECT_EQ(recovered.evidence, "part");
    EXPECT_TRUE(recovered.name.starts_with(constant.part_of + "["));
  } else if (!constant.transpose_of.empty()) {
    EXPECT_EQ(recovered.evidence, "transposed");
    EXPECT_EQ(names, Names{constant.transpose_of});
  } else {
    EXPECT_EQ(names, constant.names) << recovered.detail;
  }
  EXPECT_EQ(Names(match.folded.begin(), match.folded.end()), constant.folded);
}

void expect_truth(const Truth& truth, const std::string& original) {
  SCOPED_TRACE(truth.file + " from " + original);
  Model frozen = open_model(fixture(truth.file));
  Model before = open_model(fixture(original));
  std::map<uint32_t, ConstantMatch> matches;
  for (auto& match : match_constants(frozen, layers_by_text(frozen), before)) {
    matches[match.tensor] = match;
  }
  std::map<std::string, uint32_t> rows;
  for (uint32_t row = 0; row < frozen.tensors.size(); ++row) {
    rows[frozen.tensors[row].name] = row;
  }
  for (const Constant& constant : truth.constants) {
    SCOPED_TRACE(constant.name);
    if (!constant.is_tensor) continue;
    ASSERT_TRUE(rows.contains(constant.name));
    uint32_t row = rows[constant.name];
    // One number is part of too much.
    bool is_part =
        !constant.part_of.empty() && frozen.tensors[row].elements() > 1;
    bool has_name =
        !constant.names.empty() || !constant.transpose_of.empty() || is_part;
    EXPECT_EQ(matches.contains(row), has_name);
    if (has_name && matches.contains(row)) expect_match(constant, matches[row]);
  }
}

TEST(ConstantFixtures, HaveTheNamesOfTheOriginalModule) {
  auto rows = read_truth();
  EXPECT_GT(rows.size(), 40u);
  for (const Truth& truth : rows) expect_truth(truth, truth.original);
}

TEST(ConstantFixtures, HaveTheNamesOfAStateDict) {
  size_t found = 0;
  for (const Truth& truth : read_truth()) {
    std::string stem = truth.file.substr(0, truth.file.find('.'));
    for (const char* ending : {".state.pt", ".state.safetensors"}) {
      if (!fs::exists(fixture(stem + ending))) continue;
      expect_truth(truth, stem + ending);
      ++found;
    }
  }
  EXPECT_GE(found, 8u);
}

TEST(ConstantFixtures, AnyModelMayBeSaidToBeTheOriginal) {
  for (const char* name : {"mobilenet.script", "lstm.trace", "quantised.script",
                           "projected.trace", "unet.script"}) {
    Model frozen = open_model(fixture("frozen/" + std::string(name) + ".pt"));
    std::vector<Layer> layers = layers_by_text(frozen);
    for (const auto& entry : fs::directory_iterator(TSINSPECT_FIXTURES)) {
      try {
        Model other = open_partial(entry.path());
        for (const auto& match : match_constants(frozen, layers, other)) {
          EXPECT_NE(match.recovered.name, "") << entry.path();
        }
      } catch (const Error&) {
        // No model at all.
      }
    }
  }
}

}  // namespace
}  // namespace tsinspect
