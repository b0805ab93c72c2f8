#include "tests/sandbox/writes.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <mutex>

#include "tests/sandbox/catalog.h"

namespace sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view kNeedsArray =
    R"({"":["Cannot deserialize the current JSON object (e.g. {\"name\":\"value\"}) because the type requires a JSON array (e.g. [1,2,3]) to deserialize correctly."]})";
constexpr std::string_view kRecordNotFound = R"("Record not found")";

// A member as an integer; text of digits counts, a number with a fraction does not.
std::optional<std::int64_t> integer_of(const json::object& item, std::string_view key) {
  const auto* value = item.if_contains(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (!value->is_string()) return std::nullopt;
  const std::string_view text = value->get_string();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

bool has_text(const json::object& item, std::string_view key) {
  const auto* value = item.if_contains(key);
  return value != nullptr && value->is_string() && !value->get_string().empty();
}

bool is_integer_member(std::string_view key) { return key == "id" || key.ends_with("_id"); }

// ASP.NET's complaint, which names the index in the array and the member.
std::optional<std::string> model_state(const json::object& item, std::size_t index) {
  for (const auto& [key, value] : item) {
    if (!is_integer_member(key) || value.is_null() || integer_of(item, key)) continue;
    std::string path("[");
    path.append(std::to_string(index)).append("].").append(key);
    const std::string shown = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
    const std::string text =
        "Could not convert string to integer: " + shown + ". Path '" + path + "', line 1, position 1.";
    return json::serialize(json::object{{path, json::array{text}}});
  }
  return std::nullopt;
}

bool is_json(const Request& request) {
  return lower_case(request.content_type).starts_with("application/json");
}

}  // namespace

void Writes::post(const Resource& resource, const Request& request, Response& response) {
  if (!is_json(request)) return response.empty(415);
  boost::system::error_code error;
  const json::value body = json::parse(request.body, error);
  if (error) return response.json(400, R"({"":["Unexpected character encountered while parsing value."]})");
  if (!body.is_array()) return response.json(400, kNeedsArray);
  const std::unique_lock lock(data_.mutex());
  const json::array& items = body.get_array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto refusal = check(resource, items[i], i);
    if (refusal) return response.json(refusal->status, refusal->json);
  }
  std::vector<std::string> written;
  for (const json::value& item : items) {
    TextBuffer out;
    apply(resource, item.get_object(), out);
    written.emplace_back(out.view());
  }
  answer(resource, request, written, response);
}

// One row in: that row. Several: the last one only, unless returnall.
void Writes::answer(const Resource& resource, const Request& request, const std::vector<std::string>& written,
                    Response& response) {
  const bool all = request.query.flag("returnall");
  const bool as_array = all || faults_.strikes(Fault::post_answers_array, resource.path);
  response.json(faults_.strikes(Fault::post_answers_200, resource.path) ? 200 : 201, "");
  response.rows = std::ssize(written);
  if (written.empty()) return response.body.append("[]");
  if (!as_array) return response.body.append(written.back());
  response.body.append('[');
  for (std::size_t i = all ? 0 : written.size() - 1; i < written.size(); ++i) {
    if (response.body.size() > 1) response.body.append(',');
    response.body.append(written[i]);
  }
  response.body.append(']');
}

// --- checks ---

std::optional<Writes::Refusal> Writes::check(const Resource& resource, const json::value& item,
                                             std::size_t index) {
  if (!item.is_object()) return Refusal{400, std::string(kNeedsArray)};
  const auto complaint = model_state(item.get_object(), index);
  if (complaint) return Refusal{400, *complaint};
  return resource.kind == ResourceKind::actions ? check_action(item.get_object())
                                                : check_row(resource, item.get_object());
}

std::optional<Writes::Refusal> Writes::check_row(const Resource& resource, const json::object& item) {
  const auto id = integer_of(item, "id");
  if (id) {
    const Row* row = data_.find(resource.entity, *id);
    if (row == nullptr) return Refusal{400, std::string(kRecordNotFound)};
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

std::optional<Writes::Refusal> Writes::check_ticket_update(const Row& ticket, const json::object& item) {
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

std::optional<Writes::Refusal> Writes::check_action(const json::object& item) {
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
  Row& row = id ? *data_.find(resource.entity, *id) : data_.create(resource.entity, now);
  data_.touch(row, now);
  const auto* recover = item.if_contains("_recover");
  if (recover != nullptr && recover->is_bool() && recover->get_bool()) data_.set_deleted(row, false, now);
  if (!item.empty()) data_.inject(resource.entity, row, {item, {}, {}});
  Shown shown;
  shown.form = Form::posted;
  Renderer(data_, shown).row(out, resource.entity, row);
}

void Writes::apply_action(const json::object& item, TextBuffer& out) {
  const Ticks now = clock_.now();
  Row& ticket = *data_.find(Entity::ticket, *integer_of(item, "ticket_id"));
  const auto known = integer_of(item, "id");
  auto note_id = static_cast<std::int32_t>(known.value_or(0));
  if (known) {
    data_.change_note(ticket, note_id, {item, {}, {}}, now);
  } else {
    note_id = data_.add_note(ticket, {item, {}, {}}, now);
  }
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
  if (action) {
    renderer.note(response.body, *row, number);
    data_.delete_note(*row, number, clock_.now());
  } else {
    renderer.row(response.body, resource.entity, *row);
    data_.set_deleted(*row, true, clock_.now());
  }
}

}  // namespace sandbox
