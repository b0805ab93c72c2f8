#include "walk.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <set>

namespace psabridge::halo {
namespace {

namespace json = boost::json;

constexpr std::int64_t kRetreatsAtOnce = 8;  // a walk may go back this often, and once more for every
constexpr std::int64_t kPagesPerRetreat =
    4;  // so many pages of progress: a busy source cannot hold it for ever
constexpr std::size_t kMostRemembered = 200;  // records without version whose fingerprints a cursor carries
constexpr std::string_view kEveryId = "1000000";

constexpr std::array<std::string_view, 7> kPassNames{"open", "closed", "all", "changes",
                                                     "tail", "whole",  "ids"};

std::string_view name_of(Pass pass) { return kPassNames[static_cast<std::size_t>(pass)]; }

Pass pass_named(std::string_view name) {
  const auto found = std::find(kPassNames.begin(), kPassNames.end(), name);
  if (found == kPassNames.end()) throw std::invalid_argument("unknown pass");
  return static_cast<Pass>(found - kPassNames.begin());
}

bool in_one_answer(Pass pass) { return pass == Pass::whole || pass == Pass::ids; }
bool looks_for_changes(Pass pass) { return pass == Pass::changes || pass == Pass::tail; }

std::string fingerprint(std::string_view text) {  // FNV-1a, 64 bits
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return std::to_string(hash);
}

/// Rows of a page, a repeated id counted once: positions on the server count each record once.
std::int64_t distinct(const std::vector<Row>& rows) {
  std::set<std::string_view> ids;
  std::int64_t without_id = 0;
  for (const Row& row : rows) {
    if (row.id.empty()) {
      ++without_id;
    } else {
      ids.insert(row.id);
    }
  }
  return static_cast<std::int64_t>(ids.size()) + without_id;
}

bool any_new(const std::vector<Row>& rows, const std::vector<std::string>& known) {
  const std::set<std::string_view> old(known.begin(), known.end());
  return std::any_of(rows.begin(), rows.end(), [&](const Row& row) { return !old.contains(row.id); });
}

std::vector<std::string> ids_of(const std::vector<Row>& rows) {
  std::vector<std::string> ids;
  ids.reserve(rows.size());
  for (const Row& row : rows) ids.push_back(row.id);
  return ids;
}

json::object to_json(const Walk& walk) {
  const Position& position = walk.position;
  json::object out{{"pass", name_of(position.pass)}, {"limit", position.limit},
                   {"page", position.page},          {"consumed", position.consumed},
                   {"fullest", position.fullest},    {"count", position.count},
                   {"retreats", position.retreats},  {"moved", position.moved},
                   {"restarts", position.restarts},  {"before", walk.before},
                   {"newest", walk.newest},          {"last", json::value_from(position.last_ids)}};
  out["start"] = format_time(walk.start);
  if (!walk.looked.empty()) out["looked"] = json::value_from(walk.looked);
  return out;
}

Walk walk_from(const json::object& in) {
  Walk walk;
  Position& position = walk.position;
  position.pass = pass_named(in.at("pass").as_string());
  position.limit = in.at("limit").as_int64();
  position.page = in.at("page").as_int64();
  position.consumed = in.at("consumed").as_int64();
  position.fullest = in.at("fullest").as_int64();
  position.count = in.at("count").as_int64();
  position.retreats = in.at("retreats").as_int64();
  if (const json::value* moved = in.if_contains("moved")) position.moved = moved->as_bool();
  if (const json::value* restarts = in.if_contains("restarts")) position.restarts = restarts->as_int64();
  position.last_ids = json::value_to<std::vector<std::string>>(in.at("last"));
  walk.before = in.at("before").as_int64();
  walk.newest = in.at("newest").as_string();
  walk.start = parse_time(in.at("start").as_string()).value();
  if (const json::value* looked = in.if_contains("looked"))
    walk.looked = json::value_to<std::map<std::string, std::string>>(*looked);
  return walk;
}

/// The states of tickets that a pass is about. Without any, Halo leaves out what was closed some time ago.
Query state_of(Pass pass, const Filters& filters) {
  if (pass == Pass::open) return {{"open_only", "true"}};
  if (pass != Pass::closed) return {{"includeclosed", "true"}, {"includecompleted", "true"}};
  Query query{{"closed_only", "true"}};
  if (!filters.since().empty()) query.emplace_back("lastupdatefromdate", filters.since());
  return query;
}

void append(Query& query, Query more) { std::move(more.begin(), more.end(), std::back_inserter(query)); }

/// "a=1&b=2" of the table of entities.
Query split(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    query.emplace_back(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
  }
  return query;
}

/// A list of ids decides what counts as deleted, so it must say itself how many there are; a short list need
/// not.
bool is_whole(Pass pass, const Slicing& read) {
  return read.record_count ? distinct(read.rows) >= *read.record_count : pass == Pass::whole;
}

}  // namespace

Position Position::first(Pass pass, std::int64_t limit) {
  Position position;
  position.pass = pass;
  position.limit = limit;
  return position;
}

/// When fewer rows are announced than before, rows left the list in front of this page, and as many moved
/// over its beginning to pages that were read already: those are read again.
bool Position::retreated(std::int64_t new_count) {
  const std::int64_t left = count < 0 ? 0 : count - new_count;
  const bool affordable = retreats < kRetreatsAtOnce + page / kPagesPerRetreat;
  if (left <= 0 || page == 1 || fullest == 0 || !affordable) return false;
  page = std::max<std::int64_t>(1, page - (left + fullest - 1) / fullest);
  consumed = (page - 1) * fullest;
  ++retreats;
  return true;
}

bool Position::advance(const Slicing& page_read) {
  const std::int64_t rows = distinct(page_read.rows);
  const bool sane = page_read.record_count && *page_read.record_count >= rows;
  // Rows that came in front of it since the last page move a page down whole: then it shows the ids of the
  // page before.
  const bool grew = sane && count >= 0 && *page_read.record_count > count;
  const bool fresh = grew || any_new(page_read.rows, last_ids);
  const bool back = sane && retreated(*page_read.record_count);
  moved = moved || (sane && count >= 0 && count != *page_read.record_count);
  if (sane) count = *page_read.record_count;
  if (!page_read.rows.empty()) last_ids = ids_of(page_read.rows);
  if (back) return true;
  if (!fresh) return false;
  fullest = std::max(fullest, rows);
  consumed += rows;
  ++page;
  return count < 0 || consumed < count;
}

std::optional<Cursor> Cursor::parse(std::string_view text) {
  Cursor cursor;
  if (text.empty()) return cursor;
  try {
    const json::value parsed = json::parse(text);
    const json::object& in = parsed.as_object();
    if (const json::value* since = in.if_contains("since")) cursor.since = since->as_string();
    if (const json::value* seen = in.if_contains("seen"))
      cursor.seen = json::value_to<std::map<std::string, std::string>>(*seen);
    if (const json::value* walk = in.if_contains("walk")) cursor.walk = walk_from(walk->as_object());
    return cursor;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::string Cursor::text() const {
  if (since.empty() && !walk) return {};
  json::object out{{"since", since}};
  if (!seen.empty()) out["seen"] = json::value_from(seen);
  if (walk) out["walk"] = to_json(*walk);
  return json::serialize(out);
}

std::vector<Pass> plan(const Entity& entity, const Filters& filters, bool ids_only, bool full) {
  if (entity.reading == Reading::whole) return {Pass::whole};
  if (!full && !ids_only) return {Pass::changes};
  if (ids_only && entity.id_list) return {Pass::ids};
  if (entity.reading == Reading::pages) return {Pass::all, Pass::tail};
  std::vector<Pass> passes;
  if (filters.wants_open()) passes.push_back(Pass::open);
  if (filters.wants_closed()) passes.push_back(Pass::closed);
  if (!filters.open_first()) std::reverse(passes.begin(), passes.end());
  passes.push_back(Pass::tail);
  return passes;
}

/// A look for changes leaves nothing out that a record could have moved into or out of: the host filters, and
/// so learns of both.
Query query_of(const Question& question, const Position& position) {
  const Entity& entity = question.entity;
  Query query = split(entity.fixed_query);
  if (!in_one_answer(position.pass)) {
    append(query, {{"pageinate", "true"},
                   {"page_no", std::to_string(position.page)},
                   {"page_size", std::to_string(position.limit)},
                   {"order", "id"},
                   {"orderdesc", "false"}});
  }
  if (position.pass == Pass::ids) append(query, {{"idonly", "true"}, {"count", std::string(kEveryId)}});
  if (entity.reading == Reading::passes) append(query, state_of(position.pass, question.filters));
  const bool changes = looks_for_changes(position.pass);
  if (changes) query.emplace_back("lastupdatefromdate", question.changed_from);
  append(query, changes ? Filters("{}").pushed_down(entity) : question.filters.pushed_down(entity));
  if (question.ids_only && entity.reading == Reading::passes) query.emplace_back("ticketidonly", "true");
  if (!question.ids_only && !question.custom_fields.empty())
    query.emplace_back("include_custom_fields", question.custom_fields);
  return query;
}

void remember(Walk& walk, std::span<const Row> rows) {
  const bool look = looks_for_changes(walk.position.pass);
  for (const Row& row : rows) {
    walk.newest = std::max(walk.newest, row.version);
    if (look && !row.id.empty() && walk.looked.size() <= kMostRemembered)
      walk.looked[row.id] = row.version.empty() ? fingerprint(row.text) : row.version;
  }
}

Step step(Walk& walk, const Slicing& page_read, std::span<const Pass> passes) {
  Position& position = walk.position;
  if (in_one_answer(position.pass)) {
    if (is_whole(position.pass, page_read)) return {false, 0};
    position = Position::first(Pass::all, position.limit);
    return {true, 0};
  }
  if (position.advance(page_read)) return {true, 0};
  const std::int64_t missing = position.missing();
  // What left the list in front of the walk's place and what came behind it can hide each other in the count.
  // No sweep would notice a change that was missed so: a look for changes at a list that moved is made once
  // more.
  if (position.moved && looks_for_changes(position.pass) && position.restarts == 0) {
    position = Position::first(position.pass, position.limit);
    position.restarts = 1;
    return {true, 0};
  }
  const auto current = std::find(passes.begin(), passes.end(), position.pass);
  if (current == passes.end() || current + 1 == passes.end()) return {false, missing};
  walk.before += position.consumed;
  position = Position::first(current[1], position.limit);
  return {true, missing};
}

Cursor finished(const Cursor& before, const Walk& walk) {
  const std::string start = format_time(walk.start);
  const bool remembered = walk.looked.size() <= kMostRemembered;
  Cursor after;
  // The latest version is told by the same clock as the next question's time; the Date header guards against
  // stamps in the future.
  after.since = walk.newest.empty() ? start : std::min(start, walk.newest);
  if (remembered) after.seen = walk.looked;
  const bool known = remembered && std::all_of(after.seen.begin(), after.seen.end(), [&](const auto& entry) {
                       const auto found = before.seen.find(entry.first);
                       return found != before.seen.end() && found->second == entry.second;
                     });
  const bool older = !walk.newest.empty() && after.since <= before.since;
  const bool nothing_new = !before.since.empty() && (known || older);
  return nothing_new ? Cursor{before.since, before.seen, std::nullopt} : after;
}

}  // namespace psabridge::halo
