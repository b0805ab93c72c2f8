// For tests of a plugin: a host that answers from memory, records made in a line, and each role as a class.
// The plugin is the loaded .so itself or, linked into the test, its psabridge_plugin_v1. Header-only,
// standard library (and dlopen) only.
//
//   testkit::FakeHost host;
//   testkit::Plugin plugin("build/keyword.so");
//   auto rule = plugin.routing("keyword", R"({"word": "printer", "team": "field"})", host);
//   testkit::Records tickets("ticket", {"summary"});
//   tickets.add("1", {Value::text("The printer is on fire")});
//   assert(rule.decide(tickets).at(0).team == "field");
//
// What fails throws psabridge::sdk::Failure, as the plugin said it.
#pragma once
#include <dlfcn.h>

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <psabridge/plugin.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace psabridge::testkit {

using sdk::detail::borrow;
using sdk::detail::view;

/// Plays the host. Everything is public: scripts go in before, traces are read afterwards. One thread.
class FakeHost {
 public:
  FakeHost() = default;
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  std::deque<sdk::HttpResponse> answers;       ///< given out in order; none left: the network fails (retry)
  std::vector<sdk::HttpRequest> requests;      ///< what was asked
  std::map<std::string, std::string> secrets;  ///< by reference ("secret://acme")
  std::map<std::string, std::string> state;
  std::deque<std::string> tokens;  ///< access tokens, given out in order; the last one stays
  std::vector<std::pair<std::string, std::string>> token_requests;  ///< sign-in and refused token
  std::vector<std::pair<sdk::Level, std::string>> log;
  std::int64_t now_ms = 0;  ///< milliseconds since 1970-01-01 UTC
  bool cancel = false;      ///< what Host::cancelled() says

  const psabridge_host* plain() const noexcept { return &plain_; }

 private:
  static psabridge_code fail(const psabridge_call* call, psabridge_code code, std::string_view message) {
    const psabridge_status status{code, 0, {}, borrow(message)};
    call->fail(call->host, &status);
    return code;
  }
  static FakeHost& from(void* self) { return *static_cast<FakeHost*>(self); }

  static psabridge_code http(void* self, const psabridge_http_request* request,
                             const psabridge_http_sink* sink, const psabridge_call* call) {
    FakeHost& host = from(self);
    host.requests.push_back(copy(*request));
    if (host.answers.empty()) return fail(call, PSABRIDGE_RETRY, "The fake host has no answer left.");
    const sdk::HttpResponse answer = std::move(host.answers.front());
    host.answers.pop_front();
    std::vector<psabridge_header> headers;
    for (const auto& [name, value] : answer.headers) headers.push_back({borrow(name), borrow(value)});
    const psabridge_http_response plain{sizeof plain, answer.status, headers.data(), headers.size(),
                                        borrow(answer.body)};
    sink->response(sink->host, &plain);
    return PSABRIDGE_OK;
  }
  static sdk::HttpRequest copy(const psabridge_http_request& plain) {
    sdk::HttpRequest request{std::string(view(plain.method)),
                             std::string(view(plain.url)),
                             {},
                             std::string(view(plain.body)),
                             plain.retryable != 0};
    for (const psabridge_header& header : std::span(plain.headers, plain.header_count))
      request.headers.push_back({std::string(view(header.name)), std::string(view(header.value))});
    return request;
  }
  static psabridge_code secret(void* self, psabridge_str reference, const psabridge_text_sink* sink,
                               const psabridge_call* call) {
    const auto found = from(self).secrets.find(std::string(view(reference)));
    if (found == from(self).secrets.end())
      return fail(call, PSABRIDGE_INVALID, "The fake host has no such secret.");
    sink->text(sink->host, borrow(found->second));
    return PSABRIDGE_OK;
  }
  static psabridge_code state_get(void* self, psabridge_str key, const psabridge_text_sink* sink,
                                  const psabridge_call*) {
    sink->text(sink->host, borrow(from(self).state[std::string(view(key))]));
    return PSABRIDGE_OK;
  }
  static psabridge_code state_put(void* self, psabridge_str key, psabridge_str value, const psabridge_call*) {
    from(self).state[std::string(view(key))] = view(value);
    return PSABRIDGE_OK;
  }
  static psabridge_code token(void* self, psabridge_str sign_in, psabridge_str refused,
                              const psabridge_text_sink* sink, const psabridge_call* call) {
    FakeHost& host = from(self);
    host.token_requests.emplace_back(view(sign_in), view(refused));
    if (host.tokens.empty()) return fail(call, PSABRIDGE_UNAUTHORIZED, "The fake host has no token.");
    sink->text(sink->host, borrow(host.tokens.front()));
    if (host.tokens.size() > 1) host.tokens.pop_front();
    return PSABRIDGE_OK;
  }

  psabridge_host plain_{sizeof(psabridge_host),
                        this,
                        &http,
                        [](void* self) { return from(self).now_ms; },
                        &secret,
                        &state_get,
                        &state_put,
                        [](void* self, psabridge_level level, psabridge_str text) {
                          from(self).log.emplace_back(static_cast<sdk::Level>(level),
                                                      std::string(view(text)));
                        },
                        &token};
};

/// Records of one entity, made in memory.
class Records {
 public:
  Records(std::string entity, std::vector<std::string> fields, std::string connection = "test")
      : entity_(std::move(entity)), connection_(std::move(connection)), fields_(std::move(fields)) {}

  /// One value per field. The texts are copied.
  Records& add(std::string source_id, std::vector<psabridge_value> values, std::string custom = "{}",
               std::string raw = {}) {
    values.resize(fields_.size(), sdk::Value::null());
    for (psabridge_value& value : values)
      if (value.type >= PSABRIDGE_TYPE_TEXT) value.as.text = borrow(texts_.emplace_back(view(value.as.text)));
    const std::vector<psabridge_value>& kept = values_.emplace_back(std::move(values));
    records_.push_back({keep(std::move(source_id)),
                        {},
                        kept.data(),
                        kept.size(),
                        keep(std::move(custom)),
                        keep(std::move(raw))});
    return *this;
  }
  std::size_t size() const noexcept { return records_.size(); }

  /// Calls `use(const psabridge_batch*)`.
  template <class Use>
  auto with_batch(Use&& use) const {
    std::vector<psabridge_str> names;
    for (const std::string& field : fields_) names.push_back(borrow(field));
    const psabridge_batch plain{sizeof plain, borrow(connection_), borrow(entity_), names.data(),
                                names.size(), records_.data(),     records_.size()};
    return use(&plain);
  }

 private:
  psabridge_str keep(std::string text) { return borrow(texts_.emplace_back(std::move(text))); }

  std::string entity_, connection_;
  std::vector<std::string> fields_;
  std::deque<std::string> texts_;
  std::deque<std::vector<psabridge_value>> values_;
  std::vector<psabridge_record> records_;
};

/// An instance of a role; destroyed with the object. The FakeHost lives longer.
class Instance {
 public:
  Instance(const psabridge_role& role, std::string_view settings, FakeHost& host)
      : role_(&role), host_(&host) {
    run([&](const psabridge_call* call) {
      return role_->create(host.plain(), borrow(settings), &self_, call);
    });
  }
  ~Instance() {
    if (role_) role_->destroy(self_);
  }
  Instance(Instance&& other) noexcept
      : role_(std::exchange(other.role_, nullptr)), host_(other.host_), self_(other.self_) {}
  Instance& operator=(Instance&&) = delete;

 protected:
  template <class Verbs>
  const Verbs& verbs() const {
    return *static_cast<const Verbs*>(role_->verbs);
  }
  void* self() const noexcept { return self_; }
  /// Makes one call; throws Failure when it does not end with OK.
  template <class Call>
  void run(Call&& make_call) {
    struct Ended {
      FakeHost* host;
      std::vector<sdk::Failure> failures;
    } ended{host_, {}};
    const psabridge_call call{sizeof call, &ended,
                              [](void* host, const psabridge_status* status) {
                                static_cast<Ended*>(host)->failures.emplace_back(
                                    static_cast<sdk::Outcome>(status->code),
                                    std::string(view(status->message)), std::string(view(status->error_code)),
                                    std::chrono::milliseconds(status->retry_after_ms));
                              },
                              [](void* host) { return static_cast<Ended*>(host)->host->cancel ? 1 : 0; }};
    if (make_call(&call) == PSABRIDGE_OK) return;
    if (ended.failures.size() != 1)
      throw std::logic_error("the plugin failed without saying why exactly once");
    throw ended.failures.front();
  }
  /// Of a verb that gives one text, into a sink after its own arguments.
  template <class Verb, class... Arguments>
  std::string text_of(Verb verb, Arguments... arguments) {
    std::string text;
    const psabridge_text_sink sink{sizeof sink, &text, [](void* host, psabridge_str given) {
                                     *static_cast<std::string*>(host) = view(given);
                                   }};
    run([&](const psabridge_call* call) { return verb(self_, arguments..., &sink, call); });
    return text;
  }

 private:
  const psabridge_role* role_;
  FakeHost* host_;
  void* self_ = nullptr;
};

struct Slice {
  std::string source_id, version, text;
  bool id_only, deleted;
};
struct Page {
  std::vector<Slice> slices;
  std::string next;
  bool more = false;
  std::int64_t expected = -1;
};
struct Fetched {
  std::vector<Slice> slices;
  std::map<std::string, sdk::Absence> absent;
};

struct Finding {
  sdk::Health health;
  std::string check, subject, error_code, fact, fix;
};

struct Event {
  std::string key, kind, entity, source_id, occurred_at, actor, body;
  bool deleted;
  std::optional<Slice> record;
};

/// What became of one change.
struct ChangeEnd {
  bool done = false;
  std::string source_id;                ///< of a done one
  std::optional<sdk::Failure> refused;  ///< why it was not
  struct Difference {
    sdk::Difference when;
    std::string shown;
  };
  std::map<std::string, Difference> differs;  ///< by field
};
/// A change in the contract's own form: JSON texts.
struct PlainChange {
  std::string id, entity, source_id, fields = "{}", expected = "{}", tried_at = {};
};

class Connector : public Instance {
 public:
  using Instance::Instance;
  std::string describe() { return text_of(verbs<psabridge_connector>().describe); }
  std::string sign_in() { return text_of(verbs<psabridge_connector>().sign_in); }
  std::vector<Finding> check(const std::vector<std::string_view>& entities) {
    const std::vector<psabridge_str> plain = borrow_all(entities);
    std::vector<Finding> findings;
    const psabridge_check_sink sink{
        sizeof sink, &findings, [](void* host, const psabridge_finding* found) {
          static_cast<std::vector<Finding>*>(host)->push_back(
              {static_cast<sdk::Health>(found->health), std::string(view(found->check)),
               std::string(view(found->subject)), std::string(view(found->error_code)),
               std::string(view(found->fact)), std::string(view(found->fix))});
        }};
    run([&](const psabridge_call* call) {
      return verbs<psabridge_connector>().check(self(), plain.data(), plain.size(), &sink, call);
    });
    return findings;
  }
  Page pull(const sdk::Pull& pull) {
    const std::vector<psabridge_str> parents = borrow_all(pull.parents);
    const psabridge_pull plain{
        sizeof plain,   borrow(pull.entity),  pull.ids_only ? PSABRIDGE_PULL_IDS : PSABRIDGE_PULL_CHANGES,
        pull.page_size, borrow(pull.filters), parents.data(),
        parents.size(), borrow(pull.cursor)};
    Page page;
    const psabridge_pull_sink sink{sizeof sink, &page,
                                   [](void* host, const psabridge_slice* slice) {
                                     static_cast<Page*>(host)->slices.push_back(copy(*slice));
                                   },
                                   [](void* host, const psabridge_page* end) {
                                     auto& into = *static_cast<Page*>(host);
                                     into.next = view(end->next), into.more = end->more != 0,
                                     into.expected = end->expected;
                                   }};
    run([&](const psabridge_call* call) {
      return verbs<psabridge_connector>().pull(self(), &plain, &sink, call);
    });
    return page;
  }
  Fetched get(std::string_view entity, const std::vector<std::string_view>& ids) {
    const std::vector<psabridge_str> plain = borrow_all(ids);
    Fetched fetched;
    const psabridge_get_sink sink{sizeof sink, &fetched,
                                  [](void* host, const psabridge_slice* slice) {
                                    static_cast<Fetched*>(host)->slices.push_back(copy(*slice));
                                  },
                                  [](void* host, psabridge_str id, psabridge_absence absence) {
                                    static_cast<Fetched*>(host)->absent[std::string(view(id))] =
                                        static_cast<sdk::Absence>(absence);
                                  }};
    run([&](const psabridge_call* call) {
      return verbs<psabridge_connector>().get(self(), borrow(entity), plain.data(), plain.size(), &sink,
                                              call);
    });
    return fetched;
  }
  std::vector<Event> decode(std::string_view body) {
    const psabridge_delivery plain{sizeof plain, borrow(body)};
    std::vector<Event> events;
    const psabridge_event_sink sink{sizeof sink, &events, [](void* host, const psabridge_event* event) {
                                      static_cast<std::vector<Event>*>(host)->push_back(copy(*event));
                                    }};
    run([&](const psabridge_call* call) {
      return verbs<psabridge_connector>().decode(self(), &plain, &sink, call);
    });
    return events;
  }
  std::vector<sdk::Webhook> webhooks() {
    return sdk::detail::webhooks_in(sdk::Json::parse(text_of(verbs<psabridge_connector>().webhooks)));
  }
  sdk::Webhook put_webhook(const sdk::WantedWebhook& wanted) {
    return sdk::detail::webhook_in(
        sdk::Json::parse(text_of(verbs<psabridge_connector>().put_webhook, borrow(sdk::to_json(wanted)))));
  }
  void remove_webhook(std::string_view id) {
    run([&](const psabridge_call* call) {
      return verbs<psabridge_connector>().remove_webhook(self(), borrow(id), call);
    });
  }
  void test_webhook(std::string_view id) {
    run([&](const psabridge_call* call) {
      return verbs<psabridge_connector>().test_webhook(self(), borrow(id), call);
    });
  }
  std::vector<sdk::WebhookDelivery> webhook_log(std::string_view id, std::uint32_t limit) {
    return sdk::detail::deliveries_in(
        sdk::Json::parse(text_of(verbs<psabridge_connector>().webhook_log, borrow(id), limit)));
  }
  /// What was told of each change, by its id, into `ends`: it holds when the call fails, too.
  void push(const std::vector<PlainChange>& changes, std::map<std::string, ChangeEnd>& ends) {
    std::vector<psabridge_change> plain;
    plain.reserve(changes.size());
    for (const PlainChange& change : changes)
      plain.push_back({borrow(change.id), borrow(change.entity), borrow(change.source_id),
                       borrow(change.fields), borrow(change.expected), borrow(change.tried_at)});
    const psabridge_push_sink sink{
        sizeof sink, &ends,
        [](void* host, psabridge_str id, psabridge_str field, psabridge_difference when,
           psabridge_str shown) {
          end_of(host, id).differs[std::string(view(field))] = {static_cast<sdk::Difference>(when),
                                                                std::string(view(shown))};
        },
        [](void* host, psabridge_str id, psabridge_str source_id) {
          end_of(host, id).done = true;
          end_of(host, id).source_id = view(source_id);
        },
        [](void* host, psabridge_str id, const psabridge_status* reason) {
          end_of(host, id).refused.emplace(
              static_cast<sdk::Outcome>(reason->code), std::string(view(reason->message)),
              std::string(view(reason->error_code)), std::chrono::milliseconds(reason->retry_after_ms));
        }};
    run([&](const psabridge_call* call) {
      return verbs<psabridge_connector>().push(self(), plain.data(), plain.size(), &sink, call);
    });
  }

 private:
  static ChangeEnd& end_of(void* host, psabridge_str id) {
    return (*static_cast<std::map<std::string, ChangeEnd>*>(host))[std::string(view(id))];
  }
  static Event copy(const psabridge_event& event) {
    return {std::string(view(event.key)),
            std::string(view(event.kind)),
            std::string(view(event.entity)),
            std::string(view(event.source_id)),
            std::string(view(event.occurred_at)),
            std::string(view(event.actor)),
            std::string(view(event.body)),
            (event.flags & PSABRIDGE_EVENT_DELETED) != 0,
            (event.flags & PSABRIDGE_EVENT_WHOLE) != 0 ? std::optional(copy(event.record)) : std::nullopt};
  }
  static std::vector<psabridge_str> borrow_all(const std::vector<std::string_view>& texts) {
    std::vector<psabridge_str> plain;
    plain.reserve(texts.size());
    for (const std::string_view text : texts) plain.push_back(borrow(text));
    return plain;
  }
  static Slice copy(const psabridge_slice& slice) {
    return {std::string(view(slice.source_id)), std::string(view(slice.version)),
            std::string(view(slice.text)), (slice.flags & PSABRIDGE_SLICE_ID_ONLY) != 0,
            (slice.flags & PSABRIDGE_SLICE_DELETED) != 0};
  }
};

struct FieldChange {
  psabridge_type type;
  std::string text;      ///< for the types that have one
  std::int64_t integer;  ///< for BOOL and INTEGER
};
struct Refined {
  std::map<std::pair<std::size_t, std::size_t>, FieldChange> changes;  ///< by record and field
  std::map<std::size_t, std::string> rejected;                         ///< reason by record
};

class Syncer : public Instance {
 public:
  using Instance::Instance;
  std::string schema() { return text_of(verbs<psabridge_syncer>().schema); }
  Refined refine(const Records& records) {
    Refined refined;
    const psabridge_refine_sink sink{
        sizeof sink, &refined,
        [](void* host, std::size_t record, std::size_t field, const psabridge_value* value) {
          const bool has_text = value->type >= PSABRIDGE_TYPE_TEXT;
          static_cast<Refined*>(host)->changes[{record, field}] = {
              value->type, has_text ? std::string(view(value->as.text)) : std::string(),
              has_text ? 0 : value->as.integer};
        },
        [](void* host, std::size_t record, psabridge_str, psabridge_str reason) {
          static_cast<Refined*>(host)->rejected.emplace(record, view(reason));
        }};
    records.with_batch([&](const psabridge_batch* batch) {
      run([&](const psabridge_call* call) {
        return verbs<psabridge_syncer>().refine(self(), batch, &sink, call);
      });
    });
    return refined;
  }
};

struct Key {
  std::size_t record;
  sdk::KeyKind kind;
  std::string text;
};
struct Match {
  sdk::Verdict verdict;
  double score;
  std::string evidence;
};

/// What `keys` gave for some records.
struct Keyed {
  std::vector<Key> keys;
  std::map<std::size_t, std::string> forms;  ///< by record
};
struct Reason {
  std::string field;
  sdk::Weight weight;
  std::string text;
};
/// What `compare` said of one candidate.
struct Weighed {
  sdk::Verdict verdict;
  sdk::Weight weight;
  bool veto;
  std::vector<Reason> reasons;
};
/// Key text -> records that have it; for `compare`.
struct TermCounts {
  std::map<std::pair<sdk::KeyKind, std::string>, std::uint64_t> counts;
  std::uint64_t total = 1000;
};

class DedupStrategy : public Instance {
 public:
  using Instance::Instance;
  std::vector<Key> keys(const Records& records) { return keyed(records).keys; }
  Keyed keyed(const Records& records) {
    Keyed keyed;
    const psabridge_key_sink sink{
        sizeof sink, &keyed,
        [](void* host, std::size_t record, psabridge_key_kind kind, psabridge_str text) {
          static_cast<Keyed*>(host)->keys.push_back(
              {record, static_cast<sdk::KeyKind>(kind), std::string(view(text))});
        },
        [](void* host, std::size_t record, psabridge_str bytes) {
          if (!static_cast<Keyed*>(host)->forms.emplace(record, view(bytes)).second)
            throw std::logic_error("the strategy gave a record two forms");
        }};
    records.with_batch([&](const psabridge_batch* batch) {
      run([&](const psabridge_call* call) {
        return verbs<psabridge_dedup>().keys(self(), batch, &sink, call);
      });
    });
    return keyed;
  }
  /// Weights by candidate, with their reasons.
  std::map<std::size_t, Weighed> compare(const std::string& probe, const std::vector<std::string>& candidates,
                                         const TermCounts& terms) {
    std::vector<psabridge_str> forms;
    forms.reserve(candidates.size());
    for (const std::string& form : candidates) forms.push_back(borrow(form));
    const psabridge_terms counts{
        sizeof counts, const_cast<TermCounts*>(&terms),
        [](void* host, psabridge_key_kind kind, psabridge_str text) {
          const auto& known = static_cast<const TermCounts*>(host)->counts;
          const auto found = known.find({static_cast<sdk::KeyKind>(kind), std::string(view(text))});
          return found == known.end() ? std::uint64_t{0} : found->second;
        },
        terms.total};
    std::map<std::size_t, Weighed> weighed;
    const psabridge_weight_sink sink{
        sizeof sink, &weighed,
        [](void* host, std::size_t candidate, psabridge_verdict verdict, std::int64_t weight,
           std::uint32_t flags) {
          Weighed& into = (*static_cast<std::map<std::size_t, Weighed>*>(host))[candidate];
          into.verdict = static_cast<sdk::Verdict>(verdict), into.weight = weight;
          into.veto = (flags & PSABRIDGE_PAIR_VETO) != 0;
        },
        [](void* host, std::size_t candidate, psabridge_str field, std::int64_t weight, psabridge_str text) {
          (*static_cast<std::map<std::size_t, Weighed>*>(host))[candidate].reasons.push_back(
              {std::string(view(field)), weight, std::string(view(text))});
        },
        1};
    run([&](const psabridge_call* call) {
      return verbs<psabridge_dedup>().compare(self(), borrow(probe), forms.data(), forms.size(), &counts,
                                              &sink, call);
    });
    return weighed;
  }
  /// Verdicts by candidate.
  std::map<std::size_t, Match> score(const Records& probe, const Records& candidates) {
    std::map<std::size_t, Match> matches;
    const psabridge_score_sink sink{
        sizeof sink, &matches,
        [](void* host, std::size_t candidate, psabridge_verdict verdict, double score,
           psabridge_str evidence) {
          static_cast<std::map<std::size_t, Match>*>(host)->emplace(
              candidate, Match{static_cast<sdk::Verdict>(verdict), score, std::string(view(evidence))});
        }};
    probe.with_batch([&](const psabridge_batch* one) {
      candidates.with_batch([&](const psabridge_batch* many) {
        run([&](const psabridge_call* call) {
          return verbs<psabridge_dedup>().score(self(), one, many, &sink, call);
        });
      });
    });
    return matches;
  }
};

struct Route {
  std::string team, reason;
};

/// What a routing rule sees beside the tickets. Everything not said is not there: no link, no team, new
/// tickets, and every team at work.
struct Situation {
  struct Team {
    std::string name, parent{};
    bool receives = true;
    std::uint64_t open_tickets = 0, all_tickets = 0;
  };
  struct Present {
    std::string team;
    bool by_this_rule = false;
  };
  std::map<std::string, std::string> links{};  ///< managed team by client, for every ticket
  std::vector<Team> teams{};                   ///< sorted by name
  std::map<std::size_t, Route> linked{};       ///< by ticket
  std::map<std::size_t, Present> present{};    ///< by ticket
  std::map<std::pair<std::size_t, std::string>, std::string> kin{};  ///< team by ticket and field
  std::set<std::pair<std::size_t, std::string>> off_work{};          ///< ticket and team

  /// Calls `use` with the context as a rule is given it.
  template <class Use>
  void with_context(const Use& use) const {
    std::vector<psabridge_link> plain_links;
    plain_links.reserve(links.size());
    for (const auto& [client, team] : links) plain_links.push_back({borrow(client), borrow(team)});
    std::vector<psabridge_team> plain_teams;
    plain_teams.reserve(teams.size());
    for (const Team& team : teams)
      plain_teams.push_back({borrow(team.name), borrow(team.parent), team.receives ? 1U : 0U, 0,
                             team.open_tickets, team.all_tickets});
    const psabridge_routing_context context{
        sizeof context,     plain_links.data(), plain_links.size(),
        plain_teams.data(), plain_teams.size(), const_cast<Situation*>(this),
        &on_linked,         &on_present,        &on_kin,
        &on_at_work};
    use(&context);
  }

 private:
  static const Situation& of(void* host) { return *static_cast<const Situation*>(host); }
  template <class Map, class Key>
  static const typename Map::mapped_type* look_up(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
  }
  static psabridge_str on_linked(void* host, std::size_t ticket, psabridge_str* reason) {
    const Route* const found = look_up(of(host).linked, ticket);
    *reason = borrow(found ? std::string_view(found->reason) : "The client has no link.");
    return found ? borrow(found->team) : psabridge_str{};
  }
  static psabridge_str on_present(void* host, std::size_t ticket, std::int32_t* by_this_rule) {
    const Present* const found = look_up(of(host).present, ticket);
    *by_this_rule = found && found->by_this_rule ? 1 : 0;
    return found ? borrow(found->team) : psabridge_str{};
  }
  static psabridge_str on_kin(void* host, std::size_t ticket, psabridge_str field) {
    const std::string* const found = look_up(of(host).kin, std::pair(ticket, std::string(view(field))));
    return found ? borrow(*found) : psabridge_str{};
  }
  static std::int32_t on_at_work(void* host, std::size_t ticket, psabridge_str team) {
    return of(host).off_work.contains({ticket, std::string(view(team))}) ? 0 : 1;
  }
};

class RoutingRule : public Instance {
 public:
  using Instance::Instance;
  /// Decisions by ticket.
  std::map<std::size_t, Route> decide(const Records& tickets, const Situation& situation = {}) {
    std::map<std::size_t, Route> routes;
    const psabridge_route_sink sink{
        sizeof sink, &routes, [](void* host, std::size_t ticket, psabridge_str team, psabridge_str reason) {
          static_cast<std::map<std::size_t, Route>*>(host)->emplace(
              ticket, Route{std::string(view(team)), std::string(view(reason))});
        }};
    situation.with_context([&](const psabridge_routing_context* context) {
      tickets.with_batch([&](const psabridge_batch* batch) {
        run([&](const psabridge_call* call) {
          return verbs<psabridge_routing>().decide(self(), batch, context, &sink, call);
        });
      });
    });
    return routes;
  }
};

class Notifier : public Instance {
 public:
  using Instance::Instance;
  void send(const sdk::Alert& alert) {
    const psabridge_alert plain{sizeof plain,
                                static_cast<psabridge_level>(alert.level),
                                0,
                                borrow(alert.code),
                                borrow(alert.pipeline),
                                borrow(alert.title),
                                borrow(alert.text),
                                alert.at.time_since_epoch().count()};
    run([&](const psabridge_call* call) { return verbs<psabridge_notify>().send(self(), &plain, call); });
  }
};

/// A plugin under test. Throws std::runtime_error when the file cannot be loaded or does not offer a role.
/// Never unloaded.
class Plugin {
 public:
  explicit Plugin(const psabridge_plugin& plugin) noexcept : plugin_(&plugin) {}
  explicit Plugin(const std::string& file) : plugin_(load(file)) {}

  const psabridge_plugin& plain() const noexcept { return *plugin_; }
  const psabridge_role& role(psabridge_role_kind kind, std::string_view name) const {
    for (const psabridge_role* role : std::span(plugin_->roles, plugin_->role_count))
      if (role->kind == kind && view(role->name) == name) return *role;
    throw std::runtime_error("the plugin offers no role \"" + std::string(name) + "\" of that kind");
  }

  Connector connector(std::string_view name, std::string_view settings, FakeHost& host) const {
    return Connector(role(PSABRIDGE_ROLE_CONNECTOR, name), settings, host);
  }
  Syncer syncer(std::string_view name, std::string_view settings, FakeHost& host) const {
    return Syncer(role(PSABRIDGE_ROLE_SYNCER, name), settings, host);
  }
  DedupStrategy dedup(std::string_view name, std::string_view settings, FakeHost& host) const {
    return DedupStrategy(role(PSABRIDGE_ROLE_DEDUP, name), settings, host);
  }
  RoutingRule routing(std::string_view name, std::string_view settings, FakeHost& host) const {
    return RoutingRule(role(PSABRIDGE_ROLE_ROUTING, name), settings, host);
  }
  Notifier notifier(std::string_view name, std::string_view settings, FakeHost& host) const {
    return Notifier(role(PSABRIDGE_ROLE_NOTIFY, name), settings, host);
  }

 private:
  static const psabridge_plugin* load(const std::string& file) {
    void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* entry = library ? ::dlsym(library, PSABRIDGE_ENTRY_SYMBOL) : nullptr;
    if (!entry) throw std::runtime_error(::dlerror());
    return static_cast<const psabridge_plugin*>(entry);
  }

  const psabridge_plugin* plugin_;
};

}  // namespace psabridge::testkit
