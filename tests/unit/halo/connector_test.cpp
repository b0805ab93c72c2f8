#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/unit/halo/scripted_tenant.h"

using namespace halo_test;

namespace {

const std::map<std::string, std::string> kNoon{{"Date", "Sun, 04 Oct 2026 12:00:00 GMT"}};

std::string list(const std::string& key, const std::string& rows, int count) {
  return "{\"record_count\":" + std::to_string(count) + ",\"" + key + "\":[" + rows + "]}";
}

std::string joined_ids(const std::vector<PushedSlice>& slices) {
  std::string text;
  for (const PushedSlice& slice : slices) text += (text.empty() ? "" : ",") + slice.id;
  return text;
}

std::vector<Request> to(const Tenant& tenant, const std::string& resource) {
  std::vector<Request> found;
  for (const Request& request : tenant.requests())
    if (request.path() == "/api/" + resource) found.push_back(request);
  return found;
}

}  // namespace

TEST_CASE(
    "Tickets are read open ones first, then closed ones since the wished time, then what changed meanwhile") {
  Tenant tenant([](const Request& request) {
    if (request.path() == "/api/FieldInfo") return Reply{200, R"([{"id":151},{"id":152.0}])"};
    if (request.has("open_only"))
      return Reply{200, list("tickets", R"({"id":3,"last_update":"2026-10-04T11:00:00"})", 1), kNoon};
    if (request.has("closed_only"))
      return Reply{200, list("tickets", R"({"id":1,"last_update":"2026-10-01T11:00:00"})", 1), kNoon};
    return Reply{200, list("tickets", R"({"id":3,"last_update":"2026-10-04T11:59:00.5"})", 1), kNoon};
  });
  std::string cursor;
  const auto slices = tenant.read(
      {.filters =
           R"({"since":"2026-07-01T00:00:00.000Z","open_first":true,"statuses":["9","New"],"clients":[12,"13"]})"},
      cursor);
  CHECK(joined_ids(slices) == "3,1,3");
  CHECK(slices[2].version == "2026-10-04T11:59:00.500Z");
  CHECK(slices[0].text == R"({"id":3,"last_update":"2026-10-04T11:00:00"})");
  const auto asked = to(tenant, "Tickets");
  REQUIRE(asked.size() == 3);
  for (const Request& request : asked) {
    CHECK(request.parameter("pageinate") == "true");
    CHECK(request.parameter("page_no") == "1");
    CHECK(request.parameter("order") == "id");
    CHECK(request.parameter("include_custom_fields") == "151,152");
    CHECK_FALSE(request.has("status"));  // a name among them: the host's work
  }
  CHECK(asked[0].parameter("client_ids") == "12,13");
  CHECK_FALSE(asked[0].has("lastupdatefromdate"));
  CHECK(asked[1].parameter("lastupdatefromdate") == "2026-07-01T00:00:00.000Z");
  CHECK(asked[2].parameter("lastupdatefromdate") == "2026-10-04T11:58:00.000Z");
  CHECK_FALSE(asked[2].has("client_ids"));
  CHECK(asked[2].parameter("includeclosed") == "true");
}

TEST_CASE("The filters of a ticket read decide its passes") {
  struct Case {
    const char* filters;
    const char* passes;
  };
  const Case c =
      GENERATE(Case{"{}", "open closed tail"}, Case{R"({"open":true})", "open tail"},
               Case{R"({"open":false})", "closed tail"}, Case{R"({"open_first":false})", "closed open tail"},
               Case{R"({"changed_since":"2026-10-01T00:00:00.000Z"})", "tail"});
  INFO(c.filters);
  Tenant tenant([](const Request&) { return Reply{200, list("tickets", "", 0), kNoon}; });
  std::string cursor;
  tenant.read({.filters = c.filters}, cursor);
  std::string passes;
  for (const Request& request : to(tenant, "Tickets"))
    passes += (passes.empty() ? "" : " ") + std::string(request.has("open_only")     ? "open"
                                                        : request.has("closed_only") ? "closed"
                                                                                     : "tail");
  CHECK(passes == c.passes);
}

