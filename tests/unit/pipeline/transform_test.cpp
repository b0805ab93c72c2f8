#include "core/pipeline/transform.h"

#include <zstd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "tests/unit/pipeline/fakes.h"

using namespace psabridge;
using namespace psabridge::pipeline;
using namespace std::string_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

EntitySchema ticket_schema() {
  return parse_entity_schema(R"({"entity":"ticket","fields":[
    {"name":"summary","type":"text","required":true},{"name":"client_id","type":"ref","target":"client"},
    {"name":"impact","type":"integer"},{"name":"inactive","type":"boolean"}]})");
}

struct Bench {
  FakeSyncer syncer{ticket_schema()};
  plugin::SourceEntity source;
  Scope scope;

  Bench() {
    for (const char* field : {"summary", "client_id", "impact", "inactive"}) source.map[field].from = {field};
  }

  std::unique_ptr<Batch> apply(const std::vector<FakeRow>& rows) {
    TransformPlan plan;
    plan.connection = "acme";
    plan.syncer = &syncer;
    plan.scope = scope;
    Transform transform(std::move(plan), FieldMap(syncer.schema(), source, {}, ""));
    return transform.apply(page_of(rows, "", false), [] { return false; });
  }
};

}  // namespace

TEST_CASE(
    "good records come through typed; each bad one becomes a dead letter with its reason; none is lost") {
  Bench bench;
  const auto batch = bench.apply({{"1", R"({"summary":"Printer","client_id":12.0,"impact":"3"})"},
                                  {"2", R"({"summary":)"},
                                  {"3", "[1]"},
                                  {"", R"({"summary":"x"})"},
                                  {"5", R"({"summary":""})"},
                                  {"6", R"({"summary":"x","impact":"many"})"},
                                  {"7", "{\"summary\":\"\xFF\"}"}});
  REQUIRE(batch->records.size() == 7);
  CHECK(batch->verdicts[0].fate == Fate::write);
  CHECK(text_of(batch->records[0].fields[1]) == "12");
  CHECK(batch->records[0].fields[2].as.integer == 3);
  const std::vector<std::pair<std::string_view, std::string>> dead{
      {"PB1401", "not readable JSON"},  {"PB1401", "no JSON object"}, {"PB1402", "no usable id"},
      {"PB1402", "summary is missing"}, {"PB1403", "impact"},         {"PB1404", "not UTF-8"}};
  for (std::size_t i = 0; i < dead.size(); ++i) {
    CAPTURE(i);
    CHECK(batch->verdicts[i + 1].fate == Fate::dead);
    CHECK(batch->verdicts[i + 1].dead_code == dead[i].first);
    CHECK_THAT(std::string(batch->verdicts[i + 1].dead_reason), ContainsSubstring(dead[i].second));
  }
}

TEST_CASE("the syncer may complete a record before the required fields are checked") {
  Bench bench;
  bench.syncer.rule = [](Batch& batch) {
    const_cast<Value&>(batch.records[0].fields[0]) = text_value("(no summary)");
  };
  CHECK(bench.apply({{"1", R"({"summary":null})"}})->verdicts[0].fate == Fate::write);
}

TEST_CASE("records outside the filters are counted, not written") {
  Bench bench;
  bench.scope = {
      {.test = FilterTest::equals, .fields = {3}, .unless = {}, .flag = false, .values = {}, .time = {}}};
  const auto batch = bench.apply({{"1", R"({"summary":"a","inactive":true})"}, {"2", R"({"summary":"b"})"}});
  CHECK(batch->verdicts[0].fate == Fate::filtered);
  CHECK(batch->verdicts[1].fate == Fate::write);
}

TEST_CASE("the content hash sees what is stored and nothing else") {
  Bench bench;
  const auto hash = [&](const char* text) { return bench.apply({{"1", text}})->verdicts[0].content_hash; };
  const auto base = hash(R"({"summary":"a","client_id":12})");
  CHECK(base == hash(R"({"client_id":"12.0","summary":"a","ticketage":17})"));
  CHECK(base != hash(R"({"summary":"b","client_id":12})"));
  CHECK(base != hash(R"({"summary":"a","client_id":12,"impact":0})"));
}

TEST_CASE("the raw text can be had back") {
  Bench bench;
  const std::string text = R"({"summary":"a","unmapped":[1,2,3]})";
  const auto batch = bench.apply({{"1", text}});
  std::string raw(1'000, '\0');
  const std::size_t size = ZSTD_decompress(raw.data(), raw.size(), batch->verdicts[0].packed_raw.data(),
                                           batch->verdicts[0].packed_raw.size());
  REQUIRE_FALSE(ZSTD_isError(size));
  CHECK(raw.substr(0, size) == text);
}

TEST_CASE("every kind of broken UTF-8 is told as such, wherever it stands") {
  for (const std::string& bad : {"\x80"s, "\xC0\xAF"s, "abc\xE2\x82"s, "\xED\xA0\x80"s, "\xF4\x90\x80\x80"s,
                                 "\xF8\x88\x80\x80\x80"s, "\xE0\x80\x80"s}) {
    Bench bench;
    for (const std::string& text : {"{\"summary\":\"" + bad + "\"}", "{\"" + bad + "\":1,\"summary\":\"x\"}",
                                    bad + "{\"summary\":\"x\"}"}) {
      const auto batch = bench.apply({{"1", text}});
      CAPTURE(text);
      CHECK(batch->verdicts[0].fate == Fate::dead);
      CHECK(batch->verdicts[0].dead_code == "PB1404");
    }
  }
}
