// All classes that an archive's source defines, by name.

#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "torchscript/classes.h"
#include "torchscript/syntax.h"
#include "tsinspect/limits.h"
#include "tsinspect/model.h"

namespace tsinspect::torchscript {

class Library {
 public:
  // Adds the classes of one record of source, as parse() reads it down to
  // signatures. The text must outlive the library. Throws as parse() does.
  void add(std::string_view record, std::string_view source,
           const Limits& limits);

  // The class of that qualified name, or null.
  const ClassInfo* find(std::string_view name) const;

  // Its methods and hooks, with their schemas. Knows enums and interfaces once
  // all records are added.
  ScriptType describe(const ClassInfo& info) const;

 private:
  struct Source {
    Tree tree;
    std::vector<ClassInfo> classes;
  };

  struct Entry {
    const ClassInfo* info;
    const Tree* tree;
  };

  std::deque<Source> sources_;
  std::unordered_map<std::string_view, Entry> classes_;
  ClassKinds kinds_;
};

}  // namespace tsinspect::torchscript