TEST_CASE("A look for changes costs one request, and a quiet one leaves the cursor as it was") {
  std::string changes;
  Tenant tenant([&](const Request& request) {
    if (request.has("lastupdatefromdate") && !request.has("closed_only")) return Reply{200, changes, kNoon};
    return Reply{200, list("tickets", R"({"id":3,"last_update":"2026-10-04T11:00:00"})", 1), kNoon};
  });
  changes = list("tickets", "", 0);
  std::string first;
  tenant.read({}, first);
  changes = list("tickets", R"({"id":3,"last_update":"2026-10-04T11:00:00"})", 1);

  std::string second = first;
  const auto before = tenant.requests().size();
  tenant.read({}, second);
  CHECK(tenant.requests().size() == before + 1);
  CHECK(tenant.requests().back().parameter("lastupdatefromdate") == "2026-10-04T10:58:00.000Z");
  CHECK(second == first);

  changes =
      list("tickets",
           R"({"id":3,"last_update":"2026-10-04T11:00:00"},{"id":4,"last_update":"2026-10-04T11:30:00"})", 2);
  std::string third = second;
  CHECK(joined_ids(tenant.read({}, third)) == "3,4");
  CHECK(third != second);
  std::string fourth = third;
  tenant.read({}, fourth);
  CHECK(tenant.requests().back().parameter("lastupdatefromdate") == "2026-10-04T11:28:00.000Z");
  CHECK(fourth == third);
}

TEST_CASE("A stamp in the future does not carry the cursor past the server's clock") {
  Tenant tenant([&](const Request&) {
    return Reply{200, list("tickets", R"({"id":3,"last_update":"2099-01-01T00:00:00"})", 1), kNoon};
  });
  std::string cursor;
  tenant.read({}, cursor);
  std::string again = cursor;
  tenant.read({}, again);
  CHECK(tenant.requests().back().parameter("lastupdatefromdate") == "2026-10-04T11:58:00.000Z");
  CHECK(again == cursor);
}

TEST_CASE("Lists without stamps move their cursor only when a record differs") {
  std::string changes = list("clients", "", 0);
  Tenant tenant([&](const Request& request) {
    return Reply{200,
                 request.has("lastupdatefromdate") ? changes : list("clients", R"({"id":1,"name":"A"})", 1),
                 kNoon};
  });
  const PullOrder clients{.entity = "client"};
  std::string first;
  tenant.read(clients, first);
  std::string second = first;
  tenant.read(clients, second);
  CHECK(second == first);
  changes = list("clients", R"({"id":1,"name":"B"})", 1);
  std::string third = second;
  tenant.read(clients, third);
  CHECK(third != second);
  std::string fourth = third;
  tenant.read(clients, fourth);
  CHECK(fourth == third);
}

TEST_CASE("A read goes on in another process from its cursor alone") {
  const auto answer = [](const Request& request) {
    const bool first = request.parameter("page_no") == "1";
    return Reply{200,
                 list("clients", first ? R"({"id":1},{"id":2})" : R"({"id":3})",
                      request.has("lastupdatefromdate") ? 0 : 3),
                 kNoon};
  };
  Tenant one(answer);
  const PulledPage page = one.pull({.entity = "client", .page_size = 2});
  CHECK(page.more);
  CHECK(page.expected == 3);
  Tenant other(answer);
  const PulledPage next = other.pull({.entity = "client", .page_size = 2}, page.next);
  CHECK(joined_ids(next.slices) == "3");
  CHECK(to(other, "Client").at(0).parameter("page_no") == "2");
}

TEST_CASE("A cursor that cannot be read costs a full read and a warning") {
  const std::string cursor = GENERATE("nonsense", "{}[", R"({"walk":{"pass":"sideways"}})", R"({"since":5})");
  INFO(cursor);
  Tenant tenant([](const Request&) { return Reply{200, list("tickets", "", 0), kNoon}; });
  tenant.pull({}, cursor);
  CHECK(tenant.refusal().code == PSABRIDGE_OK);
  CHECK(to(tenant, "Tickets").at(0).has("open_only"));
  CHECK(tenant.log().size() == 1);
}

