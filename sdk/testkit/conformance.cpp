// psabridge-conformance PLUGIN.so [ROLE=SETTINGS_JSON ...]
// Asks a plugin for what the contract of <psabridge/abi.h> demands of every plugin, whatever it does: sizes
// of tables, texts, each result once, indices within the batch, a reason for each failure, and no fall at
// empty, missing or senseless input. Exit status: 0 everything holds, 1 something does not, 2 wrong usage.
#include <cstdio>
#include <functional>
#include <map>
#include <psabridge/testkit.hpp>
#include <set>

#include "hostile_deliveries.h"

namespace {

using namespace psabridge;
using testkit::borrow;
using testkit::view;

/// Counts what holds and what does not, and prints a line for each.
class Verdicts {
 public:
  void note(bool holds, const std::string& what) {
    std::printf("%s  %s\n", holds ? "ok    " : "BROKEN", what.c_str());
    broken_ += holds ? 0 : 1;
  }
  int broken() const noexcept { return broken_; }

 private:
  int broken_ = 0;
};

/// The host's side of one call, counting.
class Call {
 public:
  explicit Call(bool cancel = false) : cancel_(cancel) {}
  const psabridge_call* plain() const noexcept { return &plain_; }
  /// True when the call ended as the contract says: OK without a failure, or another code with exactly one of
  /// the same code.
  bool ended_well(psabridge_code code) const {
    if (code == PSABRIDGE_OK) return failures_ == 0;
    return failures_ == 1 && code == code_ && code > PSABRIDGE_OK && code <= PSABRIDGE_FAILED && has_message_;
  }

 private:
  static void fail(void* self, const psabridge_status* status) {
    auto& call = *static_cast<Call*>(self);
    ++call.failures_;
    call.code_ = status->code;
    call.has_message_ = status->message.size > 0;
  }
  bool cancel_;
  int failures_ = 0;
  psabridge_code code_ = PSABRIDGE_OK;
  bool has_message_ = false;
  psabridge_call plain_{sizeof(psabridge_call), this, &fail,
                        [](void* self) { return static_cast<Call*>(self)->cancel_ ? 1 : 0; }};
};

/// What a verb pushed, whatever its role: how often, and whether indices stayed within the batch.
struct Pushed {
  std::size_t records = 0;  ///< size of the batch
  int texts = 0, pages = 0, slices_after_page = 0;
  bool vague = false;              ///< a finding that says nothing, or is of an unknown health
  std::set<std::string> entities;  ///< of the description
  bool odd_event = false;          ///< an event that breaks the contract
  bool out_of_range = false, twice = false;
  std::set<std::size_t> seen;

