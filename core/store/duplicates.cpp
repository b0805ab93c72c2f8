#include "core/store/duplicates.h"

#include <unordered_set>

#include "core/store/entity_layout.h"

namespace psabridge::store {
namespace {

/// Of the state that says through which record of an entity was looked.
constexpr std::string_view kLooked = "dedup.looked";

}  // namespace

std::int64_t Duplicates::id_of(std::string_view entity) const {
  return database_.number("SELECT id FROM psabridge_entity WHERE name = ?1", entity);
}

// --- forms and what waits ---

void Duplicates::add_form(std::int64_t entity, std::int64_t record, std::string_view packed) {
  database_.run("INSERT OR REPLACE INTO psabridge_form (entity, record, packed) VALUES (?1, ?2, ?3)", entity,
                record, Blob{packed});
}

void Duplicates::change_form(std::int64_t entity, std::int64_t record, std::string_view packed) {
  add_form(entity, record, packed);
  database_.run("INSERT OR IGNORE INTO psabridge_waiting (entity, record) VALUES (?1, ?2)", entity, record);
}

void Duplicates::drop_form(std::int64_t entity, std::int64_t record) {
  database_.run("DELETE FROM psabridge_form WHERE entity = ?1 AND record = ?2", entity, record);
  if (database_.changes() > 0)
    database_.run("INSERT OR IGNORE INTO psabridge_waiting (entity, record) VALUES (?1, ?2)", entity, record);
}

void Duplicates::each_form(std::string_view entity,
                           const std::function<void(std::int64_t, std::string_view)>& take) const {
  Rows rows = database_.rows("SELECT record, packed FROM psabridge_form WHERE entity = ?1 ORDER BY record",
                             id_of(entity));
  while (rows.next()) take(rows->integer(0), rows->text(1));
}

std::string Duplicates::form(std::string_view entity, std::int64_t record) const {
  Rows rows = database_.rows("SELECT packed FROM psabridge_form WHERE entity = ?1 AND record = ?2",
                             id_of(entity), record);
  return rows.next() ? std::string(rows->text(0)) : std::string();
}

std::int64_t Duplicates::looked_through(std::string_view entity) const {
  return database_.number("SELECT value FROM psabridge_state WHERE owner = ?1 AND key = ?2", kLooked, entity);
}

void Duplicates::each_waiting(std::string_view entity, std::int64_t through,
                              const std::function<void(std::int64_t, std::string_view)>& take) const {
  const std::int64_t id = id_of(entity);
  Rows noted = database_.rows(
      "SELECT record, packed FROM psabridge_waiting LEFT JOIN psabridge_form USING (entity, record)"
      " WHERE entity = ?1 AND record <= ?2 ORDER BY record",
      id, through);
  while (noted.next()) take(noted->integer(0), noted->text(1));
  Rows added = database_.rows(
      "SELECT record, packed FROM psabridge_form WHERE entity = ?1 AND record > ?2 ORDER BY record", id,
      through);
  while (added.next()) take(added->integer(0), added->text(1));
}

std::uint64_t Duplicates::waiting_count(std::string_view entity, std::int64_t through) const {
  return static_cast<std::uint64_t>(
      database_.number("SELECT (SELECT count(*) FROM psabridge_waiting WHERE entity = ?1 AND record <= ?2)"
                       " + (SELECT count(*) FROM psabridge_form WHERE entity = ?1 AND record > ?2)",
                       id_of(entity), through));
}

void Duplicates::stop_waiting(std::string_view entity, std::int64_t through) {
  database_.run("DELETE FROM psabridge_waiting WHERE entity = ?1", id_of(entity));
  database_.run("INSERT OR REPLACE INTO psabridge_state (owner, key, value) VALUES (?1, ?2, ?3)", kLooked,
                entity, std::to_string(through));
}

void Duplicates::drop_forms(std::string_view entity) {
  database_.run("DELETE FROM psabridge_form WHERE entity = ?1", id_of(entity));
  stop_waiting(entity, 0);
}

// --- what was found ---

std::vector<FoundMatch> Duplicates::matches(std::string_view entity) const {
  std::vector<FoundMatch> matches;
  Rows rows = database_.rows(
      "SELECT a, b, verdict, veto, obstacle, weight FROM psabridge_match WHERE entity = ?1 ORDER BY a, b",
      id_of(entity));
  while (rows.next())
    matches.push_back({rows->integer(0), rows->integer(1), static_cast<int>(rows->integer(2)),
                       static_cast<int>(rows->integer(3)), static_cast<int>(rows->integer(4)),
                       rows->integer(5)});
  return matches;
}

void Duplicates::keep_match(std::string_view entity, const FoundMatch& match) {
  keep_match(id_of(entity), match);
}

void Duplicates::keep_match(std::int64_t entity, const FoundMatch& match) {
  database_.run(
      "INSERT OR REPLACE INTO psabridge_match (entity, a, b, verdict, veto, obstacle, weight)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      entity, match.a, match.b, match.verdict, match.veto, match.obstacle, match.weight);
}

void Duplicates::drop_match(std::string_view entity, std::int64_t a, std::int64_t b) {
  database_.run("DELETE FROM psabridge_match WHERE entity = ?1 AND a = ?2 AND b = ?3", id_of(entity), a, b);
}

void Duplicates::replace_all_matches(std::string_view entity, std::span<const FoundMatch> matches) {
  const std::int64_t id = id_of(entity);
  database_.run("DELETE FROM psabridge_match WHERE entity = ?1", id);
  for (const FoundMatch& match : matches) keep_match(id, match);
}

std::vector<std::pair<std::int64_t, std::int64_t>> Duplicates::members(std::string_view entity) const {
  std::vector<std::pair<std::int64_t, std::int64_t>> members;
  Rows rows = database_.rows("SELECT record, of FROM psabridge_member WHERE entity = ?1 ORDER BY record",
                             id_of(entity));
  while (rows.next()) members.emplace_back(rows->integer(0), rows->integer(1));
  return members;
}

std::optional<std::int64_t> Duplicates::entity_of(std::string_view entity, std::string_view connection,
                                                  std::string_view source_id) const {
  Rows rows = database_.rows(
      "SELECT coalesce(member.of, row.id) FROM " + sql_name(entity) +
          " AS row LEFT JOIN psabridge_member AS member ON member.entity = ?1 AND member.record = row.id"
          " WHERE row.connection = ?2 AND row.source_id = ?3 AND row.deleted_at IS NULL",
      id_of(entity), connection, source_id);
  if (!rows.next()) return std::nullopt;
  return rows->integer(0);
}

void Duplicates::set_member(std::string_view entity, std::int64_t record, std::optional<std::int64_t> of) {
  const std::int64_t id = id_of(entity);
  if (of)
    database_.run("INSERT OR REPLACE INTO psabridge_member (entity, record, of) VALUES (?1, ?2, ?3)", id,
                  record, *of);
  else
    database_.run("DELETE FROM psabridge_member WHERE entity = ?1 AND record = ?2", id, record);
}

void Duplicates::drop_members(std::string_view entity) {
  database_.run("DELETE FROM psabridge_member WHERE entity = ?1", id_of(entity));
}

std::map<std::int64_t, std::uint64_t> Duplicates::followers(std::string_view entity) const {
  std::map<std::int64_t, std::uint64_t> followers;
  for (const KnownEntity& known : known_entities(database_))
    for (const KnownField& field : known.fields) {
      const bool is_itself = known.name == entity && field.name == known.name + "_id";
      if (field.target != entity || field.type != "ref" || is_itself) continue;
      Rows rows = database_.rows(
          "SELECT row.id, count(*) FROM " + sql_name(known.name) + " AS follower JOIN " + sql_name(entity) +
          " AS row ON row.connection = follower.connection AND row.source_id = follower." +
          sql_name(field.name) + " WHERE follower.deleted_at IS NULL GROUP BY row.id");
      while (rows.next()) followers[rows->integer(0)] += static_cast<std::uint64_t>(rows->integer(1));
    }
  return followers;
}

std::optional<GoldenRecord> Duplicates::golden(std::string_view entity, std::int64_t of) const {
  Rows rows =
      database_.rows("SELECT fields FROM psabridge_golden WHERE entity = ?1 AND of = ?2", id_of(entity), of);
  if (!rows.next()) return std::nullopt;
  return GoldenRecord{of, std::string(rows->text(0))};
}

void Duplicates::set_golden(std::string_view entity, const GoldenRecord& golden) {
  database_.run("INSERT OR REPLACE INTO psabridge_golden (entity, of, fields) VALUES (?1, ?2, ?3)",
                id_of(entity), golden.entity, golden.fields);
}

void Duplicates::drop_golden(std::string_view entity, std::int64_t of) {
  database_.run("DELETE FROM psabridge_golden WHERE entity = ?1 AND of = ?2", id_of(entity), of);
}

void Duplicates::drop_all_golden(std::string_view entity) {
  database_.run("DELETE FROM psabridge_golden WHERE entity = ?1", id_of(entity));
}

// --- what people decided ---

/// An undo takes back a step, and an undo of the undo puts it in force again: from the newest on, a step that
/// is in force and undoes another puts that out of force.
void mark_undone(std::vector<DedupStep>& steps) {
  std::unordered_set<std::int64_t> undone;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    step->undone = undone.contains(step->id);
    if (!step->undone && step->undoes != 0) undone.insert(step->undoes);
  }
}

std::vector<DedupStep> Duplicates::steps(std::string_view entity) const {
  std::vector<DedupStep> steps;
  std::map<std::int64_t, std::size_t> places;
  const std::int64_t id = id_of(entity);
  Rows rows = database_.rows(
      "SELECT id, action, undoes, by, at, note FROM psabridge_step WHERE entity = ?1 ORDER BY id", id);
  while (rows.next()) {
    DedupStep step;
    step.id = rows->integer(0);
    step.entity = entity;
    step.action = rows->text(1);
    step.undoes = rows->integer(2);
    step.by = rows->text(3);
    step.at = rows->text(4);
    step.note = rows->text(5);
    places.emplace(step.id, steps.size());
    steps.push_back(std::move(step));
  }
  Rows words = database_.rows(
      "SELECT step, a, b, same FROM psabridge_word WHERE step IN"
      " (SELECT id FROM psabridge_step WHERE entity = ?1) ORDER BY step, a, b",
      id);
  while (words.next())
    steps[places.at(words->integer(0))].words.push_back(
        {words->integer(1), words->integer(2), words->integer(3) != 0});
  Rows pins = database_.rows(
      "SELECT step, record, field FROM psabridge_pin WHERE step IN"
      " (SELECT id FROM psabridge_step WHERE entity = ?1) ORDER BY step, record, field",
      id);
  while (pins.next())
    steps[places.at(pins->integer(0))].pins.push_back({pins->integer(1), std::string(pins->text(2))});
  mark_undone(steps);
  return steps;
}

std::string Duplicates::entity_of_step(std::int64_t id) const {
  Rows rows = database_.rows(
      "SELECT name FROM psabridge_entity WHERE id = (SELECT entity FROM psabridge_step WHERE id = ?1)", id);
  return rows.next() ? std::string(rows->text(0)) : std::string();
}

std::int64_t Duplicates::add_step(const DedupStep& step) {
  database_.run(
      "INSERT INTO psabridge_step (entity, action, undoes, by, at, note)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      id_of(step.entity), step.action, step.undoes, step.by, step.at, step.note);
  const std::int64_t id = database_.last_id();
  for (const DedupStep::Word& word : step.words)
    database_.run("INSERT OR REPLACE INTO psabridge_word (step, a, b, same) VALUES (?1, ?2, ?3, ?4)", id,
                  word.a, word.b, word.same);
  for (const DedupStep::Pin& pin : step.pins)
    database_.run("INSERT OR REPLACE INTO psabridge_pin (step, record, field) VALUES (?1, ?2, ?3)", id,
                  pin.record, pin.field);
  return id;
}

}  // namespace psabridge::store
