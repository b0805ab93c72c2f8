#include "core/routing/link_vocabulary.h"

#include "core/base/text.h"

namespace psabridge::routing {

LinkVocabulary::LinkVocabulary(const store::Reader& reader, std::string_view connection)
    : reader_(reader), connection_(connection) {
  for (std::string& entity : reader.entities()) stored_.insert(std::move(entity));
}

const LinkVocabulary::Lookup& LinkVocabulary::lookup(std::string_view entity) {
  const auto known = lookups_.find(entity);
  if (known != lookups_.end()) return known->second;
  Lookup& lookup = lookups_[std::string(entity)];
  if (!stored_.contains(entity)) return lookup;
  for (auto& [name, id] : reader_.names(entity, connection_)) {
    lookup.id_by_name.emplace(ascii_lowered(name), ascii_lowered(id));
    lookup.name_by_id.emplace(ascii_lowered(id), ascii_lowered(name));
    lookup.names.push_back(std::move(name));
  }
  return lookup;
}

std::string LinkVocabulary::mistake(std::string_view entity, const std::string& value) {
  const Lookup& known = lookup(entity);
  const std::string lowered = ascii_lowered(value);
  if (!stored_.contains(entity) || known.name_by_id.contains(lowered) || known.id_by_name.contains(lowered))
    return {};
  return "No " + std::string(entity) + " " + in_quotes(value) + " is stored for connection " + connection_ +
         "." + did_you_mean(value, std::vector<std::string_view>(known.names.begin(), known.names.end()));
}

std::vector<std::string> LinkVocabulary::ways(std::string_view entity, const std::string& value) {
  const Lookup& known = lookup(entity);
  std::vector<std::string> ways{ascii_lowered(value)};
  if (const auto by_id = known.name_by_id.find(ways.front()); by_id != known.name_by_id.end()) {
    ways.push_back(by_id->second);
    return ways;
  }
  const auto [begin, end] = known.id_by_name.equal_range(ways.front());
  for (auto found = begin; found != end; ++found) ways.push_back(found->second);
  return ways;
}

std::vector<std::string> LinkVocabulary::ways_elsewhere(std::string_view entity, const std::string& value) {
  const Lookup& known = lookup(entity);
  const std::string lowered = ascii_lowered(value);
  const auto by_id = known.name_by_id.find(lowered);
  return {by_id == known.name_by_id.end() ? lowered : by_id->second};
}

}  // namespace psabridge::routing
