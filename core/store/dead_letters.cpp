#include "core/store/dead_letters.h"

#include <xxhash.h>

#include <array>
#include <string>

#include "core/base/text.h"

namespace psabridge::store {
namespace {

using PayloadHash = std::array<char, 16>;

PayloadHash hash_of(std::string_view payload) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(payload.data(), payload.size()));
  PayloadHash hash;
  std::copy(std::begin(canonical.digest), std::end(canonical.digest), hash.begin());
  return hash;
}

/// What tells one dead letter from another: the source id, or, when the record has none, its payload.
std::string key_of(const Record& record, const PayloadHash& hash) {
  if (record.source_id.size > 0) return "id:" + std::string(view(record.source_id));
  return "payload:" + hexadecimal({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

}  // namespace

void DeadLetters::begin_page(std::string_view connection, std::string_view pipeline, std::string_view entity,
                             RunId run, std::string_view now) {
  connection_ = connection;
  pipeline_ = pipeline;
  entity_ = entity;
  run_ = run;
  now_ = now;
  any_open_ = database_.number(
                  "SELECT 1 FROM psabridge_dead WHERE connection = ?1 AND entity = ?2 AND state IN ('open', "
                  "'retried')"
                  " LIMIT 1",
                  connection, entity) != 0;
}

bool DeadLetters::keep(const Record& record, const Verdict& verdict) {
  const std::string_view payload = view(record.raw);
  const PayloadHash hash = hash_of(payload);
  const Blob hash_blob{{hash.data(), hash.size()}};
  database_.run(
      "INSERT INTO psabridge_dead (connection, pipeline, entity, key, source_id, source_version, code, "
      "reason, payload, payload_hash,"
      " state, first_seen_at, last_seen_at, times, run) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
      "'open', ?11, ?11, 1, ?12)"
      " ON CONFLICT (connection, entity, key) DO UPDATE SET pipeline = excluded.pipeline, source_version = "
      "excluded.source_version,"
      " code = excluded.code, reason = excluded.reason, payload = excluded.payload, payload_hash = "
      "excluded.payload_hash,"
      " state = 'open', last_seen_at = excluded.last_seen_at, times = times + 1, run = excluded.run"
      " WHERE state IN ('retried', 'resolved') OR payload_hash <> excluded.payload_hash OR code <> "
      "excluded.code"
      " OR reason <> excluded.reason",
      connection_, pipeline_, entity_, key_of(record, hash), view(record.source_id), view(record.version),
      verdict.dead_code, verdict.dead_reason, Blob{payload}, hash_blob, now_, run_);
  const bool changed = database_.changes() > 0;
  any_open_ = any_open_ || changed;
  return changed;
}

bool DeadLetters::resolve(const Record& record) {
  if (!any_open_ || record.source_id.size == 0) return false;
  // A version older than the one that failed says nothing about it.
  database_.run(
      "UPDATE psabridge_dead SET state = 'resolved', last_seen_at = ?4, run = ?5 WHERE connection = ?1 AND "
      "entity = ?2"
      " AND key = 'id:' || ?3 AND state IN ('open', 'retried') AND (?6 = '' OR source_version <= ?6)",
      connection_, entity_, view(record.source_id), now_, run_, view(record.version));
  return database_.changes() > 0;
}

bool DeadLetters::is_open(const Record& record) {
  return any_open_ &&
         database_.number(
             "SELECT 1 FROM psabridge_dead WHERE connection = ?1 AND entity = ?2 AND key = 'id:' || ?3"
             " AND state IN ('open', 'retried')",
             connection_, entity_, view(record.source_id)) != 0;
}

}  // namespace psabridge::store
