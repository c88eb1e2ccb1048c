#include "analysis/diff_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "analysis/code_units.h"
#include "analysis/diff_settings.h"
#include "analysis/diff_units.h"
#include "tsinspect/module_tree.h"

namespace tsinspect {
namespace {

using torchscript::ClassInfo;
using Kind = ObjectDiff::Kind;

// What a hostile file may cost: modules, settings and methods told, of each as
// many; and work: names that are matched, and this much of classes' text.
constexpr size_t kMostTold = 10'000;
constexpr uint64_t kMostWork = 2'000'000;
constexpr uint64_t kBytesOfWork = 32;

// The classes that modules of one path have. Many modules may share them.
struct ClassPair {
  ClassSource a, b;
  std::vector<std::string_view> paths;
  ClassSettings settings;
};

using Paths = std::unordered_map<std::string_view, uint32_t>;

// Rows by path: of a wrapper and what it wraps, whose paths in common are one,
// the latter.
Paths rows_by_path(const std::vector<std::string>& paths) {
  Paths rows;
  for (uint32_t i = 0; i < paths.size(); ++i) rows[paths[i]] = i;
  return rows;
}

std::string joined(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

class CodeDiffer {
 public:
  CodeDiffer(const Model& a, const Model& b, const DiffOptions& options,
             const NameMatch& match, const std::vector<TensorDiff>& pairs)
      : a_(a),
        b_(b),
        filter_(options.filter),
        units_(a, b, pairs),
        paths_a_(common_paths(a, options, match, true)),
        paths_b_(common_paths(b, options, match, false)) {}

  CodeDiff run() {
    diff_.compared = true;
    compare_modules();
    for (ClassPair& pair : classes_) {
      if (!work(size_of(pair.a) + size_of(pair.b))) break;
      pair.settings = diff_class_settings(pair.a, pair.b);
    }
    tell_settings();
    for (const ClassPair& pair : classes_) {
      if (!work(size_of(pair.a) + size_of(pair.b))) break;
      compare_methods(pair);
    }
    compare_others();
    return std::move(diff_);
  }

 private:
  void compare_modules() {
    Paths rows_a = rows_by_path(paths_a_), rows_b = rows_by_path(paths_b_);
    for (uint32_t i = 0; i < paths_a_.size(); ++i) {
      const std::string& path = paths_a_[i];
      if (rows_a[path] != i) continue;
      auto other = rows_b.find(path);
      if (other == rows_b.end()) {
        tell_module(path, Kind::kRemoved, unmangled(a_.modules[i].type), "");
      } else {
        compare_types(path, a_.modules[i].type, b_.modules[other->second].type);
      }
    }
    for (uint32_t i = 0; i < paths_b_.size(); ++i) {
      const std::string& path = paths_b_[i];
      if (rows_b[path] != i || rows_a.contains(path)) continue;
      tell_module(path, Kind::kAdded, "", unmangled(b_.modules[i].type));
    }
  }

  void compare_types(const std::string& path, const std::string& type_a,
                     const std::string& type_b) {
    std::string plain_a = unmangled(type_a), plain_b = unmangled(type_b);
    if (plain_a != plain_b) tell_module(path, Kind::kChanged, plain_a, plain_b);
    const ClassInfo* a = a_.source->find(type_a);
    const ClassInfo* b = b_.source->find(type_b);
    if (a == nullptr || b == nullptr) return;
    auto [place, is_new] = by_classes_.try_emplace({a, b}, classes_.size());
    if (is_new) {
      ClassPair& pair = classes_.emplace_back();
      pair.a = {a, &a_.source->source_of(*a)};
      pair.b = {b, &b_.source->source_of(*b)};
    }
    classes_[place->second].paths.push_back(path);
    module_classes_.emplace_back(path, place->second);
  }

  void tell_module(const std::string& path, Kind kind, std::string a,
                   std::string b) {
    if (!filter_.matches(path) || is_full(diff_.modules.size())) return;
    diff_.modules.push_back({path, kind, std::move(a), std::move(b)});
  }

  void tell_settings() {
    for (const auto& [path, place] : module_classes_) {
      for (SettingDiff setting : classes_[place].settings.settings) {
        if (!work(1)) return;
        setting.where = path;
        tell_setting(std::move(setting));
      }
    }
    for (SettingDiff& setting : diff_layer_settings(a_, b_)) {
      tell_setting(std::move(setting));
    }
  }

  void tell_setting(SettingDiff setting) {
    std::string name = joined(setting.where, setting.name);
    if (!filter_.matches(setting.where, name)) return;
    if (is_full(diff_.settings.size())) return;
    diff_.settings.push_back(std::move(setting));
  }

  void compare_methods(const ClassPair& pair) {
    auto of_a = methods_of(*a_.source, *pair.a.info);
    auto of_b = methods_of(*b_.source, *pair.b.info);
    std::unordered_map<std::string_view, const CodeUnit*> left;
    for (const CodeUnit& unit : of_b) left.try_emplace(unit.name, &unit);
    for (const CodeUnit& unit : of_a) {
      auto other = left.find(unit.name);
      compare(&unit, other == left.end() ? nullptr : other->second, &pair,
              name_method(pair, unit.name));
      if (other != left.end()) left.erase(other);
    }
    for (const CodeUnit& unit : of_b) {
      auto other = left.find(unit.name);
      if (other == left.end() || other->second != &unit) continue;
      compare(nullptr, &unit, &pair, name_method(pair, unit.name));
    }
  }

  // A method is named by the first of its modules that passes the filter, and
  // is of none if there is no such module.
  MethodDiff name_method(const ClassPair& pair, std::string_view method) {
    MethodDiff named;
    if (filter_.empty()) {
      named.name = joined(pair.paths[0], method);
      named.modules = static_cast<uint32_t>(pair.paths.size());
      return named;
    }
    named.modules = 0;
    for (std::string_view path : pair.paths) {
      if (!work(1)) break;
      std::string name = joined(path, method);
      if (!filter_.matches(path, name)) continue;
      if (named.modules++ == 0) named.name = std::move(name);
    }
    return named;
  }

  void compare_others() {
    auto of_a = other_units(a_), of_b = other_units(b_);
    auto x = of_a.begin(), y = of_b.begin();
    while (x != of_a.end() || y != of_b.end()) {
      std::string name_a = x != of_a.end() ? unmangled(x->name) : "";
      std::string name_b = y != of_b.end() ? unmangled(y->name) : "";
      bool has_a = x != of_a.end() && (y == of_b.end() || name_a <= name_b);
      bool has_b = y != of_b.end() && (x == of_a.end() || name_b <= name_a);
      MethodDiff named;
      named.name = has_a ? std::move(name_a) : std::move(name_b);
      if (filter_.matches(named.name)) {
        compare(has_a ? &*x : nullptr, has_b ? &*y : nullptr, nullptr,
                std::move(named));
      }
      if (has_a) ++x;
      if (has_b) ++y;
    }
  }

  // `a` is null for what is added, `b` for what is removed, `pair` for what is
  // of no module.
  void compare(const CodeUnit* a, const CodeUnit* b, const ClassPair* pair,
               MethodDiff named) {
    if (named.modules == 0) return;
    ++diff_.compared_methods;
    if (a != nullptr && b != nullptr) {
      UnitDiffer::Options options;
      options.literals = pair ? &pair->settings.literals : nullptr;
      // Those of the whole model are what its callers call.
      options.keeps_parameters = pair && pair->paths[0].empty();
      auto lines = units_.compare(*a, *b, options);
      if (!lines) return;
      named.lines = std::move(*lines);
    } else {
      named.kind = a == nullptr ? Kind::kAdded : Kind::kRemoved;
    }
    if (!is_full(diff_.methods.size())) {
      diff_.methods.push_back(std::move(named));
    }
  }

  static uint64_t size_of(const ClassSource& of) {
    return of.source->tree.text(of.info->node).size() / kBytesOfWork + 1;
  }

  // False if so much work is not left.
  bool work(uint64_t amount) {
    if (amount > work_left_) diff_.complete = false;
    work_left_ -= std::min(amount, work_left_);
    return diff_.complete;
  }

  // True if no more may be told.
  bool is_full(size_t told) {
    if (told < kMostTold) return false;
    diff_.complete = false;
    return true;
  }

  const Model& a_;
  const Model& b_;
  const NameFilter& filter_;
  UnitDiffer units_;
  std::vector<std::string> paths_a_, paths_b_;  // In common, of all modules.
  std::vector<ClassPair> classes_;
  std::map<std::pair<const ClassInfo*, const ClassInfo*>, size_t> by_classes_;
  // Rows of `classes_` by module, in A's order.
  std::vector<std::pair<std::string_view, size_t>> module_classes_;
  uint64_t work_left_ = kMostWork;
  CodeDiff diff_;
};

}  // namespace

CodeDiff diff_code(const Model& a, const Model& b, const DiffOptions& options,
                   const NameMatch& match,
                   const std::vector<TensorDiff>& pairs) {
  bool has_source = a.source != nullptr && b.source != nullptr;
  if (!has_source) return {};
  return CodeDiffer(a, b, options, match, pairs).run();
}

}  // namespace tsinspect
