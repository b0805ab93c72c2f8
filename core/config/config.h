// The configuration as typed values (docs/guide/configuration.md). YAML is read once, into these; nothing
// else of the host sees YAML.
#pragma once
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace psabridge::config {

/// Where something stands in a file; 1-based.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
};
/// "acme.yaml:12:5"
std::string to_string(const Location& at);

/// One thing that is wrong. `location` may be without a line (a file that is missing).
struct Problem {
  std::string code;  ///< PB10xx
  Location at;
  std::string message;  ///< what, where in the tree ("connections.acme.url"), why, what to do
};

/// Thrown with every problem at once. what() lists them, a line each: "file:line:column: PB1003: message".
class ConfigError : public Error {
 public:
  /// Not empty, in the order in which they are to be shown (load: by place). code() is that of the first.
  explicit ConfigError(std::vector<Problem> problems);
  const std::vector<Problem>& problems() const noexcept { return problems_; }
  const char* what() const noexcept override { return message().c_str(); }

 private:
  std::vector<Problem> problems_;
};

/// Settings that a plugin will read: the YAML subtree as JSON, with the place of every value.
struct Settings {
  boost::json::object values;
  Location at;  ///< of the subtree
  std::map<std::string, Location>
      locations;                         ///< of values, by JSON pointer below the subtree ("/auth/client_id")
  std::map<std::string, Location> keys;  ///< of the keys in front of them, by the same pointers
  std::vector<std::string> beside;  ///< keys that the host reads itself in the same mapping; for suggestions
};

struct Tls {
  std::string ca_file;  ///< extra certificate authorities (PEM), absolute path; empty: the system's
};

/// Requests that a connection may make.
struct RateLimit {
  std::uint32_t requests = 400;
  std::chrono::milliseconds per = std::chrono::minutes{5};
};

/// How long one try of a request may take, each counted from its start.
struct Timeouts {
  std::chrono::milliseconds connect = std::chrono::seconds{10};
  std::chrono::milliseconds first_byte =
      std::chrono::seconds{75};  ///< Halo's gateway gives up at about 60 s: its own word is better than none
  std::chrono::milliseconds total = std::chrono::seconds{90};
};

/// A time of the week, UTC, in which the source is not asked. It may pass midnight.
struct MaintenanceWindow {
  std::vector<std::string> days;  ///< on which it begins: "mon" ... "sun"; empty: every day
  std::string from, to;           ///< "HH:MM"
};

/// How the deliveries of a connection's webhook prove that they come from the source.
struct Webhook {
  std::string auth;    ///< basic, hmac, bearer, url, standard; empty: the connection takes no webhooks
  std::string secret;  ///< reference; load() has set secret://NAME.webhook when nothing was said
  std::string user = "psabridge";  ///< basic
  std::string
      header;  ///< hmac, bearer: that carries the proof; load(): Token for hmac, Authorization for bearer
  std::string digest = "base64";  ///< hmac: base64 or hex
  std::string prefix;             ///< hmac, bearer: before the proof; load(): "Bearer " in Authorization
  std::chrono::milliseconds tolerance = std::chrono::minutes{5};  ///< standard: age of a timestamp
  Location at;
};

/// One source account. Keys that the host does not own are the connector's and stand in `settings`.
struct Connection {
  std::string name;
  std::string connector;  ///< role name, "halo"
  Settings settings;      ///< url, tenant, auth, api_url, auth_url, ...
  Tls tls;
  std::string
      proxy;  ///< "http://host:port", a secret reference to such a text (resolve_secret takes both), or empty
  std::vector<std::string> no_proxy;  ///< hosts, .suffixes, addresses or CIDR ranges asked without the proxy
  bool allow_private = false;         ///< the source may be at an address that is not public
  Timeouts timeouts;
  RateLimit rate_limit;
  std::vector<MaintenanceWindow> maintenance;
  Webhook webhook;
  Location at;
};

/// `values: { "1": high }` and friends: where a canonical field comes from, said by the admin.
struct FieldMapping {
  std::string field;              ///< canonical field
  std::vector<std::string> from;  ///< source paths, first that is present wins; empty: the connector's own
  std::map<std::string, std::string>
      values;  ///< source text -> canonical text; a value not listed passes unchanged
  std::optional<std::string> fallback;  ///< `default:` text when nothing is there
  /// What becomes of a value that `values` does not list: keep, default, hold or reject.
  std::string unmapped = "keep";
  Location at;
};

/// One entity of a pipeline.
struct EntityUse {
  std::string entity;
  std::uint32_t page_size = 0;  ///< 0: the connector decides
  Settings filters;             ///< every other key: checked against the syncer's filters
  bool notes = false;           ///< `notes: true`: child records of the changed ones too
  Location at;
};

/// A plugin role used with settings: a dedup strategy, routing rule or notifier.
struct RoleUse {
  std::string use;    ///< role name
  Settings settings;  ///< the other keys
  Location at;
};

/// A routing rule in its place: a plugin role with settings, and the tickets that it is asked about.
struct RuleUse {
  std::string name;  ///< in decisions and figures; load(): the role's, "match 2" for the second one
  std::string use;   ///< role name
  std::optional<Settings> when;  ///< conditions (docs/reference/routing-conditions.md); none: every ticket
  Settings settings;             ///< the other keys
  Location at;
};

struct Guard {
  double delete_share = 0.05;        ///< of the known records of an entity (0..1)
  std::uint64_t delete_count = 500;  ///< absolute; whichever is reached first holds
};

