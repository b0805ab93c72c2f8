// What deliveries say: Halo's envelope, and everything else that receivers of its webhooks have met.
#include "deliveries.h"

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "core/plugin/roles.h"
#include "halo_embedded.h"
#include "tests/unit/halo/scripted_tenant.h"
#include "whole_ticket.h"

using namespace halo_test;
namespace halo = psabridge::halo;

namespace {

Reply unasked(const Request&) { throw std::logic_error("decode asked the tenant"); }

constexpr const char* kEnvelope =
    R"({"id":"5b7cf3a2-9a0e-4d69-8b43-111111111111","webhook_id":"b1a1a1a1-0000-4000-8000-000000000001",)"
    R"("notification_id":31,"escmsg_id":"e5c00000-0000-4000-8000-000000000009","event":"ticket status changed",)"
    R"("message":"The status has been changed for Ticket ID: 0004242.","object_id":4242,"agent_id":12,)"
    R"("timestamp":"2026-10-03T06:24:10.9671234Z","ticket":{"id":4242,"summary":"x","status_id":2}})";

/// A ticket as the list has it: every member, of a value that fits.
boost::json::object whole_ticket() {
  boost::json::object ticket;
  for (const halo::TicketMember& member : halo::ticket_members()) ticket[member.name] = nullptr;
  ticket["id"] = 4242;
  ticket["summary"] = "Printer";
  ticket["status_id"] = 2;
  ticket["last_update"] = "2026-10-03T06:24:10.5";
  ticket["customfields"] = boost::json::array();
  return ticket;
}

std::string delivery_of(const boost::json::object& ticket) {
  return boost::json::serialize(
      boost::json::object{{"event", "ticket updated"}, {"object_id", 4242}, {"ticket", ticket}});
}

}  // namespace

TEST_CASE("Halo's envelope says all that an event has") {
  Tenant tenant(unasked);
  const auto events = tenant.decode(std::string("\xEF\xBB\xBF ") + kEnvelope + "\r\n");
  REQUIRE(events.size() == 1);
  const PushedEvent& event = events[0];
  CHECK(event.key == "e5c00000-0000-4000-8000-000000000009/ticket status changed");
  CHECK(event.kind == "ticket.status_changed");
  CHECK(event.entity == "ticket");
  CHECK(event.id == "4242");
  CHECK(event.occurred_at == "2026-10-03T06:24:10.967Z");
  CHECK(event.actor == "agent 12");
  CHECK(event.body == kEnvelope);
  CHECK_FALSE(event.deleted);
  CHECK_FALSE(event.record);
}

TEST_CASE("Every form of payload names its object") {
  struct Case {
    const char* body;
    const char* kind;
    const char* object;
  };
  const Case c = GENERATE(
      // the envelope, in parts and variants
      Case{R"({"event":"ticket updated","object_id":5})", "ticket.updated", "ticket 5"},
      Case{R"({"event":"ticket updated","object_id":"0004242"})", "ticket.updated", "ticket 4242"},
      Case{R"({"event":"ticket updated","object_id":5.0})", "ticket.updated", "ticket 5"},
      Case{R"({"id":"77","event":"ticket updated","object_id":5})", "ticket.updated", "ticket 5"},
      Case{R"({"id":77,"event":"ticket updated","webhook_id":3})", "ticket.updated", "ticket "},
      Case{R"({"event":"action added","object_id":5,"action":{"id":3,"ticket_id":5},"ticket":{"id":5}})",
           "note.added", "ticket 5"},
      Case{R"({"event":"action added","action":{"id":3,"ticket_id":5}})", "note.added", "ticket 5"},
      Case{R"({"event":"client updated","object_id":7,"client":{"id":7}})", "client.changed", "client 7"},
      Case{R"({"event":"client updated","area":{"id":7}})", "client.changed", "client 7"},
      Case{R"({"event":"site updated","object_id":7})", "site.changed", "site 7"},
      Case{R"({"event":"user updated","user":{"id":7},"client":{"id":1}})", "contact.changed", "contact 7"},
      Case{R"({"event":"asset updated","device":{"id":7}})", "asset.changed", "asset 7"},
      Case{R"({"EVENT":"Ticket Updated","Object_ID":5})", "ticket.updated", "ticket 5"},
      // names that the connector does not know
      Case{R"({"event":"1st sla warning","object_id":5,"ticket":{"id":5}})", "1st sla warning", "ticket 5"},
      Case{R"({"event":"Ticket Deadline","object_id":5})", "ticket deadline", "ticket 5"},
      Case{R"({"event":"contract expired","object_id":5,"client":{"id":2}})", "contract expired", "client 2"},
      Case{R"({"event":"contract expired","object_id":5})", "contract expired", " "},
      // older and hand-made forms
      Case{R"({"ticket":{"id":5,"category1":"a"}})", "ticket.updated", "ticket 5"},
      Case{R"({"id":5,"hasbeenclosed":true})", "ticket.updated", "ticket 5"},
      Case{R"({"ticket_id":"13","status":"New"})", "ticket.updated", "ticket 13"},
      Case{R"({"ticketid":13})", "ticket.updated", "ticket 13"},
      Case{R"({"TicketID":13})", "ticket.updated", "ticket 13"},
      Case{R"({"ticket":{"id":13,"dateclosed":"2026-10-03T06:24:10"}})", "ticket.updated", "ticket 13"},
      Case{R"({"id":13,"agent_id":4,"hiddenfromuser":true,"outcome":"Note"})", "ticket.updated", "ticket 13"},
      Case{R"({"object":{"ticket_id":13,"status_id":2}})", "ticket.updated", "ticket 13"},
      Case{R"({"data":{"id":13,"new_status":2}})", "ticket.updated", "ticket 13"},
      Case{R"({"event":"ticket closed","data":{"objectid":13}})", "ticket.closed", "ticket 13"});
  INFO(c.body);
  Tenant tenant(unasked);
  const auto events = tenant.decode(c.body);
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == c.kind);
  CHECK(events[0].entity + " " + events[0].id == c.object);
}

