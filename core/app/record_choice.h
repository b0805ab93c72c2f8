// Names on the command line become what the store knows: entities, clients by name or id.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/app/context.h"

namespace psabridge::app {

/// Throws Error PB1602 with a suggestion when nothing of this entity is stored.
void require_entity(store::Reader& reader, const std::string& entity);

/// The live records of one entity and connection by source id and by name; none as long as nothing of the
/// entity is stored.
class RecordNames {
 public:
  RecordNames(const store::Reader& reader, std::string entity, std::string connection);

  /// The source id of what is given by source id or by name (case ignored). Throws Error PB1602, with a
  /// suggestion when it is not stored, with the source ids when several have the name.
  const std::string& id_of(const std::string& given) const;
  /// Empty when no such source id is stored.
  std::string_view name_of(const std::string& id) const;

 private:
  const std::string entity_, connection_;
  std::map<std::string, std::string, std::less<>> name_by_id_;
  std::multimap<std::string, std::string, std::less<>> id_by_name_;  ///< names in lower case
};

/// The source id of a client; as RecordNames::id_of.
std::string client_id(const store::Reader& reader, const std::string& connection, const std::string& client);

/// The id of a record that is given by our id, by its source id where only one connection has it, or as
/// CONNECTION/SOURCE_ID. Throws Error PB1602.
std::int64_t record_id(store::Reader& reader, const std::string& entity, const std::string& given);

}  // namespace psabridge::app
