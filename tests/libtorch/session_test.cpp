#include "libtorch/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "libtorch/run.h"

namespace tsinspect {
namespace {

using testing::HasSubstr;

class SessionTest : public testing::Test {
 protected:
  SessionTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "tsXXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~SessionTest() override { std::filesystem::remove_all(folder_); }

  // A file of a module with these methods.
  RunRequest saved(const std::string& methods,
                   std::vector<std::string> inputs = {}) {
    torch::jit::Module module("Net");
    module.define(methods);
    RunRequest request;
    request.path = folder_ / "net.pt";
    request.inputs = std::move(inputs);
    module.save(request.path);
    return request;
  }

  static std::string message_of(const RunRequest& request) {
    try {
      Session session = open_session(request);
      session.run();
    } catch (const Error& error) {
      return std::string(to_string(error.kind())) + ": " + error.what();
    }
    return "no error";
  }

  std::filesystem::path folder_;
};

RunRequest fixture(const char* name) {
  RunRequest request;
  request.path = std::string(TSINSPECT_FIXTURES "/") + name;
  return request;
}

constexpr const char* kAdd = R"(
def forward(self, x, n: int, f: float = 0.5):
    return x * n + f
def other(self, xs: List[Tensor], t: Tuple[int, float], d: Dict[str, Tensor],
          o: Optional[Tensor] = None):
    return xs, t, d, o
def fails(self, x):
    return torch.mm(x, torch.ones([4, 2]))
def raises(self, x):
    assert bool(x.sum() > 99), "bad thing"
)";

TEST_F(SessionTest, InputsFitTheSchema) {
  Session session = open_session(saved(kAdd, {"ones(2)", "3"}));
  EXPECT_EQ(session.schema, "forward(Tensor x, int n, float f=0.5) -> Tensor");
  ASSERT_EQ(session.inputs.size(), 3u);
  EXPECT_EQ(session.inputs[2].toDouble(), 0.5);
  EXPECT_TRUE(torch::equal(session.run().toTensor(), torch::full({2}, 3.5)));
  session = open_session(saved(kAdd, {"f=2", "n=1", "x=7"}));
  EXPECT_EQ(session.run().toTensor().item<double>(), 9);
}

TEST_F(SessionTest, LiteralsBecomeWhatTheTypeIs) {
  RunRequest request =
      saved(kAdd, {"[zeros(1), 3]", "(1, 2)", "{'a': [[1, 2]]}"});
  request.method = "other";
  Session session = open_session(request);
  auto list = session.inputs[0].toTensorVector();
  EXPECT_EQ(list[1].dim(), 0);
  EXPECT_EQ(session.inputs[1].toTupleRef().elements()[1].toDouble(), 2);
  auto dict = session.inputs[2].toGenericDict();
  EXPECT_EQ(dict.at("a").toTensor().sizes(), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(dict.at("a").toTensor().scalar_type(), at::kLong);
  EXPECT_TRUE(session.inputs[3].isNone());
}

TEST_F(SessionTest, WhatDoesNotFitIsSaidInOneLine) {
  EXPECT_EQ(message_of(saved(kAdd, {"ones(2)", "0.5"})),
            "malformed: input '0.5': int is wanted, not a float");
  EXPECT_EQ(message_of(saved(kAdd, {"{'a': 1}", "1"})),
            "malformed: input '{'a': 1}': Tensor is wanted, not a dict");
  EXPECT_EQ(message_of(saved(kAdd, {"m=1"})),
            "malformed: input 'm=1': no argument is named 'm' in "
            "forward(Tensor x, int n, float f=0.5) -> Tensor");
  EXPECT_EQ(message_of(saved(kAdd, {"x=1", "x=2"})),
            "malformed: input 'x=2': a second value for x");
  EXPECT_EQ(message_of(saved(kAdd, {"1", "1", "1", "1"})),
            "malformed: input '1': one too many for "
            "forward(Tensor x, int n, float f=0.5) -> Tensor");
  EXPECT_EQ(message_of(saved(kAdd, {"ones(2)"})),
            "not found: no input for n of "
            "forward(Tensor x, int n, float f=0.5) -> Tensor");
  EXPECT_EQ(message_of(saved(kAdd, {"[[1], [1, 2]]", "1"})),
            "malformed: input '[[1], [1, 2]]': the lists are not of one size");
  EXPECT_EQ(message_of(saved(kAdd, {"rand(-1)", "1"})),
            "malformed: input 'rand(-1)': a size is negative");
  EXPECT_THAT(message_of(saved(kAdd, {"x.npy", "1"})),
              HasSubstr("i/o error: "));
}

TEST_F(SessionTest, MethodsAreFoundOrNamed) {
  RunRequest request = saved(kAdd);
  request.method = "othr";
  EXPECT_EQ(message_of(request),
            "not found: no method is named 'othr'; did you mean other?; the "
            "module has: forward, other, fails, raises");
}

TEST_F(SessionTest, DevicesThatAreNotThereAreUnsupported) {
  RunRequest request = saved(kAdd);
  request.device = "toaster";
  EXPECT_THAT(message_of(request), HasSubstr("unsupported: device 'toaster'"));
}

TEST_F(SessionTest, FailuresNameTheLine) {
  RunRequest request = saved(kAdd, {"rand(1,3)"});
  request.method = "fails";
  std::string message = message_of(request);
  EXPECT_THAT(message, testing::StartsWith(
                           "failed: fails: mat1 and mat2 shapes cannot be "
                           "multiplied (1x3 and 4x2)\n  "));
  EXPECT_THAT(message, HasSubstr("<--- HERE"));
  EXPECT_THAT(message, HasSubstr("code/__torch__.py"));
  EXPECT_THAT(message, testing::Not(HasSubstr("frame #")));
  request.method = "raises";
  EXPECT_THAT(message_of(request),
              testing::StartsWith("failed: raises: AssertionError: bad "
                                  "thing\n"));
}

TEST_F(SessionTest, RunsBeginAlike) {
  Session session = open_session(
      saved("def forward(self, x):\n    return x.add_(torch.rand([2]))\n",
            {"rand(2)"}));
  at::Tensor first = session.run().toTensor();
  EXPECT_TRUE(torch::equal(first, session.run().toTensor()));
  RunRequest request = session.request;
  request.seed = 1;
  EXPECT_FALSE(torch::equal(first, open_session(request).run().toTensor()));
}

TEST_F(SessionTest, NoGradientsUnlessAsked) {
  RunRequest request =
      saved("def forward(self, x):\n    return x * 2\n", {"rand(2)"});
  Session session = open_session(request);
  session.inputs[0].toTensor().set_requires_grad(true);
  EXPECT_FALSE(session.run().toTensor().requires_grad());
  session.request.gradients = true;
  EXPECT_TRUE(session.run().toTensor().requires_grad());
}

TEST(Session, TracedFilesSayWhatTheyWereTracedWith) {
  Session session = open_session(fixture("traced_cnn.pt"));
  ASSERT_EQ(session.notes.size(), 1u);
  EXPECT_THAT(session.notes[0], HasSubstr("rand(1,3,6,6)"));
  EXPECT_EQ(session.inputs[0].toTensor().sizes(),
            (std::vector<int64_t>{1, 3, 6, 6}));
}

TEST(Session, MissingInputsAreSuggested) {
  for (const char* name : {"scripted_cnn.pt", "frozen_cnn.pt"}) {
    try {
      open_session(fixture(name));
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
      EXPECT_THAT(error.what(), HasSubstr("--input 'rand(1,3,224,224)'"));
    }
  }
}

TEST(Session, WhatIsNoProgramIsUnsupported) {
  EXPECT_THROW(open_session(fixture("state_dict.pt")), Error);
}

TEST_F(SessionTest, OutputsAreNamedByTheirPlace) {
  RunRequest request =
      saved(kAdd, {"[zeros(1), 3]", "(1, 2)", "{'a': [[1, 2]]}"});
  request.method = "other";
  RunResult result = run_model(request, 2);
  std::vector<std::string> names;
  for (const RunOutput& output : result.outputs) names.push_back(output.name);
  EXPECT_THAT(names,
              testing::ElementsAre("output.0.0", "output.0.1", "output.1.0",
                                   "output.1.1", "output.2.a", "output.3"));
  EXPECT_EQ(std::get<int64_t>(result.outputs[2].value), 1);
  EXPECT_EQ(std::get<double>(result.outputs[3].value), 2);
  EXPECT_EQ(result.model.tensors.size(), 3u);
  EXPECT_EQ(result.runs, 3u);
  EXPECT_GT(result.peak_bytes, 1u << 20);
}

}  // namespace
}  // namespace tsinspect
