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

TEST_CASE("links are found by client") {
  const psabridge_link links[] = {{detail::borrow("1"), detail::borrow("noc")},
                                  {detail::borrow("12"), detail::borrow("field")}};
  const RoutingContext context({sizeof(psabridge_routing_context), links, 2});
  CHECK(context.team_of("12") == "field");
  CHECK(context.team_of("1") == "noc");
  CHECK(context.team_of("2").empty());
  CHECK(context.team_of("").empty());
}

TEST_CASE("headers are found whatever their case") {
  const HttpResponse response{200, {{"Retry-After", "3"}, {"Date", "today"}}, "body"};
  CHECK(response.header("retry-after") == "3");
  CHECK(response.header("DATE") == "today");
  CHECK(response.header("Dat").empty());
}

}  // namespace psabridge::sdk
