#include "tests/sandbox/dataset.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>

#include "tests/sandbox/catalog.h"

namespace sandbox {
namespace {

constexpr std::string_view kEntityNames[] = {"client", "site", "contact", "agent", "team", "ticket", "asset"};
constexpr Ticks kHistory = 365 * kDay;
constexpr int kOpenPercent = 30;

struct Column {
  Entity entity;
  std::string_view key;
  std::int32_t Row::*member;
};
constexpr Column kColumns[] = {{Entity::ticket, "client_id", &Row::client},
                               {Entity::ticket, "site_id", &Row::site},
                               {Entity::ticket, "user_id", &Row::contact},
                               {Entity::ticket, "agent_id", &Row::agent},
                               {Entity::ticket, "team_id", &Row::team},
                               {Entity::ticket, "priority_id", &Row::priority},
                               {Entity::ticket, "tickettype_id", &Row::type},
                               {Entity::ticket, "parent_id", &Row::parent},
                               {Entity::ticket, "merged_into_id", &Row::merged_into},
                               {Entity::site, "client_id", &Row::client},
                               {Entity::contact, "site_id", &Row::site},
                               {Entity::contact, "client_id", &Row::client},
                               {Entity::asset, "client_id", &Row::client},
                               {Entity::asset, "site_id", &Row::site},
                               {Entity::asset, "user_id", &Row::contact},
                               {Entity::asset, "assettype_id", &Row::type},
                               {Entity::asset, "status_id", &Row::status},
                               {Entity::asset, "parent_id", &Row::parent},
                               {Entity::agent, "team_id", &Row::team}};

std::string_view headline_key(Entity entity) {
  if (entity == Entity::ticket) return "summary";
  return entity == Entity::asset ? "inventory_number" : "name";
}

// Text of 0 to 7 fraction digits, as the many ways of writing into the tenant leave them.
Ticks with_varied_fraction(Ticks ticks, std::uint64_t hash) {
  constexpr Ticks kGrains[] = {
      kSecond, kSecond / 10, kSecond / 100, kMillisecond, kMillisecond, kMillisecond, 10, 1};
  return ticks - ticks % kGrains[hash % std::size(kGrains)];
}

std::optional<std::int64_t> integral(const boost::json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_uint64()) return static_cast<std::int64_t>(value.get_uint64());
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.get_string();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && !text.empty() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

const CustomField* custom_field(const boost::json::object& entry) {
  const auto* id = entry.if_contains("id");
  const auto* name = entry.if_contains("name");
  const auto fields = custom_fields();
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const CustomField& field) {
    return (id != nullptr && integral(*id) == field.id) ||
           (name != nullptr && name->is_string() && std::string_view(name->get_string()) == field.name);
  });
  return found == fields.end() ? nullptr : &*found;
}

// True when every entry names a known field; then the values are kept one by one.
bool keep_custom_values(Overlay& overlay, const boost::json::value& value) {
  if (!value.is_array()) return false;
  for (const auto& entry : value.get_array()) {
    if (!entry.is_object() || custom_field(entry.get_object()) == nullptr) return false;
  }
  for (const auto& entry : value.get_array()) {
    const auto* new_value = entry.get_object().if_contains("value");
    const std::string json = new_value == nullptr ? "null" : boost::json::serialize(*new_value);
    overlay.custom_values[custom_field(entry.get_object())->id] = json;
  }
  return true;
}

void keep_verbatim(Overlay& overlay, const Injection& injection, std::string_view headline) {
  for (const auto& [key, json] : injection.raw) overlay.members[key] = json;
  for (const auto& key : injection.omit) overlay.omitted.insert(key);
  const auto* name = injection.fields.if_contains(headline);
  if (name != nullptr && name->is_string()) overlay.headline = name->get_string();
}

std::int64_t note_key(std::int32_t ticket_id, std::int32_t note_id) {
  return (std::int64_t{ticket_id} << 16) + note_id;
}

}  // namespace

std::optional<Entity> entity_named(std::string_view name) {
  const auto* found = std::find(std::begin(kEntityNames), std::end(kEntityNames), name);
  if (found == std::end(kEntityNames)) return std::nullopt;
  return static_cast<Entity>(found - std::begin(kEntityNames));
}

