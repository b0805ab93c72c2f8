// A plugin with all roles. What a role does is written into its settings, as plain words: "fail retry",
// "break twice".
#include <cctype>
#include <psabridge/plugin.hpp>
#include <stdexcept>

namespace {

using namespace psabridge::sdk;

constexpr std::string_view kAnySettings = "{}";

/// Behaviour that tests ask every role for; the settings hold the words.
class Script {
 public:
  explicit Script(std::string_view words) : words_(words) {
    if (says("throw in create")) throw std::runtime_error("The probe cannot be created.");
  }

  bool says(std::string_view words) const { return words_.find(words) != std::string::npos; }

  void act() const {
    if (says("fail throttled"))
      throw Failure(Outcome::throttled, "Slow down.", {}, std::chrono::milliseconds(1500));
    if (says("fail known")) throw Failure(Outcome::failed, "The right read:tickets is missing.", "PB1204");
    if (says("fail unknown")) throw Failure(Outcome::retry, "A code of our own.", "ACME-7");
    if (says("throw number")) throw 7;
    if (says("throw memory")) throw std::bad_alloc();
    if (says("crash")) crash();
    if (says("overflow")) static_cast<void>(overflow(1));
    if (says("abort")) std::terminate();
  }

 private:
  static void crash() {
    volatile int* volatile nowhere = nullptr;
    *nowhere = 1;
  }
  static int overflow(int depth) {
    if (depth < 0) return 0;
    volatile char frame[4096];
    frame[0] = static_cast<char>(depth);
    return overflow(depth + 1) + frame[0];
  }

  std::string words_;
};

Change named(std::string_view id) {
  Change change;
  change.id = id;
  return change;
}

class Source : public Connector {
 public:
  Source(Host& host, std::string_view settings) : host_(host), script_(settings) {}

  std::string describe() override {
    return R"({"entities": {"ticket": {"deltas": true, "get": true, "write": ["summary"], "write_scope": "edit",)"
           R"( "map": {"summary": ["summary", "title"]}}},)"
           R"( "events": {"ticket.updated": {"entity": "ticket", "number": "61", "title": "Ticket updated"}}})";
  }

  void pull(const Pull& pull, Page& page) override {
    script_.act();
    if (script_.says("no page")) return;
    const HttpResponse answer =
        host_.http({.url = "https://acme.example/" + std::string(pull.entity), .headers = {{"A", "b"}}});
    page.add({.source_id = "1", .version = "2026-03-01T08:00:00.000Z", .text = answer.body});
    page.add({.source_id = "2", .deleted = true});
    for (const std::string_view parent : pull.parents)
      page.add({.source_id = parent, .id_only = pull.ids_only});
    const bool stuck = script_.says("break stuck");
    page.end({.next = stuck ? pull.cursor : std::string_view("after"), .more = stuck, .expected = 2});
    if (script_.says("break twice")) page.end({.next = "again"});
    if (script_.says("break order")) page.add({.source_id = "3"});
  }

  void get(std::string_view, std::span<const std::string_view> ids, Fetched& fetched) override {
    script_.act();
    fetched.add({.source_id = ids[0], .text = "{}"});
    if (script_.says("break silent")) return;
    for (const std::string_view id : ids.subspan(1)) fetched.absent(id, Absence::hidden);
    if (script_.says("break stranger")) fetched.absent("stranger", Absence::deleted);
  }

  std::string sign_in() override {
    script_.act();
    if (script_.says("break utf8")) return "\xff";
    return script_.says("needs no token") ? std::string() : R"({"grant": "client_credentials"})";
  }

  void check(std::span<const std::string_view> entities, Findings& findings) override {
    script_.act();
    findings.add({.check = "credentials", .fact = host_.token("{}", "stale")});
    if (script_.says("wait to be cancelled")) Host::stop_if_cancelled();
    for (const std::string_view entity : entities)
      findings.add({.health = Health::fail,
                    .check = "scope",
                    .subject = entity,
                    .error_code = "PB1204",
                    .fact = "It is hidden.",
                    .fix = "Show it."});
    if (script_.says("break health")) findings.add({.health = Health{9}, .check = "x", .fact = "x"});
    if (script_.says("break fact")) findings.add({.check = "x"});
    if (script_.says("break utf8")) findings.add({.check = "x", .fact = "\xff"});
  }

