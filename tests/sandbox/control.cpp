#include "tests/sandbox/control.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>

namespace sandbox {
namespace {

namespace json = boost::json;

[[noreturn]] void complain(const std::string& what) { throw std::invalid_argument(what); }

json::object parse_object(std::string_view body) {
  json::parse_options options;
  options.allow_invalid_utf8 = true;  // tests inject bytes that are not UTF-8
  const json::value value = body.empty() ? json::value(json::object()) : json::parse(body, {}, options);
  if (!value.is_object()) complain("The body must be a JSON object.");
  return value.get_object();
}

std::string text_or(const json::object& object, std::string_view key, std::string_view fallback) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string(fallback);
}

std::int64_t number_or(const json::object& object, std::string_view key, std::int64_t fallback) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : fallback;
}

// "hex:22ff22" stands for the bytes themselves; other text is taken as it is.
std::string raw_bytes(const std::string& text) {
  constexpr std::string_view kHex = "hex:";
  if (!text.starts_with(kHex)) return text;
  std::string bytes;
  for (std::size_t i = kHex.size(); i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

Injection injection_of(const json::object& request) {
  Injection injection;
  if (const auto* fields = request.if_contains("fields")) injection.fields = fields->as_object();
  if (const auto* raw = request.if_contains("raw")) {
    for (const auto& [key, value] : raw->as_object())
      injection.raw.emplace_back(key, raw_bytes(std::string(value.as_string())));
  }
  if (const auto* omit = request.if_contains("omit")) {
    for (const auto& key : omit->as_array()) injection.omit.emplace_back(key.as_string());
  }
  return injection;
}

constexpr std::string_view kOperations[] = {"create", "update",  "close", "reopen",
                                            "delete", "restore", "touch"};

}  // namespace

struct Control::Mutation {
  Entity entity = Entity::ticket;
  bool notes = false;  // of the chosen tickets
  std::string operation;
  std::int64_t count = 1;
  std::vector<std::int32_t> ids;
  std::int32_t note_id = 0;  // 0: the last one
  std::int64_t agent;        // who is said to have done it
  Injection injection;

  explicit Mutation(const json::object& request);
  bool accepts(const Row& row) const;
};

Control::Mutation::Mutation(const json::object& request)
    : operation(text_or(request, "op", "update")),
      count(number_or(request, "count", 1)),
      note_id(static_cast<std::int32_t>(number_or(request, "note_id", 0))),
      agent(number_or(request, "agent", Change::kColleague)),
      injection(injection_of(request)) {
  const std::string name = text_or(request, "entity", "");
  notes = name == "note";
  const auto named = entity_named(notes ? "ticket" : name);
  if (!named)
    complain("There is no entity \"" + name +
             "\"; use client, site, contact, agent, team, ticket, note or asset.");
  entity = *named;
  if (std::find(std::begin(kOperations), std::end(kOperations), operation) == std::end(kOperations)) {
    complain("There is no op \"" + operation +
             "\"; use create, update, close, reopen, delete, restore or touch.");
  }
  if (const auto* list = request.if_contains("ids")) {
    for (const auto& id : list->as_array()) ids.push_back(static_cast<std::int32_t>(id.as_int64()));
  }
}

// Which rows an operation without ids may choose.
bool Control::Mutation::accepts(const Row& row) const {
  if (row.id == 1 && entity != Entity::ticket && entity != Entity::team && entity != Entity::asset)
    return false;
  if (operation == "restore") return row.deleted;
  if (row.deleted) return false;
  if (operation == "close") return !row.closed();
  if (operation == "reopen") return row.closed();
  if (notes && operation != "create") return row.notes > 0;
  return true;
}

void Control::handle(std::string_view method, std::string_view path, const Query& query,
                     std::string_view body, Response& response) {
  try {
    if (method == "GET" && path == "ledger") return response.json(200, ledger_.describe());
    if (method == "GET" && path == "faults") return response.json(200, faults_.describe());
    if (method == "GET" && path == "application") return response.json(200, registration_.describe());
    if (method == "GET" && path == "webhooks") return response.json(200, webhooks_.describe());
    if (method == "GET" && path == "truth") return truth(query, response);
    if (method == "GET" && path == "issued")
      return response.json(200, json::serialize(json::value_from(tokens_.issued())));
    if (method != "POST") return response.empty(404);
    if (path == "ledger/reset") {
      ledger_.reset();
      return response.json(200, "{}");
    }
    const json::object request = parse_object(body);
    if (path == "faults") return faults(request, response);
    if (path == "clock") return clock(request, response);
    if (path == "application") return application(request, response);
    if (path == "revoke") return revoke(request, response);
    if (path == "webhooks") return webhooks(request, response);
    if (path == "mutate") return mutate(request, response);
    response.empty(404);
  } catch (const std::exception& error) {
    response.json(400, json::serialize(json::object{{"error", error.what()}}));
  }
}

void Control::faults(const json::object& request, Response& response) {
  faults_.apply(request);
  response.json(200, faults_.describe());
}

void Control::clock(const json::object& request, Response& response) {
  const std::string now = text_or(request, "now", "");
  if (!now.empty()) {
    const auto ticks = parse_datetime(now);
    if (!ticks) complain("\"now\" must be a date-time such as 2026-10-03T06:24:10.");
    clock_.set(*ticks);
  }
  clock_.advance(number_or(request, "advance_seconds", 0) * kSecond);
  response.json(200, json::serialize(json::object{{"now", datetime_text(clock_.now())}}));
}

void Control::application(const json::object& request, Response& response) {
  registration_.apply(request);
  response.json(200, registration_.describe());
}

void Control::revoke(const json::object& request, Response& response) {
  const std::string what = text_or(request, "what", "");
  if (what != "access" && what != "consent") complain("\"what\" must be access or consent.");
  if (what == "access") tokens_.revoke_access();
  if (what == "consent") tokens_.revoke_consent();
  response.json(200, "{}");
}

void Control::webhooks(const json::object& request, Response& response) {
  webhooks_.steer(request);
  response.json(200, webhooks_.describe());
}

// --- mutations ---

void Control::mutate(const json::object& request, Response& response) {
  const Mutation mutation(request);
  clock_.advance(number_or(request, "advance_seconds", 0) * kSecond);
  const std::unique_lock lock(data_.mutex());
  ++mutations_;
  Ticks now = clock_.now();
  const auto ids = choose(mutation);
  json::array changed;
  for (const std::int32_t id : ids) {
    now += kMillisecond;
    if (mutation.notes) {
      mutate_note(mutation, id, now);
    } else {
      mutate_row(mutation, id, now);
    }
    changed.push_back(id);
  }
  response.json(200, json::serialize(json::object{{"ids", changed}, {"now", datetime_text(clock_.now())}}));
}

// The ids given; new ones for a create; `count` that the operation fits otherwise, spread over the table.
std::vector<std::int32_t> Control::choose(const Mutation& mutation) {
  if (!mutation.ids.empty()) return mutation.ids;
  const auto rows = data_.rows(mutation.entity);
  std::vector<std::int32_t> ids;
  const bool creates_rows = mutation.operation == "create" && !mutation.notes;
  if (creates_rows) {
    const std::int32_t last = rows.empty() ? 0 : rows.back().id;
    for (std::int32_t i = 1; i <= mutation.count; ++i) ids.push_back(last + i);
    return ids;
  }
  const std::size_t start = rows.empty() ? 0 : mix(data_.seed(), Stream::mutation, mutations_) % rows.size();
  for (std::size_t i = 0; i < rows.size() && std::ssize(ids) < mutation.count; ++i) {
    const Row& row = rows[(start + i) % rows.size()];
    if (mutation.accepts(row)) ids.push_back(row.id);
  }
  return ids;
}

void Control::mutate_row(const Mutation& mutation, std::int32_t id, Ticks now) {
  Row* row = data_.find(mutation.entity, id);
  Change change{.entity = mutation.entity, .agent = mutation.agent};
  if (row != nullptr) change.before = *row;
  const std::string& operation = mutation.operation;
  if (operation == "create") {
    if (row != nullptr) complain("Row " + std::to_string(id) + " is there already.");
    row = &data_.create(mutation.entity, now, id);
  }
  if (row == nullptr) complain("There is no row " + std::to_string(id) + ".");
  data_.touch(*row, now);
  if (operation == "delete" || operation == "restore") {
    data_.set_deleted(*row, operation == "delete", now);
    return webhooks_.announce(change, *row);
  }
  if (operation == "close") data_.set_status(*row, 9, now);
  if (operation == "reopen") data_.set_status(*row, 2, now);
  const bool named = !mutation.injection.fields.empty() || !mutation.injection.raw.empty() ||
                     !mutation.injection.omit.empty();
  if (operation == "update" || named) data_.inject(mutation.entity, *row, mutation.injection);
  webhooks_.announce(change, *row);
}

void Control::mutate_note(const Mutation& mutation, std::int32_t ticket_id, Ticks now) {
  Row* ticket = data_.find(Entity::ticket, ticket_id);
  if (ticket == nullptr) complain("There is no ticket " + std::to_string(ticket_id) + ".");
  Change change{.entity = Entity::ticket, .before = *ticket, .agent = mutation.agent};
  if (mutation.operation == "create") {
    change.note = data_.add_note(*ticket, mutation.injection, now);
    change.note_is_new = true;
    return webhooks_.announce(change, *ticket);
  }
  const std::int32_t note = mutation.note_id == 0 ? ticket->notes : mutation.note_id;
  if (note < 1 || note > ticket->notes)
    complain("Ticket " + std::to_string(ticket_id) + " has no note " + std::to_string(note) + ".");
  if (mutation.operation == "delete") {
    data_.delete_note(*ticket, note, now);
  } else {
    data_.change_note(*ticket, note, mutation.injection, now);
    change.note = note;
  }
  webhooks_.announce(change, *ticket);
}

// --- truth ---

void Control::truth(const Query& query, Response& response) const {
  const std::string_view name = query.get("entity");
  const auto entity = entity_named(name);
  if (!entity && name != "note")
    complain("Say ?entity=client, site, contact, agent, team, ticket, note or asset.");
  response.json(200, "{\"rows\":[");
  std::int64_t count = 0;
  const std::shared_lock lock(data_.mutex());
  if (entity) {
    row_truth(*entity, response.body, count);
  } else {
    note_truth(response.body, count);
  }
  response.body.append("],\"count\":");
  response.body.append_integer(count);
  response.body.append(",\"now\":\"");
  append_datetime(response.body, clock_.now());
  response.body.append("\"}");
}

void Control::row_truth(Entity entity, TextBuffer& out, std::int64_t& count) const {
  const ValueQuirks none;
  for (const Row& row : data_.rows(entity)) {
    if (row.deleted) continue;
    if (count++ > 0) out.append(',');
    RowWriter writer(out, none);
    writer.integer("id", row.id);
    writer.date("last_update", row.last_update);
    writer.boolean("closed", row.closed());
    writer.boolean("inactive", row.inactive);
    writer.end();
  }
}

void Control::note_truth(TextBuffer& out, std::int64_t& count) const {
  const ValueQuirks none;
  for (const Row& ticket : data_.rows(Entity::ticket)) {
    for (std::int32_t id = 1; id <= ticket.notes && !ticket.deleted; ++id) {
      const Overlay* overlay = data_.note_overlay(ticket.id, id);
      if (overlay != nullptr && overlay->deleted) continue;
      if (count++ > 0) out.append(',');
      RowWriter writer(out, none);
      writer.integer("ticket_id", ticket.id);
      writer.integer("id", id);
      writer.date("last_update", data_.note_time(ticket, id));
      writer.end();
    }
  }
}

}  // namespace sandbox