Dataset::Dataset(const Shape& shape, std::uint64_t seed, Ticks now)
    : shape_(shape), seed_(seed), start_(now), names_(seed) {
  fill(Entity::client, shape.clients, [this](std::int32_t id) { return make_client(id); });
  fill(Entity::site, shape.sites, [this](std::int32_t id) { return make_site(id); });
  fill(Entity::contact, shape.contacts, [this](std::int32_t id) { return make_contact(id); });
  fill(Entity::agent, shape.agents, [this](std::int32_t id) { return make_agent(id); });
  fill(Entity::team, shape.teams, [this](std::int32_t id) { return make_team(id); });
  fill(Entity::asset, shape.assets, [this](std::int32_t id) { return make_asset(id); });
  fill(Entity::ticket, shape.tickets, [this](std::int32_t id) { return make_ticket(id); });
}

void Dataset::fill(Entity entity, std::int32_t count, const std::function<Row(std::int32_t)>& make) {
  auto& rows = table(entity).rows;
  rows.reserve(static_cast<std::size_t>(count));
  for (std::int32_t id = 1; id <= count; ++id) rows.push_back(make(id));
}

// --- rows from the seed ---

Row Dataset::make_row(Stream stream, std::int32_t id) const {
  const std::uint64_t hash = mix(seed_, stream, id);
  const std::uint64_t age = mix(seed_ ^ static_cast<std::uint64_t>(stream), Stream::age, id);
  Row row;
  row.id = id;
  row.last_update =
      with_varied_fraction(start_ - static_cast<Ticks>(age % static_cast<std::uint64_t>(kHistory)), hash);
  row.created = row.last_update - pick(hash, 16, 900) * kDay - 3 * kHour;
  return row;
}

Row Dataset::make_client(std::int32_t id) const {
  Row row = make_row(Stream::client, id);
  row.client = id;
  row.inactive = id > 1 && pick(mix(seed_, Stream::client, id), 40, 100) < 6;
  return row;
}

// The first sites give each client one; the others go to any client.
Row Dataset::make_site(std::int32_t id) const {
  Row row = make_row(Stream::site, id);
  const std::int32_t any = 1 + pick(mix(seed_, Stream::assignment, id), 8, shape_.clients);
  row.client = id <= shape_.clients ? id : any;
  row.inactive = id > 1 && pick(mix(seed_, Stream::site, id), 40, 100) < 4;
  return row;
}

// The first contact of each site is its "General User".
Row Dataset::make_contact(std::int32_t id) const {
  Row row = make_row(Stream::contact, id);
  row.site = 1 + (id - 1) % std::max(shape_.sites, 1);
  const Row* site = find(Entity::site, row.site);
  row.client = site == nullptr ? 1 : site->client;
  row.general_user = id == 1 || (id <= shape_.sites && shape_.contacts > 2 * shape_.sites);
  row.inactive = id > 1 && pick(mix(seed_, Stream::contact, id), 40, 100) < 8;
  return row;
}

Row Dataset::make_agent(std::int32_t id) const {
  Row row = make_row(Stream::agent, id);
  row.team = 1 + id % std::max(shape_.teams, 1);
  row.inactive = id > 2 && pick(mix(seed_, Stream::agent, id), 40, 100) < 5;
  return row;
}

Row Dataset::make_team(std::int32_t id) const { return make_row(Stream::team, id); }

Row Dataset::make_asset(std::int32_t id) const {
  Row row = make_row(Stream::asset, id);
  const std::uint64_t hash = mix(seed_, Stream::asset, id);
  // Contact 1 owns nothing; the others take assets in turn, so that asset_of() finds its way back.
  row.contact = 2 + (id - 1) % std::max(shape_.contacts - 1, 1);
  const Row* contact = find(Entity::contact, row.contact);
  row.site = contact == nullptr ? 1 : contact->site;
  row.client = contact == nullptr ? 1 : contact->client;
  row.type = asset_types()[static_cast<std::size_t>(pick(hash, 8, std::ssize(asset_types())))].id;
  row.status = pick(hash, 16, 100) < 85 ? 1 : 2 + pick(hash, 24, 3);
  row.inactive = row.status == 4;
  if (id > 10 && pick(hash, 32, 10) == 0) row.parent = id - 1 - pick(hash, 36, 9);
  return row;
}