  void decode(std::string_view body, Events& events) override {
    script_.act();
    if (script_.says("not understood")) throw Failure(Outcome::invalid, "It is no letter.");
    events.add({.key = "k1",
                .kind = "ticket.updated",
                .entity = "ticket",
                .source_id = "7",
                .occurred_at = "2026-03-01T08:00:00.000Z",
                .actor = "agent 12",
                .body = body,
                .record = Slice{.source_id = "7", .version = "v1", .text = "{}"}});
    events.add({.kind = "in its own words", .deleted = true});
    if (script_.says("break utf8")) events.add({.kind = "\xff"});
    if (script_.says("break kind")) events.add({.kind = "", .entity = "ticket"});
    if (script_.says("break entity")) events.add({.kind = "x", .entity = "invoice"});
    if (script_.says("break time")) events.add({.kind = "x", .occurred_at = "yesterday"});
    if (script_.says("break whole")) events.add({.kind = "x", .record = Slice{.source_id = "7"}});
    if (script_.says("break other"))
      events.add({.kind = "x",
                  .entity = "ticket",
                  .source_id = "8",
                  .record = Slice{.source_id = "7", .text = "{}"}});
  }

  std::vector<Webhook> webhooks() override {
    script_.act();
    if (script_.says("break utf8")) return {{.id = "\xff"}};
    if (script_.says("break form")) return {{.name = "without an id"}};
    return {made_, {.id = "2", .name = "theirs \"\n\x01\\", .auth = "magic", .trouble = "it is off"}};
  }

  Webhook put_webhook(const WantedWebhook& wanted) override {
    script_.act();
    made_ = {wanted.id + "1", wanted.name, wanted.url, wanted.auth, true, "", wanted.events};
    made_.trouble = wanted.user + " " + wanted.header + " " + wanted.digest + " " + wanted.prefix + " " +
                    host_.secret(wanted.secret);
    return made_;
  }

  void remove_webhook(std::string_view id) override { host_.set_state("removed", id); }
  void test_webhook(std::string_view id) override { host_.set_state("tested", id); }

  std::vector<WebhookDelivery> webhook_log(std::string_view id, std::uint32_t limit) override {
    script_.act();
    if (script_.says("break at")) return {{.at = "yesterday"}};
    const WebhookDelivery line{"2026-03-01T08:00:00.000Z", std::string(id), 503, "busy"};
    return std::vector<WebhookDelivery>(limit + (script_.says("break limit") ? 1 : 0), line);
  }

  void push(std::span<const Change> changes, Pushed& pushed) override {
    if (script_.says("break silent")) return;
    for (const Change& change : changes) {
      std::string seen = std::string(change.entity) + " " + std::string(change.source_id) + " " +
                         std::string(change.tried_at);
      for (const WantedField& field : change.fields) {
        seen += " " + field.name + "=" + field.value + (field.checked ? " over" : " over all");
        for (const std::string& text : field.expected) seen += " " + text;
      }
      for (const std::string& other : change.others) seen += " not " + other;
      host_.set_state(std::string(change.id), seen);
      if (change.id == "refused") {
        pushed.refused(change, Failure(Outcome::invalid, "No such value.", "PB2302"));
      } else if (change.id == "later") {
        pushed.refused(change, Failure(Outcome::throttled, "Wait.", {}, std::chrono::seconds(2)));
      } else if (change.id == "falls") {
        script_.act();
      } else {
        pushed.differs(change, "summary", Difference::before, "theirs");
        pushed.done(change, "77");
      }
      if (script_.says("break twice")) pushed.done(change, "77");
      if (script_.says("break stranger")) pushed.done(named("stranger"), "77");
      if (script_.says("break kind")) pushed.differs(named("x"), "f", Difference{9}, "");
      if (script_.says("break utf8")) pushed.done(named("x"), "\xff");
    }
  }

 private:
  Host& host_;
  Script script_;
  Webhook made_;
};

/// A connector as authors wrote it before there were webhooks.
class OldSource : public Connector {
 public:
  OldSource(Host&, std::string_view settings) : script_(settings) {}
  std::string describe() override {
    return script_.says("events")
               ? R"({"entities": {"ticket": {"map": {"a": "b"}}}, "events": {"e": {"entity": "ticket", "title": "E"}}})"
               : R"({"entities": {"ticket": {"map": {"a": "b"}}}})";
  }
  void pull(const Pull&, Page& page) override { page.end({.next = ""}); }

 private:
  Script script_;
};

class Shout : public Syncer {
 public:
  Shout(Host&, std::string_view settings) : script_(settings) {}

  std::string schema() override {
    if (script_.says("bad schema"))
      return R"({"entity": "ticket", "fields": [{"name": "summary", "type": "txet"}]})";
    return R"({"entity": "ticket", "fields": [{"name": "summary", "type": "text"}, {"name": "hours", "type": "integer"}]})";
  }

