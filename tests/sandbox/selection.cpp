#include "tests/sandbox/selection.h"

#include <algorithm>
#include <numeric>

#include "tests/sandbox/catalog.h"

namespace sandbox {
namespace {

constexpr std::size_t kRemembered = 16;
// Without a word about state, /Tickets lists what is open and what was closed in this time.
constexpr Ticks kRecentlyClosed = 14 * kDay;

using Ids = std::set<std::int32_t>;

// A query parameter that keeps rows whose column is one of the given ids.
struct IdParameter {
  Entity entity;
  std::string_view name;
  std::int32_t Row::*member;
};
constexpr IdParameter kIdParameters[] = {
    {Entity::client, "client_id", &Row::id},       {Entity::site, "client_id", &Row::client},
    {Entity::site, "site_id", &Row::id},           {Entity::contact, "client_id", &Row::client},
    {Entity::contact, "site_id", &Row::site},      {Entity::agent, "team_id", &Row::team},
    {Entity::agent, "teams", &Row::team},          {Entity::ticket, "client_id", &Row::client},
    {Entity::ticket, "client_ids", &Row::client},  {Entity::ticket, "site_id", &Row::site},
    {Entity::ticket, "user_id", &Row::contact},    {Entity::ticket, "agent_id", &Row::agent},
    {Entity::ticket, "agent", &Row::agent},        {Entity::ticket, "team_id", &Row::team},
    {Entity::ticket, "status", &Row::status},      {Entity::ticket, "status_id", &Row::status},
    {Entity::ticket, "requesttype", &Row::type},   {Entity::ticket, "requesttype_id", &Row::type},
    {Entity::ticket, "priority", &Row::priority},  {Entity::ticket, "parent_id", &Row::parent},
    {Entity::ticket, "ticketids", &Row::id},       {Entity::asset, "client_id", &Row::client},
    {Entity::asset, "site_id", &Row::site},        {Entity::asset, "user_id", &Row::contact},
    {Entity::asset, "assettype_id", &Row::type},   {Entity::asset, "assettypes", &Row::type},
    {Entity::asset, "assetstatuses", &Row::status}};

// A name that `order` understands; other names order by id.
struct OrderColumn {
  std::string_view name;
  std::int64_t (*value)(const Row&);
};
constexpr OrderColumn kOrderColumns[] = {
    {"id", [](const Row& row) { return std::int64_t{row.id}; }},
    {"last_update", [](const Row& row) { return row.last_update; }},
    {"lastupdate", [](const Row& row) { return row.last_update; }},
    {"lastactiondate", [](const Row& row) { return row.last_update; }},
    {"dateoccurred", [](const Row& row) { return row.created; }},
    {"datecreated", [](const Row& row) { return row.created; }},
    {"dateclosed", [](const Row& row) { return row.closed_at; }},
    {"status_id", [](const Row& row) { return std::int64_t{row.status}; }},
    {"priority_id", [](const Row& row) { return std::int64_t{row.priority}; }},
    {"client_id", [](const Row& row) { return std::int64_t{row.client}; }},
    {"agent_id", [](const Row& row) { return std::int64_t{row.agent}; }}};

enum class State { usual, open, closed, deleted, any };

State ticket_state(const Query& query) {
  if (query.flag("deleted")) return State::deleted;
  if (query.flag("open_only")) return State::open;
  if (query.flag("closed_only")) return State::closed;
  constexpr std::string_view kLifting[] = {"ticketids", "status", "status_id", "datesearch", "search"};
  const bool lifted = query.flag("includeclosed") || std::any_of(std::begin(kLifting), std::end(kLifting),
                                                                 [&](auto name) { return query.has(name); });
  return lifted ? State::any : State::usual;
}

bool includes_inactive(Entity entity, const Query& query) {
  if (entity == Entity::ticket || entity == Entity::team) return true;
  if (entity == Entity::agent) return query.flag("includedisabled") || query.flag("showall");
  const auto both = query.words("activeinactive");
  return query.flag("includeinactive") || (both.size() == 2 && lower_case(both[1]) == "true");
}

bool includes_active(Entity entity, const Query& query) {
  if (entity == Entity::ticket || entity == Entity::team) return true;
  const auto both = query.words("activeinactive");
  if (both.size() == 2) return lower_case(both[0]) == "true";
  return !query.has("includeactive") || query.flag("includeactive");
}

class Filter {
 public:
  Filter(const Dataset& data, Entity entity, const Query& query, const ListRules& rules, Ticks now);

