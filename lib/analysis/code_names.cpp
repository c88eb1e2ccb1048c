#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "analysis/code_definitions.h"
#include "base/printable.h"
#include "tsinspect/code.h"
#include "tsinspect/names.h"

namespace tsinspect {
namespace {

using torchscript::Library;
using torchscript::NodeId;
using torchscript::Tree;

// Names that a message lists.
constexpr size_t kMostListed = 6;

// Something that a name can stand for.
struct Candidate {
  std::string name;
  const Library::Source* source;
  NodeId node;
  bool is_record = false;
};

std::vector<Candidate> candidates(const Library& library) {
  std::vector<Candidate> all;
  for (const Library::Source& source : library.sources()) {
    all.push_back(
        {std::string(source.record), &source, source.tree.root, true});
    for (auto* definitions : {functions, classes}) {
      for (CodeDefinition& each : definitions(source)) {
        all.push_back({std::move(each.name), &source, each.node});
      }
    }
  }
  return all;
}

// A qualified name without the steps that LibTorch adds to tell classes of one
// name apart.
std::string without_mangling(std::string_view name) {
  constexpr std::string_view kMangle = "___torch_mangle_";
  std::string plain;
  while (!name.empty()) {
    size_t end = std::min(name.find('.'), name.size() - 1) + 1;
    if (!name.starts_with(kMangle)) plain += name.substr(0, end);
    name.remove_prefix(end);
  }
  return plain;
}

// True if `name` ends in the steps of `tail`.
bool has_tail(std::string_view name, std::string_view tail, char separator) {
  if (!name.ends_with(tail)) return false;
  name.remove_suffix(tail.size());
  return name.empty() || name.ends_with(separator);
}

// The ways in which a candidate can be meant, the most exact first.
struct Meaning {
  bool (*fits)(const Candidate& candidate, std::string_view wanted);
};
constexpr std::array kExact = {
    Meaning{[](const Candidate& candidate, std::string_view wanted) {
      return candidate.name == wanted;
    }},
};
constexpr std::array kTails = {
    Meaning{[](const Candidate& candidate, std::string_view wanted) {
      return has_tail(candidate.name, wanted, candidate.is_record ? '/' : '.');
    }},
    Meaning{[](const Candidate& candidate, std::string_view wanted) {
      return !candidate.is_record &&
             has_tail(without_mangling(candidate.name), wanted, '.');
    }},
};

std::string listed(std::span<const Candidate* const> all) {
  std::string text;
  for (size_t i = 0; i < std::min(all.size(), kMostListed); ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : ", ", printable(all[i]->name));
  }
  if (all.size() <= kMostListed) return text;
  return fmt::format("{} and {} more", text, all.size() - kMostListed);
}

// The only candidate that is meant. Of several that have the very same name,
// the last one counts, as it does for LibTorch.
const Candidate* choose(std::span<const Candidate> all,
                        std::span<const Meaning> meanings,
                        std::string_view wanted) {
  for (const Meaning& meaning : meanings) {
    std::vector<const Candidate*> fitting;
    for (const Candidate& candidate : all) {
      if (meaning.fits(candidate, wanted)) fitting.push_back(&candidate);
    }
    if (fitting.empty()) continue;
    bool same = std::ranges::all_of(fitting, [&](const Candidate* each) {
      return each->name == fitting[0]->name;
    });
    if (same) return fitting.back();
    throw Error(ErrorKind::kNotFound,
                fmt::format("{} may be {}", quoted(wanted), listed(fitting)));
  }
  return nullptr;
}

// "a.b" and "c" of "a.b.c"; of "c" alone, the root's path, which is empty.
std::pair<std::string_view, std::string_view> split_last(
    std::string_view name) {
  size_t dot = name.rfind('.');
  if (dot == name.npos) return {"", name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

// The class of the module at a path; empty if there is none.
std::string_view type_at(const Model& model, std::string_view path) {
  auto module = std::ranges::find(model.modules, path, &Module::path);
  return module == model.modules.end() ? "" : std::string_view(module->type);
}

// The class of the module at a path, or the method of it that comes behind its
// path, as a qualified name.
std::string name_by_path(const Model& model, std::string_view wanted) {
  std::string_view type = type_at(model, wanted);
  if (!type.empty()) return std::string(type);
  auto [owner, method] = split_last(wanted);
  return fmt::format("{}.{}", type_at(model, owner), method);
}

// The last steps of a name, as many as `wanted` has.
std::string_view tail_like(std::string_view name, std::string_view wanted) {
  auto dots = std::ranges::count(wanted, '.') + 1;
  size_t at = name.size();
  while (dots-- > 0 && at != name.npos) {
    at = at == 0 ? name.npos : name.rfind('.', at - 1);
  }
  return at == name.npos ? name : name.substr(at + 1);
}

[[noreturn]] void fail_not_found(const Model& model,
                                 std::span<const Candidate> all,
                                 std::string_view wanted) {
  std::vector<std::string_view> names;
  for (const Candidate& candidate : all) {
    names.push_back(candidate.name);
    names.push_back(tail_like(candidate.name, wanted));
  }
  for (const Module& module : model.modules) names.push_back(module.path);
  // Methods of the module that the name begins with.
  std::string_view owner = split_last(wanted).first;
  std::string prefix = fmt::format("{}.", type_at(model, owner));
  std::deque<std::string> methods;
  for (const Candidate& candidate : all) {
    if (owner.empty() || !candidate.name.starts_with(prefix)) continue;
    names.push_back(methods.emplace_back(
        fmt::format("{}.{}", owner, candidate.name.substr(prefix.size()))));
  }
  std::string near = closest_name(wanted, names);
  throw Error(
      ErrorKind::kNotFound,
      fmt::format("no class, function, method or record is named {}{}",
                  quoted(wanted),
                  near.empty() ? "" : "; did you mean " + quoted(near) + "?"));
}

// The whole lines that a node stands on.
CodePart part_of(const Candidate& chosen) {
  const Tree& tree = chosen.source->tree;
  std::string_view source = tree.source;
  CodePart part = {chosen.name, {chosen.source->record, 0}, source};
  if (chosen.node == tree.root) return part;
  size_t begin = source.rfind('\n', tree[chosen.node].begin) + 1;
  std::string_view text = source.substr(begin, tree[chosen.node].end - begin);
  size_t end = begin + text.find_last_not_of(" \t\r\n") + 1;
  end = std::min(source.find('\n', end), source.size() - 1) + 1;
  part.place.offset = static_cast<uint32_t>(begin);
  part.text = source.substr(begin, end - begin);
  return part;
}

}  // namespace

CodePart find_code(const Model& model, std::string_view name) {
  std::vector<Candidate> all = candidates(library_of(model));
  if (auto* exact = choose(all, kExact, name)) return part_of(*exact);
  std::string by_path = name_by_path(model, name);
  if (auto* module = choose(all, kExact, by_path)) return part_of(*module);
  if (auto* tail = choose(all, kTails, name)) return part_of(*tail);
  fail_not_found(model, all, name);
}

}  // namespace tsinspect
