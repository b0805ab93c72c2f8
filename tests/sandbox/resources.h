// The resources under /api: how each is called, what it holds and what a caller must be allowed.
#pragma once

#include <cstdint>
#include <string_view>

#include "tests/sandbox/catalog.h"
#include "tests/sandbox/dataset.h"

namespace sandbox {

enum class ResourceKind { rows, actions, lookup, instance_info, webhooks };

struct Resource {
  std::string_view path;  // lower case
  ResourceKind kind;
  std::string_view envelope;  // the key of the rows; empty for a bare array
  std::uint32_t read_scopes;  // any of these
  std::uint32_t edit_scopes;
  std::int64_t page_limit = 100;   // rows of a page at most
  Entity entity = Entity::client;  // of kind rows
  const Lookup* lookup = nullptr;  // of kind lookup
};

// Nothing for a path that the sandbox does not have. `path` is in lower case.
const Resource* resource_at(std::string_view path);

}  // namespace sandbox
