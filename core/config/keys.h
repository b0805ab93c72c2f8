// The one table of the configuration's keys: name, member, form, description. The default of an optional key
// is what the member holds in a fresh value. The loader (reader.h) and the JSON Schema (schema.h) both visit
// it, so that they cannot differ.
#pragma once
#include "core/config/config.h"
#include "core/config/forms.h"

namespace psabridge::config {

template <class Visitor>
void visit_keys(Visitor& keys, Tls& tls) {
  keys.optional("ca_file", tls.ca_file, Path{},
                "PEM file of further certificate authorities, beside the system's");
}

template <class Visitor>
void visit_keys(Visitor& keys, RateLimit& limit) {
  keys.optional("requests", limit.requests, Count<std::uint32_t>{1, 1'000'000},
                "requests that may be made in each span `per`");
  keys.optional("per", limit.per, Span{std::chrono::seconds{1}}, "the span that `requests` counts in");
}

template <class Visitor>
void visit_keys(Visitor& keys, Timeouts& timeouts) {
  const Span at_least_a_second{std::chrono::seconds{1}};
  keys.optional("connect", timeouts.connect, at_least_a_second,
                "until the connection stands, TLS and proxy included");
  keys.optional("first_byte", timeouts.first_byte, at_least_a_second,
                "from the request until the answer begins");
  keys.optional("total", timeouts.total, at_least_a_second, "for the whole try, body included");
}

template <class Visitor>
void visit_keys(Visitor& keys, MaintenanceWindow& window) {
  keys.optional("days", window.days, OneOrMore{Choice{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}},
                "days on which it begins; every day when absent");
  keys.required("from", window.from, TimeOfDay{}, "when it begins, UTC");
  keys.required("to", window.to, TimeOfDay{}, "when it ends, UTC; earlier than `from`: on the next day");
}

template <class Visitor>
void visit_keys(Visitor& keys, Webhook& webhook) {
  keys.required("auth", webhook.auth, Choice{"basic", "hmac", "bearer", "url", "standard"},
                "how a delivery proves that it comes from the source");
  keys.optional("secret", webhook.secret, Secret{},
                "where the secret is that the proof is made with; secret://NAME.webhook when absent");
  keys.optional("user", webhook.user, UserName{}, "basic: user's name beside the secret");
  keys.optional("header", webhook.header, Name{},
                "hmac, bearer: header that carries the proof; Token or Authorization when absent");
  keys.optional("prefix", webhook.prefix, Literal{},
                "hmac, bearer: text before the proof; in Authorization \"Bearer \" when absent");
  keys.optional("digest", webhook.digest, Choice{"base64", "hex"}, "hmac: how the proof is written");
  keys.optional("tolerance", webhook.tolerance, Span{std::chrono::seconds{1}},
                "standard: by how much a delivery's time may differ from ours");
}

template <class Visitor>
void visit_keys(Visitor& keys, Connection& connection) {
  keys.required("connector", connection.connector, Name{},
                "connector plugin that reads the source, such as halo");
  keys.optional("tls", connection.tls, Mapping{}, "how servers prove who they are");
  keys.optional("proxy", connection.proxy, ProxyUrl{}, "proxy for every request of this connection");
  keys.optional("no_proxy", connection.no_proxy, OneOrMore{Text{}},
                "hosts, .suffixes, addresses or ranges (10.0.0.0/8) that are asked without the proxy");
  keys.optional("allow_private", connection.allow_private, Flag{},
                "the source is in a private network or on this machine");
  keys.optional("timeouts", connection.timeouts, Mapping{}, "how long one try of a request may take");
  keys.optional("rate_limit", connection.rate_limit, Mapping{}, "requests that this connection may make");
  keys.optional("maintenance", connection.maintenance, ListOf{Mapping{}},
                "times of the week in which the source is not asked");
  keys.optional("webhook", connection.webhook, Mapping{}, "how the source's webhook proves its deliveries");
  keys.checked("url", ServerUrl{}, "address of the source, as its users open it");
  keys.checked("api_url", ServerUrl{}, "address of the API, when it is not found from `url`");
  keys.checked("auth_url", ServerUrl{},
               "address of the authorisation server, when it is not found from `url`");
  keys.rest(connection.settings, "the connector's own settings, such as tenant and auth");
}

template <class Visitor>
void visit_keys(Visitor& keys, FieldMapping& mapping) {
  keys.optional("from", mapping.from, OneOrMore{Text{}},
                "path in the source's record, or several of which the first that is there counts; the "
                "connector's own when absent");
  keys.optional("values", mapping.values, MapOf{Literal{}, Literal{}},
                "source value to our value; a value that is not listed stays as it is");
  keys.optional("default", mapping.fallback, Literal{}, "our value when the source has none");
  keys.optional(
      "unmapped", mapping.unmapped, Choice{"keep", "default", "hold", "reject"},
      "a value that `values` does not list: stays as it is, becomes the default, holds its record as a "
      "dead letter, or leaves the record out");
}

template <class Visitor>
void visit_keys(Visitor& keys, EntityUse& use) {
  keys.optional("page_size", use.page_size, Count<std::uint32_t>{0, 10'000},
                "records per request; 0 lets the connector decide");
  keys.optional("notes", use.notes, Flag{}, "read the notes of each changed record too");
  keys.rest(use.filters, "filters of the entity, such as active, since, statuses, types, clients");
}

template <class Visitor>
void visit_keys(Visitor& keys, RoleUse& role) {
  keys.required("use", role.use, Name{}, "role of a plugin, such as identity, client_team, fallback, log");
  keys.rest(role.settings, "the role's own settings");
}

template <class Visitor>
void visit_keys(Visitor& keys, RuleUse& rule) {
  keys.required("use", rule.use, Name{}, "routing rule of a plugin, such as client_team, match, fallback");
  keys.optional("name", rule.name, Text{}, "its name in decisions and figures; the role's when absent");
  keys.optional("when", rule.when, Subtree{},
                "conditions that a ticket has to meet for the rule to be asked; none: every ticket");
  keys.rest(rule.settings, "the rule's own settings, such as team");
}

/// A file that holds rules alone.
struct RuleFile {
  std::vector<RuleUse> routing;
};

template <class Visitor>
void visit_keys(Visitor& keys, RuleFile& file) {
  keys.required("routing", file.routing, ListOf{ShortOr{&RuleUse::use, Name{}}},
                "rules that choose the team of a ticket; the first that decides wins");
}

template <class Visitor>
void visit_keys(Visitor& keys, Guard& guard) {
  keys.optional("delete_share", guard.delete_share, Share{},
                "share of an entity's known records that a run may delete unasked");
  keys.optional("delete_count", guard.delete_count, Count<std::uint64_t>{},
                "records of an entity that a run may delete unasked; what is reached first holds");
}

template <class Visitor>
void visit_keys(Visitor& keys, WebhookUse& use) {
  keys.optional("events", use.events, OneOrMore{EventKind{}},
                "kinds of events that are processed; those of all its entities when absent");
  keys.optional("numbers", use.numbers, MapOf{EventKind{}, Literal{}},
                "kind of event to the source's number of it, where the connector does not know it");
  keys.optional("poll", use.poll, Span{},
                "time between two polls while webhooks bring the changes; 0s: four times `every`");
  keys.optional(
      "missed_share", use.missed_share, Share{},
      "share of an hour's changes that may come without an event; beyond it polls come every `every`");
}

template <class Visitor>
void visit_keys(Visitor& keys, WriteBackUse& use) {
  keys.optional("fields", use.fields,
                OneOrMore{Choice{"team", "agent", "status", "priority", "notes", "merges"}},
                "what is written back; nothing when absent");
  keys.optional("conflicts", use.conflicts,
                MapOf{Choice{"team", "agent", "status", "priority"}, Choice{"ours", "source", "ask"}},
                "field to who wins when the source has changed it too; ask when absent");
  keys.optional("teams", use.teams, MapOf{Literal{}, Literal{}},
                "managed team to the source's name of it, where the two differ");
}

template <class Visitor>
void visit_keys(Visitor& keys, Pipeline& pipeline) {
  const ListOf roles{ShortOr{&RoleUse::use, Name{}}};
  const ListOf rules{ShortOr{&RuleUse::use, Name{}}};
  const Named fields{&FieldMapping::field, Word{}, ShortOr{&FieldMapping::from, OneOrMore{Text{}}}};
  keys.required("connection", pipeline.connection, Name{}, "name of the connection to read from");
  keys.optional("every", pipeline.every, Span{std::chrono::seconds{1}}, "time between two runs");
  keys.optional("sweep", pipeline.sweep_every, Span{},
                "time between two searches for deleted records; 0s: only with --full");
  keys.optional("concurrency", pipeline.concurrency, Count<std::uint32_t>{1, 16},
                "entities that are read at once");
  keys.required("entities", pipeline.entities, Named{&EntityUse::entity, Word{}, Mapping{}, 1},
                "what is read, with its filters");
  keys.optional("map", pipeline.map, MapOf{Word{}, fields},
                "by entity: where a field comes from, when not as the connector says");
  keys.optional("dedup", pipeline.dedup, MapOf{Word{}, roles},
                "by entity: strategies that find duplicates, in this order");
  keys.optional("routing", pipeline.routing, rules,
                "rules that choose the team of a ticket; the first that decides wins");
  keys.optional("shadow", pipeline.shadow, rules,
                "rules on trial: where they would send tickets is noted beside what `routing` does");
  keys.optional("notify", pipeline.notify, roles, "channels that alerts go to");
  keys.optional("webhooks", pipeline.webhooks, Mapping{}, "what is made of the events of the source");
  keys.optional("write_back", pipeline.write_back, Mapping{}, "what goes back to the source");
  keys.optional("guard", pipeline.guard, Mapping{}, "what a run may not do without being asked");
}

template <class Visitor>
void visit_keys(Visitor& keys, Serve& serve) {
  const Span at_least_an_hour{std::chrono::hours{1}};
  keys.optional("listen", serve.listen, HostPort{}, "where webhooks are taken");
  keys.optional("status", serve.status, HostPort{}, "where health, readiness and metrics are");
  keys.optional("public_url", serve.public_url, ServerUrl{}, "how the source reaches `listen`");
  keys.optional("certificate", serve.certificate, Path{},
                "PEM file of the certificate for HTTPS, whole chain");
  keys.optional("key", serve.key, Path{}, "PEM file of the certificate's private key");
  keys.optional(
      "behind_proxy", serve.behind_proxy, Flag{},
      "a reverse proxy with TLS stands before `listen`, so that plain HTTP beyond this machine is meant");
  keys.optional("connections", serve.connections, Count<std::uint32_t>{1, 65'536}, "connections at once");
  keys.optional("connections_per_address", serve.connections_per_address, Count<std::uint32_t>{1, 65'536},
                "connections at once from one address; does not count for this machine's own");
  keys.optional("body_limit", serve.body_limit, Count<std::uint32_t>{1'024, 16u << 20},
                "bytes of a delivery");
  keys.optional("keep_events", serve.keep_events, at_least_an_hour,
                "how long done and skipped events are kept");
  keys.optional("keep_dead", serve.keep_dead, at_least_an_hour,
                "how long dead and discarded events are kept");
  keys.optional("most_events", serve.most_events, Count<std::uint64_t>{1},
                "finished events that are kept at most");
}

template <class Visitor>
void visit_keys(Visitor& keys, PluginPolicy& policy) {
  keys.optional("folders", policy.folders, ListOf{Path{}}, "folders of plugins beside the built-in one");
  keys.optional("pins", policy.pins, MapOf{Text{}, Sha256{}},
                "plugin id to the SHA-256 that its file must have");
}

template <class Visitor>
void visit_keys(Visitor& keys, VaultPolicy& policy) {
  keys.optional("key_file", policy.key_file, Path{},
                "file with the vault's key, made at the first use; beside the store when nothing is said");
  keys.optional("passphrase", policy.passphrase, PassphraseReference{},
                "where the passphrase is that opens the vault, instead of a key file");
  keys.optional("credential", policy.credential, Name{},
                "systemd credential that holds the vault's key, instead of a key file");
}

template <class Visitor>
void visit_keys(Visitor& keys, GoldenUse& use) {
  keys.optional("sources", use.sources, ListOf{Name{}},
                "connections, the most trusted first: its value counts; the others come after them");
  keys.optional("fields", use.fields, MapOf{Word{}, Choice{"newest", "most_frequent", "longest"}},
                "field to the rule that decides before all others");
}

template <class Visitor>
void visit_keys(Visitor& keys, Config& config) {
  keys.fixed("version", Count<std::uint32_t>{1, 1}, "version of this format");
  keys.optional("store", config.store, StoreAddress{}, "where the local copy is kept");
  keys.optional("plugins", config.plugins, Mapping{}, "which plugins may be loaded");
  keys.optional("vault", config.vault, Mapping{}, "what opens the secrets that the store keeps");
  keys.optional("serve", config.serve, Mapping{}, "the daemon, which takes webhooks");
  keys.optional("connections", config.connections, Named{&Connection::name, Name{}, Mapping{}},
                "source accounts, by name");
  keys.optional("pipelines", config.pipelines, Named{&Pipeline::name, Name{}, Mapping{}},
                "what is synced, by name");
  keys.optional("golden", config.golden, Named{&GoldenUse::entity, Word{}, Mapping{}},
                "by entity: which of several values counts when duplicates are taken for one");
}

}  // namespace psabridge::config