TEST_CASE("A deletion is told as one") {
  Tenant tenant(unasked);
  const auto events = tenant.decode(
      R"([{"event":"ticket deleted","object_id":5},{"event":"site deleted","object_id":6},{"event":"site updated","object_id":6}])");
  REQUIRE(events.size() == 3);
  CHECK(events[0].deleted);
  CHECK(events[1].deleted);
  CHECK_FALSE(events[2].deleted);
}

TEST_CASE("A repetition is known by the queued message and the event, else by the delivery") {
  struct Case {
    const char* body;
    const char* key;
  };
  const Case c = GENERATE(
      Case{R"({"id":"a-b","escmsg_id":"m-1","event":"Ticket Closed","object_id":5})", "m-1/ticket closed"},
      Case{R"({"id":"a-b","escmsg_id":null,"event":"ticket closed","object_id":5})", "a-b"},
      Case{R"({"id":"a-b","escmsg_id":0,"event":"ticket closed","object_id":5})", "a-b"},
      Case{R"({"event":"ticket closed","object_id":5})", ""}, Case{R"({"id":5,"hasbeenclosed":true})", ""});
  INFO(c.body);
  Tenant tenant(unasked);
  CHECK(tenant.decode(c.body).at(0).key == c.key);
}

TEST_CASE("Who and when are left out when the delivery does not say") {
  Tenant tenant(unasked);
  const auto events = tenant.decode(
      R"({"event":"ticket closed","object_id":5,"agent_id":-1,"timestamp":"0001-01-01T00:00:00"})");
  REQUIRE(events.size() == 1);
  CHECK(events[0].actor.empty());
  CHECK(events[0].occurred_at.empty());
}

TEST_CASE("A test says nothing, and that is no failure") {
  const char* const body =
      GENERATE("{}", " { } ", "[]", "[{}, {}]", R"({"event":"Test","webhook_id":"x","message":"hello"})",
               R"({"event":"ping","id":"a"})",
               R"({"id":"a","webhook_id":"b","timestamp":"2026-10-03T06:24:10.9671234Z","object_id":0})");
  INFO(body);
  Tenant tenant(unasked);
  CHECK(tenant.decode(body).empty());
  CHECK(tenant.refusal().code == PSABRIDGE_OK);
}

