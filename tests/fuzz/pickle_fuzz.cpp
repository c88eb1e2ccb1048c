// A pickle of any content. Whatever it nests, the graph it makes stays small
// and sound.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "pickle/pickle.h"
#include "tsinspect/error.h"

namespace {

using namespace tsinspect;

void check(const ObjectGraph& graph, ObjectRef ref) {
  if (ref != kNoObject && ref >= graph.size()) abort();
}

void check_node(const ObjectGraph& graph, ObjectRef ref) {
  for (ObjectRef item : graph.items(ref)) check(graph, item);
  if (graph.kind(ref) == ObjectKind::kDict && graph.items(ref).size() % 2) {
    abort();
  }
  check(graph, graph.callable(ref));
  check(graph, graph.arguments(ref));
  check(graph, graph.state(ref));
  check(graph, graph.list_items(ref));
  check(graph, graph.dict_items(ref));
  // Reads every byte, so that a view of freed memory is found.
  std::string_view bytes = graph.bytes(ref);
  if (bytes.size() + std::count(bytes.begin(), bytes.end(), 'x') > kNoObject) {
    abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  looks_like_pickle(bytes);
  ObjectGraph graph;
  std::vector<Import> imports;
  ByteReader in(bytes);
  try {
    while (in.remaining() > 0) {
      check(graph, read_pickle(&in, kNoIndex, &graph, &imports));
    }
  } catch (const Error&) {
  }
  if (graph.size() > 4 * size + 64 || imports.size() > size) abort();
  for (size_t i = 0; i < graph.size(); ++i) {
    check_node(graph, static_cast<ObjectRef>(i));
  }
  return 0;
}
