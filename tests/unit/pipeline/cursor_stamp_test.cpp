#include "core/pipeline/cursor_stamp.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/pipeline/fakes.h"

using namespace psabridge;
using namespace psabridge::pipeline;

namespace {

Stage stage_of(const char* fields, const config::EntityUse& use) {
  Stage stage;
  stage.entity = "ticket";
  stage.use = &use;
  stage.syncer = std::make_unique<FakeSyncer>(
      parse_entity_schema(R"({"entity":"ticket","fields":)" + std::string(fields) + "}"));
  return stage;
}

constexpr const char* kFields = R"([{"name":"summary","type":"text"}])";

}  // namespace

TEST_CASE("the stamp changes with everything that decides what a read shows, and with nothing else") {
  const config::EntityUse plain;
  const config::Pipeline pipeline;
  const std::string stamp = settings_stamp(stage_of(kFields, plain), pipeline, 0);
  CHECK(settings_stamp(stage_of(kFields, plain), pipeline, 0) == stamp);

  config::EntityUse filtered;
  filtered.filters.values = {{"since", "90d"}};
  CHECK(settings_stamp(stage_of(kFields, filtered), pipeline, 0) != stamp);

  config::Pipeline mapped;
  mapped.map["ticket"].push_back({"summary", {"title"}, {}, std::nullopt, {}});
  CHECK(settings_stamp(stage_of(kFields, plain), mapped, 0) != stamp);
  CHECK(settings_stamp(stage_of(R"([{"name":"summary","type":"json"}])", plain), pipeline, 0) != stamp);

  CHECK(settings_stamp(stage_of(kFields, plain), pipeline, 7) != stamp);  // after a merge in the source

  config::EntityUse paged;
  paged.page_size = 50;
  CHECK(settings_stamp(stage_of(kFields, paged), pipeline, 0) == stamp);
}

TEST_CASE("a cursor of other settings is none") {
  CHECK(unstamped_cursor(stamped_cursor("s1", "abc"), "s1") == "abc");
  CHECK(unstamped_cursor("s1 abc", "s2").empty());
  CHECK(unstamped_cursor("s1", "s1").empty());
  CHECK(unstamped_cursor("", "s1").empty());
}
