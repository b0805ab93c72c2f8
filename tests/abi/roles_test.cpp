// Every role through its adapter: what crosses, what is refused, and how failures arrive. The plugin was
// built in several ways.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cstddef>
#include <psabridge/plugin.hpp>
#include <sstream>

#include "core/plugin/registry.h"
#include "tests/abi/test_host.h"

namespace psabridge::test {
namespace {

using plugin::Registry;

std::vector<std::string> probes() {
  std::vector<std::string> names;
  std::istringstream list(PROBES);
  for (std::string name; std::getline(list, name, ',');) names.push_back(name);
  return names;
}

/// All builds of the probe in one process.
const Registry& registry() {
  static const Registry& loaded = [&]() -> const Registry& {
    auto& fresh = *new Registry;
    for (const std::string& name : probes()) fresh.load_file(built("probe_" + name));
    return fresh;
  }();
  return loaded;
}

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The Error that an action ends with.
template <class Action>
Error error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  throw std::logic_error("the call did not fail");
}

std::vector<plugin::Finding> findings_of(plugin::Connector& source, const std::vector<std::string>& entities,
                                         const plugin::Stop& stop = {}) {
  std::vector<plugin::Finding> findings;
  source.check(
      entities, [&](plugin::Finding finding) { findings.push_back(std::move(finding)); }, stop);
  return findings;
}

}  // namespace

/// What a strategy gives, as "RECORD KIND TEXT".
struct GivenKeys final : plugin::DedupKeySink {
  void key(std::size_t record, plugin::KeyKind kind, std::string_view text) override {
    constexpr const char* kKinds[] = {" source_id ", " block ", " term "};
    keys.push_back(std::to_string(record) + kKinds[static_cast<int>(kind)] + std::string(text));
  }
  void form(std::size_t record, std::string_view bytes) override { forms[record] = bytes; }
  std::vector<std::string> keys;
  std::map<std::size_t, std::string> forms;
};

struct NoTerms final : plugin::DedupTerms {
  std::uint64_t count(plugin::KeyKind, std::string_view) const noexcept override { return 0; }
  std::uint64_t total() const noexcept override { return 3; }
};

TEST_CASE("every role works, however the plugin was built") {
  const std::string name = GENERATE(from_range(probes()));
  INFO(name);
  TestHost host;

  const auto source = registry().make_connector(name, "{}", host);
  CHECK(source->profile().entities.at("ticket").map.at("summary").from ==
        std::vector<std::string>{"summary", "title"});
  const std::vector<std::string> parents{"7"};
  const plugin::PulledPage page =
      source->pull({.entity = "ticket", .ids_only = true, .parents = parents}, {});
  REQUIRE(page.slices.size() == 3);
  CHECK(page.slices[0].text == R"({"id": 1, "summary": "from the source"})");
  CHECK(page.slices[1].deleted);
  CHECK(page.slices[2].id_only);
  CHECK(page.next == "after");
  CHECK(page.expected == 2);
  CHECK(page.requests == 1);
  CHECK(host.requests == std::vector<std::string>{"GET https://acme.example/ticket"});
  const std::vector<std::string> ids{"1", "2"};
  const plugin::Fetched fetched = source->get("ticket", ids, {});
  CHECK(fetched.slices[0].source_id == "1");
  CHECK(fetched.absent[0].source_id == "2");
  CHECK(fetched.absent[0].hidden);
  CHECK(source->sign_in({}) == R"({"grant": "client_credentials"})");
  const std::vector<plugin::Finding> findings = findings_of(*source, {"ticket", "note"});
  REQUIRE(findings.size() == 3);
  CHECK(findings[0].health == plugin::Health::pass);
  CHECK(findings[0].fact == "token of {} after stale");
  CHECK(findings[2].health == plugin::Health::fail);
  CHECK(findings[2].check + "/" + findings[2].subject == "scope/note");
  CHECK(findings[2].code + findings[2].fact + findings[2].fix == "PB1204It is hidden.Show it.");

  Batch batch = tickets({"printer", "", "mail"});
  registry().make_syncer(name, "{}", host)->refine(batch, {});
  CHECK(text_of(batch.records[0].fields[0]) == "PRINTER");
  CHECK(batch.records[2].fields[1].as.integer == 4);
  CHECK(batch.verdicts[1].fate == Fate::dead);
  CHECK(batch.verdicts[1].dead_code == "PB1406");
  CHECK(batch.verdicts[1].dead_reason == "A ticket needs words.");

  const auto strategy = registry().make_dedup(name, "{}", host);
  GivenKeys given;
  strategy->keys(batch, given, {});
  REQUIRE(given.keys.size() == 4);  // the dead record has none
  CHECK(given.keys[2] == "2 source_id " + std::string(view(batch.records[2].source_id)));
  CHECK(given.keys[3] == "2 block MAIL");
  // The plugin makes no forms: whole records take their place, and its verb `score` is asked.
  REQUIRE(given.forms.size() == 2);
  const psabridge_str candidates[] = {borrow(given.forms.at(0)), borrow(given.forms.at(2))};
  plugin::DedupWeight weights[2];
  strategy->compare(given.forms.at(2), candidates, NoTerms(), weights, {});
  CHECK(weights[0].verdict == plugin::DedupVerdict::distinct);
  CHECK(weights[1].verdict == plugin::DedupVerdict::same);
  CHECK(weights[1].weight > 0);
  plugin::DedupWeight explained;
  const auto reasons = strategy->explain(given.forms.at(2), given.forms.at(2), NoTerms(), explained, {});
  REQUIRE(reasons.size() == 1);
  CHECK(reasons[0].weight == explained.weight);
  CHECK(explained.weight == weights[1].weight);

  const Batch open = tickets({"printer", "other", "mail", "mail"});
  CHECK(decide(*registry().make_routing(name, "{}", host), open, {0, 1, 3}) ==
        Routed{{0, "field linked at 42"}, {3, "cloud linked at 42"}});

  registry()
      .make_notifier(name, "{}", host)
      ->send({PSABRIDGE_WARNING, "PB1501", "acme", "Held", "Look", 0}, {});
  CHECK(host.lines == std::vector<std::string>{"2 " + name + " notify: PB1501 Held"});
}

