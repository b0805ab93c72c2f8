// What is written to a tenant: fields of tickets in arrays, with Halo's ways of refusing, and notes.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <map>

#include "tests/unit/halo/scripted_tenant.h"

using namespace halo_test;
namespace json = boost::json;

namespace {

/// Halo's side: keeps tickets and their actions, takes arrays whole or not at all.
class Desk {
 public:
  std::map<std::int64_t, json::object> tickets;
  std::map<std::int64_t, std::vector<json::object>> actions;  ///< by ticket
  bool needs_whole_update = false;                            ///< "Record not found" without type and client
  std::int64_t stubborn = 0;       ///< this ticket takes a team, and shows the old one
  std::int64_t refuses = 0;        ///< this ticket takes nothing
  int post_status = 0;             ///< of every POST; 0: as it should be
  bool loses_answer = false;       ///< of the next POST, once it is done
  std::vector<std::string> posts;  ///< bodies, in order

  Reply operator()(const Request& request) {
    const std::string path = request.path();
    if (request.method == "POST") return post(path, request.body);
    if (path.starts_with("/api/Tickets/")) return one(std::stoll(path.substr(13)));
    if (path == "/api/Actions")
      return {200, json::serialize(json::array(list(std::stoll(request.parameter("ticket_id")))))};
    if (path.starts_with("/api/Actions/")) {
      const auto& all = actions[std::stoll(request.parameter("ticket_id"))];
      const auto number = static_cast<std::size_t>(std::stoll(path.substr(13)));
      return number >= 1 && number <= all.size() ? Reply{200, json::serialize(all[number - 1])}
                                                 : Reply{404, ""};
    }
    return {404, ""};
  }

 private:
  json::array list(std::int64_t ticket) {
    json::array all;
    for (const json::object& action : actions[ticket]) all.push_back(action);
    return all;
  }
  Reply one(std::int64_t id) {
    return tickets.contains(id) ? Reply{200, json::serialize(tickets[id])} : Reply{404, ""};
  }
  Reply post(const std::string& path, const std::string& body) {
    posts.push_back(body);
    if (post_status != 0) return {post_status, R"({"message":"no"})"};
    const json::array rows = json::parse(body).as_array();
    if (path == "/api/Actions") return note(rows.at(0).as_object());
    for (const json::value& row : rows)
      if (const auto refusal = check(row.as_object())) return *refusal;
    for (const json::value& row : rows) apply(row.as_object());
    if (loses_answer) return loses_answer = false, Reply{504, "<html>Gateway Timeout</html>"};
    return {201, json::serialize(tickets[rows.back().at("id").as_int64()])};
  }
  std::optional<Reply> check(const json::object& row) {
    const std::int64_t id = row.at("id").as_int64();
    const bool whole = row.contains("tickettype_id") && row.contains("client_id");
    if (!tickets.contains(id) || (needs_whole_update && !whole))
      return Reply{400, R"({"message":"Record not found"})"};
    if (id == refuses) return Reply{400, R"("Please assign this Ticket before closing it.")"};
    return std::nullopt;
  }
  void apply(const json::object& row) {
    json::object& ticket = tickets[row.at("id").as_int64()];
    for (const auto& [key, value] : row)
      if (key != "team" || ticket.at("id").as_int64() != stubborn) ticket[key] = value;
  }
  Reply note(json::object row) {
    const std::int64_t ticket = row.at("ticket_id").as_int64();
    if (ticket == refuses)
      return {400, R"({"Message":"You do not have access to this Action at the moment"})"};
    row["id"] = static_cast<std::int64_t>(actions[ticket].size() + 1);
    row["actiondatecreated"] = "2026-10-03T06:24:10.967";
    actions[ticket].push_back(row);
    if (loses_answer) return loses_answer = false, Reply{504, "<html>Gateway Timeout</html>"};
    return {201, json::serialize(row)};
  }
};

json::object ticket(std::int64_t id) {
  return {{"id", id},           {"summary", "s"}, {"team", "Service Desk"},
          {"agent_id", 1},      {"status_id", 2}, {"priority_id", 3},
          {"tickettype_id", 4}, {"client_id", 5}, {"last_update", "2026-10-03T06:24:10.967"}};
}

Tenant::Change team_of(const std::string& id, const std::string& team = "Network",
                       const std::string& expected = R"({"team_name":["Service Desk"]})") {
  return {"c" + id, "ticket", id, json::serialize(json::object{{"team_name", team}}), expected};
}

Tenant::Change note_on(const std::string& ticket, const std::string& text, const std::string& tried_at = {},
                       const std::string& others = "[]") {
  return {"n1",   "note",
          "",     json::serialize(json::object{{"ticket_id", ticket}, {"text", text}, {"private", "true"}}),
          others, tried_at};
}

}  // namespace

