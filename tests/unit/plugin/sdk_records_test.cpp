// What an author sees of records, answers and the rest of the façade that needs no host.
#include <catch2/catch_test_macros.hpp>
#include <psabridge/testkit.hpp>
#include <ranges>

namespace psabridge::sdk {

TEST_CASE("fields are read by name and by position; what is not there is null") {
  testkit::Records records("ticket", {"zebra", "summary", "closed", "hours", "share"});
  records.add(
      "1", {Value::null(), Value::text("printer"), Value::boolean(true), Value::integer(3), Value::real(0.5)},
      R"({"a": 1})", "raw");
  records.with_batch([](const psabridge_batch* plain) {
    const Batch batch(*plain);
    CHECK(batch.entity() == "ticket");
    CHECK(batch.connection() == "test");
    const Record record = batch[0];
    CHECK(record.source_id() == "1");
    CHECK(record.custom() == R"({"a": 1})");
    CHECK(record.raw() == "raw");
    CHECK(record.text("summary") == "printer");
    CHECK(record.text(*batch.field("summary")) == "printer");
    CHECK(record.boolean("closed") == true);
    CHECK(record.integer("hours") == 3);
    CHECK(record.real("hours") == 3.0);
    CHECK(record.real("share") == 0.5);
    CHECK(record.is_null("zebra"));
    CHECK(record.is_null("no such field"));
    CHECK(record.text("hours").empty());
    CHECK_FALSE(record.integer("summary"));
    CHECK_FALSE(batch.field("no such field"));
    CHECK(std::ranges::distance(batch.begin(), batch.end()) == 1);
  });
}

TEST_CASE("links are found by client, and a host that is older than 1.4 knows nothing else") {
  const psabridge_link links[] = {{detail::borrow("1"), detail::borrow("noc")},
                                  {detail::borrow("12"), detail::borrow("field")}};
  psabridge_routing_context plain{};
  plain.size = offsetof(psabridge_routing_context, teams);
  plain.links = links;
  plain.link_count = 2;
  const RoutingContext context(plain);
  CHECK(context.team_of("12") == "field");
  CHECK(context.team_of("1") == "noc");
  CHECK(context.team_of("2").empty());
  CHECK(context.team_of("").empty());
  CHECK(context.teams().empty());
  testkit::Records tickets("ticket", {"client_id"});
  tickets.add("7", {Value::text("12")});
  tickets.with_batch([&](const psabridge_batch* batch) {
    const Batch read(*batch);
    const Record ticket = read[0];
    CHECK(context.linked_team(ticket).team == "field");
    CHECK(context.present_team(ticket).team.empty());
    CHECK(context.kin_team(ticket, "contact_id").empty());
    CHECK(context.at_work(ticket, "field"));
  });
}

TEST_CASE("headers are found whatever their case") {
  const HttpResponse response{200, {{"Retry-After", "3"}, {"Date", "today"}}, "body"};
  CHECK(response.header("retry-after") == "3");
  CHECK(response.header("DATE") == "today");
  CHECK(response.header("Dat").empty());
}

}  // namespace psabridge::sdk