TEST_CASE("a rule asks about the tickets that it was given, and those alone") {
  const std::string name = GENERATE(from_range(probes()));
  INFO(name);
  TestHost host;
  const auto rule = registry().make_routing(name, "ask", host);
  const Batch batch = tickets({"a", "b", "c"});
  Situation situation;
  Routed routed;
  const std::vector<std::size_t> which{2};
  rule->decide(batch, which, situation,
               [&](std::size_t ticket, std::string_view team, std::string_view reason) {
                 routed[ticket] = std::string(team) + " " + std::string(reason);
               },
               {});
  CHECK(routed == Routed{{2, "cloud by link 7 field! noc work noc/desk+ 3 of 9"}});
  CHECK(situation.asked ==
        std::vector<std::string>{"linked 2", "present 2", "kin 2 contact_id", "at work 2 noc"});
  const auto curious = registry().make_routing(name, "ask about another", host);
  CHECK(holds(error_of([&] { decide(*curious, batch, {2}); }).message(),
              "asked about the ticket number 99 of 1"));
}

TEST_CASE("a failure keeps its code, words and waiting time, and names plugin, role and verb") {
  struct Case {
    std::string words, code, message;
    std::chrono::milliseconds wait;
  };
  const std::string name = GENERATE(from_range(probes()));
  const std::vector<Case> cases{
      {"fail throttled", "PB1205", "Slow down.", std::chrono::milliseconds(1500)},
      {"fail known", "PB1204", "The right read:tickets is missing.", {}},
      {"fail unknown", "PB1113", "A code of our own. (the plugin's code: ACME-7)", {}},
      {"throw number", "PB1199", "unknown type", {}},
      {"throw memory", "PB1199", "out of memory", {}},
  };
  for (const Case& failing : cases) {
    TestHost host;
    Batch batch = tickets({"printer"});
    const auto rule = registry().make_routing(name, failing.words, host);
    const Error error = error_of([&] { decide(*rule, batch, {0}); });
    INFO(error.what());
    CHECK(error.code() == failing.code);
    CHECK(holds(error.message(), failing.message));
    CHECK(
        holds(error.message(), "[plugin com.example.probe." + name + ", routing \"" + name + "\", decide]"));
    CHECK(error.retry_after.value_or(std::chrono::milliseconds(0)) == failing.wait);
  }
}