  void refine(const Batch& records, Refinements& refinements) override {
    script_.act();
    for (const Record record : records) {
      if (record.is_null("summary")) refinements.reject(record, "A ticket needs words.");
      std::string loud(record.text("summary"));
      for (char& c : loud) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      refinements.set(record, "summary", Value::text(loud));
      refinements.set(record, "hours", Value::integer(record.integer("hours").value_or(0) + 1));
    }
    if (script_.says("break index")) refinements.set(Record(records, 99), Field{0}, Value::null());
    if (script_.says("break field")) refinements.set(records[0], Field{99}, Value::null());
    if (script_.says("break type")) refinements.set(records[0], "hours", Value::text("seven"));
    if (script_.says("break utf8")) refinements.set(records[0], "summary", Value::text("\xff"));
    if (script_.says("wrong name")) refinements.set(records[0], "sumary", Value::null());
  }

 private:
  Script script_;
};

class SameText : public DedupStrategy {
 public:
  SameText(Host&, std::string_view settings) : script_(settings) {}

  void keys(const Batch& records, Keys& keys) override {
    script_.act();
    for (const Record record : records) {
      keys.add(record, KeyKind::source_id, record.source_id());
      keys.add(record, KeyKind::block, record.text("summary"));
    }
    if (script_.says("break index")) keys.add(Record(records, 99), KeyKind::block, "x");
  }

  void score(const Record& probe, const Batch& candidates, Matches& matches) override {
    script_.act();
    for (const Record candidate : candidates)
      if (candidate.text("summary") == probe.text("summary"))
        matches.add(candidate, Verdict::same, 1, "equal summaries");
    if (script_.says("break score")) matches.add(candidates[1], Verdict::review, 1.5, "too sure");
    if (script_.says("break twice")) matches.add(candidates[0], Verdict::review, 0.5, "twice");
  }

 private:
  Script script_;
};

class ByClient : public RoutingRule {
 public:
  ByClient(Host& host, std::string_view settings) : host_(host), script_(settings) {}

  void decide(const Batch& tickets, const RoutingContext& context, Routes& routes) override {
    script_.act();
    if (script_.says("wait to be cancelled")) Host::stop_if_cancelled();
    if (script_.says("remember")) host_.set_state("last", host_.state("last") + "x");
    if (script_.says("too much")) host_.set_state("last", std::string(70'000, 'x'));
    if (script_.says("secret")) host_.log(Level::info, host_.secret("secret://acme"));
    if (script_.says("ask")) return ask(tickets, context, routes);
    for (const Record ticket : tickets)
      if (const std::string_view team = context.team_of(ticket.text("summary")); !team.empty())
        routes.route(ticket, team, "linked at " + std::to_string(host_.now().time_since_epoch().count()));
    if (script_.says("break index")) routes.route(Record(tickets, 99), "noc", "nowhere");
    if (script_.says("break twice")) routes.route(tickets[0], "noc", "twice");
    if (script_.says("break empty")) routes.route(tickets[1], "", "no team");
    if (script_.says("break utf8")) routes.route(tickets[1], "\xff", "bad team");
  }

 private:
  /// Everything that a rule may ask, as the reason of the decision.
  void ask(const Batch& tickets, const RoutingContext& context, Routes& routes) const {
    const Record ticket = script_.says("ask about another") ? Record(tickets, 99) : tickets[0];
    const LinkedTeam linked = context.linked_team(ticket);
    const PresentTeam present = context.present_team(ticket);
    std::string reason(linked.reason);
    reason += " " + std::string(present.team) + (present.by_this_rule ? "!" : "");
    reason += " " + std::string(context.kin_team(ticket, "contact_id"));
    reason += context.at_work(ticket, "noc") ? " work" : " home";
    for (const Team& team : context.teams())
      reason += " " + std::string(team.name) + "/" + std::string(team.parent) +
                (team.receives ? "+ " : "- ") + std::to_string(team.open_tickets) + " of " +
                std::to_string(team.all_tickets);
    routes.route(ticket, linked.team, reason);
  }

  Host& host_;
  Script script_;
};

class Tell : public Notifier {
 public:
  Tell(Host& host, std::string_view settings) : host_(host), script_(settings) {}
  void send(const Alert& alert) override {
    script_.act();
    host_.log(alert.level, std::string(alert.code) + " " + std::string(alert.title));
  }

 private:
  Host& host_;
  Script script_;
};

}  // namespace

PSABRIDGE_PLUGIN("com.example.probe." PROBE_NAME, "1.2.3", "Example Ltd", "All roles, for tests",
                 connector<Source>(PROBE_NAME, "a source", kAnySettings),
                 connector<OldSource>("old_" PROBE_NAME, "a source without webhooks", kAnySettings),
                 syncer<Shout>(PROBE_NAME, "a syncer", kAnySettings),
                 dedup<SameText>(PROBE_NAME, "a strategy", kAnySettings),
                 routing<ByClient>(PROBE_NAME, "a rule", kAnySettings),
                 notify<Tell>(PROBE_NAME, "a notifier", kAnySettings));
