// The daemon as a process: webhooks from a sandbox that really sends them, polls, kills, signals, and
// commands that others ask it to do.
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <csignal>

#include "tests/integration/served.h"

using namespace psabridge::integration;
namespace json = boost::json;

TEST_CASE("Changes in Halo reach the store by webhooks alone, and say so") {
  Scene scene;
  Served served(scene);
  served.start_whole();
  const std::int64_t polls =
      scene.stage.store().number("SELECT count(*) FROM psabridge_run WHERE mode <> 'events'");
  change_some(scene.source);
  served.settle();
  CHECK(scene.stage.differences() == "");
  CHECK(scene.stage.store().number("SELECT count(*) FROM psabridge_run WHERE mode <> 'events'") == polls);
  const json::object live = served.live();
  const json::object& figures = live.at("webhooks").at("connections").at(0).as_object();
  CHECK(figures.at("accepted").to_number<std::int64_t>() > 0);
  CHECK(figures.at("refused").as_object().empty());
  const Outcome ended = served.stop();
  INFO(ended.describe());
  CHECK(ended.exit_status == 0);
  CHECK(scene.stage.run({"verify"}).exit_status == 0);
}

TEST_CASE("Doubled, reordered, late and unreadable deliveries leave the store as the source is") {
  Scene scene;
  Served served(scene);
  served.start_whole();
  scene.source.switch_faults({{"webhook_duplicate", {{"value", 30}}}, {"webhook_reorder", true}});
  change_some(scene.source);
  served.settle();
  scene.source.switch_faults({{"all", false}, {"webhook_payload_event_only", true}});
  change_some(scene.source);
  served.settle();
  scene.source.switch_faults({{"all", false}, {"webhook_stale", true}});
  change_some(scene.source);
  served.settle();
  CHECK(scene.stage.differences() == "");
  scene.source.switch_faults({{"all", false}, {"webhook_garbage", {{"times", 1}}}});
  scene.source.mutate({{"entity", "ticket"}, {"op", "update"}, {"count", 1}, {"fields", {{"summary", "x"}}}});
  served.settle();
  const json::object live = served.live();
  CHECK(live.at("webhooks").at("events").at("dead").to_number<std::int64_t>() == 1);
  scene.source.switch_faults({{"all", false}, {"webhook_bad_signature", true}});
  scene.source.mutate({{"entity", "ticket"}, {"op", "update"}, {"count", 1}, {"fields", {{"summary", "y"}}}});
  scene.source.flush_webhooks();
  const json::object after = served.live();
  CHECK(
      after.at("webhooks").at("connections").at(0).at("refused").at("wrong_proof").to_number<std::int64_t>() >
      0);
}

TEST_CASE("What webhooks lose, the next poll brings") {
  Scene scene;
  Served served(scene, "2s");
  served.start_whole();
  scene.source.switch_faults({{"webhook_drop", {{"value", 5}}}});
  for (int round = 0; round < 5; ++round) change_some(scene.source);
  const auto figures = scene.source.flush_webhooks();
  CHECK(figures.dropped > 0);
  await("the poll that brings the rest", [&] { return scene.stage.differences() == ""; });
}

TEST_CASE("A daemon killed while deliveries come loses none that it accepted") {
  Scene scene;
  Served served(scene);
  served.start_whole();
  scene.source.set_up_webhooks({{"retries", 0}});
  for (int cycle = 0; cycle < 10; ++cycle) {
    scene.source.pause_webhooks();
    change_some(scene.source);
    scene.source.resume_webhooks();
    const auto sent = scene.source.webhook_figures().sent;
    await("some deliveries", [&] { return scene.source.webhook_figures().sent > sent + cycle; });
    served.process().signal(SIGKILL);
    served.process().wait();
    scene.source.pause_webhooks();
    served.start();
    scene.source.resume_webhooks();
  }
  served.settle();
  const auto kept = scene.stage.run({"events", "list", "--json", "--limit", "100000"});
  INFO(kept.describe());
  CHECK(static_cast<std::int64_t>(json::parse(kept.out).at("data").at("events").as_array().size()) >=
        scene.source.webhook_figures().sent);
  // By the daemon: what was refused while it was down, and what was put aside after two kills.
  const Outcome synced = scene.stage.run({"sync", "--full"});
  INFO(synced.describe());
  CHECK(synced.exit_status == 0);
  CHECK(scene.stage.differences() == "");
}

