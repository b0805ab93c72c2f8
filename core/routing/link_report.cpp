#include "core/routing/link_report.h"

#include <algorithm>
#include <map>

#include "core/base/text.h"
#include "core/routing/link_table.h"
#include "core/routing/link_vocabulary.h"

namespace psabridge::routing {
namespace {

using store::Link;
using store::LinkedClient;

class Inspection {
 public:
  Inspection(const store::Reader& reader, std::string_view connection, const Roster& roster)
      : reader_(reader),
        connection_(connection),
        roster_(roster),
        table_(reader, connection),
        list_(reader.teams().clients(connection)),
        vocabulary_(reader, connection) {
    for (const LinkedClient& client : list_) clients_.emplace(client.id, &client);
  }

  std::vector<LinkFlaw> flaws() && {
    for (const Link& link : reader_.teams().links(connection_)) look_at(link);
    for (const auto& [first, second] : table_.ambiguous()) {
      if (first->connection != connection_) continue;  // told of the connection that it is from
      add("PB1825", *first,
          "Links " + std::to_string(first->id) + " to " + in_quotes(first->team) + " and " +
              std::to_string(second->id) + " to " + in_quotes(second->team) +
              " fit some tickets equally well; the lower number counts.");
    }
    for (const LinkedClient& client : list_)
      if (!client.deleted && !table_.is_linked(client.id)) add_unlinked(client);
    std::ranges::stable_sort(flaws_, [](const LinkFlaw& a, const LinkFlaw& b) {
      return a.code != b.code ? a.code < b.code : a.open_tickets > b.open_tickets;
    });
    return std::move(flaws_);
  }

 private:
  const LinkedClient* client_of(const Link& link) const {
    const auto found = clients_.find(link.client);
    return found == clients_.end() ? nullptr : found->second;
  }

  void add(std::string code, const Link& link, std::string fact) {
    LinkFlaw flaw{std::move(code), link.client, {}, link.id, link.team, std::move(fact)};
    if (const LinkedClient* const client = client_of(link)) take_figures(flaw, *client);
    flaws_.push_back(std::move(flaw));
  }

  void add_unlinked(const LinkedClient& client) {
    LinkFlaw flaw{"PB1824", client.id, {}, 0, {}, "It is in no link that is on."};
    take_figures(flaw, client);
    flaws_.push_back(std::move(flaw));
  }

  static void take_figures(LinkFlaw& flaw, const LinkedClient& client) {
    flaw.name = client.name;
    flaw.tickets = client.tickets;
    flaw.open_tickets = client.open_tickets;
    flaw.assets = client.assets;
  }

  void look_at(const Link& link) {
    const LinkedClient* const client = client_of(link);
    if (!client || client->deleted) {
      add("PB1826", link,
          client ? "The client was deleted at the source." : "No client of this source id is stored.");
      return;
    }
    if (!link.active) return;
    switch (roster_.standing(link.team)) {
      case Standing::unknown:
        add("PB1821", link, roster_.why(link.team));
        break;
      case Standing::does_not_receive:
        add("PB1834", link, roster_.why(link.team));
        break;
      case Standing::takes:
        if (client->tickets == 0)
          add("PB1827", link, "No ticket of the client is stored: it was never used.");
    }
    look_at_limits(link);
  }

  void look_at_limits(const Link& link) {
    for (const LinkLimit& limit : link_limits())
      for (const std::string& value : link.*limit.values)
        if (std::string mistake = vocabulary_.mistake(limit.entity, value); !mistake.empty())
          add("PB1833", link, std::move(mistake));
  }

  const store::Reader& reader_;
  const std::string_view connection_;
  const Roster& roster_;
  const LinkTable table_;
  const std::vector<LinkedClient> list_;
  std::map<std::string_view, const LinkedClient*> clients_;
  LinkVocabulary vocabulary_;
  std::vector<LinkFlaw> flaws_;
};

}  // namespace

std::vector<LinkFlaw> find_link_flaws(const store::Reader& reader, std::string_view connection,
                                      const Roster& roster) {
  return Inspection(reader, connection, roster).flaws();
}

}  // namespace psabridge::routing
