#include "core/app/record_choice.h"

#include <algorithm>
#include <iterator>
#include <vector>

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

RecordNames::RecordNames(const store::Reader& reader, std::string entity, std::string connection)
    : entity_(std::move(entity)), connection_(std::move(connection)) {
  const auto entities = reader.entities();
  if (std::ranges::find(entities, entity_) == entities.end()) return;
  for (auto& [name, id] : reader.names(entity_, connection_)) {
    id_by_name_.emplace(ascii_lowered(name), id);
    name_by_id_.emplace(std::move(id), std::move(name));
  }
}

const std::string& RecordNames::id_of(const std::string& given) const {
  if (const auto id = name_by_id_.find(given); id != name_by_id_.end()) return id->first;
  const auto [begin, end] = id_by_name_.equal_range(ascii_lowered(given));
  if (begin != end && std::next(begin) == end) return begin->second;
  const std::string of = connection_.empty() ? "" : " for connection " + connection_;
  if (begin != end) {
    std::string ids;
    for (auto one = begin; one != end; ++one) ids += (ids.empty() ? "" : ", ") + one->second;
    throw Error("PB1602", "Several of the entity " + entity_ + of + " are called \"" + given + "\": " + ids +
                              ". Give the source id of the one that is meant.");
  }
  std::vector<std::string_view> names;
  names.reserve(name_by_id_.size());
  for (const auto& [id, name] : name_by_id_) names.push_back(name);
  throw Error("PB1602",
              "No " + entity_ + " \"" + given + "\" is stored" + of + "." + did_you_mean(given, names));
}

std::string_view RecordNames::name_of(const std::string& id) const {
  const auto found = name_by_id_.find(id);
  return found == name_by_id_.end() ? std::string_view() : std::string_view(found->second);
}

std::string client_id(const store::Reader& reader, const std::string& connection, const std::string& client) {
  return RecordNames(reader, "client", connection).id_of(client);
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