TEST_CASE(
    "several tickets go in one array, each is read before and after, and nobody else repeats the POST") {
  Desk desk;
  for (const int id : {1, 2, 3}) desk.tickets[id] = ticket(id);
  Tenant tenant([&](const Request& request) { return desk(request); });
  const auto ends =
      tenant.push({team_of("1"),
                   team_of("2"),
                   {"c3", "ticket", "3", R"({"agent_id":"12","status_id":"9","priority_id":"1"})",
                    R"({"agent_id":[""],"status_id":["2"],"priority_id":["3"]})"}});
  REQUIRE(ends.size() == 3);
  for (const auto& [id, end] : ends) CHECK((end.done && end.before.empty() && end.after.empty()));
  CHECK(ends.at("c1").source_id == "1");
  REQUIRE(desk.posts.size() == 1);
  CHECK(json::parse(desk.posts[0]) == json::parse(R"([{"id":1,"team":"Network","_forcereassign":true},
                        {"id":2,"team":"Network","_forcereassign":true},
                        {"id":3,"agent_id":12,"_forcereassign":true,"status_id":9,"priority_id":1}])"));
  CHECK(tenant.requests_to("1") == 2);
  for (const Request& request : tenant.requests())
    if (request.method == "POST") CHECK_FALSE(request.retryable);
}

TEST_CASE("an agent becomes nobody by Halo's own number for that, and is read back as nobody") {
  Desk desk;
  desk.tickets[1] = ticket(1);
  desk.tickets[1]["agent_id"] = 12;
  Tenant tenant([&](const Request& request) { return desk(request); });
  const auto ends = tenant.push({{"c", "ticket", "1", R"({"agent_id":""})", R"({"agent_id":["12"]})"}});
  CHECK(ends.at("c").done);
  CHECK(desk.tickets[1]["agent_id"] == 1);
}

TEST_CASE("a value that is there already is not written") {
  Desk desk;
  desk.tickets[1] = ticket(1);
  Tenant tenant([&](const Request& request) { return desk(request); });
  const auto ends = tenant.push({team_of("1", "Service Desk", R"({"team_name":["Elsewhere"]})")});
  CHECK(ends.at("c1").done);
  CHECK(desk.posts.empty());
}

TEST_CASE("a field that somebody else changed is told and left alone, the others are written") {
  Desk desk;
  desk.tickets[1] = ticket(1);
  Tenant tenant([&](const Request& request) { return desk(request); });
  const auto ends = tenant.push({{"c", "ticket", "1", R"({"team_name":"Network","status_id":"9"})",
                                  R"({"team_name":["Elsewhere"],"status_id":["2"]})"}});
  CHECK(ends.at("c").done);
  CHECK(ends.at("c").before == std::map<std::string, std::string>{{"team_name", "Service Desk"}});
  CHECK(json::parse(desk.posts.at(0)) == json::parse(R"([{"id":1,"status_id":9}])"));
}

TEST_CASE("without an expected value everything is written over") {
  Desk desk;
  desk.tickets[1] = ticket(1);
  Tenant tenant([&](const Request& request) { return desk(request); });
  CHECK(tenant.push({team_of("1", "Network", "{}")}).at("c1").done);
  CHECK(desk.tickets[1]["team"] == "Network");
}

TEST_CASE("a tenant that wants type and client in an update gets them from the ticket") {
  Desk desk;
  desk.tickets[1] = ticket(1);
  desk.needs_whole_update = true;
  Tenant tenant([&](const Request& request) { return desk(request); });
  CHECK(tenant.push({team_of("1")}).at("c1").done);
  REQUIRE(desk.posts.size() == 2);
  CHECK(json::parse(desk.posts[1]) ==
        json::parse(R"([{"id":1,"team":"Network","_forcereassign":true,"tickettype_id":4,"client_id":5}])"));
}

TEST_CASE("one bad row does not stop the others of its array") {
  Desk desk;
  for (const int id : {1, 2, 3}) desk.tickets[id] = ticket(id);
  desk.refuses = 2;
  Tenant tenant([&](const Request& request) { return desk(request); });
  const auto ends = tenant.push({team_of("1"), team_of("2"), team_of("3")});
  CHECK((ends.at("c1").done && ends.at("c3").done));
  CHECK(ends.at("c2").refused.code == PSABRIDGE_INVALID);
  CHECK(ends.at("c2").refused.error_code == "PB2302");
  CHECK(ends.at("c2").refused.message.find("Please assign this Ticket") != std::string::npos);
  CHECK(desk.posts.size() == 4);  // the array, then each row
}

