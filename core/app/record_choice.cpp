#include "core/app/record_choice.h"

#include <algorithm>

#include "core/base/text.h"

namespace psabridge::app {
namespace {

std::string text_in(const store::StoredRecord& record, std::string_view name) {
  const auto column = std::ranges::find(record.columns, name, &store::FieldText::name);
  return column == record.columns.end() ? std::string() : column->text;
}

}  // namespace

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

std::int64_t record_id(store::Reader& reader, const std::string& entity, const std::string& given) {
  store::RecordQuery query{.entity = entity};
  if (const auto slash = given.find('/'); slash != std::string::npos) {
    query.connection = given.substr(0, slash);
    query.equals = {{"source_id", given.substr(slash + 1)}};
  } else {
    query.equals = {{"source_id", given}};
  }
  auto found = reader.records(query);
  if (found.empty() && query.connection.empty()) {
    query.equals = {{"id", given}};
    found = reader.records(query);
  }
  if (found.empty())
    throw Error("PB1602", "There is no " + entity + " \"" + given + "\". `psabridge records list " + entity +
                              " --search TEXT` finds records.");
  if (found.size() > 1)
    throw Error("PB1602", "Several connections have a " + entity + " \"" + given +
                              "\": name it as CONNECTION/SOURCE_ID, such as " +
                              text_in(found.front(), "connection") + "/" + given + ".");
  return std::stoll(text_in(found.front(), "id"));
}

}  // namespace psabridge::app