TEST_CASE("an exception in create is an error, not a crash") {
  TestHost host;
  const std::string name = GENERATE(from_range(probes()));
  const Error error = error_of([&] { registry().make_notifier(name, "throw in create", host); });
  CHECK(holds(error.message(), "The probe cannot be created."));
  CHECK(holds(error.message(), "create]"));
}

TEST_CASE("an error of the host passes through a plugin unharmed") {
  TestHost host;
  host.http_error.emplace("PB1201", "No route to acme.example.");
  host.http_error->retry_after = std::chrono::seconds(3);
  const auto source = registry().make_connector("usual", "{}", host);
  const Error error = error_of([&] { source->pull({.entity = "ticket", .parents = {}}, {}); });
  CHECK(error.code() == "PB1201");
  CHECK(holds(error.message(), "No route to acme.example."));
  CHECK(error.retry_after == std::chrono::seconds(3));
}

TEST_CASE("a sign-in that the host refuses passes through a plugin unharmed; a source may need none") {
  TestHost host;
  host.token_error.emplace("PB1203", "The server refuses the sign-in.");
  const auto source = registry().make_connector("usual", "needs no token", host);
  CHECK(source->sign_in({}).empty());
  const Error error = error_of([&] { findings_of(*source, {}); });
  CHECK(error.code() == "PB1203");
  CHECK(holds(error.message(), "The server refuses the sign-in."));
}

TEST_CASE("a check that is stopped keeps what it told until then") {
  TestHost host;
  const auto source = registry().make_connector("usual", "wait to be cancelled", host);
  const std::vector<std::string> entities{"ticket"};
  std::vector<plugin::Finding> findings;
  const Error error = error_of([&] {
    source->check(
        entities, [&](plugin::Finding finding) { findings.push_back(std::move(finding)); },
        [] { return true; });
  });
  CHECK(error.error_class() == ErrorClass::cancelled);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].check == "credentials");
}

TEST_CASE("a plugin of contract 1.1 on a host of 1.0 is told that there are no tokens") {
  psabridge_host old{};
  old.size = offsetof(psabridge_host, token);
  const sdk::Host host(&old);
  try {
    host.token("{}");
    FAIL("a token from a host without tokens");
  } catch (const sdk::Failure& failure) {
    CHECK(failure.outcome() == sdk::Outcome::invalid);
    CHECK(holds(failure.what(), "older than plugin contract 1.1"));
  }
}

TEST_CASE("a host of contract 1.1 uses a plugin of 1.2 as far as it knows it") {
  // Its own copy of the table of that version, as it was compiled.
  struct Verbs11 {
    std::size_t size;
    void *describe, *pull, *get;
    psabridge_code (*sign_in)(void* self, const psabridge_text_sink* sink, const psabridge_call* call);
    void* check;
  };
  const auto& now = sdk::detail::kConnectorVerbs;
  const auto& then = reinterpret_cast<const Verbs11&>(now);
  CHECK(then.size >= sizeof(Verbs11));
  CHECK(then.sign_in == now.sign_in);
}

TEST_CASE("events and webhooks cross whole, however the plugin was built") {
  const std::string name = GENERATE(from_range(probes()));
  INFO(name);
  TestHost host;
  const auto source = registry().make_connector(name, "{}", host);
  REQUIRE(source->has_webhooks());
  CHECK(source->profile().events.at("ticket.updated").number == "61");

  const std::vector<plugin::Event> events = source->decode(std::string_view("a\0b", 3), {});
  REQUIRE(events.size() == 2);
  CHECK(events[0].key + " " + events[0].kind + " " + events[0].entity + " " + events[0].source_id ==
        "k1 ticket.updated ticket 7");
  CHECK(events[0].occurred_at + " " + events[0].actor == "2026-03-01T08:00:00.000Z agent 12");
  CHECK(events[0].body == std::string_view("a\0b", 3));
  CHECK((events[0].whole && !events[0].deleted));
  CHECK(events[0].version + events[0].text == "v1{}");
  CHECK((events[1].deleted && !events[1].whole));

  const plugin::WantedWebhook wanted{.id = "4",
                                     .name = "ours \"\\ \xc3\xa4",
                                     .url = "https://x",
                                     .auth = "hmac",
                                     .user = "u",
                                     .header = "h",
                                     .digest = "d",
                                     .prefix = "p",
                                     .secret = "secret://s",
                                     .events = {{"ticket.updated", "61", "Ticket updated"}}};
  const plugin::Webhook made = source->put_webhook(wanted, {});
  CHECK(made.id == "41");
  CHECK(made.name == wanted.name);
  CHECK(made.trouble == "u h d p the secret of secret://s");
  const std::vector<plugin::Webhook> all = source->webhooks({});
  REQUIRE(all.size() == 2);
  CHECK((all[0].active && !all[1].active));
  REQUIRE(all[0].events.size() == 1);
  CHECK(all[0].events[0].kind + all[0].events[0].number + all[0].events[0].title ==
        "ticket.updated61Ticket updated");
  CHECK(all[1].name == "theirs \"\n\x01\\");
  CHECK(all[1].auth + all[1].trouble == "magicit is off");

  source->remove_webhook("5", {});
  source->test_webhook("6", {});
  CHECK(host.state["removed"] + host.state["tested"] == "56");
  const std::vector<plugin::WebhookDelivery> log = source->webhook_log("7", 2, {});
  REQUIRE(log.size() == 2);
  CHECK(log[1].at + " " + log[1].event + " " + log[1].error == "2026-03-01T08:00:00.000Z 7 busy");
  CHECK(log[1].status == 503);
}