TEST_CASE("only what Halo shows afterwards counts") {
  Desk desk;
  desk.tickets[1] = ticket(1);
  desk.stubborn = 1;
  Tenant tenant([&](const Request& request) { return desk(request); });
  const auto ends = tenant.push({team_of("1")});
  CHECK(ends.at("c1").done);
  CHECK(ends.at("c1").after == std::map<std::string, std::string>{{"team_name", "Service Desk"}});
}

TEST_CASE("a ticket that is not there, or lies in the bin, is told as such") {
  Desk desk;
  desk.tickets[2] = ticket(2);
  desk.tickets[2]["deleted"] = true;
  Tenant tenant([&](const Request& request) { return desk(request); });
  for (const std::string id : {"1", "2", "../2", ""}) {
    INFO(id);
    const auto ends = tenant.push({team_of(id)});
    CHECK(ends.at("c" + id).refused.error_code == "PB2307");
  }
  CHECK(desk.posts.empty());
}

TEST_CASE("values and fields that Halo cannot have are refused before anything is asked") {
  Desk desk;
  desk.tickets[1] = ticket(1);
  Tenant tenant([&](const Request& request) { return desk(request); });
  const auto refused = [&](const std::string& fields) {
    return tenant.push({{"c", "ticket", "1", fields}}).at("c").refused.error_code;
  };
  CHECK(refused(R"({"agent_id":"Anna"})") == "PB2302");
  CHECK(refused(R"({"team_name":""})") == "PB2302");
  CHECK(refused(R"({"summary":"x"})") == "PB2305");
  CHECK(tenant.push({{"c", "asset", "1", "{}"}}).at("c").refused.error_code == "PB2305");
  CHECK(tenant.requests().empty());
}

TEST_CASE("what stops all changes ends the call, and leaves them without an end") {
  Desk desk;
  desk.tickets[1] = ticket(1);
  const auto [status, code, error] =
      GENERATE(table<int, psabridge_code, std::string>({{403, PSABRIDGE_FORBIDDEN, "PB1204"},
                                                        {429, PSABRIDGE_THROTTLED, "PB1205"},
                                                        {503, PSABRIDGE_RETRY, "PB1206"}}));
  INFO(status);
  desk.post_status = status;
  Tenant tenant([&](const Request& request) { return desk(request); });
  CHECK(tenant.push({team_of("1")}).empty());
  CHECK(tenant.refusal().code == code);
  CHECK(tenant.refusal().error_code == error);
}

TEST_CASE("a note is made and read back") {
  Desk desk;
  desk.tickets[7] = ticket(7);
  Tenant tenant([&](const Request& request) { return desk(request); });
  const auto ends = tenant.push({note_on("7", "Disk < 5 % & falling\nreplaced")});
  CHECK(ends.at("n1").done);
  CHECK(ends.at("n1").source_id == "7/1");
  CHECK(json::parse(desk.posts.at(0)) ==
        json::parse(R"([{"ticket_id":7,"note_html":"Disk &lt; 5 % &amp; falling<br>replaced",
                        "hiddenfromuser":true,"outcome_id":7}])"));
}

TEST_CASE("a note whose answer was lost is found and not written twice") {
  Desk desk;
  desk.tickets[7] = ticket(7);
  desk.loses_answer = true;
  Tenant tenant([&](const Request& request) { return desk(request); });
  const std::string then = "2026-10-03T06:24:05.000Z";
  CHECK(tenant.push({note_on("7", "Disk replaced")}).empty());
  CHECK(tenant.refusal().code == PSABRIDGE_RETRY);
  const auto ends = tenant.push({note_on("7", "Disk replaced", then)});
  CHECK(ends.at("n1").source_id == "7/1");
  CHECK(desk.actions[7].size() == 1);
}

TEST_CASE("a note of the same words from before, or of another change, is not taken for this one") {
  Desk desk;
  desk.tickets[7] = ticket(7);
  Tenant tenant([&](const Request& request) { return desk(request); });
  tenant.push({note_on("7", "Called back")});
  SECTION("it is older") {
    CHECK(tenant.push({note_on("7", "Called back", "2026-10-03T08:00:00.000Z")}).at("n1").source_id == "7/2");
  }
  SECTION("it is another's") {
    const auto ends = tenant.push({note_on("7", "Called back", "2026-10-03T06:24:05.000Z", R"(["7/1"])")});
    CHECK(ends.at("n1").source_id == "7/2");
  }
}

TEST_CASE("a ticket that takes no notes says so") {
  Desk desk;
  desk.tickets[7] = ticket(7);
  desk.refuses = 7;
  Tenant tenant([&](const Request& request) { return desk(request); });
  const auto ends = tenant.push({note_on("7", "x")});
  CHECK(ends.at("n1").refused.error_code == "PB2302");
  CHECK(ends.at("n1").refused.message.find("You do not have access") != std::string::npos);
}
