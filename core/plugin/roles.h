// The five roles as the host sees them: one adapter per role over the C tables of <psabridge/abi.h>. A failed
// call becomes an Error that names plugin, role and verb; what a plugin pushes is checked (indices, UTF-8 of
// texts, exactly-once pages) here.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/model/batch.h"
#include "core/model/entity_schema.h"

namespace psabridge::plugin {

/// What the host lends to one plugin instance (see psabridge_host). Thread-safe; outlives the instance.
class HostServices {
 public:
  struct HttpRequest {
    std::string_view method, url, body;
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    bool retryable = false;
  };
  struct HttpResponse {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
  };
  virtual ~HostServices() = default;
  /// Throws Error on anything but an HTTP answer.
  virtual HttpResponse http(const HttpRequest& request, const std::function<bool()>& stop) = 0;
  virtual std::int64_t now_ms() = 0;
  virtual std::string secret(std::string_view reference) = 0;
  /// An OAuth access token (psabridge_host.token). Throws Error PB19xx.
  virtual std::string token(std::string_view sign_in, std::string_view refused,
                            const std::function<bool()>& stop) = 0;
  virtual std::string state_get(std::string_view key) = 0;
  virtual void state_put(std::string_view key, std::string_view value) = 0;
  /// `level` is a psabridge_level; `tag` is "halo connector" and the like.
  virtual void log(std::uint32_t level, std::string_view tag, std::string_view text) = 0;
};

using Stop = std::function<bool()>;

/// How a source field becomes a canonical one (form of `describe`: docs/reference/connector-description.md).
struct SourceMapping {
  std::vector<std::string> from;              ///< paths, first that is present and not null wins
  std::vector<std::string> none;              ///< texts that mean "nothing" ("-1", "0")
  std::map<std::string, std::string> values;  ///< text -> text
  std::string each;                           ///< for refs: member of each array element that holds the id
};

/// A list of {name, value, display} objects that becomes the record's `custom` object.
struct CustomList {
  std::string from, name, value, display;
};

/// What a connector says of one entity.
struct SourceEntity {
  bool deltas = false;  ///< an incremental pull gives changes only; otherwise every pull reads the whole list
  bool sweep = false;   ///< PSABRIDGE_PULL_IDS is offered
  bool get = false;     ///< single records can be fetched
  std::string parent;   ///< child entity: pulled per parent id
  std::string scope;    ///< right that reading needs, as the source names it
  std::vector<std::string> write;  ///< canonical fields that push() can write
  std::string write_scope;         ///< right that writing needs
  std::map<std::string, SourceMapping> map;
  std::vector<CustomList> custom;
};

/// A kind of event that the source's webhooks can announce.
struct SourceEvent {
  std::string entity;  ///< of the object that it is about
  std::string number;  ///< by which the source knows it; empty: not known, the admin has to give it
  std::string title;   ///< in the source's words
};

/// What a connector offers.
struct ConnectorProfile {
  std::map<std::string, SourceEntity> entities;
  std::map<std::string, SourceEvent> events;  ///< by kind ("ticket.updated"); empty: no webhooks
  std::string no_time_until;  ///< a time up to and including this one means "nothing"; empty: none does
};
/// Throws Error PB1104 naming the JSON path.
ConnectorProfile parse_connector_profile(std::string_view json);

struct PullRequest {
  std::string_view entity = {};
  bool ids_only = false;
  std::uint32_t page_size = 0;
  std::string_view filters = "{}";
  std::span<const std::string> parents = {};
  std::string_view cursor = {};
};
struct Slice {
  std::string_view source_id, version, text;  ///< in the page's arena
  bool id_only = false, deleted = false;
};
/// One page as it left the connector: one copy of the source's text, in one arena.
struct PulledPage {
  std::unique_ptr<Arena> arena;
  std::vector<Slice> slices;
  std::string next;
  std::int64_t expected = -1;
  bool more = false;
  std::uint32_t requests = 0;
  std::size_t bytes = 0;
};
struct Absence {
  std::string source_id;
  bool hidden = false;  ///< not visible to this connection, so not known to be deleted
};
struct Fetched {
  std::unique_ptr<Arena> arena;
  std::vector<Slice> slices;
  std::vector<Absence> absent;
};

/// What a delivery says of one object (psabridge_event).
struct Event {
  std::string key, kind, entity, source_id, occurred_at, actor, body;
  bool deleted = false;
  bool whole = false;  ///< version and text hold the whole record
  std::string version, text;
};

/// A webhook at the source (docs/reference/webhooks.md).
struct Webhook {
  struct Subscription {
    std::string kind, number, title;  ///< kind: empty when it is none of the profile's
  };
  std::string id, name, url, auth;  ///< auth: how its deliveries prove themselves, in psabridge's words
  bool active = false;              ///< the source sends
  std::string trouble;              ///< why it does not, or what is wrong with it, in words; or empty
  std::vector<Subscription> events;
};
/// What a webhook shall be. `secret` is a reference, resolved by the plugin through its host.
struct WantedWebhook {
  std::string id;  ///< of the one to change; empty: a new one
  std::string name, url;
  std::string auth, user, header, digest, prefix, secret;  ///< as config::Webhook
  std::vector<Webhook::Subscription> events;
};
/// A line of the source's log of deliveries.
struct WebhookDelivery {
  std::string at, event, error;  ///< error: empty when the source was content with the answer
  int status = 0;                ///< that the receiver answered; 0: none
};

/// A field that shall show another value, as a pulled record has it; empty: nothing.
struct WantedField {
  std::string name, value;
  /// The values that may be overwritten; nothing: whatever the source shows.
  std::optional<std::vector<std::string>> expected;
};
/// What shall be different in one record of the source (psabridge_change).
struct OutgoingChange {
  std::string id, entity;
  std::string source_id;  ///< empty: a new record
  std::vector<WantedField> fields;
  std::vector<std::string> others;  ///< of a new record: source ids of those that other changes made
  std::string tried_at;  ///< RFC 3339: when it was first handed over, if the end is not known; or empty
};
/// What became of a change.
struct ChangeEnd {
  enum class Kind {
    done,     ///< every field shows what was wanted, but for the differences
    refused,  ///< nothing was written, and trying again cannot help
    retry,    ///< nothing was written so far
    unknown   ///< the call failed before its end
  } kind = Kind::unknown;
  struct Difference {
    std::string field, shown;
    bool written = false;  ///< false: the field was left alone
  };
  std::vector<Difference> differences;
  std::string source_id;         ///< of a done one: the record
  std::optional<Error> failure;  ///< why it was refused, or has to be tried again
};
struct PushReport {
  std::vector<ChangeEnd> ends;   ///< parallel to the changes
  std::optional<Error> failure;  ///< of the call as a whole
};

enum class Health { pass, warn, fail, skip };

/// One fact that a check found out (psabridge_finding).
struct Finding {
  Health health = Health::pass;
  std::string check, subject, code, fact, fix;
};
using FindingSink = std::function<void(Finding finding)>;

/// Thread-safe.
class Connector {
 public:
  virtual ~Connector() = default;
  virtual const ConnectorProfile& profile() const = 0;
  virtual PulledPage pull(const PullRequest& request, const Stop& stop) = 0;
  virtual Fetched get(std::string_view entity, std::span<const std::string> ids, const Stop& stop) = 0;
  /// How the connection signs in, as JSON (docs/reference/sign-in.md); empty when it needs no token.
  virtual std::string sign_in(const Stop& stop) = 0;
  /// Tells `sink` what it finds, as soon as it does, on the calling thread. A plugin that is older than this
  /// verb finds nothing.
  virtual void check(std::span<const std::string> entities, const FindingSink& sink, const Stop& stop) = 0;