TEST_CASE("a delivery that the plugin does not understand is its data's fault, not the settings'") {
  TestHost host;
  const Error error =
      error_of([&] { registry().make_connector("usual", "not understood", host)->decode("x", {}); });
  CHECK(error.code() == "PB2102");
  CHECK(error.error_class() == ErrorClass::data);
  CHECK(holds(error.message(), "It is no letter."));
}

TEST_CASE(
    "a connector that names no events is not asked for webhooks; one that has none of its own says so") {
  TestHost host;
  const auto old = registry().make_connector("old_usual", "{}", host);
  const auto boasting = registry().make_connector("old_usual", "events", host);
  CHECK_FALSE(old->has_webhooks());
  CHECK(boasting->has_webhooks());
  for (const auto& source : {old.get(), boasting.get()}) {
    const std::vector<std::function<void()>> verbs{
        [&] { source->decode("{}", {}); },      [&] { source->webhooks({}); },
        [&] { source->put_webhook({}, {}); },   [&] { source->remove_webhook("1", {}); },
        [&] { source->test_webhook("1", {}); }, [&] { source->webhook_log("1", 5, {}); }};
    for (const auto& verb : verbs) {
      const Error error = error_of(verb);
      CHECK(error.code() == "PB2101");
      CHECK(holds(error.message(), "offers no webhooks"));
    }
  }
}

TEST_CASE("changes cross whole and come back with their ends, however the plugin was built") {
  const std::string name = GENERATE(from_range(probes()));
  INFO(name);
  TestHost host;
  const auto source = registry().make_connector(name, "fail throttled", host);
  CHECK(source->profile().entities.at("ticket").write == std::vector<std::string>{"summary"});
  CHECK(source->profile().entities.at("ticket").write_scope == "edit");

  const std::vector<plugin::OutgoingChange> changes{
      {.id = "1",
       .entity = "ticket",
       .source_id = "5",
       .fields = {{"summary", "a \"\n\\ \xc3\xa4", std::vector<std::string>{"b", ""}}, {"team_name", "", {}}},
       .others = {},
       .tried_at = "2026-03-01T08:00:00.000Z"},
      {.id = "2", .entity = "note", .source_id = "", .fields = {}, .others = {"5/1", "5/2"}, .tried_at = ""},
      {.id = "refused", .entity = "ticket", .source_id = "6", .fields = {}, .others = {}, .tried_at = ""},
      {.id = "later", .entity = "ticket", .source_id = "7", .fields = {}, .others = {}, .tried_at = ""},
      {.id = "falls", .entity = "ticket", .source_id = "8", .fields = {}, .others = {}, .tried_at = ""}};
  const plugin::PushReport report = source->push(changes, {});
  CHECK(host.state["1"] ==
        "ticket 5 2026-03-01T08:00:00.000Z summary=a \"\n\\ \xc3\xa4 over b  team_name= over all");
  CHECK(host.state["2"] == "note   not 5/1 not 5/2");
  REQUIRE(report.ends.size() == 5);
  using Kind = plugin::ChangeEnd::Kind;
  CHECK(report.ends[0].kind == Kind::done);
  CHECK(report.ends[0].source_id == "77");
  REQUIRE(report.ends[0].differences.size() == 1);
  CHECK(report.ends[0].differences[0].field + report.ends[0].differences[0].shown == "summarytheirs");
  CHECK_FALSE(report.ends[0].differences[0].written);
  CHECK(report.ends[2].kind == Kind::refused);
  CHECK(report.ends[2].failure->code() == "PB2302");
  CHECK(report.ends[3].kind == Kind::retry);
  CHECK(report.ends[3].failure->retry_after == std::chrono::seconds(2));
  CHECK(report.ends[4].kind == Kind::unknown);
  REQUIRE(report.failure);
  CHECK(report.failure->code() == "PB1205");
}