Row Dataset::make_ticket(std::int32_t id) const {
  Row row = make_row(Stream::ticket, id);
  const std::uint64_t hash = mix(seed_, Stream::ticket, id);
  const std::uint64_t people = mix(seed_, Stream::assignment, -id);
  row.contact = pick(people, 0, 100) < 3 ? 1 : 1 + pick(people, 8, std::max(shape_.contacts, 1));
  const Row* contact = find(Entity::contact, row.contact);
  row.site = contact == nullptr ? 1 : contact->site;
  row.client = contact == nullptr ? 1 : contact->client;
  row.agent =
      pick(people, 40, 100) < 15 ? kUnassignedAgent : 1 + pick(people, 48, std::max(shape_.agents, 1));
  row.team = 1 + pick(people, 20, std::max(shape_.teams, 1));
  row.type = ticket_types()[static_cast<std::size_t>(pick(hash, 4, std::ssize(ticket_types())))].id;
  row.priority = 1 + pick(hash, 12, 4);
  row.notes = static_cast<std::uint16_t>(pick(hash, 20, 2 * std::int64_t{shape_.notes_per_ticket} + 1));
  row.created = row.last_update - (row.notes + 1) * note_step(id);
  if (id > 50 && pick(hash, 28, 100) < 3) row.parent = id - 1 - pick(hash, 30, 40);
  if (id > 50 && pick(hash, 36, 100) < 1) row.merged_into = id - 1 - pick(hash, 38, 40);
  const bool open = row.merged_into == 0 && pick(hash, 44, 100) < kOpenPercent;
  constexpr std::int32_t kOpenStatuses[] = {1, 2, 2, 3, 4, 5, 8, 21};
  row.status = open ? kOpenStatuses[static_cast<std::size_t>(pick(hash, 52, 8))] : kStatusClosed;
  row.closed_at = open ? 0 : row.last_update;
  return row;
}

// --- reading ---

// Ids are without gaps unless a test chose one, so the row is mostly where its id says.
const Row* Dataset::find(Entity entity, std::int64_t id) const {
  const auto& rows = table(entity).rows;
  if (id < 1) return nullptr;
  const auto expected = static_cast<std::size_t>(id - 1);
  if (expected < rows.size() && rows[expected].id == id) return &rows[expected];
  const auto found = std::lower_bound(rows.begin(), rows.end(), id,
                                      [](const Row& row, std::int64_t wanted) { return row.id < wanted; });
  return found != rows.end() && found->id == id ? &*found : nullptr;
}

Row* Dataset::find(Entity entity, std::int64_t id) {
  return const_cast<Row*>(std::as_const(*this).find(entity, id));
}

const Overlay* Dataset::overlay(Entity entity, const Row& row) const {
  return row.overlaid ? &table(entity).overlays.at(row.id) : nullptr;
}

const Overlay* Dataset::note_overlay(std::int32_t ticket_id, std::int32_t note_id) const {
  if (note_overlays_.empty()) return nullptr;
  const auto found = note_overlays_.find(note_key(ticket_id, note_id));
  return found == note_overlays_.end() ? nullptr : &found->second;
}

ShortText Dataset::seeded_name(Entity entity, const Row& row) const {
  switch (entity) {
    case Entity::client:
      return names_.client(row.id);
    case Entity::site:
      return names_.site(row.id);
    case Entity::contact:
      return row.general_user ? ShortText("General User") : names_.contact(row.id);
    case Entity::agent:
      return names_.agent(row.id);
    case Entity::team:
      return names_.team(row.id);
    case Entity::ticket:
      return names_.ticket_summary(row.id);
    case Entity::asset:
      return names_.asset(row.id, row.type);
  }
  return {};
}

ShortText Dataset::name(Entity entity, std::int32_t id) const {
  const Row* row = find(entity, id);
  if (row == nullptr) return {};
  const Overlay* injected = overlay(entity, *row);
  ShortText name = injected != nullptr && !injected->headline.empty() ? ShortText(injected->headline)
                                                                      : seeded_name(entity, *row);
  if (row->revision > 0) name.append(" (rev ").append_number(row->revision).append(")");
  return name;
}

std::optional<std::int32_t> Dataset::team_named(std::string_view wanted) const {
  for (const Row& team : rows(Entity::team)) {
    if (name(Entity::team, team.id).view() == wanted) return team.id;
  }
  return std::nullopt;
}

// Between two notes of a seeded ticket: 20 minutes to two days.
Ticks Dataset::note_step(std::int32_t ticket_id) const {
  const Ticks step = 20 * kMinute + pick(mix(seed_, Stream::age, -ticket_id), 8, 48 * 60) * kMinute;
  return step / kSecond * kSecond;
}

Ticks Dataset::note_time(const Row& ticket, std::int32_t note_id) const {
  const Overlay* injected = note_overlay(ticket.id, note_id);
  return injected != nullptr && injected->changed != 0 ? injected->changed
                                                       : ticket.created + note_id * note_step(ticket.id);
}

std::int32_t Dataset::note_agent(const Row& ticket, std::int32_t note_id) const {
  return 1 + pick(mix(seed_, Stream::note, note_key(ticket.id, note_id)), 24, std::max(shape_.agents, 1));
}

std::int32_t Dataset::asset_of(const Row& ticket) const {
  const std::int32_t asset = ticket.contact - 1;
  const bool concerns_asset = pick(mix(seed_, Stream::ticket, ticket.id), 56, 10) < 4;
  return concerns_asset && asset >= 1 && find(Entity::asset, asset) != nullptr ? asset : 0;
}

