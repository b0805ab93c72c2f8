// Names on the command line become what the store knows: entities, clients by name or id.
#pragma once
#include <cstdint>
#include <string>

#include "core/app/context.h"

namespace psabridge::app {

/// Throws Error PB1602 with a suggestion when nothing of this entity is stored.
void require_entity(store::Reader& reader, const std::string& entity);

/// The source id of a client that is given by its source id or its name (case ignored). Throws Error PB1602
/// with a suggestion.
std::string client_id(store::Reader& reader, const std::string& connection, const std::string& client);

/// The id of a record that is given by our id, by its source id where only one connection has it, or as
/// CONNECTION/SOURCE_ID. Throws Error PB1602.
std::int64_t record_id(store::Reader& reader, const std::string& entity, const std::string& given);

}  // namespace psabridge::app
