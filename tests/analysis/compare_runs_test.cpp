#include "analysis/compare_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "analysis/diff_models.h"
#include "analysis/run_pairing.h"

namespace tsinspect {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// A run, made value by value.
class HandRun {
 public:
  HandRun& add(const std::string& name, const std::vector<float>& values) {
    hand_.floats(name, values);
    return named(name);
  }
  template <typename T>
  HandRun& add(const std::string& name, DType dtype,
               const std::vector<T>& values) {
    hand_.add(name, dtype, {static_cast<int64_t>(values.size())}, values);
    return named(name);
  }
  HandRun& also(const std::string& name) {
    values_.back().also.push_back(name);
    return *this;
  }
  HandRun& other(const std::string& name, const std::string& json,
                 const std::string& type = "int") {
    values_.push_back({.name = name,
                       .path = name.substr(0, name.find('@')),
                       .type = type,
                       .json = json});
    return *this;
  }

  // Views what this holds.
  RunRecord record() {
    RunRecord result;
    result.model = std::move(hand_.model);
    result.values = std::move(values_);
    return result;
  }

 private:
  HandRun& named(const std::string& name) {
    RunValue value = {.name = name, .path = name.substr(0, name.find('@'))};
    value.tensor = static_cast<uint32_t>(hand_.model.tensors.size() - 1);
    values_.push_back(value);
    return *this;
  }