TEST_CASE("Short lists are read whole, and in pages when one answer is not the whole list") {
  struct Case {
    const char* first;
    std::size_t requests;
    const char* ids;
  };
  const Case c = GENERATE(Case{R"([{"id":1},{"id":2}])", 1, "1,2"},
                          Case{R"({"record_count":2,"results":[{"id":1},{"id":2}]})", 1, "1,2"},
                          Case{R"({"agents":[{"id":1},{"id":2}]})", 1, "1,2"},
                          Case{R"({"record_count":3,"agents":[{"id":1},{"id":2}]})", 2, "1,2,1,2,3"});
  INFO(c.first);
  Tenant tenant([&](const Request& request) {
    return Reply{200, request.has("pageinate") ? list("agents", R"({"id":1},{"id":2},{"id":3})", 3) : c.first,
                 kNoon};
  });
  std::string cursor;
  CHECK(joined_ids(tenant.read({.entity = "agent"}, cursor)) == c.ids);
  CHECK(tenant.requests_to("Agent") == c.requests);
  CHECK(cursor.empty());
}

TEST_CASE("A list of ids counts as whole only when the server proves it") {
  struct Case {
    const char* first;
    std::size_t requests;
  };
  const Case c = GENERATE(Case{R"({"record_count":3,"clients":[{"id":1},{"id":2},{"id":3.0}]})", 1},
                          Case{R"({"record_count":3,"clients":[1,2,3]})", 1},
                          Case{R"({"record_count":3,"clients":[{"id":1},{"id":2}]})", 2},
                          Case{R"({"clients":[{"id":1},{"id":2}]})", 2}, Case{R"([{"id":1},{"id":2}])", 2});
  INFO(c.first);
  Tenant tenant([&](const Request& request) {
    return Reply{200, request.has("idonly") ? c.first : list("clients", R"({"id":1},{"id":2},{"id":3})", 3),
                 kNoon};
  });
  std::string cursor;
  const auto slices = tenant.read({.entity = "client", .ids_only = true}, cursor);
  CHECK(tenant.requests_to("Client") == c.requests);
  CHECK(slices.back().id == "3");
  CHECK(std::all_of(slices.begin(), slices.end(), [](const PushedSlice& slice) { return slice.id_only; }));
  CHECK(to(tenant, "Client").at(0).parameter("includeinactive") == "true");
}

TEST_CASE("An id sweep of tickets walks the passes with ids only") {
  Tenant tenant([](const Request&) { return Reply{200, list("tickets", R"({"id":1})", 1), kNoon}; });
  std::string cursor;
  tenant.read({.ids_only = true}, cursor);
  for (const Request& request : to(tenant, "Tickets")) CHECK(request.parameter("ticketidonly") == "true");
  CHECK(tenant.requests_to("FieldInfo") == 0);
}

TEST_CASE("Active and inactive records are asked for by the filter") {
  struct Case {
    const char* filters;
    const char* active;
    const char* inactive;
  };
  const Case c = GENERATE(Case{"{}", "true", "true"}, Case{R"({"active":true})", "true", "false"},
                          Case{R"({"active":false})", "false", "true"});
  INFO(c.filters);
  Tenant tenant([](const Request&) { return Reply{200, list("assets", "", 0), kNoon}; });
  std::string cursor;
  tenant.read({.entity = "asset", .filters = c.filters}, cursor);
  const auto asked = to(tenant, "Asset");
  REQUIRE(asked.size() == 2);
  CHECK(asked[0].parameter("includeactive") == c.active);
  CHECK(asked[0].parameter("includeinactive") == c.inactive);
  CHECK(asked[0].parameter("page_size") == "50");
  CHECK(asked[1].parameter("includeinactive") == "true");  // a look for changes hides nothing
}