TEST_CASE("Commands that need the store are done by the daemon that holds it") {
  Scene scene;
  Served served(scene);
  served.start_whole();
  scene.source.let_pass(600);
  scene.source.mutate({{"entity", "agent"}, {"op", "update"}, {"count", 1}, {"fields", {{"name", "Ada"}}}});
  const Outcome plan = scene.stage.run({"plan"});
  INFO(plan.describe());
  CHECK(plan.exit_status == 0);
  CHECK(plan.says("agent"));
  const Outcome synced = scene.stage.run({"sync", "--entity", "agent"});
  INFO(synced.describe());
  CHECK(synced.exit_status == 0);
  CHECK(synced.says("1 updated"));
  const Outcome linked = scene.stage.run({"links", "add", "2", "field-service"});
  INFO(linked.describe());
  CHECK(linked.exit_status == 0);
  const Outcome second = scene.stage.run({"serve"});
  INFO(second.describe());
  CHECK(second.exit_status == 7);
}

TEST_CASE("A wrong configuration leaves the old one live, a right one is taken over") {
  Scene scene;
  Served served(scene);
  served.start_whole();
  const std::string text = read_text(scene.stage.config());
  write_text(scene.stage.config(), text + "nonsense: true\n");
  served.process().signal(SIGHUP);
  await("the refusal", [&] { return served.process().err().find("PB1003") != std::string::npos; });
  write_text(scene.stage.config(), text);
  change_some(scene.source);
  served.settle();
  CHECK(scene.stage.differences() == "");
  served.process().signal(SIGHUP);
  await("the reload", [&] {
    const std::string err = served.process().err();
    return err.rfind("Serving") > err.find("Reloading") && err.find("Reloading") != std::string::npos;
  });
  change_some(scene.source);
  served.settle();
  CHECK(scene.stage.differences() == "");
}

TEST_CASE("Health, readiness and figures are where they were said to be") {
  Scene scene;
  Served served(scene);
  served.start_whole();
  change_some(scene.source);
  served.settle();
  CHECK(served.get("/healthz").status == 200);
  CHECK(served.get("/readyz").text == "ready\n");
  CHECK(served.get("/nothing").status == 404);
  const Page page = served.get("/metrics");
  CHECK(page.status == 200);
  const Outcome parsed = run({"/usr/bin/python3", PSABRIDGE_CHECK_OPENMETRICS}, {.input = page.text});
  if (parsed.exit_status == 4) SKIP("there is no strict parser here");
  INFO(parsed.describe());
  CHECK(parsed.exit_status == 0);
  CHECK(parsed.says("psabridge_webhook_requests_total"));
  CHECK(parsed.says("psabridge_events_total"));
  CHECK(parsed.says("psabridge_sync_runs_total"));
}

TEST_CASE("A webhook that is gone from the source is noticed with the next poll, and told once") {
  Scene scene;
  Served served(scene, "2s");
  served.start_whole();
  CHECK(scene.stage.run({"webhooks", "remove", "halo"}).exit_status == 0);
  const std::string words = "has no webhook \"psabridge halo\"";
  await("the alarm", [&] { return served.process().err().find(words) != std::string::npos; });
  const auto polls = [&] { return scene.stage.store().number("SELECT count(*) FROM psabridge_run"); };
  const std::int64_t before = polls();
  await("two polls more", [&] { return polls() >= before + 2; });
  const std::string log = served.process().err();
  CHECK(log.find(words) == log.rfind(words));
}
