#include "push.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "entities.h"
#include "merging.h"
#include "posting.h"
#include "server_answer.h"
#include "slicer.h"
#include "timestamp.h"

namespace psabridge::halo {
namespace {

namespace json = boost::json;
using sdk::Change;
using sdk::Difference;
using sdk::Failure;
using sdk::Outcome;

constexpr Target kTickets{"ticket", "Tickets", "edit:tickets", "tickets"};
constexpr Target kActions{"note", "Actions", "edit:tickets", "tickets"};
constexpr std::string_view kTypeKey = "tickettype_id", kClientKey = "client_id";
constexpr int kPrivateNote = 7;  // the outcome that every tenant has
constexpr std::string_view kPublicNote = "Note";
constexpr Milliseconds kClockDoubt = 10 * 60'000;  // between this machine and the tenant

/// A field of a ticket that can be written.
struct TicketField {
  std::string_view name;  ///< canonical
  std::string_view key;   ///< Halo's
  bool is_id;
  std::string_view unset;  ///< what Halo calls nothing; empty: the field cannot be emptied
  bool reassigns = false;  ///< needs a word that the assignment is meant
};
constexpr auto kFields = std::to_array<TicketField>({{"team_name", "team", false, "", true},
                                                     {"agent_id", "agent_id", true, "1", true},
                                                     {"status_id", "status_id", true, ""},
                                                     {"priority_id", "priority_id", true, ""}});

const TicketField* field_named(std::string_view name) {
  const auto* const found = std::ranges::find(kFields, name, &TicketField::name);
  return found == kFields.end() ? nullptr : found;
}

std::string text_in(const json::object& row, std::string_view key) {
  const json::value* value = row.if_contains(key);
  if (!value || value->is_null()) return {};
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

/// What a ticket shows, as a pulled record has it.
std::string shown(const json::object& ticket, const TicketField& field) {
  std::string text = text_in(ticket, field.key);
  if (!field.is_id) return text;
  text = id_of(text.empty() ? "null" : text);
  return text == "0" || text == "-1" || text == field.unset ? std::string() : text;
}

json::value to_halo(const TicketField& field, const std::string& value) {
  if (!field.is_id) return json::string(value);
  return number_of(value.empty() ? std::string(field.unset) : value);
}

/// Why the wanted value can be no value of the field; nothing when it can.
std::optional<Failure> objection(const sdk::WantedField& field) {
  const TicketField* known = field_named(field.name);
  if (!known)
    return Failure(Outcome::invalid, "The Halo connector does not write the field " + field.name + ".",
                   "PB2305");
  const bool empty = field.value.empty() && known->unset.empty();
  const bool no_number = known->is_id && !field.value.empty() && !is_number(field.value);
  if (!empty && !no_number) return std::nullopt;
  return Failure(Outcome::invalid, "\"" + field.value + "\" can be no value of " + field.name + " in Halo.",
                 "PB2302");
}

bool may_overwrite(const sdk::WantedField& field, const std::string& value) {
  return !field.checked || std::ranges::find(field.expected, value) != field.expected.end();
}

// --- notes ---

std::string html_of(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '\n':
        html += "<br>";
        break;
      case '\r':
        break;
      default:
        html += c;
    }
  }
  return html;
}

/// The letters of a text or of HTML, by which two notes are compared: Halo adds and takes blanks and tags.
std::string letters_of(std::string_view html) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kEntities{
      {{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&nbsp;", ""}, {"&amp;", "&"}}};
  std::string letters;
  while (!html.empty()) {
    if (html.front() == '<' && html.find('>') != std::string_view::npos) {
      html.remove_prefix(html.find('>') + 1);
      continue;
    }
    const auto* const entity =
        std::ranges::find_if(kEntities, [&](const auto& known) { return html.starts_with(known.first); });
    if (entity != kEntities.end()) {
      letters += entity->second;
      html.remove_prefix(entity->first.size());
      continue;
    }
    if (html.front() != ' ' && html.front() != '\n' && html.front() != '\r' && html.front() != '\t')
      letters += html.front();
    html.remove_prefix(1);
  }
  return letters;
}

bool shows_text(const json::object& action, std::string_view text) {
  const std::string letters = letters_of(html_of(text));
  return letters_of(text_in(action, "note_html")) == letters ||
         letters_of(html_of(text_in(action, "note"))) == letters;
}

/// Made when the change was on its way, as far as clocks agree.
bool is_from_then(const json::object& action, std::string_view tried_at) {
  const auto tried = parse_time(tried_at);
  for (const std::string_view key : {"actiondatecreated", "datetime"})
    if (const auto made = parse_time(text_in(action, key))) return !tried || *made >= *tried - kClockDoubt;
  return true;
}

/// Of a success that tells what was saved: an object, or a list whose last row it is.
std::string saved_id(std::string_view body) {
  json::error_code error;
  const json::value parsed = json::parse(body, error);
  if (error) return {};
  const json::value* row = &parsed;
  if (row->is_array() && !row->get_array().empty()) row = &row->get_array().back();
  return row->is_object() ? id_of(text_in(row->get_object(), "id")) : std::string();
}

std::optional<json::object> object_in(std::string_view text) {
  json::error_code error;
  json::value parsed = json::parse(text, error);
  if (error || !parsed.is_object()) return std::nullopt;
  return std::move(parsed.get_object());
}

}  // namespace

// --- tickets ---

void Push::push(std::span<const Change> changes, sdk::Pushed& pushed) {
  std::vector<Update> updates;
  for (const Change& change : changes) {
    sdk::Host::stop_if_cancelled();
    if (change.entity == kActions.entity && change.source_id.empty()) {
      make_note(change, pushed);
    } else if (can_merge(change.entity) && !change.wanted("merged_into").empty()) {
      merge(session_, change, pushed);
    } else if (change.entity != kTickets.entity) {
      pushed.refused(
          change,
          Failure(Outcome::invalid,
                  "The Halo connector does not write " + std::string(change.entity) + " records.", "PB2305"));
    } else if (auto update = looked_at(change, pushed)) {
      updates.push_back(*std::move(update));
    }
  }
  std::vector<Update*> written;
  if (!updates.empty()) write(updates, pushed, written);
  for (const Update* update : written) confirm(*update, pushed);
}

/// What has to be posted; nothing when the change has its end already.
std::optional<Push::Update> Push::looked_at(const Change& change, sdk::Pushed& pushed) {
  const std::string id(change.source_id);
  for (const sdk::WantedField& field : change.fields)
    if (const auto failure = objection(field)) return pushed.refused(change, *failure), std::nullopt;
  auto before = is_number(id) ? shown_record(session_, kTickets, id) : std::nullopt;
  if (!before) return pushed.refused(change, not_there(kTickets, id)), std::nullopt;
  Update update{&change, *std::move(before), {{"id", number_of(id)}}};
  for (const sdk::WantedField& field : change.fields) {
    const TicketField& known = *field_named(field.name);
    const std::string there = shown(update.before, known);
    if (there == field.value) continue;
    if (!may_overwrite(field, there)) {
      pushed.differs(change, field.name, Difference::before, there);
      continue;
    }
    update.row[known.key] = to_halo(known, field.value);
    if (known.reassigns) update.row["_forcereassign"] = true;
  }
  if (update.row.size() == 1) return pushed.done(change, change.source_id), std::nullopt;
  return update;
}

/// All in one request. Halo takes all of an array or nothing: one bad row must not stop the others, so then
/// each goes alone.
void Push::write(std::span<Update> updates, sdk::Pushed& pushed, std::vector<Update*>& written) {
  json::array rows;
  for (const Update& update : updates) rows.push_back(update.row);
  const sdk::HttpResponse answer = posted(session_, kTickets, rows);
  if (is_success(answer.status)) {
    for (Update& update : updates) written.push_back(&update);
    return;
  }
  if (updates.size() > 1) {
    for (std::size_t i = 0; i < updates.size(); ++i) write(updates.subspan(i, 1), pushed, written);
    return;
  }
  Update& update = updates.front();
  if (update.completed || !says_not_found(answer)) {
    pushed.refused(*update.change,
                   not_taken(answer, "this change of ticket " + std::string(update.change->source_id)));
    return;
  }
  update.completed = true;
  for (const std::string_view key : {kTypeKey, kClientKey})
    if (const json::value* value = update.before.if_contains(key)) update.row[key] = *value;
  write(updates, pushed, written);
}

/// Only what Halo shows counts: its rules may have had their own idea.
void Push::confirm(const Update& update, sdk::Pushed& pushed) {
  const Change& change = *update.change;
  const auto after = shown_record(session_, kTickets, std::string(change.source_id));
  if (!after) return pushed.refused(change, not_there(kTickets, std::string(change.source_id)));
  for (const sdk::WantedField& field : change.fields) {
    const TicketField& known = *field_named(field.name);
    const std::string there = shown(*after, known);
    if (update.row.contains(known.key) && there != field.value)
      pushed.differs(change, field.name, Difference::after, there);
  }
  pushed.done(change, change.source_id);
}

// --- notes ---

void Push::make_note(const Change& change, sdk::Pushed& pushed) {
  const std::string ticket_id(change.wanted("ticket_id"));
  if (!is_number(ticket_id) || !shown_record(session_, kTickets, ticket_id))
    return pushed.refused(change, not_there(kTickets, ticket_id));
  if (!change.tried_at.empty())
    if (const auto there = note_that_is_there(change)) return pushed.done(change, *there);
  const bool is_private = change.wanted("private") == "true";
  json::object row{{"ticket_id", number_of(ticket_id)},
                   {"note_html", html_of(change.wanted("text"))},
                   {"hiddenfromuser", is_private}};
  if (is_private)
    row["outcome_id"] = kPrivateNote;
  else
    row["outcome"] = kPublicNote;
  const sdk::HttpResponse answer = posted(session_, kActions, {row});
  if (!is_success(answer.status))
    return pushed.refused(change, not_taken(answer, "this note on ticket " + ticket_id));
  confirm_note(change, saved_id(answer.body), pushed);
}

/// The id of the note, when an earlier try got through although its answer did not.
std::optional<std::string> Push::note_that_is_there(const Change& change) {
  const Entity& entity = *find_entity("note");
  const std::string ticket_id(change.wanted("ticket_id"));
  const sdk::HttpResponse answer = session_.expect(
      std::string(kActions.resource),
      encoded({{"ticket_id", ticket_id}, {"count", "10000"}}) + "&" + std::string(entity.fixed_query),
      kActions.entity, kActions.scope);
  const Slicing actions = slice_list(answer.body, entity.form);
  const std::string url = session_.url_of(std::string(kActions.resource));
  if (actions.kind != BodyKind::rows) throw broken_failure({kActions.entity, kActions.scope, url});
  for (const Row& row : actions.rows) {
    const std::string id = ticket_id + "/" + row.id;
    const auto action = object_in(row.text);
    const bool is_other = std::ranges::find(change.others, id) != change.others.end();
    if (action && !is_other && shows_text(*action, change.wanted("text")) &&
        is_from_then(*action, change.tried_at))
      return id;
  }
  return std::nullopt;
}

void Push::confirm_note(const Change& change, const std::string& id, sdk::Pushed& pushed) {
  const std::string ticket_id(change.wanted("ticket_id"));
  std::optional<json::object> action;
  if (!id.empty()) {
    const sdk::HttpResponse answer =
        session_.get(std::string(kActions.resource) + "/" + encoded(id),
                     encoded({{"ticket_id", ticket_id}, {"includedetails", "true"}}));
    if (is_success(answer.status)) action = object_in(answer.body);
  }
  if (!action)
    throw Failure(Outcome::retry,
                  "Halo took a note on ticket " + ticket_id +
                      " and does not show it. It is looked for again before it is repeated.",
                  "PB1202");
  if (!shows_text(*action, change.wanted("text")))
    pushed.differs(change, "text", Difference::after, text_in(*action, "note"));
  pushed.done(change, ticket_id + "/" + id);
}

}  // namespace psabridge::halo
