// Syncs killed (SIGKILL) at their durable steps: nothing is lost, nothing is doubled, and the next sync ends
// with the source's truth. PSABRIDGE_CRASH_CYCLES says how many kills a run of all these tests makes, about.
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <cstdlib>
#include <random>

#include "tests/integration/harness.h"

using namespace psabridge::integration;

namespace {

constexpr const char* kPreloaded = PSABRIDGE_KILL_AT_LIBRARY;
constexpr long kUsualCycles = 330;

/// Kills for one of the three tests.
long cycles() {
  const char* wanted = std::getenv("PSABRIDGE_CRASH_CYCLES");
  return std::max(3L, wanted != nullptr ? std::atol(wanted) : kUsualCycles) / 3;
}

/// Few records, so that a sync is short, but several pages and transactions of them.
sandbox::Shape tiny_shape() {
  return {.clients = 6,
          .sites = 6,
          .contacts = 12,
          .agents = 4,
          .teams = 3,
          .tickets = 24,
          .assets = 12,
          .notes_per_ticket = 1};
}

/// Several pages even of so little.
PipelineText small_pages() {
  return {
      .entities =
          "{ client: {}, site: {}, contact: { page_size: 5 }, agent: {}, team: {}, asset: { page_size: 5 },"
          " ticket: { notes: true, page_size: 10 } }",
      .more = "concurrency: 1"};
}

Surroundings killing_at(const Stage& stage, long step) {
  return {.environment = {{"LD_PRELOAD", kPreloaded},
                          {"PSABRIDGE_KILL_FOLDER", stage.folder().string()},
                          {"PSABRIDGE_KILL_AT", std::to_string(step)}}};
}

/// Durable steps of a sync that is let through.
long count_steps(const Stage& stage) {
  const Folder folder;
  Surroundings counting = killing_at(stage, 0);
  counting.environment["PSABRIDGE_KILL_COUNT"] = (folder / "count").string();
  const Outcome outcome = stage.run({"sync"}, counting);
  INFO(outcome.describe());
  REQUIRE(outcome.exit_status == 0);
  const long steps = std::atol(read_text(folder / "count").c_str());
  REQUIRE(steps > 20);
  return steps;
}

/// True when the sync was killed at this step; it may have ended before, when it took fewer steps than
/// another time.
bool kill_sync_at(const Stage& stage, long step) {
  const Outcome outcome = stage.run({"sync"}, killing_at(stage, step));
  INFO("killed at step " << step << ": " << outcome.describe());
  REQUIRE((outcome.signal == SIGKILL || outcome.exit_status == 0));
  return outcome.signal == SIGKILL;
}

void require_whole(const Stage& stage, long step) {
  INFO("after a kill at step " << step);
  stage.sync();
  REQUIRE(stage.differences() == "");
  const Outcome verified = stage.run({"verify"});
  INFO(verified.describe());
  REQUIRE(verified.exit_status == 0);
}

/// A read that was interrupted goes on with the window that it began with; what changed since is for the
/// reads after it, and a source that moved while it rested may cost one more.
void end_interrupted_reads(const Stage& stage) {
  stage.sync();
  stage.sync();
}

/// Steps from 1 to `last`, evenly, `wanted` of them when there are so many.
std::vector<long> spread(long last, long wanted) {
  const long taken = std::min(last, wanted);
  std::vector<long> steps;
  for (long i = 0; i < taken; ++i) steps.push_back(1 + i * last / taken);
  return steps;
}

void copy_store(const Stage& from, const Stage& to) {
  std::filesystem::copy_file(from.database(), to.database());
}

/// Changes of every kind, of several entities.
void change_some(Source& source) {
  source.let_pass(3600);
  source.mutate(
      {{"entity", "ticket"}, {"op", "update"}, {"count", 6}, {"fields", {{"summary", "The printer burns"}}}});
  source.mutate({{"entity", "ticket"}, {"op", "create"}, {"count", 3}});
  source.mutate({{"entity", "ticket"}, {"op", "close"}, {"count", 2}});
  source.mutate({{"entity", "note"}, {"op", "create"}, {"count", 3}});
  source.mutate({{"entity", "contact"}, {"op", "update"}, {"count", 3}, {"fields", {{"title", "Dr"}}}});
  source.mutate({{"entity", "asset"}, {"op", "touch"}, {"count", 2}});
}

}  // namespace

TEST_CASE("A first sync killed at any durable step is made whole by the next one") {
  Scene scene(small_pages(), tiny_shape());
  const long steps = count_steps(Stage(scene.source, small_pages()));
  long kills = 0;
  for (const long step : spread(steps, cycles())) {
    const Stage stage(scene.source, small_pages());
    kills += kill_sync_at(stage, step);
    require_whole(stage, step);
  }
  CHECK(kills >= std::min(steps, cycles()) * 9 / 10);
}

TEST_CASE("An incremental sync killed at any durable step is made whole by the next one") {
  Scene scene(small_pages(), tiny_shape());
  scene.stage.sync();
  change_some(scene.source);
  const Stage counted(scene.source, small_pages());
  copy_store(scene.stage, counted);
  const long steps = count_steps(counted);
  long kills = 0;
  for (const long step : spread(steps, cycles())) {
    const Stage stage(scene.source, small_pages());
    copy_store(scene.stage, stage);
    kills += kill_sync_at(stage, step);
    require_whole(stage, step);
  }
  CHECK(kills >= std::min(steps, cycles()) * 9 / 10);
}

TEST_CASE("One store survives being killed again and again while its source moves") {
  Scene scene(small_pages(), tiny_shape());
  scene.stage.sync();
  change_some(scene.source);
  const long steps = count_steps(scene.stage);
  std::minstd_rand random(20261);  // NOLINT: the same kills each time
  long kills = 0;
  for (long cycle = 0; cycle < cycles(); ++cycle) {
    const long step = std::uniform_int_distribution<long>(1, steps)(random);
    change_some(scene.source);
    kills += kill_sync_at(scene.stage, step);
    if (cycle % 10 != 9) continue;
    end_interrupted_reads(scene.stage);
    require_whole(scene.stage, step);
  }
  end_interrupted_reads(scene.stage);
  require_whole(scene.stage, steps);
  CHECK(scene.stage.differences_from_fresh_store() == "");
  CHECK(kills >= cycles() * 9 / 10);
}
