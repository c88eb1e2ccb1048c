#include "analysis/constant_flow.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace tsinspect {
namespace {

using torchscript::FunctionGraph;
using torchscript::kNoOperation;
using torchscript::Operation;
using torchscript::OperationId;
using torchscript::OperationInput;
using torchscript::OperationKind;
using torchscript::Program;

// Operators whose first argument is what they give, seen or stored otherwise.
constexpr std::array kViews = {
    std::string_view("aten::t"),
    std::string_view("aten::transpose"),
    std::string_view("aten::permute"),
    std::string_view("aten::numpy_T"),
    std::string_view("aten::view"),
    std::string_view("aten::reshape"),
    std::string_view("aten::view_as"),
    std::string_view("aten::reshape_as"),
    std::string_view("aten::expand"),
    std::string_view("aten::expand_as"),
    std::string_view("aten::unsqueeze"),
    std::string_view("aten::squeeze"),
    std::string_view("aten::flatten"),
    std::string_view("aten::unflatten"),
    std::string_view("aten::select"),
    std::string_view("aten::slice"),
    std::string_view("aten::narrow"),
    std::string_view("aten::chunk"),
    std::string_view("aten::split"),
    std::string_view("aten::unbind"),
    std::string_view("aten::split_with_sizes"),
    std::string_view("aten::to"),
    std::string_view("aten::type_as"),
    std::string_view("aten::cpu"),
    std::string_view("aten::cuda"),
    std::string_view("aten::contiguous"),
    std::string_view("aten::clone"),
    std::string_view("aten::detach"),
    std::string_view("aten::alias"),
    std::string_view("aten::dequantize"),
    std::string_view("aten::list"),
    std::string_view("aten::requires_grad_"),
    std::string_view("aten::__getitem__"),
    std::string_view("prim::unchecked_unwrap_optional"),
    std::string_view("aten::_unwrap_optional"),
    std::string_view("prim::data"),
};

// Operators that look at a tensor's form, not at its values.
constexpr std::array kQueries = {
    std::string_view("aten::size"),
    std::string_view("aten::dim"),
    std::string_view("aten::numel"),
    std::string_view("aten::len"),
    std::string_view("aten::stride"),
    std::string_view("aten::is_contiguous"),
    std::string_view("aten::__is__"),
    std::string_view("aten::__isnot__"),
    std::string_view("aten::is_floating_point"),
    std::string_view("aten::is_complex"),
    std::string_view("prim::device"),
    std::string_view("prim::dtype"),
    std::string_view("prim::layout"),
    std::string_view("prim::shape"),
    std::string_view("prim::ndim"),
    std::string_view("prim::requires_grad"),
    std::string_view("prim::is_nested"),
    std::string_view("prim::is_cuda"),
};

template <typename Array>
bool contains(const Array& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// Who takes each value of a function.
class Consumers {
 public:
  struct Consumer {
    OperationId operation;
    uint32_t input;
  };

  explicit Consumers(const FunctionGraph& function) {
    for (OperationId id = 0; id < function.operations.size(); ++id) {
      auto inputs = function.inputs_of(function[id]);
      for (uint32_t i = 0; i < inputs.size(); ++i) {
        of_[inputs[i].value].push_back({id, i});
      }
    }
  }

  std::span<const Consumer> of(OperationId value) const {
    auto entry = of_.find(value);
    return entry == of_.end() ? std::span<const Consumer>() : entry->second;
  }

 private:
  std::unordered_map<OperationId, std::vector<Consumer>> of_;
};

// Steps from a value to who takes it, for all constants together. In real
// programs there are fewer than operations.
constexpr uint64_t kStepsPerOperation = 4;
constexpr uint64_t kMoreSteps = 1 << 16;

// Views of views are not all told of.
constexpr size_t kMostThrough = 16;

// Where one constant goes from there.
struct State {
  const FunctionGraph* function;
  OperationId value;
  std::optional<uint32_t> position;
  std::vector<std::string_view> through;
};

// What all constants of a program share.
struct Work {
  const Program& program;
  uint64_t steps;  // That are left.
  std::map<const FunctionGraph*, Consumers> consumers = {};
  std::vector<ConstantUse> uses = {};
};

// Follows one constant from all places where it stands.
class Follower {
 public:
  Follower(Work* work, uint32_t constant) : work_(*work), constant_(constant) {}

  // Each value of each function is followed once for each position, nearest
  // ones first.
  void push(State state) {
    if (seen_.insert({state.function, state.value, state.position}).second) {
      open_.push_back(std::move(state));
    }
  }

  void follow() {
    for (; !open_.empty(); open_.pop_front()) {
      const State& state = open_.front();
      const Consumers& consumers =
          work_.consumers.try_emplace(state.function, *state.function)
              .first->second;
      for (auto [operation, input] : consumers.of(state.value)) {
        if (!take_step()) return;
        step(state, operation, input);
      }
    }
  }

 private:
  bool take_step() {
    if (work_.steps == 0) return false;
    --work_.steps;
    return true;
  }

  void step(const State& state, OperationId id, uint32_t input) {
    const Operation& operation = (*state.function)[id];
    State next = state;
    next.value = id;
    switch (operation.kind) {
      case OperationKind::kConstruct:
        next.position = input;
        return push(std::move(next));
      case OperationKind::kUnpack:
        if (state.position && *state.position != operation.index) return;
        next.position.reset();
        return push(std::move(next));
      case OperationKind::kCast:
        if (FunctionGraph::is_any_item(operation)) next.position.reset();
        return push(std::move(next));
      case OperationKind::kJoin:
        return push(std::move(next));
      case OperationKind::kCallFunction:
      case OperationKind::kCallMethod:
        return enter(state, operation, input);
      case OperationKind::kOperator:
        return use(std::move(next), operation, input);
      default:
        return;
    }
  }

  // Goes on behind the callee's parameter.
  void enter(const State& state, const Operation& operation, uint32_t input) {
    const FunctionGraph* callee =
        work_.program.callee(*state.function, operation);
    if (callee == nullptr) return;
    OperationId parameter = parameter_of(
        *callee, state.function->inputs_of(operation)[input].keyword, input);
    if (parameter == kNoOperation) return;
    push({callee, parameter, state.position, state.through});
  }

  // Parameters are a function's first operations.
  OperationId parameter_of(const FunctionGraph& callee,
                           std::string_view keyword, uint32_t input) {
    if (keyword.empty()) {
      return input < callee.parameters.size() ? input + 1 : kNoOperation;
    }
    for (uint32_t i = 0; i < callee.parameters.size() && take_step(); ++i) {
      if (callee.parameters[i] == keyword) return i + 1;
    }
    return kNoOperation;
  }

  void use(State next, const Operation& operation, uint32_t input) {
    if (contains(kQueries, operation.name)) return;
    if (input == 0 && contains(kViews, operation.name)) {
      if (next.through.size() < kMostThrough) {
        next.through.push_back(operation.name);
      }
      return push(std::move(next));
    }
    work_.uses.push_back({constant_, next.function, next.value, input,
                          next.position, std::move(next.through)});
  }

  Work& work_;
  uint32_t constant_;
  std::set<
      std::tuple<const FunctionGraph*, OperationId, std::optional<uint32_t>>>
      seen_;
  std::deque<State> open_;
};

}  // namespace

std::vector<ConstantUse> constant_uses(const Program& program) {
  Work work = {program, 0};
  std::map<uint32_t, std::vector<State>> places;
  for (const FunctionGraph& function : program.functions()) {
    work.steps += kStepsPerOperation * function.operations.size();
    for (OperationId id = 0; id < function.operations.size(); ++id) {
      const Operation& operation = function[id];
      if (operation.kind != OperationKind::kConstant) continue;
      places[operation.index].push_back({&function, id, {}, {}});
    }
  }
  work.steps += kMoreSteps;
  for (auto& [constant, states] : places) {
    Follower follower(&work, constant);
    for (State& state : states) follower.push(std::move(state));
    follower.follow();
  }
  std::vector<ConstantUse> uses = std::move(work.uses);
  // Functions lie in a deque, in the order of the program.
  std::map<const FunctionGraph*, size_t> order;
  for (const FunctionGraph& function : program.functions()) {
    order.emplace(&function, order.size());
  }
  auto key = [&](const ConstantUse& use) {
    return std::make_tuple(use.constant, order[use.function], use.operation,
                           use.input, use.position);
  };
  std::ranges::stable_sort(uses, {}, key);
  auto is_same = [&](const ConstantUse& a, const ConstantUse& b) {
    return key(a) == key(b);
  };
  uses.erase(std::unique(uses.begin(), uses.end(), is_same), uses.end());
  return uses;
}

}  // namespace tsinspect
