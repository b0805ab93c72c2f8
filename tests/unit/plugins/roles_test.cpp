// Our plugins for roles of a few lines: identity and log.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <tuple>

#include "loaded_plugin.h"

namespace psabridge::test {
namespace {

std::string copy(psabridge_str text) { return std::string(text.data, text.size); }

EntitySchema ticket_schema() { return LoadedSyncer("ticket").schema(); }

using Key = std::tuple<std::size_t, psabridge_key_kind, std::string>;
std::vector<Key> keys_of(const LoadedRole& strategy, Rows& rows) {
  std::vector<Key> keys;
  const psabridge_key_sink sink{
      sizeof sink, &keys,
      [](void* host, std::size_t record, psabridge_key_kind kind, psabridge_str text) {
        static_cast<std::vector<Key>*>(host)->emplace_back(record, kind, copy(text));
      },
      [](void*, std::size_t, psabridge_str) {}};
  Call call;
  REQUIRE(
      call.ending(strategy.verbs<psabridge_dedup>().keys(strategy.self(), rows.batch(), &sink, call.table()))
          .code == PSABRIDGE_OK);
  return keys;
}

struct Match {
  std::size_t candidate;
  psabridge_verdict verdict;
  double score;
  std::string evidence;
};
std::vector<Match> matches_of(const LoadedRole& strategy, Rows& probe, Rows& candidates) {
  std::vector<Match> matches;
  const psabridge_score_sink sink{
      sizeof sink, &matches,
      [](void* host, std::size_t candidate, psabridge_verdict verdict, double score, psabridge_str evidence) {
        static_cast<std::vector<Match>*>(host)->push_back({candidate, verdict, score, copy(evidence)});
      }};
  Call call;
  const auto& verbs = strategy.verbs<psabridge_dedup>();
  REQUIRE(call.ending(verbs.score(strategy.self(), probe.batch(), candidates.batch(), &sink, call.table()))
              .code == PSABRIDGE_OK);
  return matches;
}

psabridge_str literal(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

TEST_CASE("identity asks for rows with the same source id") {
  LoggingHost host;
  const LoadedRole identity("dedup_identity", host);
  const EntitySchema schema = ticket_schema();
  Rows rows(schema);
  rows.add("12", {}).add("13", {});
  CHECK(keys_of(identity, rows) ==
        std::vector<Key>{{0, PSABRIDGE_KEY_SOURCE_ID, "12"}, {1, PSABRIDGE_KEY_SOURCE_ID, "13"}});
}

TEST_CASE("identity joins equal source ids of one connection only") {
  LoggingHost host;
  const LoadedRole identity("dedup_identity", host);
  const EntitySchema schema = ticket_schema();
  Rows probe(schema, "acme"), here(schema, "acme"), elsewhere(schema, "other");
  probe.add("12", {});
  here.add("11", {}).add("12", {});
  elsewhere.add("12", {});
  const std::vector<Match> matches = matches_of(identity, probe, here);
  REQUIRE(matches.size() == 1);
  CHECK(matches[0].candidate == 1);
  CHECK(matches[0].verdict == PSABRIDGE_SAME);
  CHECK(matches[0].score == 1.0);
  CHECK(matches[0].evidence == "Both have the source id 12 in connection \"acme\".");
  CHECK(matches_of(identity, probe, elsewhere).empty());
}

TEST_CASE("log writes the alert at its level") {
  struct {
    psabridge_level level;
    const char *code, *pipeline, *title, *text, *line;
  } const cases[] = {
      {PSABRIDGE_WARNING, "PB1501", "acme", "Deletes held back", "612 of 5000 clients vanished.",
       "PB1501: pipeline acme: Deletes held back. 612 of 5000 clients vanished."},
      {PSABRIDGE_ERROR, "PB1203", "", "Sign-in refused", "", "PB1203: Sign-in refused"},
      {PSABRIDGE_INFO, "", "", "", "All is well.", "All is well."}};
  for (const auto& c : cases) {
    INFO(c.line);
    LoggingHost host;
    const LoadedRole notifier("notify_log", host);
    const psabridge_alert alert{sizeof alert,     c.level,         0, literal(c.code), literal(c.pipeline),
                                literal(c.title), literal(c.text), 0};
    Call call;
    const auto& verbs = notifier.verbs<psabridge_notify>();
    REQUIRE(call.ending(verbs.send(notifier.self(), &alert, call.table())).code == PSABRIDGE_OK);
    REQUIRE(host.lines().size() == 1);
    CHECK(host.lines()[0].level == c.level);
    CHECK(host.lines()[0].text == c.line);
  }
}

}  // namespace psabridge::test
