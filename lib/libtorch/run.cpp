#include "libtorch/run.h"

#include <algorithm>
#include <sstream>

#include "libtorch/process.h"
#include "libtorch/session.h"
#include "libtorch/tensor_model.h"

namespace tsinspect {
namespace {

// Takes a value apart into the tensors and the other values in it.
class Collector {
 public:
  explicit Collector(RunResult* result) : result_(*result) {}

  void add(const std::string& name, const c10::IValue& value) {
    if (value.isTensor() && value.toTensor().defined()) {
      return add_tensor(name, value.toTensor());
    }
    if (value.isTuple()) return add_tuple(name, value);
    if (value.isGenericDict() && !value.toGenericDict().empty()) {
      for (const auto& entry : value.toGenericDict()) {
        add(name + "." + text_of(entry.key()), entry.value());
      }
      return;
    }
    if (value.isList() && has_parts(value)) {
      auto items = value.toListRef();
      for (size_t i = 0; i < items.size(); ++i) {
        add(name + "." + std::to_string(i), items[i]);
      }
      return;
    }
    add_plain(name, value);
  }

 private:
  static std::string text_of(const c10::IValue& value) {
    if (value.isString()) return value.toStringRef();
    std::ostringstream out;
    out << value;
    return out.str();
  }

  // Lists of numbers and strings are one value.
  static bool has_parts(const c10::IValue& list) {
    auto items = list.toListRef();
    return std::any_of(items.begin(), items.end(), [](const auto& item) {
      return item.isTensor() || item.isTuple() || item.isList() ||
             item.isGenericDict();
    });
  }

  void add_tensor(const std::string& name, const at::Tensor& tensor) {
    // A sparse tensor is several.
    uint32_t row = append_tensor(&result_.model, name, tensor);
    for (; row < result_.model.tensors.size(); ++row) {
      const std::string& row_name = result_.model.tensors[row].name;
      result_.outputs.push_back({row_name, "Tensor", row});
    }
  }

  void add_tuple(const std::string& name, const c10::IValue& value) {
    const auto& elements = value.toTupleRef().elements();
    auto schema = value.type()->expect<c10::TupleType>()->schema();
    for (size_t i = 0; i < elements.size(); ++i) {
      std::string key =
          schema ? schema->arguments()[i].name() : std::to_string(i);
      add(name + "." + key, elements[i]);
    }
  }

  void add_plain(const std::string& name, const c10::IValue& value) {
    RunOutput output{.name = name, .type = value.type()->annotation_str()};
    if (value.isBool()) {
      output.value = value.toBool();
    } else if (value.isInt()) {
      output.value = value.toInt();
    } else if (value.isDouble()) {
      output.value = value.toDouble();
    } else if (!value.isNone()) {
      output.value = text_of(value);
    }
    result_.outputs.push_back(std::move(output));
  }

  RunResult& result_;
};

double timed_run(Session& session, c10::IValue* value) {
  Stopwatch watch;
  *value = session.run();
  return watch.restart_ms();
}

double median(std::vector<double> times) {
  size_t half = times.size() / 2;
  std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(half),
                   times.end());
  return times[half];
}

}  // namespace

RunResult run_model(const RunRequest& request, uint64_t repeat) {
  Session session = open_session(request);
  RunResult result;
  result.schema = session.schema;
  result.mapped = session.loaded.mapped;
  result.why_not_mapped = session.loaded.why_not_mapped;
  result.notes = session.notes;
  result.load_ms = session.load_ms;
  c10::IValue value;
  result.first_ms = timed_run(session, &value);
  std::vector<double> times = {result.first_ms};
  if (repeat > 0) times.clear();
  while (times.size() < repeat) {
    c10::IValue again;
    times.push_back(timed_run(session, &again));
  }
  result.median_ms = median(times);
  result.runs = repeat + 1;
  result.peak_bytes = peak_memory_bytes();
  result.model.path = request.path;
  Collector(&result).add("output", value);
  return result;
}

}  // namespace tsinspect