TEST_CASE("What cannot be understood is refused with its reason") {
  struct Case {
    std::string body;
    const char* reason;
  };
  const Case c = GENERATE(
      Case{"", "it is empty"}, Case{" \r\n", "it is empty"}, Case{"\xEF\xBB\xBF", "it is empty"},
      Case{"<html>", "it is a web page"}, Case{"event=x&id=5", "no JSON"}, Case{"{\"id\":5", "no JSON"},
      Case{"[{\"id\":5}", "ends too early"}, Case{std::string(200'000, '['), "ends too early"},
      Case{std::string(100, '[') + std::string(100, ']'), "no JSON"}, Case{"{\"event\":\"\xFF\"}", "no JSON"},
      Case{R"({"event":"\ud800"})", "no JSON"}, Case{"7", "names neither"}, Case{"null", "names neither"},
      Case{R"("text")", "names neither"}, Case{"[1, null]", "names neither"},
      Case{R"({"id":5})", "names neither"}, Case{R"({"note":"hello","object_id":5})", "names neither"},
      Case{R"({"ticket":{"id":-1}})", "names neither"},
      Case{R"([{"event":"ticket closed","object_id":5},{"event":"\x"}])", "no JSON"});
  INFO(c.body.substr(0, 100));
  Tenant tenant(unasked);
  CHECK(tenant.decode(c.body).empty());
  CHECK(tenant.refusal().code == PSABRIDGE_INVALID);
  CHECK(tenant.refusal().error_code == "PB2102");
  INFO(tenant.refusal().message);
  CHECK(tenant.refusal().message.find(c.reason) != std::string::npos);
}

TEST_CASE("A batch is split, and an element that says nothing takes no other with it") {
  Tenant tenant(unasked);
  const auto events = tenant.decode(
      R"([ {"event":"ticket closed","object_id":5}, {"note":"?"}, 7, {}, {"event":"client updated","object_id":6} ])");
  REQUIRE(events.size() == 4);
  CHECK(events[0].body == R"({"event":"ticket closed","object_id":5})");
  CHECK(events[1].kind == "not understood");
  CHECK(events[1].entity.empty());
  CHECK(events[1].body == R"({"note":"?"})");
  CHECK(events[2].body == "7");
  CHECK(events[3].entity == "client");
}

TEST_CASE("A ticket with every member of a list row comes along, untouched") {
  Tenant tenant(unasked);
  const std::string ticket = boost::json::serialize(whole_ticket());
  const std::string spaced =
      "{\"event\":\"ticket updated\", \"object_id\":4242, \"ticket\": " + ticket + " }";
  const auto events = tenant.decode(spaced);
  REQUIRE(events.size() == 1);
  REQUIRE(events[0].record);
  CHECK(events[0].record->id == "4242");
  CHECK(events[0].record->version == "2026-10-03T06:24:10.500Z");
  CHECK(events[0].record->text == ticket);
}

TEST_CASE("A ticket that lacks any member is not taken for whole") {
  Tenant tenant(unasked);
  for (const halo::TicketMember& member : halo::ticket_members()) {
    INFO(member.name);
    boost::json::object ticket = whole_ticket();
    ticket.erase(member.name);
    CHECK_FALSE(tenant.decode(delivery_of(ticket)).at(0).record);
    if (member.other.empty()) continue;
    ticket[member.other] = boost::json::value(5);
    if (member.name == "last_update") ticket[member.other] = "2026-10-03T06:24:10";
    CHECK(tenant.decode(delivery_of(ticket)).at(0).record);
  }
}

TEST_CASE("A ticket is not whole without ids as numbers, its own id, a time of change; nor when deleted") {
  struct Case {
    const char* member;
    boost::json::value value;
  };
  const Case c = GENERATE(Case{"status_id", "In Progress"}, Case{"client_id", "Acme"},
                          Case{"customfields", nullptr}, Case{"id", 4243}, Case{"last_update", nullptr},
                          Case{"last_update", "1900-01-01T00:00:00"}, Case{"deleted", true});
  INFO(c.member);
  boost::json::object ticket = whole_ticket();
  ticket[c.member] = c.value;
  Tenant tenant(unasked);
  const auto events = tenant.decode(
      boost::json::serialize(boost::json::object{{"event", "ticket updated"}, {"ticket", ticket}}));
  REQUIRE(events.size() == 1);
  CHECK((c.member == std::string("id")) == events[0].record.has_value());
  CHECK((c.member == std::string("deleted")) == events[0].deleted);
}

TEST_CASE("Of two tickets with one name the last counts, also for being whole") {
  const std::string whole = boost::json::serialize(whole_ticket()), part = R"({"id":4242})";
  Tenant tenant(unasked);
  const auto is_whole = [&](const std::string& first, const std::string& last) {
    const std::string body = R"({"event":"ticket updated","ticket":)" + first + R"(,"ticket":)" + last + "}";
    return tenant.decode(body).at(0).record.has_value();
  };
  CHECK(is_whole(part, whole));
  CHECK_FALSE(is_whole(whole, part));
}

TEST_CASE("Every member of a whole ticket is one that the description maps") {
  const auto profile = psabridge::plugin::parse_connector_profile(halo::kDescription);
  std::string paths = "/id//customfields/";
  for (const auto& [field, mapping] : profile.entities.at("ticket").map)
    for (const std::string& path : mapping.from) paths += "/" + path + "/";
  for (const halo::TicketMember& member : halo::ticket_members()) {
    INFO(member.name << " " << member.other);
    CHECK(paths.find("/" + std::string(member.name) + "/") != std::string::npos);
    CHECK((member.other.empty() || paths.find("/" + std::string(member.other) + "/") != std::string::npos));
  }
}
