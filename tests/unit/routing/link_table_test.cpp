// Which link a ticket goes by, and why that one or none; what speaks for a link that is not there; what is
// wrong with those that are.
#include "core/routing/link_table.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/routing/link_match.h"
#include "core/routing/link_report.h"
#include "tests/unit/store/store_fixture.h"

namespace psabridge::routing {
namespace {

using Catch::Matchers::ContainsSubstring;
using store::Link;
using Names = std::vector<std::string>;

EntitySchema named(std::string entity) {
  EntitySchema schema;
  schema.entity = std::move(entity);
  schema.fields = {{"name", FieldType::text, "", true, false}};
  return schema;
}

EntitySchema owned_by_client(std::string entity) {
  EntitySchema schema;
  schema.entity = std::move(entity);
  schema.fields = {{"client_id", FieldType::ref, "client", false, true},
                   {"closed", FieldType::boolean, "", false, false}};
  return schema;
}

EntitySchema client_schema() {
  EntitySchema schema = named("client");
  schema.fields.push_back({"domain", FieldType::text, "", false, false});
  schema.fields.push_back({"website", FieldType::text, "", false, false});
  schema.fields.push_back({"main_contact_email", FieldType::text, "", false, false});
  return schema;
}

const EntitySchema kClient = client_schema(), kPriority = named("priority"), kType = named("ticket_type"),
                   kTicket = owned_by_client("ticket"), kAsset = owned_by_client("asset");

/// A store of two connections with lookups, and links as a test adds them.
class Desk {
 public:
  Desk() : store_(folder_) {
    const std::vector<EntitySchema> schemas{kClient, kPriority, kType, kTicket, kAsset};
    store_->prepare(schemas);
    for (const char* connection : {"acme", "other"}) {
      store_.commit(store::Page(kPriority, connection).add("1", "", "Critical").add("4", "", "Low"));
      store_.commit(store::Page(kType, connection).add("10", "", "Incident").add("11", "", "Request"));
    }
    // The same names by other numbers.
    store_.commit(store::Page(kPriority, "other").add("1", "2", "Low").add("4", "2", "Critical"));
  }

  /// Returns its number.
  std::int64_t link(Link made) {
    std::int64_t id = 0;
    store_->in_one([&] { id = store_->teams().add_link(made); });
    return id;
  }
  std::int64_t link(std::string_view client, std::string_view team) { return link(tie(client, team)); }
  static Link tie(std::string_view client, std::string_view team) {
    Link made;
    made.connection = "acme";
    made.client = client;
    made.team = team;
    return made;
  }

  store::OpenStore& store() { return store_; }
  LinkTable table() { return {store_.writer(), "acme"}; }
  std::vector<LinkFlaw> flaws(const Roster& roster = Roster({})) {
    return find_link_flaws(store_.writer(), "acme", roster);
  }