TEST_CASE("Asset types are pushed down; the fields of one type come along") {
  Tenant tenant([](const Request&) { return Reply{200, list("assets", "", 0), kNoon}; });
  tenant.pull({.entity = "asset", .filters = R"({"types":["4"],"statuses":[1,2]})"});
  tenant.pull({.entity = "asset", .filters = R"({"types":["4","5"]})"});
  const auto asked = to(tenant, "Asset");
  CHECK(asked[0].parameter("assettype_id") == "4");
  CHECK(asked[0].parameter("includeassetfields") == "true");
  CHECK(asked[0].parameter("assetstatuses") == "1,2");
  CHECK(asked[1].parameter("assettypes") == "4,5");
  CHECK_FALSE(asked[1].has("includeassetfields"));
}

TEST_CASE("Notes are read ticket by ticket; their ids carry the ticket's") {
  Tenant tenant([](const Request& request) {
    const std::string ticket = request.parameter("ticket_id");
    if (ticket == "2") return Reply{200, list("actions", "", 0)};
    return Reply{
        200,
        list("actions",
             R"({"id":1,"ticket_id":)" + ticket + R"(,"last_updated":"2026-10-01T00:00:00"},{"id":2})", 2)};
  });
  std::vector<std::string> parents;
  for (int id = 1; id <= 45; ++id) parents.push_back(std::to_string(id));
  const PullOrder order{.entity = "note", .parents = parents};
  const PulledPage page = tenant.pull(order);
  CHECK(page.requests == 20);
  CHECK(page.more);
  CHECK(page.slices.at(0).id == "1/1");
  CHECK(page.slices.at(0).version == "2026-10-01T00:00:00.000Z");
  CHECK(page.slices.at(2).id == "3/1");
  std::string cursor;
  CHECK(tenant.read(order, cursor).size() == 88);
  CHECK(cursor.empty());
}

TEST_CASE("A long list of notes is read to its end") {
  Tenant tenant([](const Request& request) {
    if (!request.has("pageinate")) return Reply{200, list("actions", R"({"id":1},{"id":2})", 3)};
    return Reply{200, request.parameter("page_no") == "1" ? list("actions", R"({"id":1},{"id":2})", 3)
                                                          : list("actions", R"({"id":3})", 3)};
  });
  std::string cursor;
  CHECK(joined_ids(tenant.read({.entity = "note", .parents = {"7"}}, cursor)) == "7/1,7/2,7/1,7/2,7/3");
}

TEST_CASE("The first agreement's row of a priority bears the number that tickets name") {
  Tenant tenant([](const Request&) {
    return Reply{
        200,
        R"([{"slaid":10,"priorityid":1},{"slaid":2,"priorityid":1},{"slaid":2,"priorityid":3},{"name":"none"}])"};
  });
  CHECK(joined_ids(tenant.pull({.entity = "priority"}).slices) == "10/1,1,3,");
}

TEST_CASE("Single records: found, deleted, hidden") {
  struct Case {
    int status;
    const char* body;
    const char* verdict;
  };
  const Case c =
      GENERATE(Case{200, R"({"id":5,"last_update":"2026-10-01T00:00:00"})", "found"},
               Case{200, R"([{"id":5}])", "found"}, Case{200, R"({"id":5,"deleted":true})", "deleted slice"},
               Case{404, "", "deleted"}, Case{403, "", "hidden"}, Case{401, "", "hidden"});
  INFO(c.status << c.body);
  Tenant tenant([&](const Request& request) {
    return request.path() == "/api/Agent/me" ? Reply{200, R"({"id":2})"} : Reply{c.status, c.body};
  });
  const Tenant::Fetch fetched = tenant.get("ticket", {"5"});
  std::string verdict = "nothing";
  if (!fetched.slices.empty()) verdict = fetched.slices[0].deleted ? "deleted slice" : "found";
  if (!fetched.absent.empty())
    verdict = fetched.absent.at("5") == PSABRIDGE_ABSENT_HIDDEN ? "hidden" : "deleted";
  CHECK(verdict == c.verdict);
  CHECK(tenant.requests_to("5") == (c.status == 401 ? 2 : 1));
}

TEST_CASE("A sign-in that ended altogether hides no records") {
  Tenant tenant([](const Request&) { return Reply{401, ""}; });
  const Tenant::Fetch fetched = tenant.get("ticket", {"5"});
  CHECK(fetched.absent.empty());
  CHECK(tenant.refusal().code == PSABRIDGE_UNAUTHORIZED);
}

