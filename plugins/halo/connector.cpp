#include "connector.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "check.h"
#include "deliveries.h"
#include "halo_embedded.h"
#include "server_answer.h"
#include "timestamp.h"

namespace psabridge::halo {
namespace {

using sdk::Failure;
using sdk::Outcome;

constexpr std::size_t kParentsPerPull = 20;
constexpr std::size_t kBytesPerPull =
    4u << 20;  // a pull of children ends early, so that pages stay small in memory
constexpr Milliseconds kClockDoubt = 24 * 3'600'000;
constexpr std::string_view kManyChildren = "10000";

const Entity& entity_named(std::string_view name) {
  if (const Entity* entity = find_entity(name)) return *entity;
  throw Failure(Outcome::invalid,
                "The Halo connector does not know the entity \"" + std::string(name) + "\".", "PB1208");
}

void add_rows(const std::vector<Row>& rows, bool ids_only, sdk::Page& page) {
  for (const Row& row : rows)
    page.add({.source_id = row.id,
              .version = row.version,
              .text = row.text,
              .id_only = ids_only && !row.id.empty(),
              .deleted = row.deleted});
}

/// First page of a read that begins now.
Walk first_walk(const Entity& entity, const sdk::Pull& pull, Pass pass) {
  Walk walk;
  const std::uint32_t wanted = pull.page_size == 0 ? entity.page_limit : pull.page_size;
  walk.position = Position::first(pass, std::min(wanted, entity.page_limit));
  return walk;
}

std::int64_t expected_rows(const Walk& walk) {
  return walk.position.count < 0 ? -1 : walk.before + walk.position.count;
}

/// Tickets name a priority by its number alone, but each service level agreement has a row of that number:
/// the one of the first agreement bears the bare number, so that every ticket's reference leads somewhere;
/// the others keep "agreement/number".
void name_priorities(std::vector<Row>& rows) {
  std::map<std::string, Row*> first;
  for (Row& row : rows) {
    const std::size_t slash = row.id.find('/');
    if (slash == std::string::npos) continue;
    Row*& best = first[row.id.substr(slash + 1)];
    const auto agreement = [](const Row& r) {
      return std::pair(r.id.find('/'), std::string_view(r.id));
    };  // as numbers order
    if (!best || agreement(row) < agreement(*best)) best = &row;
  }
  for (const auto& [number, row] : first) row->id = number;
}

/// The time from which a look for changes asks.
std::string changed_from(const Cursor& cursor, Milliseconds overlap) {
  const bool tail = cursor.walk->position.pass == Pass::tail;
  const std::optional<Milliseconds> since =
      tail ? std::optional(cursor.walk->start) : parse_time(cursor.since);
  return since ? format_time(*since - overlap) : std::string();
}

}  // namespace

HaloConnector::HaloConnector(sdk::Host& host, std::string_view settings_json)
    : host_(host),
      settings_(read_settings(settings_json)),
      session_(host, settings_),
      custom_fields_(host, session_),
      webhooks_(host, session_),
      push_(session_) {}

std::string HaloConnector::describe() { return std::string(kDescription); }

std::string HaloConnector::sign_in() { return session_.sign_in(); }

void HaloConnector::check(std::span<const std::string_view> entities, sdk::Findings& findings) {
  check_tenant({host_, settings_, session_}, entities, findings);
}

void HaloConnector::decode(std::string_view body, sdk::Events& events) {
  for (const DeliveredEvent& event : read_delivery(body)) {
    std::optional<sdk::Slice> record;
    if (event.record)
      record = {.source_id = event.source_id, .version = event.record->version, .text = event.record->text};
    events.add({.key = event.key,
                .kind = event.kind,
                .entity = event.entity,
                .source_id = event.source_id,
                .occurred_at = event.occurred_at,
                .actor = event.actor,
                .body = event.body,
                .deleted = event.deleted,
                .record = record});
  }
}

std::vector<sdk::Webhook> HaloConnector::webhooks() { return webhooks_.all(); }

sdk::Webhook HaloConnector::put_webhook(const sdk::WantedWebhook& wanted) { return webhooks_.put(wanted); }

void HaloConnector::remove_webhook(std::string_view id) { webhooks_.remove(std::string(id)); }

void HaloConnector::test_webhook(std::string_view id) { webhooks_.test(std::string(id)); }

std::vector<sdk::WebhookDelivery> HaloConnector::webhook_log(std::string_view id, std::uint32_t limit) {
  return webhooks_.log(std::string(id), limit);
}

void HaloConnector::push(std::span<const sdk::Change> changes, sdk::Pushed& pushed) {
  push_.push(changes, pushed);
}

void HaloConnector::pull(const sdk::Pull& pull, sdk::Page& page) {
  const Entity& entity = entity_named(pull.entity);
  if (entity.reading == Reading::children) {
    pull_children(entity, pull, page);
  } else {
    pull_records(entity, pull, page);
  }
}

HaloConnector::Answer HaloConnector::ask(const Entity& entity, const Query& query) {
  const std::string resource(entity.resource);
  Answer answer{session_.expect(resource, encoded(query), entity.name, entity.scope), {}};
  answer.slicing = slice_list(answer.response.body, entity.form);
  const std::string url = session_.url_of(resource);
  const Subject subject{entity.name, entity.scope, url};
  switch (answer.slicing.kind) {
    case BodyKind::rows:
      return answer;
    case BodyKind::html:
      throw page_failure(answer.response.body, subject);
    case BodyKind::broken:
      throw broken_failure(subject);
    case BodyKind::no_list:
      break;
  }
  throw no_records_failure(answer.response.body, subject);
}

/// The server's clock, because stamps are its own. A server that does not tell its time gets a day of doubt:
/// that much more is read again, and nothing is missed when this machine's clock is ahead.
Milliseconds HaloConnector::server_time(const sdk::HttpResponse& response) const {
  return parse_http_date(response.header("Date")).value_or(session_.now() - kClockDoubt);
}

/// A text that is no cursor of ours (from another version, say) costs a full read, never a record.
Cursor HaloConnector::cursor_of(const Entity& entity, const sdk::Pull& pull) const {
  const std::optional<Cursor> cursor = Cursor::parse(pull.cursor);
  if (!cursor)
    host_.log(sdk::Level::warning,
              "The cursor of " + std::string(entity.name) + " cannot be read; everything is read again.");
  return cursor.value_or(Cursor{});
}

Query HaloConnector::next_query(const Entity& entity, const sdk::Pull& pull, const Filters& filters,
                                const Cursor& cursor) {
  const bool first_of_all = cursor.since.empty() && cursor.walk->position.page == 1;
  const bool with_custom = entity.custom_fields && !pull.ids_only;
  const Question question{entity, filters, pull.ids_only,
                          with_custom ? custom_fields_.ids(first_of_all) : std::string(),
                          changed_from(cursor, settings_.overlap)};
  return query_of(question, cursor.walk->position);
}

void HaloConnector::pull_records(const Entity& entity, const sdk::Pull& pull, sdk::Page& page) {
  const Filters filters(pull.filters);
  Cursor cursor = cursor_of(entity, pull);
  if (cursor.since.empty() && !pull.ids_only) cursor.since = filters.changed_since();
  const std::vector<Pass> passes = plan(entity, filters, pull.ids_only, cursor.since.empty());
  const bool begins = !cursor.walk;
  if (begins) cursor.walk = first_walk(entity, pull, passes.front());
  Walk& walk = *cursor.walk;

  Answer answer = ask(entity, next_query(entity, pull, filters, cursor));
  if (entity.name == "priority") name_priorities(answer.slicing.rows);
  if (begins) walk.start = server_time(answer.response);
  remember(walk, answer.slicing.rows);
  std::uint32_t requests = 1;
  if (filters.details() && !pull.ids_only) {
    requests += push_details(entity, answer.slicing.rows, page);
  } else {
    add_rows(answer.slicing.rows, pull.ids_only, page);
  }
  const Step next = step(walk, answer.slicing, passes);
  if (next.missing > 0)
    host_.log(sdk::Level::warning,
              "Halo announced " + std::to_string(next.missing) + " more " + std::string(entity.name) +
                  " records than it gave. The next id sweep shows whether any are missing.");
  if (next.more)
    return page.end(
        {.next = cursor.text(), .more = true, .expected = expected_rows(walk), .requests = requests});
  const bool keeps_time = entity.reading != Reading::whole && !pull.ids_only;
  const std::string end = keeps_time ? finished(cursor, walk).text() : std::string();
  page.end({.next = end, .expected = expected_rows(walk), .requests = requests});
}

/// A list row lacks what only the full form has: the assets of a ticket, the fields of an asset's type, HTML.
/// A record that cannot be had in full (deleted meanwhile, hidden) goes on as the list gave it. Gives the
/// requests made.
std::uint32_t HaloConnector::push_details(const Entity& entity, const std::vector<Row>& rows,
                                          sdk::Page& page) {
  std::uint32_t requests = 0;
  for (const Row& row : rows) {
    sdk::Host::stop_if_cancelled();
    if (row.id.empty()) {
      add_rows({row}, false, page);
      continue;
    }
    const sdk::HttpResponse answer = ask_one(entity, row.id);
    ++requests;
    const bool absent = answer.status == 404 || answer.status == 403;
    if (answer.status != 200 && !absent)
      throw session_.failure(answer, std::string(entity.resource), entity.name, entity.scope);
    const Slicing slicing = absent ? Slicing{} : slice_record(answer.body, entity.form);
    const bool whole = slicing.kind == BodyKind::rows && slicing.rows.size() == 1;
    const Row& best = whole ? slicing.rows.front() : row;
    const std::string version(best.version.empty() ? row.version : best.version);
    page.add({.source_id = row.id, .version = version, .text = best.text, .deleted = best.deleted});
  }
  return requests;
}

/// The cursor is the index of the next parent: a page is a handful of parents, each with all of its children.
void HaloConnector::pull_children(const Entity& entity, const sdk::Pull& pull, sdk::Page& page) {
  std::size_t next = 0;
  std::from_chars(pull.cursor.data(), pull.cursor.data() + pull.cursor.size(), next);
  const std::size_t end = std::min(pull.parents.size(), next + kParentsPerPull);
  std::uint32_t requests = 0;
  for (std::size_t bytes = 0; next < end && bytes < kBytesPerPull; ++next) {
    sdk::Host::stop_if_cancelled();
    requests += read_children(entity, pull.parents[next], pull.ids_only, page, bytes);
  }
  const bool more = next < pull.parents.size();
  const std::string cursor = more ? std::to_string(next) : std::string();
  page.end({.next = cursor, .more = more, .requests = requests});
}

/// All children of one parent; their ids repeat from parent to parent, so the parent's id goes before. Gives
/// the requests made.
std::uint32_t HaloConnector::read_children(const Entity& entity, std::string_view parent, bool ids_only,
                                           sdk::Page& page, std::size_t& bytes) {
  Walk walk;
  walk.position = Position::first(Pass::whole, entity.page_limit);
  const Filters none("{}");
  std::uint32_t requests = 0;
  for (bool more = true; more;) {
    Query query = query_of({entity, none, ids_only, "", ""}, walk.position);
    query.emplace_back("ticket_id", parent);
    if (walk.position.pass == Pass::whole) query.emplace_back("count", kManyChildren);
    Answer answer = ask(entity, query);
    ++requests;
    bytes += answer.response.body.size();
    const Step next = step(walk, answer.slicing, {});
    for (Row& row : answer.slicing.rows)
      if (!row.id.empty()) row.id = std::string(parent) + "/" + row.id;
    add_rows(answer.slicing.rows, ids_only, page);
    more = next.more;
  }
  return requests;
}

void HaloConnector::get(std::string_view name, std::span<const std::string_view> ids, sdk::Fetched& fetched) {
  const Entity& entity = entity_named(name);
  for (const std::string_view id : ids) {
    sdk::Host::stop_if_cancelled();
    get_one(entity, id, fetched);
  }
}

/// The answer to a request for one record, whatever its status.
sdk::HttpResponse HaloConnector::ask_one(const Entity& entity, std::string_view id) {
  const std::size_t slash = id.find('/');
  const bool child = entity.reading == Reading::children && slash != std::string_view::npos;
  const std::string own_id(child ? id.substr(slash + 1) : id);
  Query query{{"includedetails", "true"}};
  if (child) query.emplace_back("ticket_id", id.substr(0, slash));
  const std::string resource = std::string(entity.resource) + "/" + encoded(own_id);
  return session_.get(resource, encoded(query));
}

void HaloConnector::get_one(const Entity& entity, std::string_view id, sdk::Fetched& fetched) {
  const sdk::HttpResponse answer = ask_one(entity, id);
  if (answer.status == 404) return fetched.absent(id, sdk::Absence::deleted);
  if (answer.status == 403 || (answer.status == 401 && session_.is_signed_in()))
    return fetched.absent(id, sdk::Absence::hidden);
  const std::string resource(entity.resource);
  if (answer.status != 200) throw session_.failure(answer, resource, entity.name, entity.scope);
  const std::string url = session_.url_of(resource);
  const Subject subject{entity.name, entity.scope, url};
  const Slicing slicing = slice_record(answer.body, entity.form);
  if (slicing.kind == BodyKind::html) throw page_failure(answer.body, subject);
  if (slicing.kind == BodyKind::broken) throw broken_failure(subject);
  if (slicing.kind == BodyKind::no_list) return fetched.absent(id, sdk::Absence::hidden);
  const Row& row = slicing.rows.front();
  fetched.add({.source_id = id, .version = row.version, .text = row.text, .deleted = row.deleted});
}

}  // namespace psabridge::halo