 private:
  store::TestFolder folder_;
  store::OpenStore store_;
};

std::string team_of(const LinkTable::Found& found) { return found.link ? found.link->team : "(none)"; }

TicketFacts with_priority(std::string_view id, std::string_view name) {
  TicketFacts ticket;
  ticket.priority = {id, name};
  return ticket;
}

TEST_CASE("a ticket goes by the link of its client") {
  Desk desk;
  desk.link("17", "noc");
  const LinkTable table = desk.table();
  CHECK(team_of(table.find("17", {})) == "noc");
  CHECK(table.find("17", {}).why == "Client 17 is linked to team \"noc\" (link 1).");
  CHECK(table.find("18", {}).why == "Client 18 is in no link.");
  CHECK(table.find("", {}).why == "The ticket has no client.");
  CHECK(table.is_linked("17"));
  CHECK_FALSE(table.is_linked("18"));
}

TEST_CASE("a limit takes source ids and names, whatever the ticket carries") {
  Desk desk;
  Link limited = Desk::tie("17", "noc");
  SECTION("by name") { limited.priorities = {"critical"}; }
  SECTION("by source id") { limited.priorities = {"1"}; }
  SECTION("of several") { limited.priorities = {"Low down", "CRITICAL"}; }
  desk.link(limited);
  const LinkTable table = desk.table();
  CHECK(team_of(table.find("17", with_priority("1", "Critical"))) == "noc");
  CHECK(team_of(table.find("17", with_priority("1", ""))) == "noc");
  CHECK(team_of(table.find("17", with_priority("", "Critical"))) == "noc");
  CHECK(team_of(table.find("17", with_priority("4", "Low"))) == "(none)");
  CHECK(team_of(table.find("17", {})) == "(none)");
}

TEST_CASE("why none applies is said of each link") {
  Desk desk;
  Link limited = Desk::tie("17", "noc");
  limited.priorities = {"1", "Urgent"};
  desk.link(limited);
  CHECK(desk.table().find("17", with_priority("4", "Low")).why ==
        "Client 17 has 1 link, which does not apply: link 1 is for priorities 1 and Urgent only, and the "
        "ticket has 4 \"Low\".");
  Link off = Desk::tie("17", "desk"), late = off;
  off.active = false;
  desk.link(off);
  late.since = "2026-06-01T00:00:00.000Z";
  desk.link(late);
  TicketFacts early = with_priority("", "");
  early.opened_at = "2026-05-31T23:59:59.999Z";
  const std::string why = desk.table().find("17", early).why;
  CHECK_THAT(why, ContainsSubstring("3 links, of which none applies") &&
                      ContainsSubstring("link 2 is switched off") &&
                      ContainsSubstring("the ticket has none") &&
                      ContainsSubstring("link 3 is for tickets opened since 2026-06-01T00:00:00.000Z only"));
  for (int i = 0; i < 10; ++i) desk.link(off);
  CHECK_THAT(desk.table().find("17", early).why, ContainsSubstring("and 8 more."));
}

TEST_CASE("a span holds tickets opened in it, from its begin and before its end") {
  Desk desk;
  Link spanned = Desk::tie("17", "noc");
  spanned.since = "2026-01-01T00:00:00.000Z";
  spanned.until = "2026-02-01T00:00:00.000Z";
  desk.link(spanned);
  const LinkTable table = desk.table();
  struct Case {
    const char *opened_at, *team;
  };
  for (const Case& one : {Case{"2025-12-31T23:59:59.999Z", "(none)"}, Case{"2026-01-01T00:00:00.000Z", "noc"},
                          Case{"2026-01-31T23:59:59.999Z", "noc"}, Case{"2026-02-01T00:00:00.000Z", "(none)"},
                          Case{"", "(none)"}}) {
    TicketFacts ticket;
    ticket.opened_at = one.opened_at;
    INFO(one.opened_at);
    CHECK(team_of(table.find("17", ticket)) == one.team);
  }
}

TEST_CASE("the most limited link that applies wins, then the lowest number") {
  Desk desk;
  Link critical = Desk::tie("17", "night"), both = critical;
  critical.priorities = {"Critical"};
  both.priorities = {"Critical"};
  both.types = {"Incident"};
  both.team = "major";
  desk.link("17", "noc");
  desk.link("17", "other");
  desk.link(critical);
  desk.link(both);
  const LinkTable table = desk.table();
  TicketFacts ticket = with_priority("1", "Critical");
  CHECK(team_of(table.find("17", ticket)) == "night");
  ticket.type = {"10", "Incident"};
  CHECK(team_of(table.find("17", ticket)) == "major");
  CHECK_THAT(table.find("17", ticket).why, ContainsSubstring("for types Incident, priorities Critical"));
  const auto plain = table.find("17", {});
  CHECK(team_of(plain) == "noc");
  REQUIRE(plain.rival);
  CHECK(plain.rival->team == "other");
  CHECK_THAT(plain.why, ContainsSubstring("link 2 to team \"other\" fits as well"));
  CHECK_FALSE(table.find("17", ticket).rival);
}

TEST_CASE("links are ambiguous when some ticket fits both equally well") {
  struct Case {
    const char* name;
    void (*limit)(Link& a, Link& b);
    bool ambiguous;
  };
  const Case cases[] = {
      {"both without limits", [](Link&, Link&) {}, true},
      {"the same team", [](Link&, Link& b) { b.team = "noc"; }, false},
      {"one is off", [](Link&, Link& b) { b.active = false; }, false},
      {"another client", [](Link&, Link& b) { b.client = "18"; }, false},
      {"one is more limited", [](Link&, Link& b) { b.types = {"10"}; }, false},
      {"other values", [](Link& a, Link& b) { a.types = {"10"}, b.types = {"11"}; }, false},
      {"a value by id and by name", [](Link& a, Link& b) { a.types = {"10"}, b.types = {"incident"}; }, true},
      {"limited in other ways", [](Link& a, Link& b) { a.types = {"10"}, b.priorities = {"1"}; }, true},
      {"spans after each other", [](Link& a, Link& b) { a.until = b.since = "2026-01-01T00:00:00.000Z"; },
       false},
      {"spans that overlap",
       [](Link& a, Link& b) {
         a.until = "2026-01-02T00:00:00.000Z";
         b.since = "2026-01-01T00:00:00.000Z";
       },
       true}};
  for (const Case& one : cases) {
    INFO(one.name);
    Desk desk;
    Link a = Desk::tie("17", "noc"), b = Desk::tie("17", "desk");
    one.limit(a, b);
    desk.link(a);
    desk.link(b);
    CHECK(desk.table().ambiguous().size() == (one.ambiguous ? 1 : 0));
  }
}

TEST_CASE("inherited links of another connection mean names, not its numbers") {
  Desk desk;
  store::OpenStore& store = desk.store();
  store.commit(store::Page(kClient).add("17", "", "Acme"));
  store.commit(store::Page(kClient, "other").add("3", "", "Acme Ltd"));
  store->in_one([&] {
    for (const std::int64_t record : {1, 2}) store->duplicates().set_member("client", record, 1);
  });
  Link theirs = Desk::tie("3", "night");
  theirs.connection = "other";
  theirs.priorities = {"4"};  // Critical there, Low here
  const std::int64_t number = desk.link(theirs);
  const LinkTable table = desk.table();
  CHECK(team_of(table.find("17", with_priority("1", "Critical"))) == "night");
  CHECK(team_of(table.find("17", with_priority("4", "Low"))) == "(none)");
  CHECK(table.find("17", with_priority("1", "Critical")).why ==
        "Client 17 is one with client 3 of other, which is linked to team \"night\" for priorities 4 (link " +
            std::to_string(number) + ").");
  desk.link("17", "noc");
  CHECK(team_of(desk.table().find("17", with_priority("1", "Critical"))) == "noc");
}

TEST_CASE("links that nothing limits are told by client") {
  Desk desk;
  desk.link("7", "noc");
  desk.link("12", "desk");
  desk.link("12", "field");
  Link off = Desk::tie("1", "noc"), limited = Desk::tie("2", "noc");
  off.active = false;
  limited.types = {"10"};
  desk.link(off);
  desk.link(limited);
  const LinkTable table = desk.table();
  CHECK(table.unlimited() ==
        std::vector<std::pair<std::string_view, std::string_view>>{{"12", "desk"}, {"7", "noc"}});
}

// ----------------------------------------------------------------------------------------------------
// proposals

store::LinkedClient client(std::string id, std::string name, std::string domain = {},
                           std::string email = {}) {
  store::LinkedClient made;
  made.id = std::move(id);
  made.name = std::move(name);
  made.domain = std::move(domain);
  made.email = std::move(email);
  return made;
}

TEST_CASE("teams are proposed by name, by domain, and by what names have in common") {
  struct Case {
    const char* name;
    store::LinkedClient unlinked;
    const char *team, *rival;
    double at_least;
  };
  const Case cases[] = {
      {"name of a team", client("50", "The Kilns Ltd."), "kilns", "", 0.95},
      {"title of a team", client("50", "Tamarisk Ceramics Limited"), "kilns", "", 0.95},
      {"root of a linked name", client("50", "ACME Holdings"), "noc", "", 0.90},
      {"domain", client("50", "Quite another", "https://www.Acme.com/"), "noc", "", 0.92},
      {"domain of the mail", client("50", "Quite another", "", "it@acme.com"), "noc", "", 0.92},
      {"both", client("50", "Acme Group", "acme.com"), "noc", "", 0.99},
      {"two teams", client("50", "Acme Group", "borealis.org"), "desk", "noc", 0.92},
      {"a mail provider", client("50", "Quite another", "", "x@gmail.com"), "", "", 0},
      {"a team that takes none", client("50", "Lab Ltd"), "", "", 0},
      {"linked to a team that takes none", client("50", "Chemists Group"), "", "", 0},
      {"nothing", client("50", "Quite another", "another.com"), "", "", 0}};
  Desk desk;
  desk.link("1", "noc");
  desk.link("2", "desk");
  desk.link("3", "lab");
  desk.link("4", "noc");
  const Roster roster({{.name = "noc", .title = {}, .parent = {}},
                       {.name = "desk", .title = {}, .parent = {}},
                       {.name = "kilns", .title = "Tamarisk Ceramics", .parent = {}},
                       {.name = "lab", .title = {}, .parent = {}, .receives = false}});
  const LinkTable table = desk.table();
  for (const Case& one : cases) {
    INFO(one.name);
    const std::vector<store::LinkedClient> clients{client("1", "Acme Ltd", "acme.com", "boss@gmail.com"),
                                                   client("2", "Borealis", "", "info@borealis.org"),
                                                   client("3", "Chemists"), client("4", "Dunes"),
                                                   one.unlinked};
    const auto proposals = propose_links(clients, table, roster);
    REQUIRE(proposals.size() == (*one.team ? 1 : 0));
    if (proposals.empty()) continue;
    CHECK(proposals.front().client == "50");
    CHECK(proposals.front().team == one.team);
    CHECK(proposals.front().rival == one.rival);
    CHECK(proposals.front().score >= one.at_least);
    CHECK(proposals.front().score <= 1);
    CHECK_FALSE(proposals.front().why.empty());
  }
}

TEST_CASE("a domain that many share, deleted clients and those whose link is off get no proposal") {
  Desk desk;
  desk.link("1", "noc");
  std::vector<store::LinkedClient> clients{client("1", "Acme", "shared.net")};
  for (int i = 2; i < 9; ++i)
    clients.push_back(client(std::to_string(i), "Firm" + std::to_string(i), "shared.net"));
  store::LinkedClient gone = client("99", "Acme Group");
  gone.deleted = true;
  clients.push_back(gone);
  Link off = Desk::tie("100", "desk");  // somebody wanted it so
  off.active = false;
  desk.link(off);
  clients.push_back(client("100", "Acme Holdings"));
  CHECK(propose_links(clients, desk.table(), Roster({})).empty());
}

// ----------------------------------------------------------------------------------------------------
// flaws

TEST_CASE("each thing that can be wrong with links is told with its code and figures") {
  Desk desk;
  store::OpenStore& store = desk.store();
  store.commit(store::Page(kClient).add("1", "", "Acme").add("2", "", "Borealis").add("3", "", "Chemists"));
  store.commit(store::Page(kClient).only_id("3", Fate::deleted));
  store.commit(store::Page(kTicket)
                   .add("100", "", {{"client_id", text_value("1")}, {"closed", bool_value(false)}})
                   .add("101", "", {{"client_id", text_value("2")}, {"closed", bool_value(true)}})
                   .add("102", "", {{"client_id", text_value("2")}, {"closed", bool_value(false)}}));
  store.commit(store::Page(kAsset).add("1", "", {{"client_id", text_value("2")}}));
  const Roster roster({{.name = "noc", .title = {}, .parent = {}},
                       {.name = "lab", .title = {}, .parent = {}, .receives = false}});
  const auto codes = [&](const Roster& by) {
    Names all;
    for (const LinkFlaw& flaw : desk.flaws(by)) all.push_back(flaw.code + " " + flaw.client);
    return all;
  };
  CHECK(codes(roster) == Names{"PB1824 1", "PB1824 2"});
  const LinkFlaw unlinked = desk.flaws(roster).back();
  CHECK(unlinked.name == "Borealis");
  CHECK(unlinked.tickets == 2);
  CHECK(unlinked.open_tickets == 1);
  CHECK(unlinked.assets == 1);

  SECTION("well") {
    desk.link("1", "noc");
    desk.link("2", "noc");
    CHECK(codes(roster).empty());
  }
  SECTION("teams") {
    desk.link("1", "nooc");
    desk.link("2", "lab");
    CHECK(codes(roster) == Names{"PB1821 1", "PB1834 2"});
    CHECK_THAT(desk.flaws(roster).front().fact, ContainsSubstring("Did you mean \"noc\"?"));
    CHECK(codes(Roster({})).empty());
  }
  SECTION("clients that are gone, be the link on or off") {
    desk.link("1", "noc");
    desk.link("2", "noc");
    desk.link("3", "noc");
    Link off = Desk::tie("77", "noc");
    off.active = false;
    desk.link(off);
    CHECK(codes(roster) == Names{"PB1826 3", "PB1826 77"});
  }
  SECTION("two that contradict, one that is off, one limited to nothing that is there") {
    desk.link("1", "noc");
    desk.link("1", "desk");
    Link off = Desk::tie("2", "noc"), nowhere = Desk::tie("1", "noc");
    off.active = false;
    desk.link(off);
    nowhere.priorities = {"Kritical"};
    desk.link(nowhere);
    CHECK(codes(Roster({})) == Names{"PB1824 2", "PB1825 1", "PB1833 1"});
    CHECK_THAT(desk.flaws().back().fact, ContainsSubstring("Did you mean \"Critical\"?"));
  }
  SECTION("never used") {
    store.commit(store::Page(kClient).add("4", "", "Dunes"));
    for (const char* id : {"1", "2", "4"}) desk.link(id, "noc");
    CHECK(codes(roster) == Names{"PB1827 4"});
  }
}

}  // namespace
}  // namespace psabridge::routing