  /// False for a plugin that offers no webhooks; the verbs below then throw Error PB2101.
  virtual bool has_webhooks() const = 0;
  /// Throws Error PB2102 (class data) for a body that is not understood.
  virtual std::vector<Event> decode(std::string_view body, const Stop& stop) = 0;
  virtual std::vector<Webhook> webhooks(const Stop& stop) = 0;
  virtual Webhook put_webhook(const WantedWebhook& wanted, const Stop& stop) = 0;
  virtual void remove_webhook(std::string_view id, const Stop& stop) = 0;
  virtual void test_webhook(std::string_view id, const Stop& stop) = 0;
  virtual std::vector<WebhookDelivery> webhook_log(std::string_view id, std::uint32_t limit,
                                                   const Stop& stop) = 0;

  /// Writes changes of different records. Does not throw when the call fails, because some changes have their
  /// end already then. A plugin that writes nothing fails with PB2305.
  virtual PushReport push(std::span<const OutgoingChange> changes, const Stop& stop) = 0;
};

/// One thread at a time, like the roles below.
class Syncer {
 public:
  virtual ~Syncer() = default;
  virtual const EntitySchema& schema() const = 0;
  /// Lets the plugin change fields and reject records (Fate::dead) of those whose fate is `write`.
  virtual void refine(Batch& batch, const Stop& stop) = 0;
};

/// psabridge_key_kind
enum class KeyKind : std::uint32_t { source_id, block, term };
/// psabridge_verdict
enum class DedupVerdict : std::uint8_t { distinct, review, same };

/// Takes what a strategy finds in the records of a batch. Texts live for the call.
class DedupKeySink {
 public:
  virtual ~DedupKeySink() = default;
  virtual void key(std::size_t record, KeyKind kind, std::string_view text) = 0;
  /// At most once per record; opaque bytes for compare().
  virtual void form(std::size_t record, std::string_view bytes) = 0;
};

/// How often keys occur among the live records of an entity. Thread-safe.
class DedupTerms {
 public:
  virtual ~DedupTerms() = default;
  virtual std::uint64_t count(KeyKind kind, std::string_view text) const noexcept = 0;
  virtual std::uint64_t total() const noexcept = 0;
};

/// What a strategy says of one candidate.
struct DedupWeight {
  DedupVerdict verdict = DedupVerdict::distinct;
  bool veto = false;        ///< only a person may join the two
  std::int64_t weight = 0;  ///< log2 of the odds that both are one, in 1/1024 bit
};
/// One part of a weight.
struct DedupReason {
  std::string field;
  std::int64_t weight = 0;
  std::string text;
};

/// Finds duplicates of one entity.
class DedupStrategy {
 public:
  virtual ~DedupStrategy() = default;
  /// Of the records whose fate is `write`. A record that has a block key has a form, too.
  virtual void keys(const Batch& batch, DedupKeySink& sink, const Stop& stop) = 0;
  /// Judges the candidates, in their order, by the forms that keys() gave.
  virtual void compare(std::string_view probe, std::span<const psabridge_str> candidates,
                       const DedupTerms& terms, std::span<DedupWeight> weights, const Stop& stop) = 0;
  /// Why a pair weighs what it does; `weight` is what compare() says of it, and the sum of the reasons.
  virtual std::vector<DedupReason> explain(std::string_view probe, std::string_view candidate,
                                           const DedupTerms& terms, DedupWeight& weight,
                                           const Stop& stop) = 0;
};

/// What a routing rule may look at beside the tickets (psabridge_routing_context). `ticket` is the index of a
/// record of the batch; texts live as long as the call of decide().
class RoutingContext {
 public:
  struct Linked {
    std::string_view team, reason;
  };
  struct Present {
    std::string_view team;
    bool by_this_rule = false;
  };
  virtual ~RoutingContext() = default;
  /// Links that hold for every ticket of their client, sorted by client.
  virtual std::span<const psabridge_link> links() const = 0;
  /// Sorted by name.
  virtual std::span<const psabridge_team> teams() const = 0;
  virtual Linked linked_team(std::size_t ticket) = 0;
  virtual Present present_team(std::size_t ticket) = 0;
  virtual std::string_view kin_team(std::size_t ticket, std::string_view field) = 0;
  virtual bool at_work(std::size_t ticket, std::string_view team) = 0;
};

/// A rule's decision for a record of the batch; texts live for the call.
using RouteTaker = std::function<void(std::size_t ticket, std::string_view team, std::string_view reason)>;

class RoutingRule {
 public:
  virtual ~RoutingRule() = default;
  /// Decides for `which` records of the batch, ascending. Decisions reach `take` after the whole call went
  /// well, each ticket at most once.
  virtual void decide(const Batch& tickets, std::span<const std::size_t> which, RoutingContext& context,
                      const RouteTaker& take, const Stop& stop) = 0;
};

struct Alert {
  std::uint32_t level;  ///< psabridge_level
  std::string code, pipeline, title, text;
  std::int64_t at_ms;
};
class Notifier {
 public:
  virtual ~Notifier() = default;
  virtual void send(const Alert& alert, const Stop& stop) = 0;
};

}  // namespace psabridge::plugin
