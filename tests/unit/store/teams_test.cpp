// Managed teams and links: kept whole, changed by transactions, and taken over from the form before.
#include <catch2/catch_test_macros.hpp>

#include "core/base/error.h"
#include "core/store/migrations.h"
#include "tests/unit/store/store_fixture.h"

namespace psabridge::store {
namespace {

const EntitySchema kClient = client_schema();

Link link(std::string_view client, std::string_view team, std::string_view connection = "acme") {
  Link made;
  made.connection = connection;
  made.client = client;
  made.team = team;
  return made;
}

std::int64_t add(OpenStore& store, const Link& made) {
  std::int64_t id = 0;
  store->in_one([&] { id = store->teams().add_link(made); });
  return id;
}

void declare_one(OpenStore& store, std::int64_t record, std::int64_t of) {
  store->in_one([&] { store->duplicates().set_member("client", record, of); });
}

TEST_CASE("a team is kept with its members and connections, and replaced whole") {
  TestFolder folder;
  OpenStore store(folder);
  const Team noc{"noc",
                 "Network operations",
                 "service",
                 true,
                 "mon-fri 08:00-17:00",
                 "Europe/London",
                 {{"acme", "3"}, {"acme", "4"}, {"other", "1"}},
                 {"acme", "other"}};
  const Team desk{.name = "desk", .title = {}, .parent = {}, .receives = false};
  store->in_one([&] {
    store->teams().put(noc);
    store->teams().put(desk);
  });
  CHECK(store->teams().all() == std::vector{desk, noc});
  CHECK(store->teams().find("noc") == noc);
  CHECK(open_reader(folder.url())->teams().find("noc") == noc);

  Team smaller = noc;
  smaller.members = {{"acme", "4"}};
  smaller.owns.clear();
  store->in_one([&] { store->teams().put(smaller); });
  CHECK(store->teams().find("noc") == smaller);
  bool removed = false, again = true;
  store->in_one([&] {
    removed = store->teams().remove("noc");
    again = store->teams().remove("noc");
  });
  CHECK(removed);
  CHECK_FALSE(again);
  CHECK_FALSE(store->teams().find("noc"));
  CHECK_FALSE(store->teams().find(""));
  CHECK(store->teams().all() == std::vector{desk});
}

TEST_CASE("a link is kept with all that limits it, and its number is never used twice") {
  TestFolder folder;
  OpenStore store(folder);
  Link limited = link("12", "noc");
  limited.active = false;
  limited.types = {"Incident, \"major\"", "4"};
  limited.boards = {"1st line"};
  limited.priorities = {"1", "2"};
  limited.sites = {"Zürich"};
  limited.since = "2026-01-01T00:00:00.000Z";
  limited.until = "2027-01-01T00:00:00.000Z";
  limited.origin = "import";
  limited.created_at = "2026-03-01T08:00:00.000Z";
  limited.id = add(store, limited);
  const std::int64_t plain = add(store, link("12", "desk"));
  add(store, link("12", "noc", "other"));
  CHECK(store->teams().link(limited.id) == limited);
  CHECK(store->teams().links("acme").size() == 2);
  CHECK(store->teams().links_to("noc").size() == 2);

  limited.team = "field";
  limited.active = true;
  limited.sites.clear();
  bool removed = false;
  store->in_one([&] {
    store->teams().change_link(limited);
    removed = store->teams().remove_link(plain);
  });
  CHECK(removed);
  CHECK(store->teams().links("acme") == std::vector{limited});
  CHECK_FALSE(store->teams().link(plain));
  store->in_one([&] { CHECK_FALSE(store->teams().remove_link(plain)); });
  CHECK(add(store, link("12", "desk")) > plain + 1);
}

TEST_CASE("what fails in the middle leaves teams and links as they were") {
  TestFolder folder;
  OpenStore store(folder);
  CHECK_THROWS(store->in_one([&] {
    store->teams().put({.name = "noc", .title = {}, .parent = {}});
    store->teams().add_link(link("12", "noc"));
    throw Error("PB1830", "Line 3.");
  }));
  CHECK(store->teams().all().empty());
  CHECK(store->teams().links("acme").empty());
}

TEST_CASE("a client without a link inherits from the lowest record that it is one with and that has some") {
  TestFolder folder;
  OpenStore store(folder);
  store.commit(
      Page(kClient).add("1", "", "Acme").add("2", "", "Acme Ltd").add("3", "", "ACME"));  // ids 1 to 3
  store.commit(Page(kClient, "other").add("9", "", "Acme Limited"));                      // id 4
  for (const std::int64_t record : {1, 2, 3, 4}) declare_one(store, record, 1);
  const auto heirs = [&](std::string_view connection) {
    std::string text;
    for (const Heir& heir : store->teams().heirs(connection))
      text += heir.client + "<" + heir.from_connection + "/" + heir.from_client + " ";
    return text;
  };
  CHECK(heirs("acme").empty());
  add(store, link("9", "desk", "other"));
  CHECK(heirs("acme") == "1<other/9 2<other/9 3<other/9 ");
  add(store, link("2", "noc"));
  CHECK(heirs("acme") == "1<acme/2 3<acme/2 ");
  CHECK(heirs("other").empty());
  add(store, link("1", "noc"));
  CHECK(heirs("acme") == "3<acme/1 ");
}

TEST_CASE("clients are told with what they have, deleted ones too") {
  TestFolder folder;
  OpenStore store(folder);
  EntitySchema client = client_schema(), ticket = ticket_schema(), asset;
  client.fields.push_back({"domain", FieldType::text, "", false, false});
  ticket.fields.push_back({"client_id", FieldType::ref, "client", false, true});
  ticket.fields.push_back({"closed", FieldType::integer, "", false, false});
  asset.entity = "asset";
  asset.fields = {{"client_id", FieldType::ref, "client", false, true}};
  const std::vector<EntitySchema> schemas{client, ticket, asset};
  store->prepare(schemas);
  store.commit(Page(client)
                   .add("1", "", {{"name", text_value("Acme")}, {"domain", text_value("acme.com")}})
                   .add("2", "", "Gone"));
  store.commit(Page(client).only_id("2", Fate::deleted));
  store.commit(Page(client, "other").add("1", "", "Elsewhere"));
  store.commit(Page(ticket)
                   .add("1", "", {{"client_id", text_value("1")}, {"closed", integer_value(1)}})
                   .add("2", "", {{"client_id", text_value("1")}, {"closed", integer_value(0)}})
                   .add("3", "", {{"client_id", text_value("1")}})
                   .add("4", "", {{"client_id", text_value("1")}}));
  store.commit(Page(ticket).only_id("4", Fate::deleted));
  store.commit(Page(asset).add("1", "", {{"client_id", text_value("1")}}));
  const auto clients = store->teams().clients("acme");
  REQUIRE(clients.size() == 2);
  CHECK(clients[0].name == "Acme");
  CHECK(clients[0].domain == "acme.com");
  CHECK_FALSE(clients[0].deleted);
  CHECK(clients[0].tickets == 3);
  CHECK(clients[0].open_tickets == 2);
  CHECK(clients[0].assets == 1);
  CHECK(clients[1].deleted);
  CHECK(store->teams().clients("nowhere").empty());
}

TEST_CASE("links of the form before become links that nothing limits") {
  TestFolder folder;
  {
    Database old(folder.file(), Database::Access::write);
    migrate(old, {store_lineage().application_id, store_lineage().steps.first(2)});
    old.script(
        "INSERT INTO psabridge_link VALUES ('acme', '7', 'noc'), ('acme', '12', 'desk'), ('other', '7', "
        "'x')");
  }
  CHECK_THROWS(open_reader(folder.url()));
  OpenStore store(folder);
  const auto links = store->teams().links("acme");
  REQUIRE(links.size() == 2);
  CHECK(links[0].client == "12");
  CHECK(links[0].team == "desk");
  CHECK(links[0].active);
  CHECK(links[0].types.empty());
  CHECK(links[0].origin == "manual");
  CHECK(links[1].client == "7");
  CHECK(store->teams().links("other").size() == 1);
  CHECK(store->teams().all().empty());
}

}  // namespace
}  // namespace psabridge::store
