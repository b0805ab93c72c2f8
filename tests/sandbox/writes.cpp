#include "tests/sandbox/writes.h"

#include <boost/json/value.hpp>
#include <charconv>
#include <mutex>

#include "tests/sandbox/catalog.h"

namespace sandbox {
namespace {

namespace json = boost::json;

bool is_integer_member(std::string_view key) { return key == "id" || key.ends_with("_id"); }

/// The row that the posted one is to be merged into.
std::optional<std::int64_t> merge_target(Entity entity, const json::object& item) {
  if (entity == Entity::client) return integer_of(item, "_merge_client_into");
  return entity == Entity::contact ? integer_of(item, "_merge_user_into") : std::nullopt;
}

std::optional<Refusal> wrong_type(const json::object& item, std::size_t index) {
  for (const auto& [key, value] : item) {
    if (is_integer_member(key) && !value.is_null() && !integer_in(value))
      return model_state(index, key, value, "integer");
  }
  return std::nullopt;
}

}  // namespace

void Writes::post(const Resource& resource, const Request& request, Response& response) {
  const auto items = posted_rows(request, response);
  if (!items) return;
  const std::unique_lock lock(data_.mutex());
  for (std::size_t i = 0; i < items->size(); ++i) {
    const auto refusal = check(resource, (*items)[i], i);
    if (refusal) return response.json(refusal->status, refusal->json);
  }
  std::vector<std::string> written;
  for (const json::value& item : *items) {
    TextBuffer out;
    apply(resource, item.get_object(), out);
    written.emplace_back(out.view());
  }
  answer_post(faults_, resource.path, request, written, response);
}

// --- checks ---

std::optional<Refusal> Writes::check(const Resource& resource, const json::value& item, std::size_t index) {
  if (!item.is_object()) return Refusal{400, std::string(kNeedsArray)};
  if (auto refusal = wrong_type(item.get_object(), index)) return refusal;
  return resource.kind == ResourceKind::actions ? check_action(item.get_object())
                                                : check_row(resource, item.get_object());
}

std::optional<Refusal> Writes::check_row(const Resource& resource, const json::object& item) {
  const auto id = integer_of(item, "id");
  if (id) {
    const Row* row = data_.find(resource.entity, *id);
    if (row == nullptr) return Refusal{400, std::string(kRecordNotFound)};
    if (const auto into = merge_target(resource.entity, item)) {
      const Row* target = data_.find(resource.entity, *into);
      if (target == nullptr || target->deleted || target == row)
        return Refusal{400, std::string(kRecordNotFound)};
    }
    return resource.entity == Entity::ticket ? check_ticket_update(*row, item) : std::nullopt;
  }
  switch (resource.entity) {
    case Entity::ticket:
      if (!has_text(item, "summary")) return Refusal{400, R"({"Message":"A Summary must be entered"})"};
      break;
    case Entity::site:
      if (!integer_of(item, "client_id")) return Refusal{400, R"({"Message":"A Client must be selected"})"};
      break;
    case Entity::contact:
      if (!has_text(item, "name") && !has_text(item, "firstname"))
        return Refusal{400, R"({"message":"Username must be entered"})"};
      if (!integer_of(item, "site_id")) return Refusal{400, R"({"Message":"A Site must be selected"})"};
      break;
    case Entity::asset:
      if (!integer_of(item, "assettype_id"))
        return Refusal{400, R"({"Message":"An Asset Type must be selected"})"};
      break;
    case Entity::client:
    case Entity::agent:
    case Entity::team:
      if (!has_text(item, "name")) return Refusal{400, R"({"Message":"A Name must be entered"})"};
      break;
  }
  return std::nullopt;
}

std::optional<Refusal> Writes::check_ticket_update(const Row& ticket, const json::object& item) {
  const bool whole = item.contains("tickettype_id") && item.contains("client_id");
  if (!whole && faults_.strikes(Fault::update_needs_type_and_client, "tickets"))
    return Refusal{400, std::string(kRecordNotFound)};
  const bool closes = integer_of(item, "status_id") == kStatusClosed;
  const bool unassigned = integer_of(item, "agent_id").value_or(ticket.agent) == kUnassignedAgent;
  if (closes && unassigned && faults_.strikes(Fault::unassigned_ticket_refuses_close, "tickets")) {
    return Refusal{400, R"("Please assign this Ticket these before closing it.")"};
  }
  return std::nullopt;
}

std::optional<Refusal> Writes::check_action(const json::object& item) {
  const auto ticket_id = integer_of(item, "ticket_id");
  const Row* ticket = ticket_id ? data_.find(Entity::ticket, *ticket_id) : nullptr;
  if (ticket == nullptr || ticket->deleted) return Refusal{400, std::string(kRecordNotFound)};
  const auto id = integer_of(item, "id");
  if (id && (*id < 1 || *id > ticket->notes)) return Refusal{400, std::string(kRecordNotFound)};
  if (!id && !integer_of(item, "outcome_id") && !has_text(item, "outcome")) {
    return Refusal{400, R"({"Message":"An Outcome must be entered for this Action"})"};
  }
  if (ticket->closed() && faults_.strikes(Fault::closed_ticket_refuses_notes, "actions")) {
    return Refusal{400, R"({"Message":"You do not have access to this Action at the moment"})"};
  }
  return std::nullopt;
}

// --- changes ---

void Writes::apply(const Resource& resource, const json::object& item, TextBuffer& out) {
  if (resource.kind == ResourceKind::actions) return apply_action(item, out);
  apply_row(resource, item, out);
}

void Writes::apply_row(const Resource& resource, const json::object& item, TextBuffer& out) {
  const Ticks now = clock_.now();
  const auto id = integer_of(item, "id");
  Change change{.entity = resource.entity, .agent = registration_.current()->agent.id};
  if (id) change.before = *data_.find(resource.entity, *id);
  Row& row = id ? *data_.find(resource.entity, *id) : data_.create(resource.entity, now);
  data_.touch(row, now);
  const auto* recover = item.if_contains("_recover");
  if (recover != nullptr && recover->is_bool() && recover->get_bool()) data_.set_deleted(row, false, now);
  if (!item.empty()) data_.inject(resource.entity, row, {item, {}, {}});
  if (const auto into = merge_target(resource.entity, item);
      into && !faults_.strikes(Fault::merge_ignored, resource.path))
    data_.merge(resource.entity, row, static_cast<std::int32_t>(*into), now);
  webhooks_.announce(change, row);
  Shown shown;
  shown.form = Form::posted;
  Renderer(data_, shown).row(out, resource.entity, row);
}

void Writes::apply_action(const json::object& item, TextBuffer& out) {
  const Ticks now = clock_.now();
  Row& ticket = *data_.find(Entity::ticket, *integer_of(item, "ticket_id"));
  const auto known = integer_of(item, "id");
  Change change{.entity = Entity::ticket, .before = ticket, .agent = registration_.current()->agent.id};
  auto note_id = static_cast<std::int32_t>(known.value_or(0));
  if (known) {
    data_.change_note(ticket, note_id, {item, {}, {}}, now);
  } else {
    note_id = data_.add_note(ticket, {item, {}, {}}, now);
  }
  change.note = note_id;
  change.note_is_new = !known;
  webhooks_.announce(change, ticket);
  Shown shown;
  shown.form = Form::posted;
  Renderer(data_, shown).note(out, ticket, note_id);
}

// Answers with the row as it was.
void Writes::remove(const Resource& resource, std::string_view id, const Request& request,
                    Response& response) {
  std::int32_t number = 0;
  const bool whole = std::from_chars(id.data(), id.data() + id.size(), number).ptr == id.data() + id.size();
  if (!whole) return response.json(400, R"({"id":["The value is not valid."]})");
  const std::unique_lock lock(data_.mutex());
  const bool action = resource.kind == ResourceKind::actions;
  Row* row = action ? data_.find(Entity::ticket, request.query.integer("ticket_id").value_or(0))
                    : data_.find(resource.entity, number);
  const bool exists = row != nullptr && !row->deleted && (!action || (number >= 1 && number <= row->notes));
  if (!exists) return response.json(404, R"({"Message":"Record not found"})");
  Shown shown;
  shown.form = Form::single;
  response.json(200, "");
  const Renderer renderer(data_, shown);
  const Change change{.entity = action ? Entity::ticket : resource.entity,
                      .before = *row,
                      .agent = registration_.current()->agent.id};
  if (action) {
    renderer.note(response.body, *row, number);
    data_.delete_note(*row, number, clock_.now());
  } else {
    renderer.row(response.body, resource.entity, *row);
    data_.set_deleted(*row, true, clock_.now());
  }
  webhooks_.announce(change, *row);
}

}  // namespace sandbox