  void once(std::size_t index) {
    out_of_range |= index >= records;
    twice |= !seen.insert(index).second;
  }
  bool in_order() const { return !out_of_range && !twice && !vague && !odd_event && slices_after_page == 0; }
};

Pushed& pushed(void* host) { return *static_cast<Pushed*>(host); }

/// "1", "2" or "3" as an index; another text is none.
std::size_t number_of(psabridge_str id) {
  return id.size == 1 ? static_cast<std::size_t>(id.data[0] - '1') : std::string_view::npos;
}

using Verb = std::function<psabridge_code(void* self, Pushed& into, const psabridge_call* call)>;

psabridge_text_sink text_sink(Pushed& into) {
  return {sizeof(psabridge_text_sink), &into, [](void* host, psabridge_str) { ++pushed(host).texts; }};
}

psabridge_code pull(const psabridge_connector& verbs, void* self, Pushed& into, const psabridge_call* call) {
  const psabridge_pull what{
      sizeof what, borrow("ticket"), PSABRIDGE_PULL_CHANGES, 0, borrow("{}"), nullptr, 0, {}};
  const psabridge_pull_sink sink{
      sizeof sink, &into,
      [](void* host, const psabridge_slice*) { pushed(host).slices_after_page += pushed(host).pages; },
      [](void* host, const psabridge_page*) { ++pushed(host).pages; }};
  return verbs.pull(self, &what, &sink, call);
}

/// Of a list as no pipeline has it.
psabridge_code look(const psabridge_connector& verbs, void* self, Pushed& into, const psabridge_call* call) {
  const psabridge_str entities[] = {borrow("ticket"), borrow("ticket"), borrow("no such entity"), {}};
  const psabridge_check_sink sink{sizeof sink, &into, [](void* host, const psabridge_finding* found) {
                                    pushed(host).vague |= found->health > PSABRIDGE_SKIP ||
                                                          found->check.size == 0 || found->fact.size == 0;
                                  }};
  return verbs.check(self, entities, std::size(entities), &sink, call);
}

psabridge_code decode(const psabridge_connector& verbs, std::string_view body, void* self, Pushed& into,
                      const psabridge_call* call) {
  const psabridge_delivery delivery{sizeof delivery, borrow(body)};
  const psabridge_event_sink sink{sizeof sink, &into, [](void* host, const psabridge_event* event) {
                                    pushed(host).odd_event |=
                                        !testkit::keeps_contract(*event, pushed(host).entities);
                                  }};
  return verbs.decode(self, &delivery, &sink, call);
}

/// Changes as no host sends them: of a record and an entity that do not exist, with nothing to write.
psabridge_code push(const psabridge_connector& verbs, void* self, Pushed& into, const psabridge_call* call) {
  const psabridge_change changes[] = {
      {borrow("1"),
       borrow("ticket"),
       borrow("no such id"),
       borrow(R"({"team_name": "x"})"),
       borrow("{}"),
       {}},
      {borrow("2"), borrow("no such entity"), {}, borrow("{}"), borrow("[]"), borrow("yesterday")},
      {borrow("3"),
       borrow("ticket"),
       borrow("../1"),
       borrow(R"({"no_such_field": ""})"),
       borrow(R"({"no_such_field": []})"),
       {}}};
  const psabridge_push_sink sink{
      sizeof sink, &into,
      [](void* host, psabridge_str id, psabridge_str, psabridge_difference when, psabridge_str) {
        pushed(host).vague |= when > PSABRIDGE_DIFFERS_AFTER || pushed(host).seen.contains(number_of(id));
      },
      [](void* host, psabridge_str id, psabridge_str) { pushed(host).once(number_of(id)); },
      [](void* host, psabridge_str id, const psabridge_status* reason) {
        pushed(host).once(number_of(id));
        pushed(host).vague |= reason->code == PSABRIDGE_OK || reason->message.size == 0;
      }};
  return verbs.push(self, changes, std::size(changes), &sink, call);
}

psabridge_code refine(const psabridge_syncer& verbs, void* self, const psabridge_batch* batch, Pushed& into,
                      const psabridge_call* call) {
  const psabridge_refine_sink sink{sizeof sink, &into,
                                   [](void* host, std::size_t record, std::size_t, const psabridge_value*) {
                                     pushed(host).out_of_range |= record >= pushed(host).records;
                                   },
                                   [](void* host, std::size_t record, psabridge_str, psabridge_str) {
                                     pushed(host).out_of_range |= record >= pushed(host).records;
                                   }};
  return verbs.refine(self, batch, &sink, call);
}

psabridge_code keys(const psabridge_dedup& verbs, void* self, const psabridge_batch* batch, Pushed& into,
                    const psabridge_call* call) {
  const psabridge_key_sink sink{sizeof sink, &into,
                                [](void* host, std::size_t record, psabridge_key_kind, psabridge_str) {
                                  pushed(host).out_of_range |= record >= pushed(host).records;
                                },
                                [](void* host, std::size_t record, psabridge_str) {
                                  pushed(host).out_of_range |= record >= pushed(host).records;
                                }};
  return verbs.keys(self, batch, &sink, call);
}

psabridge_code decide(const psabridge_routing& verbs, void* self, const psabridge_batch* batch, Pushed& into,
                      const psabridge_call* call) {
  const psabridge_route_sink sink{
      sizeof sink, &into,
      [](void* host, std::size_t ticket, psabridge_str, psabridge_str) { pushed(host).once(ticket); }};
  psabridge_code code = PSABRIDGE_OK;
  testkit::Situation{}.with_context([&](const psabridge_routing_context* context) {
    code = verbs.decide(self, batch, context, &sink, call);
  });
  return code;
}

psabridge_code send(const psabridge_notify& verbs, void* self, const psabridge_call* call) {
  const psabridge_alert alert{sizeof alert, PSABRIDGE_INFO, 0,           borrow("PB1501"),
                              {},           borrow("t"),    borrow("x"), 0};
  return verbs.send(self, &alert, call);
}

/// A ticket without values and one with odd ones.
testkit::Records odd_records() {
  testkit::Records records("ticket", {"summary", "name", "closed", "opened_at"});
  records.add("", {});
  records.add("1",
              {sdk::Value::text(std::string(100'000, 'x')), sdk::Value::integer(-1),
               sdk::Value::boolean(true), sdk::Value::time("0000-01-01T00:00:00.000Z")},
              "null", "no JSON");
  return records;
}

class RoleCheck {
 public:
  RoleCheck(const psabridge_role& role, std::string settings, Verdicts& verdicts)
      : role_(role), settings_(std::move(settings)), verdicts_(verdicts), name_(view(role.name)) {}

  void run() {
    verdicts_.note(!name_.empty() && !view(role_.summary).empty(),
                   "role " + name_ + ": has a name and a summary");
    verdicts_.note(role_.settings_schema.size > 1, "role " + name_ + ": has a settings schema");
    for (const std::string_view senseless : {"", "no JSON", "[]", "{\"unknown\": null}"}) create(senseless);
    if (void* self = create(settings_)) {
      check_verbs(self);
      role_.destroy(self);
    }
  }

 private:
  /// An instance, which is destroyed at once when the settings are only a trial.
  void* create(std::string_view settings) {
    void* self = nullptr;
    const Call call;
    const psabridge_code code = role_.create(host_.plain(), borrow(settings), &self, call.plain());
    verdicts_.note(call.ended_well(code), "role " + name_ + ": create with " +
                                              (settings.empty() ? "no settings" : std::string(settings)));
    if (code != PSABRIDGE_OK) return nullptr;
    if (settings == settings_) return self;
    role_.destroy(self);
    return nullptr;
  }

  void check(const std::string& verb, void* self, std::size_t records, bool gives_page,
             const Verb& function) {
    for (const bool cancel : {false, true}) {
      Pushed into;
      into.records = records;
      const Call call(cancel);
      const psabridge_code code = function(self, into, call.plain());
      const bool whole = code != PSABRIDGE_OK || !gives_page || into.pages + into.texts == 1;
      verdicts_.note(call.ended_well(code) && whole && into.in_order(),
                     "role " + name_ + ": " + verb + " with " + std::to_string(records) + " records" +
                         (cancel ? ", cancelled" : ""));
    }
  }

  template <class Verbs, class Function>
  void check_batches(const std::string& verb, void* self, const Verbs& verbs, Function function) {
    for (const testkit::Records& records : {testkit::Records("ticket", {}), odd_records()})
      records.with_batch([&](const psabridge_batch* batch) {
        check(verb, self, batch->record_count, false,
              [&](void* instance, Pushed& into, const psabridge_call* call) {
                return function(verbs, instance, batch, into, call);
              });
      });
  }

  void check_verbs(void* self) {
    switch (role_.kind) {
      case PSABRIDGE_ROLE_CONNECTOR:
        return check_connector(self, *static_cast<const psabridge_connector*>(role_.verbs));
      case PSABRIDGE_ROLE_SYNCER:
        return check_syncer(self, *static_cast<const psabridge_syncer*>(role_.verbs));
      case PSABRIDGE_ROLE_DEDUP:
        return check_batches("keys", self, *static_cast<const psabridge_dedup*>(role_.verbs), keys);
      case PSABRIDGE_ROLE_ROUTING:
        return check_batches("decide", self, *static_cast<const psabridge_routing*>(role_.verbs), decide);
      case PSABRIDGE_ROLE_NOTIFY:
        return check("send", self, 0, false, [this](void* instance, Pushed&, const psabridge_call* call) {
          return send(*static_cast<const psabridge_notify*>(role_.verbs), instance, call);
        });
      default:
        verdicts_.note(false, "role " + name_ + ": is of a known kind");
    }
  }

  void check_connector(void* self, const psabridge_connector& verbs) {
    check("describe", self, 0, true, [&](void* instance, Pushed& into, const psabridge_call* call) {
      const psabridge_text_sink sink = text_sink(into);
      return verbs.describe(instance, &sink, call);
    });
    check("pull without a network", self, 0, true,
          [&](void* instance, Pushed& into, const psabridge_call* call) {
            return pull(verbs, instance, into, call);
          });
    if (PSABRIDGE_HAS(&verbs, psabridge_connector, sign_in) && verbs.sign_in)
      check("sign_in without a network", self, 0, true,
            [&](void* instance, Pushed& into, const psabridge_call* call) {
              const psabridge_text_sink sink = text_sink(into);
              return verbs.sign_in(instance, &sink, call);
            });
    if (PSABRIDGE_HAS(&verbs, psabridge_connector, check) && verbs.check)
      check("check without a network", self, 0, false,
            [&](void* instance, Pushed& into, const psabridge_call* call) {
              return look(verbs, instance, into, call);
            });
    if (PSABRIDGE_HAS(&verbs, psabridge_connector, webhook_log)) check_webhooks(self, verbs);
    if (PSABRIDGE_HAS(&verbs, psabridge_connector, push) && verbs.push)
      check("push without a network", self, 3, false,
            [&](void* instance, Pushed& into, const psabridge_call* call) {
              const psabridge_code code = push(verbs, instance, into, call);
              into.vague |= code == PSABRIDGE_OK && into.seen.size() != 3;
              return code;
            });
  }

  void check_webhooks(void* self, const psabridge_connector& verbs) {
    const sdk::Json description = described(self, verbs);
    const bool offered = verbs.decode && verbs.webhooks && verbs.put_webhook && verbs.remove_webhook &&
                         verbs.test_webhook && verbs.webhook_log;
    verdicts_.note(offered || description["events"].members().empty(),
                   "role " + name_ + ": has all verbs for webhooks, or names no events");
    if (!offered) return;
    std::set<std::string> entities;
    for (const auto& [entity, ignored] : description["entities"].members()) entities.insert(entity);
    for (const testkit::HostileDelivery& hostile : testkit::hostile_deliveries())
      check("decode of " + hostile.name, self, 0, false,
            [&](void* instance, Pushed& into, const psabridge_call* call) {
              into.entities = entities;
              const psabridge_code code = decode(verbs, hostile.body, instance, into, call);
              into.odd_event |=
                  code != PSABRIDGE_OK && code != PSABRIDGE_INVALID && code != PSABRIDGE_CANCELLED;
              return code;
            });
    check_webhook_management(self, verbs);
  }

  void check_webhook_management(void* self, const psabridge_connector& verbs) {
    check("webhooks without a network", self, 0, true,
          [&](void* instance, Pushed& into, const psabridge_call* call) {
            const psabridge_text_sink sink = text_sink(into);
            return verbs.webhooks(instance, &sink, call);
          });
    for (const std::string_view wanted : {"", "no JSON", "[]", "{}", R"({"id": 5, "events": {"a": 1}})"})
      check("put_webhook of " + (wanted.empty() ? "nothing" : std::string(wanted)), self, 0, true,
            [&](void* instance, Pushed& into, const psabridge_call* call) {
              const psabridge_text_sink sink = text_sink(into);
              return verbs.put_webhook(instance, borrow(wanted), &sink, call);
            });
    for (const std::string_view id : {"", "no such webhook", "../../Agent/1?x=y"}) {
      check("remove_webhook of \"" + std::string(id) + "\"", self, 0, false,
            [&](void* instance, Pushed&, const psabridge_call* call) {
              return verbs.remove_webhook(instance, borrow(id), call);
            });
      check("test_webhook of \"" + std::string(id) + "\"", self, 0, false,
            [&](void* instance, Pushed&, const psabridge_call* call) {
              return verbs.test_webhook(instance, borrow(id), call);
            });
      check("webhook_log of \"" + std::string(id) + "\"", self, 0, true,
            [&](void* instance, Pushed& into, const psabridge_call* call) {
              const psabridge_text_sink sink = text_sink(into);
              return verbs.webhook_log(instance, borrow(id), 10, &sink, call);
            });
    }
  }

  /// Null when the description cannot be had or read.
  static sdk::Json described(void* self, const psabridge_connector& verbs) {
    std::string text;
    const psabridge_text_sink sink{sizeof sink, &text, [](void* host, psabridge_str given) {
                                     *static_cast<std::string*>(host) = view(given);
                                   }};
    const Call call;
    verbs.describe(self, &sink, call.plain());
    try {
      return sdk::Json::parse(text);
    } catch (const sdk::Failure&) {
      return {};
    }
  }

  void check_syncer(void* self, const psabridge_syncer& verbs) {
    check("schema", self, 0, true, [&](void* instance, Pushed& into, const psabridge_call* call) {
      const psabridge_text_sink sink = text_sink(into);
      return verbs.schema(instance, &sink, call);
    });
    if (PSABRIDGE_HAS(&verbs, psabridge_syncer, refine) && verbs.refine)
      check_batches("refine", self, verbs, refine);
  }

  const psabridge_role& role_;
  std::string settings_;
  Verdicts& verdicts_;
  std::string name_;
  testkit::FakeHost host_;
};

void check_plugin(const psabridge_plugin& plugin, const std::map<std::string, std::string>& settings,
                  Verdicts& verdicts) {
  verdicts.note(plugin.size >= sizeof(psabridge_plugin), "the plugin's table is whole");
  verdicts.note(plugin.abi_major == PSABRIDGE_ABI_MAJOR,
                "contract version " + std::to_string(PSABRIDGE_ABI_MAJOR));
  verdicts.note(view(plugin.id).find('.') != std::string_view::npos, "the id has the form com.example.name");
  verdicts.note(plugin.version.size > 0 && plugin.vendor.size > 0, "version and vendor are given");
  verdicts.note(plugin.role_count > 0, "it offers a role");
  std::set<std::pair<psabridge_role_kind, std::string_view>> seen;
  for (const psabridge_role* role : std::span(plugin.roles, plugin.role_count)) {
    verdicts.note(seen.emplace(role->kind, view(role->name)).second,
                  "role " + std::string(view(role->name)) + ": is there once");
    const auto given = settings.find(std::string(view(role->name)));
    RoleCheck(*role, given == settings.end() ? "{}" : given->second, verdicts).run();
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::map<std::string, std::string> settings;
  for (int i = 2; i < count; ++i) {
    const std::string_view argument = arguments[i];
    const std::size_t equals = argument.find('=');
    if (equals == std::string_view::npos)
      count = 0;
    else
      settings.emplace(argument.substr(0, equals), argument.substr(equals + 1));
  }
  if (count < 2) {
    std::fprintf(stderr, "usage: psabridge-conformance PLUGIN.so [ROLE=SETTINGS_JSON ...]\n");
    return 2;
  }
  try {
    Verdicts verdicts;
    check_plugin(testkit::Plugin(arguments[1]).plain(), settings, verdicts);
    std::printf("%d broken\n", verdicts.broken());
    return verdicts.broken() == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "psabridge-conformance: %s\n", error.what());
    return 1;
  }
}
