// What the store keeps of managed teams and of the links that tie clients to them. A managed team is one of
// psabridge's own; the teams of a source (its boards) are the entity "team". What it means for a ticket is
// the business of core/routing.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/store/database.h"

namespace psabridge::store {

/// A managed team.
struct Team {
  std::string name;    ///< unique; what links and rules call it
  std::string title;   ///< for people; may be empty
  std::string parent;  ///< name of the team above it; empty: none
  bool receives = true;
  std::string hours{};  ///< working hours, as `teams add --hours` takes them; empty: always at work
  std::string zone{};   ///< IANA time zone of the hours; empty: UTC
  struct Member {
    std::string connection, agent;  ///< agent: source id
    bool operator==(const Member&) const = default;
  };
  std::vector<Member> members{};    ///< by connection and agent
  std::vector<std::string> owns{};  ///< connections that it manages, sorted
  bool operator==(const Team&) const = default;
};

/// The tie of a client to a managed team. A list that is empty limits nothing; its values are source ids or
/// names (ASCII case ignored).
struct Link {
  std::int64_t id = 0;                   ///< never used twice
  std::string connection, client, team;  ///< client: source id
  bool active = true;
  std::vector<std::string> types{}, boards{}, priorities{}, sites{};
  std::string since{}, until{};  ///< tickets opened in [since, until), RFC 3339; empty: open end
  std::string origin{"manual"};  ///< manual, import, auto
  std::string created_at{};      ///< RFC 3339; empty: before links knew
  bool operator==(const Link&) const = default;
};

/// A client that holds no links of its own, and the one that it takes them from.
struct Heir {
  std::string client;  ///< source id, of the connection that was asked for
  std::string from_connection, from_client;
};

/// A client as those see it who look after links.
struct LinkedClient {
  std::string id;  ///< source id
  std::string name, domain, website, email;
  bool deleted = false;
  std::uint64_t tickets = 0, open_tickets = 0, assets = 0;  ///< live ones
};

/// One connection to the store, one thread at a time; what changes belongs into a transaction of the caller
/// (Writer::in_one).
class Teams {
 public:
  explicit Teams(Database& database) : database_(database) {}

  /// By name.
  std::vector<Team> all() const;
  std::optional<Team> find(std::string_view name) const;
  /// Adds the team, or puts it into the place of the one of its name.
  void put(const Team& team);
  /// False when there is none of this name. Links and children that name it stay.
  bool remove(std::string_view name);

  /// Of one connection, by id.
  std::vector<Link> links(std::string_view connection) const;
  std::optional<Link> link(std::int64_t id) const;
  /// Of all connections, by id.
  std::vector<Link> links_to(std::string_view team) const;
  /// Returns its id; that of `link` does not matter.
  std::int64_t add_link(const Link& link);
  /// Puts it into the place of the one of its id.
  void change_link(const Link& link);
  bool remove_link(std::int64_t id);
  /// Clients of the connection without a link that are one with a client that has some (core/dedup): of
  /// several such the lowest record. By client.
  std::vector<Heir> heirs(std::string_view connection) const;

  /// Every stored client of the connection, deleted ones too, by our id. Nothing as long as none is stored.
  std::vector<LinkedClient> clients(std::string_view connection) const;

 private:
  Database& database_;
};

}  // namespace psabridge::store