TEST_CASE("a change without an end, with two, or with a senseless one breaks the contract") {
  const std::string words =
      GENERATE("break silent", "break twice", "break stranger", "break kind", "break utf8");
  INFO(words);
  TestHost host;
  const std::vector<plugin::OutgoingChange> changes{
      {.id = "x", .entity = "ticket", .source_id = "5", .fields = {}, .others = {}, .tried_at = ""}};
  const plugin::PushReport report = registry().make_connector("usual", words, host)->push(changes, {});
  REQUIRE(report.failure);
  CHECK(report.failure->code() == "PB1111");
}

TEST_CASE("a connector that was written before there was write-back says that it cannot") {
  TestHost host;
  const std::vector<plugin::OutgoingChange> changes{
      {.id = "x", .entity = "ticket", .source_id = "5", .fields = {}, .others = {}, .tried_at = ""}};
  const plugin::PushReport report = registry().make_connector("old_usual", "{}", host)->push(changes, {});
  REQUIRE(report.failure);
  CHECK(report.failure->code() == "PB2305");
  CHECK(report.ends.front().kind == plugin::ChangeEnd::Kind::unknown);
}

TEST_CASE("a stop reaches the verb and comes back as cancelled") {
  TestHost host;
  Batch batch = tickets({"printer"});
  const auto rule = registry().make_routing("usual", "wait to be cancelled", host);
  CHECK(error_of([&] { decide(*rule, batch, {0}, [] { return true; }); }).error_class() ==
        ErrorClass::cancelled);
  CHECK(decide(*rule, batch, {0}, [] { return false; }).at(0).starts_with("field"));
}

TEST_CASE("state, secrets and log reach the host; state has a limit") {
  TestHost host;
  Batch batch = tickets({"other"});
  const auto rule = registry().make_routing("usual", "remember, secret", host);
  decide(*rule, batch, {0});
  decide(*rule, batch, {0});
  CHECK(host.state["last"] == "xx");
  CHECK(host.lines.front() == "1 usual routing: the secret of secret://acme");
  const auto greedy = registry().make_routing("usual", "too much", host);
  CHECK(holds(error_of([&] { decide(*greedy, batch, {0}); }).message(), "70000 bytes"));
}

