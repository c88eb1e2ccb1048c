// Objects of a pickle, printed as Python would write them.

#pragma once

#include "render/json.h"
#include "tsinspect/objects.h"

namespace tsinspect::cli {

// Prints an object with its members indented below it, down to a depth and up
// to a number that a screen can take, or, if `full`, that a file can.
void print_object(Output& out, const ObjectGraph& graph, ObjectRef ref,
                  bool full);

// Dicts and objects as JSON objects, lists, tuples and sets as arrays; an
// object has its class as "__class__", a tensor its one-line description.
// Returns false if something was left out.
bool write_object(Json& json, const ObjectGraph& graph, ObjectRef ref,
                  bool full);

}  // namespace tsinspect::cli
