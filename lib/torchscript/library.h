// All classes that an archive's source defines, by name.

#pragma once

#include <cstdint>
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
  // One record of source.
  struct Source {
    std::string_view record;  // Its name in the archive.
    std::string prefix;       // "__torch__.a.b", as its classes begin.
    Tree tree;                // Down to signatures: see parse_body().
    std::vector<ClassInfo> classes;
  };

  // Adds the classes of one record of source, as parse() reads it down to
  // signatures. Both texts must outlive the library. Throws as parse() does,
  // and Error(kLimit) once the names of all that is defined are too long.
  void add(std::string_view record, std::string_view source,
           const Limits& limits);

  // In the order in which they were added.
  const std::deque<Source>& sources() const { return sources_; }

  // The class of that qualified name, or null.
  const ClassInfo* find(std::string_view name) const;

  // A function at the top level of a record, by its qualified name; null where
  // there is none.
  struct Function {
    const Source* source = nullptr;
    NodeId node = kNoNode;  // kFunction.
  };
  Function find_function(std::string_view name) const;

  // The record that defines a class of this library.
  const Source& source_of(const ClassInfo& info) const;

  // Its methods and hooks, with their schemas. Knows enums and interfaces once
  // all records are added.
  ScriptType describe(const ClassInfo& info) const;

 private:
  struct Entry {
    const ClassInfo* info;
    const Source* source;
  };

  void add_functions(const Source& source);

  std::deque<Source> sources_;
  std::unordered_map<std::string_view, Entry> classes_;
  std::unordered_map<std::string, Function> functions_;
  ClassKinds kinds_;
  uint64_t name_bytes_ = 0;
};

}  // namespace tsinspect::torchscript
