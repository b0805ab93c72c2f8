#include "core/app/record_choice.h"

#include <algorithm>

#include "core/base/text.h"

namespace psabridge::app {

void require_entity(store::Reader& reader, const std::string& entity) {
  const auto entities = reader.entities();
  if (std::ranges::find(entities, entity) != entities.end()) return;
  const std::vector<std::string_view> names(entities.begin(), entities.end());
  throw Error("PB1602", "Nothing called \"" + entity + "\" is stored." + did_you_mean(entity, names) +
                            " `psabridge records count` lists what is there.");
}

std::string client_id(store::Reader& reader, const std::string& connection, const std::string& client) {
  std::vector<std::pair<std::string, std::string>> known = reader.names("client", connection);
  std::vector<std::string_view> names;
  std::string found;
  for (const auto& [name, id] : known) {
    if (id == client) return id;
    if (equals_ignoring_case(name, client)) found = id;
    names.push_back(name);
  }
  if (!found.empty()) return found;
  throw Error("PB1602", "No client \"" + client + "\" is stored" +
                            (connection.empty() ? "" : " for connection " + connection) + "." +
                            did_you_mean(client, names));
}

}  // namespace psabridge::app