TEST_CASE("what the contract forbids is refused and changes nothing") {
  struct Case {
    std::string words, found;
    std::function<void(const std::string& words, Batch& batch, TestHost& host)> call;
  };
  const auto pull = [](const std::string& words, Batch&, TestHost& host) {
    registry()
        .make_connector("usual", words, host)
        ->pull({.entity = "ticket", .parents = {}, .cursor = "c"}, {});
  };
  const auto get = [](const std::string& words, Batch&, TestHost& host) {
    const std::vector<std::string> ids{"1", "2"};
    registry().make_connector("usual", words, host)->get("ticket", ids, {});
  };
  const auto sign_in = [](const std::string& words, Batch&, TestHost& host) {
    registry().make_connector("usual", words, host)->sign_in({});
  };
  const auto check = [](const std::string& words, Batch&, TestHost& host) {
    findings_of(*registry().make_connector("usual", words, host), {"ticket"});
  };
  const auto decode = [](const std::string& words, Batch&, TestHost& host) {
    registry().make_connector("usual", words, host)->decode("{}", {});
  };
  const auto webhooks = [](const std::string& words, Batch&, TestHost& host) {
    registry().make_connector("usual", words, host)->webhooks({});
  };
  const auto log = [](const std::string& words, Batch&, TestHost& host) {
    registry().make_connector("usual", words, host)->webhook_log("1", 3, {});
  };
  const auto refine = [](const std::string& words, Batch& batch, TestHost& host) {
    registry().make_syncer("usual", words, host)->refine(batch, {});
  };
  const auto keys = [](const std::string& words, Batch& batch, TestHost& host) {
    GivenKeys given;
    registry().make_dedup("usual", words, host)->keys(batch, given, {});
  };
  const auto score = [](const std::string& words, Batch& batch, TestHost& host) {
    GivenKeys given;
    registry().make_dedup("usual", "{}", host)->keys(batch, given, {});
    const psabridge_str candidates[] = {borrow(given.forms.at(0)), borrow(given.forms.at(1))};
    plugin::DedupWeight weights[2];
    registry()
        .make_dedup("usual", words, host)
        ->compare(given.forms.at(0), candidates, NoTerms(), weights, {});
  };
  const auto route = [](const std::string& words, Batch& batch, TestHost& host) {
    decide(*registry().make_routing("usual", words, host), batch, {0, 1});
  };
  const std::vector<Case> cases{
      {"no page", "ended without a page", pull},
      {"break twice", "ended its page twice", pull},
      {"break order", "a slice after the page's end", pull},
      {"break stuck", "go on from the cursor that it was given", pull},
      {"break silent", "did not answer the id \"2\"", get},
      {"break stranger", "not asked for", get},
      {"break utf8", "a sign-in that is not valid UTF-8", sign_in},
      {"break health", "the unknown health 9", check},
      {"break fact", "a finding without a check or a fact", check},
      {"break utf8", "a fact that is not valid UTF-8", check},
      {"break utf8", "a kind that is not valid UTF-8", decode},
      {"break kind", "an event without a kind", decode},
      {"break entity", "about \"invoice\", an entity that its description does not name", decode},
      {"break time", "the time \"yesterday\"", decode},
      {"break whole", "calls whole, without the record", decode},
      {"break other", "with the record of another object", decode},
      {"break utf8", "a list of webhooks that is not valid UTF-8", webhooks},
      {"break form", "/0/id is missing", webhooks},
      {"break at", "/0/at is no time", log},
      {"break limit", "4 lines where 3 were asked for", log},
      {"break index", "record number 99 of 2", refine},
      {"break field", "field number 99 of 2", refine},
      {"break type", "\"hours\" to a value that is no integer", refine},
      {"break index", "record number 99 of 2", keys},
      {"break score", "score 1.5", score},
      {"break twice", "candidate number 0 twice", score},
      {"break index", "ticket number 99 of 2", route},
      {"break twice", "ticket number 0 twice", route},
      {"break empty", "to no team", route},
      {"break utf8", "a team that is not valid UTF-8", route},
  };
  for (const Case& wrong : cases) {
    TestHost host;
    Batch batch = tickets({"printer", "other"});
    const Error error = error_of([&] { wrong.call(wrong.words, batch, host); });
    INFO(error.what());
    CHECK(error.code() == "PB1111");
    CHECK(holds(error.message(), wrong.found));
    CHECK(text_of(batch.records[0].fields[0]) == "printer");
  }
}

TEST_CASE("a syncer's slips: a wrong name is its failure, bad bytes are the record's dead letter") {
  TestHost host;
  Batch batch = tickets({"printer", "mail"});
  const auto careless = registry().make_syncer("usual", "wrong name", host);
  CHECK(holds(error_of([&] { careless->refine(batch, {}); }).message(),
              "\"sumary\", which ticket does not have"));
  registry().make_syncer("usual", "break utf8", host)->refine(batch, {});
  CHECK(batch.verdicts[0].dead_code == "PB1404");
  CHECK(batch.verdicts[1].fate == Fate::write);
}

TEST_CASE("a schema that is not of the documented form is refused by its place") {
  TestHost host;
  const Error error = error_of([&] { registry().make_syncer("usual", "bad schema", host); });
  CHECK(error.code() == "PB1104");
  CHECK(holds(error.message(), "/fields/0/type"));
}

TEST_CASE("a role that nobody offers is named, with the nearest that is there") {
  TestHost host;
  const Error error = error_of([&] { registry().make_connector("usuall", "{}", host); });
  CHECK(error.code() == "PB1110");
  CHECK(holds(error.message(), "Did you mean \"usual\"?"));
}

}  // namespace psabridge::test
