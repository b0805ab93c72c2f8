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
  std::map<std::string, SourceMapping> map;
  std::vector<CustomList> custom;
};

/// What a connector offers.
struct ConnectorProfile {
  std::map<std::string, SourceEntity> entities;
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
};

/// One thread at a time, like the roles below.
class Syncer {
 public:
  virtual ~Syncer() = default;
  virtual const EntitySchema& schema() const = 0;
  /// Lets the plugin change fields and reject records (Fate::dead) of those whose fate is `write`.
  virtual void refine(Batch& batch, const Stop& stop) = 0;
};

struct DedupKey {
  std::size_t record;
  bool source_id;  ///< PSABRIDGE_KEY_SOURCE_ID
  std::string text;
};
enum class DedupVerdict { distinct, review, same };
struct DedupMatch {
  std::size_t candidate;
  DedupVerdict verdict;
  double score;
  std::string evidence;
};
class DedupStrategy {
 public:
  virtual ~DedupStrategy() = default;
  virtual std::vector<DedupKey> keys(const Batch& batch, const Stop& stop) = 0;
  virtual std::vector<DedupMatch> score(const Batch& probe, const Batch& candidates, const Stop& stop) = 0;
};

/// The tie of a client (source id) to a managed team.
struct Link {
  std::string client, team;
};
class RoutingRule {
 public:
  virtual ~RoutingRule() = default;
  /// Decides for tickets whose verdict has no team yet; views of the decision live in the batch's arena.
  /// `links` sorted by client.
  virtual void decide(Batch& tickets, std::span<const Link> links, const Stop& stop) = 0;
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