// --- changes ---

Row& Dataset::create(Entity entity, Ticks now, std::optional<std::int32_t> id) {
  auto& rows = table(entity).rows;
  Row row;
  row.id = id.value_or(rows.empty() ? 1 : rows.back().id + 1);
  row.created = row.last_update = now;
  row.client = entity == Entity::client ? row.id : 1;
  row.site = row.contact = 1;
  row.agent = kUnassignedAgent;
  row.team = 1;
  row.status = kStatusNew;
  row.priority = 3;
  row.type = 1;
  ++version_;
  const auto place =
      std::lower_bound(rows.begin(), rows.end(), row.id,
                       [](const Row& other, std::int32_t wanted) { return other.id < wanted; });
  return *rows.insert(place, row);
}

bool Dataset::set_column(Entity entity, Row& row, std::string_view key, const boost::json::value& value) {
  if (key == "inactive" && value.is_bool()) {
    row.inactive = value.get_bool();
    return true;
  }
  if (entity == Entity::ticket && key == "team" && value.is_string()) {
    const auto team = team_named(value.get_string());
    if (team) row.team = *team;
    return team.has_value();
  }
  const auto number = integral(value);
  const auto* column = std::find_if(std::begin(kColumns), std::end(kColumns),
                                    [&](const Column& c) { return c.entity == entity && c.key == key; });
  if (column == std::end(kColumns) || !number) return false;
  row.*column->member = static_cast<std::int32_t>(*number);
  return true;
}

void Dataset::inject(Entity entity, Row& row, const Injection& injection) {
  ++version_;
  Overlay overlay;
  if (row.overlaid) overlay = table(entity).overlays.at(row.id);
  bool overlaid = row.overlaid || !injection.raw.empty() || !injection.omit.empty();
  for (const auto& [key, value] : injection.fields) {
    if (key == "id" || key.starts_with('_')) continue;
    if (entity == Entity::ticket && key == "status_id" && integral(value)) {
      set_status(row, static_cast<std::int32_t>(*integral(value)), row.last_update);
      continue;
    }
    if (set_column(entity, row, key, value)) continue;
    overlaid = true;
    if (key == "customfields" && keep_custom_values(overlay, value)) continue;
    overlay.members[key] = boost::json::serialize(value);
  }
  keep_verbatim(overlay, injection, headline_key(entity));
  if (injection.fields.empty() && injection.raw.empty() && injection.omit.empty()) ++row.revision;
  if (!overlaid) return;
  row.overlaid = true;
  table(entity).overlays[row.id] = std::move(overlay);
}

void Dataset::touch(Row& row, Ticks now) {
  ++version_;
  row.last_update = now;
}

void Dataset::set_status(Row& ticket, std::int32_t status, Ticks now) {
  ticket.status = status;
  if (status != kStatusClosed) {
    ticket.closed_at = 0;
  } else if (!ticket.closed()) {
    ticket.closed_at = now;
  }
  touch(ticket, now);
}

void Dataset::set_deleted(Row& row, bool deleted, Ticks now) {
  row.deleted = deleted;
  touch(row, now);
}

void Dataset::merge(Entity entity, Row& gone, std::int32_t into, Ticks now) {
  const std::string_view reference = entity == Entity::client ? "client_id" : "user_id";
  for (const Column& column : kColumns) {
    if (column.key != reference) continue;
    for (Row& row : table(column.entity).rows)
      if (row.*column.member == gone.id) row.*column.member = into;
  }
  set_deleted(gone, true, now);
}

std::int32_t Dataset::add_note(Row& ticket, const Injection& injection, Ticks now) {
  const std::int32_t id = ++ticket.notes;
  change_note(ticket, id, injection, now);
  note_overlays_[note_key(ticket.id, id)].changed = now;
  return id;
}

void Dataset::change_note(Row& ticket, std::int32_t note_id, const Injection& injection, Ticks now) {
  Overlay& overlay = note_overlays_[note_key(ticket.id, note_id)];
  for (const auto& [key, value] : injection.fields) {
    const bool is_key = key == "id" || key == "ticket_id" || key.starts_with('_');
    if (!is_key) overlay.members[key] = boost::json::serialize(value);
  }
  keep_verbatim(overlay, injection, "note");
  touch(ticket, now);
}

void Dataset::delete_note(Row& ticket, std::int32_t note_id, Ticks now) {
  note_overlays_[note_key(ticket.id, note_id)].deleted = true;
  touch(ticket, now);
}

}  // namespace sandbox