TEST_CASE("A single note is asked for by ticket and number") {
  Tenant tenant([](const Request&) { return Reply{200, R"({"id":3,"ticket_id":17})"}; });
  const Tenant::Fetch fetched = tenant.get("note", {"17/3"});
  CHECK(joined_ids(fetched.slices) == "17/3");
  CHECK(tenant.requests().back().path() == "/api/Actions/3");
  CHECK(tenant.requests().back().parameter("ticket_id") == "17");
}

TEST_CASE("What is no answer of the API ends the page with its reason") {
  struct Case {
    Reply reply;
    psabridge_code code;
    const char* error_code;
  };
  const Case c = GENERATE(
      Case{{200, "<html>portal</html>"}, PSABRIDGE_INVALID, "PB1207"},
      Case{{200, ""}, PSABRIDGE_RETRY, "PB1202"},
      Case{{200, R"({"record_count":2,"tickets":[{"id":1},{"id)"}, PSABRIDGE_RETRY, "PB1202"},
      Case{{200, R"({"error":"odd"})"}, PSABRIDGE_INVALID, "PB1207"},
      Case{{403, ""}, PSABRIDGE_FORBIDDEN, "PB1204"}, Case{{502, "<html>"}, PSABRIDGE_RETRY, "PB1206"},
      Case{{429, "\"slow\"", {{"Retry-After", "7"}}}, PSABRIDGE_THROTTLED, "PB1205"});
  INFO(c.reply.status << c.reply.body);
  Tenant tenant([&](const Request& request) {
    return request.path() == "/api/FieldInfo" ? Reply{200, "[]"} : c.reply;
  });
  const PulledPage page = tenant.pull({});
  CHECK(tenant.refusal().code == c.code);
  CHECK(tenant.refusal().error_code == c.error_code);
  CHECK(tenant.refusal().retry_after_ms == (c.reply.status == 429 ? 7000u : 0u));
}

TEST_CASE("Custom fields: their ids are asked once and kept for a day") {
  const auto answer = [](const Request& request) {
    return request.path() == "/api/FieldInfo" ? Reply{200, R"([{"id":151}])"}
                                              : Reply{200, list("tickets", "", 0), kNoon};
  };
  Tenant first(answer);
  std::string cursor;
  first.read({}, cursor);
  std::string clients;
  first.read({.entity = "client"}, clients);
  CHECK(first.requests_to("FieldInfo") == 1);

  Tenant next(answer);
  next.state = first.state;
  std::string later = cursor;
  next.read({}, later);
  CHECK(next.requests_to("FieldInfo") == 0);
  CHECK(next.requests().back().parameter("include_custom_fields") == "151");

  Tenant tomorrow(answer);
  tomorrow.state = first.state;
  tomorrow.now_ms += 25 * 3'600'000;
  tomorrow.read({}, later);
  CHECK(tomorrow.requests_to("FieldInfo") == 1);
}

TEST_CASE("Without a right to the custom fields' definitions the records are read all the same") {
  Tenant tenant([](const Request& request) {
    return request.path() == "/api/FieldInfo" ? Reply{403, ""}
                                              : Reply{200, list("tickets", R"({"id":1})", 1), kNoon};
  });
  CHECK(joined_ids(tenant.pull({}).slices) == "1");
  CHECK(tenant.log().size() == 1);
}

TEST_CASE("A server that does not tell its time is asked for a day more, and nothing is read whole twice") {
  Tenant tenant([](const Request& request) {
    return Reply{200, list("clients", request.has("lastupdatefromdate") ? "" : R"({"id":1})",
                           request.has("lastupdatefromdate") ? 0 : 1)};
  });
  tenant.now_ms = 1'791'115'200'000;  // 2026-10-04T12:00:00Z
  std::string cursor;
  tenant.read({.entity = "client"}, cursor);
  CHECK(tenant.requests().back().parameter("lastupdatefromdate") == "2026-10-03T11:58:00.000Z");
  std::string again = cursor;
  tenant.read({.entity = "client"}, again);
  CHECK(again == cursor);
  CHECK(tenant.requests_to("Client") == 3);
}