  bool keeps(const Row& row) const { return in_state(row) && in_dates(row) && in_ids(row) && in_text(row); }

 private:
  void read_dates(const Query& query, const ListRules& rules);
  void read_ids(const Query& query);
  bool in_state(const Row& row) const;
  bool in_dates(const Row& row) const;
  bool in_ids(const Row& row) const;
  bool in_text(const Row& row) const;

  const Dataset& data_;
  Entity entity_;
  State state_ = State::usual;
  bool active_;
  bool inactive_;
  bool unassigned_agent_;
  bool general_users_;
  Ticks recently_;
  std::optional<Ticks> updated_from_;
  std::optional<Ticks> updated_to_;
  Ticks Row::*window_column_ = nullptr;
  std::optional<Ticks> window_from_;
  std::optional<Ticks> window_to_;
  std::vector<std::pair<std::int32_t Row::*, Ids>> ids_;
  Ids excluded_;
  std::optional<std::int32_t> asset_;
  std::string search_;
};

Filter::Filter(const Dataset& data, Entity entity, const Query& query, const ListRules& rules, Ticks now)
    : data_(data),
      entity_(entity),
      state_(entity == Entity::ticket ? ticket_state(query) : State::any),
      active_(includes_active(entity, query)),
      inactive_(includes_inactive(entity, query)),
      unassigned_agent_(query.flag("includeunassigned") || query.flag("showall")),
      general_users_(!query.flag("exclude_generaluser")),
      recently_(now - kRecentlyClosed),
      search_(lower_case(query.get("search"))) {
  read_dates(query, rules);
  read_ids(query);
}

void Filter::read_dates(const Query& query, const ListRules& rules) {
  const bool has_stamps = entity_ != Entity::agent && entity_ != Entity::team;
  if (has_stamps) {
    updated_from_ = parse_datetime(query.get("lastupdatefromdate"));
    if (updated_from_ && rules.delta_exclusive) ++*updated_from_;
    updated_to_ = parse_datetime(query.get("lastupdatetodate"));
  }
  if (entity_ != Entity::ticket) return;
  const std::string_view what = query.get("datesearch");
  if (what == "dateoccured" || what == "dateoccurred") window_column_ = &Row::created;
  if (what == "datecleared") window_column_ = &Row::closed_at;
  window_from_ = parse_datetime(query.get("startdate"));
  window_to_ = parse_datetime(query.get("enddate"));
}

void Filter::read_ids(const Query& query) {
  for (const IdParameter& parameter : kIdParameters) {
    if (parameter.entity != entity_) continue;
    Ids ids = query.integers(parameter.name);
    if (!ids.empty()) ids_.emplace_back(parameter.member, std::move(ids));
  }
  excluded_ = query.integers("excludethese");
  if (entity_ == Entity::ticket && query.has("asset_id"))
    asset_ = static_cast<std::int32_t>(query.integer("asset_id").value_or(0));
  const bool by_team = (entity_ == Entity::ticket || entity_ == Entity::agent) && query.has("team");
  if (!by_team) return;
  Ids teams = query.integers("team");
  for (const std::string& name : query.words("team")) {
    const auto team = data_.team_named(name);
    if (team) teams.insert(*team);
  }
  ids_.emplace_back(&Row::team, std::move(teams));
}

bool Filter::in_state(const Row& row) const {
  if (row.deleted) return state_ == State::deleted;
  if (!(row.inactive ? inactive_ : active_)) return false;
  if (entity_ == Entity::agent && row.id == kUnassignedAgent) return unassigned_agent_;
  if (row.general_user && !general_users_) return false;
  switch (state_) {
    case State::any:
      return true;
    case State::open:
      return !row.closed();
    case State::closed:
      return row.closed();
    case State::deleted:
      return false;
    case State::usual:
      return !row.closed() || row.closed_at >= recently_;
  }
  return true;
}

bool Filter::in_dates(const Row& row) const {
  if (updated_from_ && row.last_update < *updated_from_) return false;
  if (updated_to_ && row.last_update > *updated_to_) return false;
  if (window_column_ == nullptr) return true;
  const Ticks when = row.*window_column_;
  return (!window_from_ || when >= *window_from_) && (!window_to_ || when <= *window_to_);
}

bool Filter::in_ids(const Row& row) const {
  if (excluded_.contains(row.id)) return false;
  if (asset_ && data_.asset_of(row) != *asset_) return false;
  return std::all_of(ids_.begin(), ids_.end(),
                     [&](const auto& wanted) { return wanted.second.contains(row.*wanted.first); });
}

bool Filter::in_text(const Row& row) const {
  if (search_.empty()) return true;
  if (std::to_string(row.id) == search_) return true;
  return lower_case(data_.name(entity_, row.id).view()).find(search_) != std::string::npos;
}

struct Ordering {
  const OrderColumn* column;
  bool descending;
};

// Only the literal "true" means descending.
std::vector<Ordering> orderings(Entity entity, const Query& query) {
  std::vector<Ordering> all;
  for (const std::string_view suffix : {"", "2", "3", "4", "5"}) {
    const std::string name = lower_case(query.get("order" + std::string(suffix)));
    if (name.empty()) continue;
    const auto* column = std::find_if(std::begin(kOrderColumns), std::end(kOrderColumns),
                                      [&](const OrderColumn& c) { return c.name == name; });
    const bool descending = query.get("orderdesc" + std::string(suffix)) == "true";
    all.push_back({column == std::end(kOrderColumns) ? kOrderColumns : column, descending});
  }
  if (all.empty()) all.push_back({kOrderColumns, entity == Entity::ticket});  // tickets come newest first
  return all;
}

void order(Selection& selection, std::span<const Row> rows, const std::vector<Ordering>& orderings) {
  const bool by_id = orderings.front().column == kOrderColumns;
  if (by_id) {
    if (orderings.front().descending) std::reverse(selection.begin(), selection.end());
    return;
  }
  std::stable_sort(selection.begin(), selection.end(), [&](std::uint32_t a, std::uint32_t b) {
    for (const Ordering& ordering : orderings) {
      const auto left = ordering.column->value(rows[a]);
      const auto right = ordering.column->value(rows[b]);
      if (left != right) return ordering.descending ? left > right : left < right;
    }
    return false;
  });
}

// Everything that decides what is selected; the page itself does not.
std::string selection_key(Entity entity, const Query& query, const ListRules& rules, Ticks now) {
  std::string key = std::to_string(static_cast<int>(entity)) + (rules.delta_exclusive ? "x" : "i");
  key += std::to_string(now / kMinute);
  for (const auto& [name, value] : query.all()) {
    if (name != "page_no" && name != "page_size" && name != "count") key += '&' + name + '=' + value;
  }
  return key;
}

}  // namespace

std::shared_ptr<const Selection> Selections::select(const Dataset& data, Entity entity, const Query& query,
                                                    const ListRules& rules, Ticks now) {
  const std::string key = selection_key(entity, query, rules, now);
  const std::scoped_lock lock(mutex_);
  for (const Remembered& remembered : remembered_) {
    if (remembered.version == data.version() && remembered.key == key) return remembered.rows;
  }
  const auto rows = data.rows(entity);
  const Filter filter(data, entity, query, rules, now);
  auto selection = std::make_shared<Selection>();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (filter.keeps(rows[i])) selection->push_back(static_cast<std::uint32_t>(i));
  }
  order(*selection, rows, orderings(entity, query));
  if (remembered_.size() < kRemembered) remembered_.resize(remembered_.size() + 1);
  remembered_[next_++ % remembered_.size()] = {key, data.version(), selection};
  return selection;
}

}  // namespace sandbox
