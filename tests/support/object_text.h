// Objects of a graph as text, one spelling a kind.

#pragma once

#include <string>

#include "tsinspect/objects.h"

namespace tsinspect {

// As Python's repr() has it, and: `set{…}`, `frozenset{…}`, `<a.b>` for a
// global, `@…` for a persistent id, `0x…` for a big integer's bytes. A call is
// its callable and arguments, `[…]` its list items, `{…}` its dict items and
// `|…` its state: `<a.B>(1)[2]{'k': 3}|{'x': 4}`. An object within itself is
// `...`.
std::string object_text(const ObjectGraph& graph, ObjectRef ref);

}  // namespace tsinspect
