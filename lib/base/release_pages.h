// Passing over a mapped file without keeping it in memory.

#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tsinspect {

// Takes the pages that `view`, a part of the read-only mapped file `mapping`,
// was read through out of this process's memory, from a little before it up to
// its last ones, which the next part may begin in; nothing where it lies
// elsewhere. They stay in the system's cache, and reading them again only maps
// them again: harmless, whoever else views them.
void release_pages(std::string_view mapping, std::span<const std::byte> view);

}  // namespace tsinspect
