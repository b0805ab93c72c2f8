// The links of one connection in memory, for a run: which of them a ticket goes by, and why that one or none.
//
// A link that is switched off, or limited to other tickets, does not apply. Of those that apply the one that
// is limited in most ways wins, then the one with the lowest number.
#pragma once
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/store/store.h"

namespace psabridge::routing {

class LinkVocabulary;

/// What of a ticket links may be limited by. Borrowed; empty: the ticket has none.
struct TicketFacts {
  struct Named {
    std::string_view id, name;  ///< source id; name as stored
  };
  Named type{}, board{}, priority{}, site{};
  std::string_view opened_at{};  ///< RFC 3339 as the store has it
};

/// The ways in which a link may be limited by a list.
struct LinkLimit {
  std::string_view name;    ///< "types"
  std::string_view entity;  ///< lookup that the values are of: "ticket_type"
  std::vector<std::string> store::Link::*values;
  TicketFacts::Named TicketFacts::*of_ticket;
};
std::span<const LinkLimit> link_limits() noexcept;

/// " for priorities 1 and 2, opened since 2026-01-01T00:00:00.000Z"; empty when nothing limits the link.
std::string limits_text(const store::Link& link);
/// True when both are for the same tickets of a client, in whatever order that is written.
bool same_limits(const store::Link& a, const store::Link& b);
/// In how many ways it is limited; a time span is one.
int limit_count(const store::Link& link) noexcept;

/// Read-only after construction: any number of threads.
class LinkTable {
 public:
  /// Reads the links of the connection, those that its clients inherit from clients that they are one with,
  /// and the names of what they are limited to. Throws what the reader throws.
  LinkTable(const store::Reader& reader, std::string_view connection);

  struct Found {
    const store::Link* link = nullptr;   ///< null: none applies
    const store::Link* rival = nullptr;  ///< limited in as many ways, applies too, and names another team
    std::string why;                     ///< a sentence for an admin, whatever was found
  };
  /// `client`: source id; empty when the ticket has none. The links live as long as the table.
  Found find(std::string_view client, const TicketFacts& ticket) const;

  /// Links of one client, both on, that fit some ticket equally well and name different teams.
  std::vector<std::pair<const store::Link*, const store::Link*>> ambiguous() const;
  /// For each client the team of its link that nothing limits; by client (bytewise).
  std::vector<std::pair<std::string_view, std::string_view>> unlimited() const;
  /// True when the client has a link, be it inherited, that is on.
  bool is_linked(std::string_view client) const;
  /// The same for links that are on or off.
  bool has_link(std::string_view client) const { return !entries_of(client).empty(); }

 private:
  static constexpr std::size_t kLimits = 4;
  /// A link as it applies to one client.
  struct Entry {
    std::string client;    ///< source id, of this connection
    bool foreign = false;  ///< of another connection, whose source ids mean nothing here
    int limits = 0;
    store::Link link;
    /// By link_limits(): values in every way that a ticket may give them, lower case, sorted.
    std::array<std::vector<std::string>, kLimits> values{};
  };
  /// `vocabulary`: of the link's connection. `connection`: of the table.
  void add(const std::string& client, const store::Link& link, LinkVocabulary& vocabulary,
           std::string_view connection);
  std::span<const Entry> entries_of(std::string_view client) const;
  static bool may_meet(const Entry& a, const Entry& b);
  static bool fits(const Entry& entry, std::size_t limit, const TicketFacts& ticket);
  static bool applies(const Entry& entry, const TicketFacts& ticket);
  /// Why it does not; empty when it does.
  static std::string obstacle(const Entry& entry, const TicketFacts& ticket);
  static std::string why_none(std::string_view client, std::span<const Entry> entries,
                              const TicketFacts& ticket);

  std::vector<Entry> entries_;  ///< by client, then the most limited, then by number
};

}  // namespace psabridge::routing
