#include "core/pipeline/run_report.h"

#include <catch2/catch_test_macros.hpp>

using namespace psabridge::pipeline;

namespace {

psabridge::store::RunEntity entity(std::string name, std::string state, std::string code = {},
                                   std::string error = {}) {
  psabridge::store::RunEntity made;
  made.entity = std::move(name);
  made.state = std::move(state);
  made.error_code = std::move(code);
  made.error = std::move(error);
  return made;
}

}  // namespace

TEST_CASE("the exit status tells the worst that an admin has to act on") {
  RunReport report;
  CHECK(report.exit_status() == 0);
  report.entities = {entity("client", "done"), entity("ticket", "held", "PB1501", "many")};
  CHECK(report.exit_status() == 5);
  report.entities.push_back(entity("asset", "degraded", "PB1204", "no right"));
  CHECK(report.exit_status() == 4);
  report.entities.push_back(entity("site", "failed", "PB1206", "down"));
  CHECK(report.exit_status() == 3);
  report.run.error_code = "PB1302";
  CHECK(report.exit_status() == 7);

  RunReport dead;
  dead.entities = {entity("ticket", "done")};
  dead.entities.front().counts.dead = 1;
  CHECK(dead.exit_status() == 5);
}

TEST_CASE("entities that met the same trouble share one entry; dead letters are told by code") {
  RunReport report;
  report.entities = {entity("client", "failed", "PB1206", "down"), entity("site", "failed", "PB1206", "down"),
                     entity("asset", "degraded", "PB1204", "no right")};
  report.dead["ticket"]["PB1402"] = {2, "17", "no summary."};
  const auto found = troubles(report);
  REQUIRE(found.size() == 3);
  CHECK(found[0].subject == "client, site failed");
  CHECK(found[0].level == PSABRIDGE_ERROR);
  CHECK(found[1].subject == "asset degraded");
  CHECK(found[1].level == PSABRIDGE_WARNING);
  CHECK(found[2].subject == "2 dead letters of ticket");
  CHECK(found[2].message.starts_with("the first is 17: no summary."));
}
