// Links as people write them, on the command line or in a file, become links of the store.
#pragma once
#include <string>
#include <vector>

#include "core/app/record_choice.h"
#include "core/routing/link_table.h"
#include "core/routing/link_vocabulary.h"
#include "core/routing/roster.h"

namespace psabridge::app {

/// As written: the client by source id or name, times as RFC 3339 or a date. Names are those of store::Link.
struct WrittenLink {
  std::string client, team;
  std::vector<std::string> types{}, boards{}, priorities{}, sites{};
  std::string since{}, until{};
  bool active = true;
};

/// What is known when links of one connection are taken in. The reader outlives it.
class LinkIntake {
 public:
  /// `now`: RFC 3339; when the links are made.
  LinkIntake(const store::Reader& reader, const std::string& connection, std::string now);

  /// Throws Error PB1602 (client), PB1821 and PB1834 (team), PB1833 (value of a limit), PB1601 (time).
  store::Link read(const WrittenLink& written, std::string origin);
  /// The stored link of the same client with the same limits; null when there is none.
  const store::Link* standing(const store::Link& link) const;
  const RecordNames& clients() const noexcept { return clients_; }

 private:
  void check_team(const std::string& team) const;
  void check_limits(const store::Link& link);

  const std::string connection_, now_;
  const RecordNames clients_;
  const routing::Roster roster_;
  routing::LinkVocabulary vocabulary_;
  const std::vector<store::Link> links_;
};

boost::json::object to_json(const store::Link& link, std::string_view name_of_client);

}  // namespace psabridge::app
