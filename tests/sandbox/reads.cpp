#include "tests/sandbox/reads.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <shared_mutex>

namespace sandbox {
namespace {

constexpr std::int64_t kDefaultRows = 50;
constexpr std::string_view kColumns =
    R"([{"id":1,"columns_id":1,"column_seq":1,"column_name":"ID","width":80},{"id":2,"columns_id":1,"column_seq":2,"column_name":"Name","width":200}])";

void append_member(TextBuffer& out, std::string_view key, std::int64_t value) {
  out.append_quoted(key);
  out.append(':');
  out.append_integer(value);
  out.append(',');
}

bool is_system(std::int32_t note_id) { return note_id % 3 != 0 && note_id % 5 == 0; }

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

}  // namespace

Shown Reads::shown(const Resource& resource, const Query& query, Form form) {
  Shown shown;
  shown.form = form;
  const std::string_view switch_name = resource.path == "tickets" ? "ticketidonly" : "idonly";
  shown.ids_only = form == Form::list && query.flag(switch_name);
  shown.asset_fields = query.flag("includeassetfields") && query.has("assettype_id");
  shown.custom_fields = query.integers("include_custom_fields");
  shown.all_custom_fields = query.flag("include_custom_fields") && shown.custom_fields.empty();
  shown.html_notes = query.flag("includehtmlnote");
  shown.quirks = faults_.value_quirks(resource.path);
  return shown;
}

// --- lists ---

void Reads::list(const Resource& resource, const Request& request, Response& response) {
  response.json(200, "");
  switch (resource.kind) {
    case ResourceKind::rows:
      return list_rows(resource, request, response);
    case ResourceKind::actions:
      return list_actions(resource, request, response);
    case ResourceKind::lookup:
      return list_lookup(resource, response);
    case ResourceKind::instance_info:
    case ResourceKind::webhooks:
      return response.empty(404);
  }
}

void Reads::list_rows(const Resource& resource, const Request& request, Response& response) {
  const Query& query = request.query;
  const Shown shown = this->shown(resource, query, Form::list);
  std::int64_t first_id = 0;
  {
    const std::shared_lock lock(data_.mutex());
    const ListRules rules{faults_.strikes(Fault::delta_exclusive, resource.path).has_value()};
    const auto selection = selections_.select(data_, resource.entity, query, rules, clock_.now());
    const auto rows = data_.rows(resource.entity);
    const Renderer renderer(data_, shown);
    const Page page =
        page_of(resource, query, std::ssize(*selection), shown.ids_only && resource.entity != Entity::ticket);
    const auto row_at = [&](std::int64_t i) -> const Row& {
      return rows[(*selection)[static_cast<std::size_t>(i)]];
    };
    write_list(resource, page, response,
               [&](TextBuffer& out, std::int64_t i) { renderer.row(out, resource.entity, row_at(i)); });
    if (page.numbered && page.begin < page.end) first_id = row_at(page.begin).id;
  }
  if (first_id != 0) disturb(resource, first_id);
}

Reads::Page Reads::page_of(const Resource& resource, const Query& query, std::int64_t total, bool ids_only) {
  Page page;
  page.total = total;
  const bool whole = ids_only || resource.envelope.empty();
  page.numbered = query.flag("pageinate") && !whole;
  if (whole) {
    page.end = total;
    return page;
  }
  if (!page.numbered) {
    page.end = std::min(total, std::max<std::int64_t>(query.integer("count").value_or(kDefaultRows), 0));
    return page;
  }
  page.number = std::max<std::int64_t>(query.integer("page_no").value_or(1), 1);
  page.size =
      std::clamp<std::int64_t>(query.integer("page_size").value_or(kDefaultRows), 1, resource.page_limit);
  page.size = faults_.strikes(Fault::page_size_ignored, resource.path).value_or(page.size);
  const std::int64_t pages = (total + page.size - 1) / page.size;
  if (page.number > pages && faults_.strikes(Fault::past_end_repeats, resource.path))
    page.number = std::max<std::int64_t>(pages, 1);
  page.begin = page.number > pages ? total : (page.number - 1) * page.size;
  page.end = std::min(total, page.begin + page.size);
  return page;
}

void Reads::open_envelope(const Resource& resource, std::string_view key, const Page& page, TextBuffer& out) {
  out.append('{');
  if (page.numbered && !faults_.strikes(Fault::page_numbers_missing, resource.path)) {
    append_member(out, "page_no", page.number);
    append_member(out, "page_size", page.size);
  }
  if (!faults_.strikes(Fault::record_count_missing, resource.path)) {
    append_member(out, "record_count",
                  page.total + faults_.strikes(Fault::record_count_overstated, resource.path).value_or(0));
  }
  if (faults_.strikes(Fault::columns_first, resource.path)) {
    out.append("\"columns\":");
    out.append(kColumns);
    out.append(',');
  }
  out.append_quoted(key);
  out.append(':');
}

template <typename WriteRow>
void Reads::write_list(const Resource& resource, const Page& page, Response& response, WriteRow&& write_row) {
  std::string_view envelope = resource.envelope;
  if (faults_.strikes(Fault::agent_results_envelope, resource.path)) envelope = "results";
  if (faults_.strikes(Fault::agent_agents_envelope, resource.path)) envelope = "agents";
  TextBuffer& out = response.body;
  if (!envelope.empty()) open_envelope(resource, envelope, page, out);
  out.append('[');
  const bool twice = page.begin < page.end && faults_.strikes(Fault::duplicate_rows, resource.path);
  if (twice) {
    write_row(out, page.begin);
    out.append(',');
  }
  for (std::int64_t i = page.begin; i < page.end; ++i) {
    if (i > page.begin) out.append(',');
    write_row(out, i);
  }
  out.append(envelope.empty() ? "]" : "]}");
  response.rows = page.end - page.begin + (twice ? 1 : 0);
}

void Reads::empty_list(const Resource& resource, Response& response) {
  response.json(200, "");
  write_list(resource, Page(), response, [](TextBuffer&, std::int64_t) {});
}

// What other people do in the tenant while a client walks through the pages.
void Reads::disturb(const Resource& resource, std::int64_t first_id) {
  const bool remove = faults_.strikes(Fault::rows_deleted_during_walk, resource.path).has_value();
  const bool insert = faults_.strikes(Fault::rows_inserted_during_walk, resource.path).has_value();
  const bool touch = faults_.strikes(Fault::rows_touched_during_walk, resource.path).has_value();
  if (!remove && !insert && !touch) return;
  const std::unique_lock lock(data_.mutex());
  const Ticks now = clock_.now();
  if (Row* first = data_.find(resource.entity, first_id); first != nullptr && (remove || touch)) {
    const Change change{.entity = resource.entity, .before = *first};
    if (remove) data_.set_deleted(*first, true, now);
    if (touch) data_.touch(*first, now);
    webhooks_.announce(change, *first);
  }
  if (insert) webhooks_.announce({.entity = resource.entity}, data_.create(resource.entity, now));
}

void Reads::list_lookup(const Resource& resource, Response& response) {
  const ValueQuirks quirks = faults_.value_quirks(resource.path);
  Page page;
  page.end = page.total = static_cast<std::int64_t>(resource.lookup->rows);
  write_list(resource, page, response, [&](TextBuffer& out, std::int64_t i) {
    RowWriter row(out, quirks);
    resource.lookup->write(row, static_cast<std::size_t>(i));
    row.end();
  });
}

// --- notes ---

// Without a ticket, or two dates at most a day apart, Halo searches all actions and gives up.
bool Reads::actions_are_scoped(const Query& query) const {
  if (query.integer("ticket_id")) return true;
  const auto from = parse_datetime(query.get("startdate"));
  const auto to = parse_datetime(query.get("enddate"));
  return from && to && *to >= *from && *to - *from <= kDay;
}

void Reads::list_actions(const Resource& resource, const Request& request, Response& response) {
  if (!actions_are_scoped(request.query)) {
    if (!faults_.strikes(Fault::unfiltered_actions_time_out, resource.path))
      return empty_list(resource, response);
    return response.empty(504);
  }
  const Shown shown = this->shown(resource, request.query, Form::list);
  const std::shared_lock lock(data_.mutex());
  const auto notes = select_notes(request.query);
  const Renderer renderer(data_, shown);
  const Page page = page_of(resource, request.query, std::ssize(notes), false);
  write_list(resource, page, response, [&](TextBuffer& out, std::int64_t i) {
    const NoteRef& note = notes[static_cast<std::size_t>(i)];
    renderer.note(out, *note.ticket, note.note);
  });
}

std::vector<Reads::NoteRef> Reads::select_notes(const Query& query) const {
  std::vector<NoteRef> notes;
  const auto ticket_id = query.integer("ticket_id");
  if (ticket_id) {
    const Row* ticket = std::as_const(data_).find(Entity::ticket, *ticket_id);
    if (ticket != nullptr && !ticket->deleted) add_notes(*ticket, query, notes);
    return notes;
  }
  const Ticks from = *parse_datetime(query.get("startdate"));
  for (const Row& ticket : data_.rows(Entity::ticket)) {
    if (!ticket.deleted && ticket.last_update >= from) add_notes(ticket, query, notes);
  }
  return notes;
}

void Reads::add_notes(const Row& ticket, const Query& query, std::vector<NoteRef>& notes) const {
  const auto from = parse_datetime(query.get("startdate"));
  const auto to = parse_datetime(query.get("enddate"));
  const bool skip_system = query.flag("excludesys");
  for (std::int32_t id = 1; id <= ticket.notes; ++id) {
    const Overlay* overlay = data_.note_overlay(ticket.id, id);
    const Ticks time = data_.note_time(ticket, id);
    const bool skipped = (overlay != nullptr && overlay->deleted) || (skip_system && is_system(id)) ||
                         (from && time < *from) || (to && time > *to);
    if (!skipped) notes.push_back({&ticket, id});
  }
}

// --- single rows ---

void Reads::single(const Resource& resource, std::string_view id, const Request& request,
                   Response& response) {
  if (resource.kind == ResourceKind::lookup) return single_lookup(resource, id, response);
  const auto number = whole_number(id);
  if (!number)
    return response.json(400, R"({"id":["The value ')" + std::string(id) + R"(' is not valid."]})");
  if (resource.kind == ResourceKind::actions) return single_action(*number, request, response);
  single_row(resource, *number, request, response);
}

void Reads::single_row(const Resource& resource, std::int64_t id, const Request& request,
                       Response& response) {
  const std::shared_lock lock(data_.mutex());
  const Row* row = std::as_const(data_).find(resource.entity, id);
  const bool visible = row != nullptr && (!row->deleted || resource.entity == Entity::ticket);
  if (!visible) return response.json(404, R"({"Message":"Record not found"})");
  const Shown shown = this->shown(resource, request.query, Form::single);
  response.json(200, "");
  Renderer(data_, shown).row(response.body, resource.entity, *row);
  response.rows = 1;
}

// Note ids repeat in every ticket, so the ticket must be named.
void Reads::single_action(std::int64_t id, const Request& request, Response& response) {
  const std::shared_lock lock(data_.mutex());
  const Row* ticket =
      std::as_const(data_).find(Entity::ticket, request.query.integer("ticket_id").value_or(0));
  const bool exists = ticket != nullptr && id >= 1 && id <= ticket->notes;
  const Overlay* overlay = exists ? data_.note_overlay(ticket->id, static_cast<std::int32_t>(id)) : nullptr;
  if (!exists || (overlay != nullptr && overlay->deleted))
    return response.json(404, R"({"Message":"Record not found"})");
  const Shown shown = this->shown(*resource_at("actions"), request.query, Form::single);
  response.json(200, "");
  Renderer(data_, shown).note(response.body, *ticket, static_cast<std::int32_t>(id));
  response.rows = 1;
}

void Reads::single_lookup(const Resource& resource, std::string_view id, Response& response) {
  const Lookup& lookup = *resource.lookup;
  const ValueQuirks quirks = faults_.value_quirks(resource.path);
  for (std::size_t i = 0; i < lookup.rows; ++i) {
    if (lookup.id(i) != id) continue;
    response.json(200, "");
    RowWriter row(response.body, quirks);
    lookup.write(row, i);
    row.end();
    response.rows = 1;
    return;
  }
  response.json(404, R"({"Message":"Record not found"})");
}

}  // namespace sandbox
