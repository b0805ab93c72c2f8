// Stored rows become records again: for comparing them anew, and for the golden record of an entity.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "core/store/database.h"
#include "core/store/store.h"

namespace psabridge::store {

// The functions mean what those of Reader mean.
StoredRows read_rows(Database& database, const EntitySchema& schema, std::span<const std::int64_t> ids);
StoredRows read_rows_of(Database& database, const EntitySchema& schema, std::string_view connection,
                        std::span<const std::string> source_ids);
StoredRows read_rows_after(Database& database, const EntitySchema& schema, std::string_view connection,
                           std::int64_t after, std::uint32_t limit);
EntitySchema stored_schema(Database& database, std::string_view entity);
std::vector<std::string> connections_of(Database& database, std::string_view entity);

}  // namespace psabridge::store