  HandModel hand_;
  std::vector<RunValue> values_;
};

// What came of two runs, in words.
struct Told {
  std::vector<std::string> pairs;  // "a=b by name: equal"
  std::vector<std::string> only_a, only_b;
  std::string first;
  RunsDiff diff;
};

std::vector<std::string> names(const RunRecord& run,
                               const std::vector<uint32_t>& rows) {
  std::vector<std::string> result;
  for (uint32_t row : rows) result.push_back(run.values[row].name);
  return result;
}

Told tell(HandRun& a, HandRun& b, const CompareRunsOptions& options = {}) {
  RunRecord x = a.record(), y = b.record();
  Told told;
  told.diff = compare_runs(x, y, options);
  for (const RunPair& pair : told.diff.pairs) {
    told.pairs.push_back(x.values[pair.a].name + "=" + y.values[pair.b].name +
                         " by " + to_string(pair.matched) + ": " +
                         to_string(pair.verdict));
  }
  told.only_a = names(x, told.diff.only_a);
  told.only_b = names(y, told.diff.only_b);
  if (told.diff.first) {
    told.first = x.values[told.diff.pairs[*told.diff.first].a].name;
  }
  return told;
}

TEST(CompareRuns, NamesTheFirstThatDiverges) {
  HandRun a, b;
  a.add("conv", {1, 2}).add("bn", {3, 4}).add("(root)", {5, 6});
  b.add("conv", {1, 2.00001F}).add("bn", {3, 4.5F}).add("(root)", {9, 6});
  Told told = tell(a, b);
  EXPECT_THAT(told.pairs,
              ElementsAre("conv=conv by name: within", "bn=bn by name: beyond",
                          "(root)=(root) by name: beyond"));
  EXPECT_EQ(told.first, "bn");
  const ValueDiff& values = *told.diff.pairs[1].values;
  EXPECT_EQ(values.max_abs, 0.5);
  EXPECT_THAT(values.at, ElementsAre(1));
  EXPECT_EQ(values.beyond, 1u);
}

TEST(CompareRuns, EqualBitsAreEqual) {
  HandRun a, b;
  a.add("x", {1, NAN}).add("empty", {});
  b.add("x", {1, NAN}).add("empty", {});
  Told told = tell(a, b);
  EXPECT_TRUE(told.diff.same());
  EXPECT_EQ(told.diff.count(Verdict::kEqual), 2u);
}

TEST(CompareRuns, ANanInOneIsADivergence) {
  HandRun a, b;
  a.add("x", {1, 2});
  b.add("x", {1, NAN});
  EXPECT_EQ(tell(a, b).first, "x");
}

TEST(CompareRuns, OrderDoesNotMatterForNames) {
  HandRun a, b;
  a.add("left", {1}).add("right", {2});
  b.add("right", {2}).add("left", {1});
  EXPECT_TRUE(tell(a, b).diff.same());
}

TEST(CompareRuns, TellsWhatOneAloneHas) {
  HandRun a, b;
  a.add("x", {1}).add("extra", {7, 8, 9});
  b.add("x", {1}).add("new", {5, 6});
  Told told = tell(a, b);
  EXPECT_TRUE(told.diff.same());
  EXPECT_THAT(told.only_a, ElementsAre("extra"));
  EXPECT_THAT(told.only_b, ElementsAre("new"));
}

TEST(CompareRuns, NothingInCommonIsAnError) {
  HandRun a, b;
  a.add("x", {1});
  b.add("y", {1, 2});
  EXPECT_THROW(tell(a, b), Error);
  CompareRunsOptions options;
  std::vector<std::string> none = {"none"};
  options.filter = NameFilter(none);
  HandRun c, d;
  c.add("x", {1});
  d.add("x", {1});
  EXPECT_THROW(tell(c, d, options), Error);
}

TEST(CompareRuns, OtherNamesAreMatchedByValue) {
  HandRun a, b;
  a.add("conv", {1, 2}).add("bn", {3, 4}).add("(root)", {5});
  b.add("conv2d", {3, 4.00001F}).add("relu", {0, 0, 1}).add("(root)", {5});
  Told told = tell(a, b);
  EXPECT_THAT(told.pairs, ElementsAre("bn=conv2d by value: within",
                                      "(root)=(root) by name: equal"));
  EXPECT_THAT(told.only_a, ElementsAre("conv"));
  EXPECT_THAT(told.only_b, ElementsAre("relu"));
}

TEST(CompareRuns, WhereTheyPartShapesAreMatchedFromTheEnd) {
  HandRun a, b;
  a.add("stem", {1, 2}).add("conv", {3, 3}).add("bn", {4, 4});
  a.add("relu", {5, 5}).add("(root)", {6});
  b.add("conv2d", {1, 2}).add("conv2d_1", {40, 40}).add("relu_", {50, 50});
  b.add("(root)", {60});
  Told told = tell(a, b);
  EXPECT_THAT(told.pairs, ElementsAre("stem=conv2d by value: equal",
                                      "bn=conv2d_1 by shape: beyond",
                                      "relu=relu_ by shape: beyond",
                                      "(root)=(root) by name: beyond"));
  EXPECT_EQ(told.first, "bn");
  EXPECT_THAT(told.only_a, ElementsAre("conv"));
}

TEST(CompareRuns, WhereTheyPartRecoveredNamesComeBeforeShapes) {
  HandRun a, b;
  a.add("conv1", {2, 2}).add("bn1", {3, 3}).add("relu", {4, 4});
  a.add("fc", {5, 5}).add("(root)", {6});
  b.add("conv2d", {30, 3}).also("bn1").also("conv1").add("mul", {9, 9});
  b.add("linear", {50, 5}).also("fc").add("add", {8, 8}).add("(root)", {60});
  Told told = tell(a, b);
  EXPECT_THAT(told.pairs, ElementsAre("bn1=conv2d by recovered name: beyond",
                                      "relu=mul by shape: beyond",
                                      "fc=linear by recovered name: beyond",
                                      "(root)=(root) by name: beyond"));
  EXPECT_EQ(told.first, "bn1");
  EXPECT_THAT(told.only_a, ElementsAre("conv1"));
  EXPECT_THAT(told.only_b, ElementsAre("add"));
}

TEST(CompareRuns, WhereTheyAgreeInTheEndShapesSayNothing) {
  HandRun a, b;
  a.add("conv", {3, 3}).add("bn", {4, 4}).add("(root)", {6});
  b.add("mul", {7, 7}).add("conv2d", {4, 4}).add("(root)", {6});
  Told told = tell(a, b);
  EXPECT_TRUE(told.diff.same());
  EXPECT_THAT(told.only_a, ElementsAre("conv"));
  EXPECT_THAT(told.only_b, ElementsAre("mul"));
}

TEST(CompareRuns, TheOutputsOfARunWithoutARootAreMatchedByShape) {
  HandRun a, b;
  a.add("fc1", {1, 2}).add("fc2", {3, 4});
  b.add("linear", {1, 2}).add("linear_1", {30, 4});
  EXPECT_THAT(tell(a, b).pairs, ElementsAre("fc1=linear by value: equal",
                                            "fc2=linear_1 by shape: beyond"));
}

TEST(CompareRuns, TolerancesAreByGlobTheLastCounts) {
  HandRun a, b;
  a.add("head.x", {1}).add("head.y", {1}).add("z", {1});
  b.add("head.x", {1.1F}).add("head.y", {1.1F}).add("z", {1.1F});
  CompareRunsOptions options;
  options.tolerances = {{"*", 0.0, 0.0},
                        {"head.*", 0.2, {}},
                        {"*.y", {}, 1.0},
                        {"head.y", 0.0, 0.01}};
  Told told = tell(a, b, options);
  EXPECT_THAT(told.pairs, ElementsAre("head.x=head.x by name: within",
                                      "head.y=head.y by name: beyond",
                                      "z=z by name: beyond"));
}

TEST(CompareRuns, OtherShapesAndKindsAreDivergences) {
  HandRun a, b;
  a.add("shape", {1, 2}).add("kind", {1}).add("none", {1}).other("n", "3");
  b.add("shape", {1}).add<int32_t>("kind", DType::kInt32, {1});
  b.other("none", "null").other("n", "4");
  // What returns nothing in one of the two is of the other alone.
  EXPECT_THAT(tell(a, b).pairs,
              ElementsAre("shape=shape by name: shape",
                          "kind=kind by name: dtype", "n=n by name: other"));
}

TEST(CompareRuns, FloatsThatAreNoTensorsHaveATolerance) {
  HandRun a, b;
  a.other("x", "1.5", "float").other("y", "1.5", "float").other("z", "1.5");
  b.other("x", "1.500001", "float").other("y", "1.6", "float");
  b.other("z", "1.500001");
  EXPECT_THAT(tell(a, b).pairs,
              ElementsAre("x=x by name: within", "y=y by name: other",
                          "z=z by name: other"));
}

TEST(CompareRuns, FewerBitsAreWithinTheCoarserTolerance) {
  HandRun a, b;
  a.add("x", {1.004F});
  b.add<uint16_t>("x", DType::kBFloat16, {0x3f80});
  EXPECT_THAT(tell(a, b).pairs, ElementsAre("x=x by name: within"));
}

TEST(CompareRuns, IntegersAreExact) {
  HandRun a, b;
  a.add<int64_t>("x", DType::kInt64, {1'000'000});
  b.add<int64_t>("x", DType::kInt64, {1'000'001});
  EXPECT_EQ(tell(a, b).first, "x");
}

TEST(CompareRuns, ArgumentsAreComparedWhereBothHaveThem) {
  HandRun a, b, c, d;
  a.add("x@in.0", {1}).add("x", {2});
  b.add("x", {2});
  EXPECT_THAT(tell(a, b).only_a, IsEmpty());
  c.add("x@in.0", {1}).add("x", {2});
  d.add("x@in.0", {9}).add("x", {2});
  EXPECT_EQ(tell(c, d).first, "x@in.0");
}

TEST(CompareRuns, ArgumentsThatMovedWithinACallAreFound) {
  HandRun a, b;
  a.add("f@in.0", {1}).other("f@in.1", "null").add("f@in.2", {2}).add("f", {9});
  b.add("f@in.0", {1}).add("f@in.1", {2}).add("f", {9});
  Told told = tell(a, b);
  EXPECT_THAT(told.pairs, ElementsAre("f@in.0=f@in.0 by name: equal",
                                      "f@in.2=f@in.1 by value: equal",
                                      "f=f by name: equal"));
  EXPECT_THAT(told.only_a, ElementsAre("f@in.1"));
}

TEST(CompareRuns, AnotherArgumentIsADivergence) {
  HandRun a, b;
  a.add("f@in.0", {1}).add("f", {9});
  b.add("f@in.0", {2}).add("f", {9});
  EXPECT_EQ(tell(a, b).first, "f@in.0");
}

TEST(CompareRuns, AnArgumentIsNoResult) {
  HandRun a, b;
  a.add("x@in.0", {1, 1}).add("y@in.0", {3}).add("(root)", {2});
  b.add("z", {1, 1}).add("y@in.0", {3}).add("(root)", {2});
  EXPECT_THAT(tell(a, b).only_a, ElementsAre("x@in.0"));
}

TEST(RunPairing, TheLongestCommonSequenceIsFound) {
  std::string a = "xabcde", b = "abxcxe";
  auto same = [&](uint32_t x, uint32_t y) { return a[x] == b[y]; };
  EXPECT_THAT(longest_common(6, 6, same),
              ElementsAre(Pair(1, 0), Pair(2, 1), Pair(3, 3), Pair(5, 5)));
  EXPECT_THAT(longest_common(0, 6, same), IsEmpty());
}

TEST(RunPairing, RowsTooLongForATableAreWalked) {
  constexpr uint32_t kSize = 5000;
  Places pairs = longest_common(kSize, kSize,
                                [](uint32_t x, uint32_t y) { return x == y; });
  ASSERT_EQ(pairs.size(), kSize);
  EXPECT_EQ(pairs.back(), std::make_pair(kSize - 1, kSize - 1));
}

TEST(RunPairing, GapsAreFilledFromTheirEnds) {
  std::string a = "1xyz2xq3", b = "1z2x3y";
  auto alike = [&](uint32_t x, uint32_t y) { return a[x] == b[y]; };
  Places anchors = {{0, 0}, {4, 2}, {7, 4}};
  EXPECT_THAT(fill_gaps(8, 6, anchors, alike),
              ElementsAre(Pair(3, 1), Pair(5, 3)));
}

}  // namespace
}  // namespace tsinspect
