#include "core/pipeline/filters.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace psabridge;
using namespace psabridge::pipeline;
using Catch::Matchers::ContainsSubstring;

namespace {

const SysMilliseconds kNow = *parse_time("2026-06-01T00:00:00Z");

const EntitySchema kTicket = parse_entity_schema(R"({"entity":"ticket","fields":[
  {"name":"status_id","type":"ref","target":"status"},{"name":"client_id","type":"ref","target":"client"},
  {"name":"client_name","type":"text"},{"name":"source_updated_at","type":"time"},{"name":"closed","type":"boolean"},
  {"name":"inactive","type":"boolean"}],
  "filters":[{"name":"statuses","test":"any_of","fields":["status_id"]},
  {"name":"clients","test":"any_of","fields":["client_id","client_name"]},
  {"name":"since","test":"since","fields":["source_updated_at"],"unless":"closed"},
  {"name":"active","test":"equals","fields":["inactive"],"negate":true},
  {"name":"open_first","test":"hint"}]})");

std::vector<std::pair<std::string, std::string>> names(std::string_view entity) {
  if (entity == "status") return {{"New", "1"}, {"In Progress", "2"}};
  return {};
}

ResolvedFilters resolve(const char* filters, const Narrowing& narrowing = {}) {
  return resolve_filters(kTicket, boost::json::parse(filters).get_object(), narrowing, names, kNow);
}

}  // namespace

TEST_CASE("names become ids, spans become times, hints reach only the connector") {
  const ResolvedFilters filters =
      resolve(R"({"statuses":["new",2],"since":"90d","active":true,"open_first":true})");
  CHECK(boost::json::parse(filters.json) ==
        boost::json::parse(
            R"({"statuses":["1","2"],"since":"2026-03-03T00:00:00.000Z","active":true,"open_first":true})"));
  REQUIRE(filters.scope.size() == 3);
  CHECK(filters.scope[0].values == std::vector<std::string>{"new", "1", "2", "2"});
  CHECK(filters.scope[1].time == "2026-03-03T00:00:00.000Z");
  CHECK(filters.scope[1].unless == 4u);
  CHECK_FALSE(filters.scope[2].flag);
}

TEST_CASE("a name that nothing bears is an error, not an empty result") {
  CHECK_THROWS_WITH(resolve(R"({"statuses":["In Progres"]})"),
                    ContainsSubstring("PB1055") && ContainsSubstring("Did you mean \"In Progress\"?"));
}

TEST_CASE("names of entities that are not stored pass as they are") {
  CHECK(boost::json::parse(resolve(R"({"clients":["Acme"]})").json) ==
        boost::json::parse(R"({"clients":["Acme"]})"));
}

TEST_CASE("the command line narrows by client and time") {
  const ResolvedFilters filters = resolve("{}", {"2026-05-01", {"12"}});
  CHECK(boost::json::parse(filters.json) ==
        boost::json::parse(R"({"clients":["12"],"changed_since":"2026-05-01T00:00:00.000Z"})"));
  CHECK(filters.scope.size() == 1);
  CHECK_THROWS_WITH(resolve_time("soon", kNow), ContainsSubstring("PB1601"));
}