/// `webhooks:` of a pipeline whose connection takes them.
struct WebhookUse {
  std::vector<std::string>
      events;  ///< kinds that are processed ("ticket.updated"); empty: all of its entities
  std::map<std::string, std::string>
      numbers;  ///< kind -> the source's number of the event, where it is not known
  std::chrono::milliseconds poll{
      0};  ///< between two polls while webhooks bring the changes; 0: four times `every`
  double missed_share =
      0.01;  ///< of the changes of an hour that may come unannounced; beyond, polls come every `every`
  Location at;
};

/// `write_back:` of a pipeline: what goes back to its source. Without fields nothing is ever written.
struct WriteBackUse {
  std::vector<std::string> fields;               ///< team, agent, status, priority, notes, merges
  std::map<std::string, std::string> conflicts;  ///< field -> ours, source or ask; not named: ask
  std::map<std::string, std::string> teams;  ///< managed team -> the source's name of it, where it differs
  Location at;
};

struct Pipeline {
  std::string name;
  std::string connection;
  std::chrono::milliseconds every = std::chrono::minutes{15};
  std::chrono::milliseconds sweep_every =
      std::chrono::hours{24};                            ///< id sweep for deletions; 0 = only with --full
  std::uint32_t concurrency = 4;                         ///< entities read at once
  std::vector<EntityUse> entities;                       ///< in the order of the file
  std::map<std::string, std::vector<FieldMapping>> map;  ///< by entity
  std::map<std::string, std::vector<RoleUse>> dedup;     ///< by entity
  std::vector<RuleUse> routing;
  std::vector<RuleUse> shadow;  ///< rules on trial beside `routing`: what they would do is noted, not done
  std::vector<RoleUse> notify;
  WebhookUse webhooks;
  WriteBackUse write_back;
  Guard guard;
  Location at;
};

/// `serve:` section: the daemon.
struct Serve {
  std::string listen = "127.0.0.1:8730";  ///< where webhooks are taken, host:port
  std::string status =
      "127.0.0.1:8731";          ///< where health, readiness and metrics are; loopback, or for your network
  std::string public_url;        ///< how the source reaches `listen`: https://psabridge.example.com
  std::string certificate, key;  ///< PEM files, absolute; both or none
  bool behind_proxy =
      false;  ///< a reverse proxy with TLS stands before `listen`: plain HTTP beyond loopback is meant
  std::uint32_t connections = 1024;  ///< at once
  std::uint32_t connections_per_address = 32;
  std::uint32_t body_limit = 2u << 20;  ///< bytes of a delivery, at most 16 MiB
  std::chrono::milliseconds keep_events = std::chrono::hours{24 * 30};  ///< done and skipped ones
  std::chrono::milliseconds keep_dead = std::chrono::hours{24 * 180};   ///< dead and discarded ones
  std::uint64_t most_events = 1'000'000;                                ///< finished ones kept at most
};

/// `plugins:` section.
struct PluginPolicy {
  std::vector<std::filesystem::path> folders;  ///< absolute; searched beside the built-in folder
  std::map<std::string, std::string> pins;     ///< plugin id -> SHA-256 in lower-case hex
};

/// `vault:` section: what opens the vault. At most one is set; none: a key file beside the store.
struct VaultPolicy {
  std::filesystem::path key_file;  ///< absolute
  std::string passphrase;          ///< reference (env:// or file://) to it, never itself
  std::string credential;          ///< name of a systemd credential that holds the key
};

/// `golden:` of an entity: which of several values counts when records are taken for one.
struct GoldenUse {
  std::string entity;
  std::vector<std::string> sources;           ///< connections, the most trusted first
  std::map<std::string, std::string> fields;  ///< field -> newest, most_frequent or longest
  Location at;
};

struct Config {
  std::string store = "sqlite:psabridge.db";  ///< load() has made the SQLite path absolute
  std::filesystem::path
      folder;  ///< of the configuration, absolute: where relative paths hang; load_text: empty
  PluginPolicy plugins;
  VaultPolicy vault;
  Serve serve;
  std::vector<Connection> connections;
  std::vector<Pipeline> pipelines;
  std::vector<GoldenUse> golden;

  /// Null when there is none of that name.
  const Connection* find_connection(std::string_view name) const;
  const Pipeline* find_pipeline(std::string_view name) const;
};

struct LoadOptions {
  bool allow_plain_secrets = false;  ///< --allow-plain: secrets may stand in the file itself
};

/// False when there is nothing to load: no such file, or a folder without *.yaml.
bool is_present(const std::filesystem::path& path);

/// Reads a file, or every *.yaml of a folder (merged; the same name twice is an error). Throws ConfigError
/// with all problems, Error PB1001 when there is nothing to read. No side effect, no network.
Config load(const std::filesystem::path& path, const LoadOptions& options = {});
/// The same for text; `file` names it in messages. The door of tests and of the fuzz target.
Config load_text(std::string_view yaml, const std::string& file, const LoadOptions& options = {});

/// The rules of a text with nothing but `routing:`, as in a pipeline; `file` names it in messages. Throws as
/// load() does.
std::vector<RuleUse> load_rules(std::string_view yaml, const std::string& file,
                                const LoadOptions& options = {});

/// Checks plugin settings against a JSON Schema (draft 7); problems carry the place of the offending value.
/// `tree` is the path of the settings in the file ("connections.acme").
std::vector<Problem> check_settings(const Settings& settings, std::string_view json_schema,
                                    const std::string& tree);

/// The JSON Schema of the YAML, as published in configs/psabridge.schema.json.
std::string json_schema();

}  // namespace psabridge::config
