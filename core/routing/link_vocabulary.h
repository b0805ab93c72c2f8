// What links of a connection may be limited to: the values of its lookups, by source id and by name.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/store/store.h"

namespace psabridge::routing {

/// Reads each lookup when it is first needed. One thread; the reader outlives it.
class LinkVocabulary {
 public:
  LinkVocabulary(const store::Reader& reader, std::string_view connection);

  /// A sentence when the lookup is stored and has no such value; else empty.
  std::string mistake(std::string_view entity, const std::string& value);
  /// Every way in which a ticket may give what a link calls `value`, lower case.
  std::vector<std::string> ways(std::string_view entity, const std::string& value);
  /// The same for tickets of other connections, where source ids mean something else: names alone.
  std::vector<std::string> ways_elsewhere(std::string_view entity, const std::string& value);

 private:
  /// Both lower case but for `names`.
  struct Lookup {
    std::multimap<std::string, std::string> id_by_name;
    std::map<std::string, std::string> name_by_id;
    std::vector<std::string> names;
  };
  const Lookup& lookup(std::string_view entity);

  const store::Reader& reader_;
  const std::string connection_;
  std::set<std::string, std::less<>> stored_;  ///< entities
  std::map<std::string, Lookup, std::less<>> lookups_;
};

}  // namespace psabridge::routing
