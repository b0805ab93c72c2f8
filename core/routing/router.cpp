#include "core/routing/router.h"

#include <xxhash.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cassert>
#include <deque>
#include <utility>

namespace psabridge::routing {
namespace {

namespace json = boost::json;

constexpr std::size_t kAlsoShown = 8;  // later rules that a decision names

TicketFacts facts_of(const Record& ticket, const EntitySchema& schema) {
  const auto text = [&](std::string_view field) { return text_in(ticket, schema, field); };
  return {.type = {text("ticket_type_id"), text("ticket_type_name")},
          .board = {text("team_id"), text("team_name")},
          .priority = {text("priority_id"), text("priority_name")},
          .site = {text("site_id"), text("site_name")},
          .opened_at = text("opened_at")};
}

json::array evidence_json(const std::vector<Evidence>& evidence) {
  json::array lines;
  lines.reserve(evidence.size());
  for (const Evidence& line : evidence)
    lines.push_back(json::object{{"field", line.path}, {"test", line.test}, {"found", line.found}});
  return lines;
}

json::array passed_over_json(const std::vector<PassedOver>& passed_over) {
  json::array rules;
  rules.reserve(passed_over.size());
  for (const PassedOver& rule : passed_over)
    rules.push_back(json::object{{"rule", rule.rule}, {"team", rule.team}, {"why", rule.why}});
  return rules;
}

}  // namespace

std::string_view text_in(const Record& ticket, const EntitySchema& schema, std::string_view field) {
  const auto index = schema.index_of(field);
  return index ? psabridge::text_of(ticket.fields[*index]) : std::string_view();
}

bool is_open(const Record& ticket, const EntitySchema& schema) {
  const auto index = schema.index_of("closed");
  return !index || is_null(ticket.fields[*index]) || ticket.fields[*index].as.integer == 0;
}

/// What the tickets of a batch refer to, as far as conditions ask for it.
class Router::StoredRecords : public RelatedRecords {
 public:
  StoredRecords(const Vocabulary& vocabulary, std::string_view connection, std::span<const Record> tickets,
                const store::Reader& store) {
    const auto ids = related_ids(vocabulary, tickets);
    for (const Relation* relation : vocabulary.relations()) {
      const auto wanted = ids.find(relation->entity);
      if (!relation->schema || wanted == ids.end() || found_.contains(relation->entity)) continue;
      Found& found = found_[relation->entity];
      found.rows = store.rows_of(*relation->schema, connection, wanted->second);
      for (const Record& record : found.rows.batch.records)
        found.by_id.emplace(view(record.source_id), &record);
    }
  }
  const Record* find(std::string_view entity, std::string_view source_id) const override {
    const auto of_entity = found_.find(entity);
    if (of_entity == found_.end()) return nullptr;
    const auto record = of_entity->second.by_id.find(source_id);
    return record == of_entity->second.by_id.end() ? nullptr : record->second;
  }

 private:
  struct Found {
    store::StoredRows rows;
    std::map<std::string_view, const Record*, std::less<>> by_id;
  };
  std::map<std::string, Found, std::less<>> found_;
};

/// Everything that conditions and rules see of one batch.
struct Router::Ground {
  Ground(const Router& router, const Batch& batch, const store::Reader& reader)
      : tickets(batch),
        store(reader),
        related(router.rules_->vocabulary(), router.connection_, batch.records, reader),
        facts(router.rules_->vocabulary(), batch.records, related, router.now()) {}

  const Batch& tickets;
  const store::Reader& store;
  StoredRecords related;
  Facts facts;
};

/// What a rule may ask. Texts that it is given live as long as the context.
class Router::Context : public plugin::RoutingContext {
 public:
  Context(const Router& router, const Ground& ground) : router_(router), ground_(ground) { add_teams(); }
  /// The rule that is asked next.
  void ask(const Rule& rule) { rule_ = &rule; }

  std::span<const psabridge_link> links() const override { return router_.plain_links_; }
  std::span<const psabridge_team> teams() const override { return teams_; }

  Linked linked_team(std::size_t ticket) override {
    const Record& record = ground_.tickets.records[ticket];
    const EntitySchema& schema = *ground_.tickets.schema;
    LinkTable::Found found =
        router_.links_->find(text_in(record, schema, "client_id"), facts_of(record, schema));
    return {found.link ? std::string_view(found.link->team) : std::string_view(), keep(std::move(found.why))};
  }

  Present present_team(std::size_t ticket) override {
    store::Whereabouts where = ground_.store.decisions().whereabouts(
        router_.connection_, view(ground_.tickets.records[ticket].source_id));
    return {keep(std::move(where.team)), where.rule == rule_->name};
  }

  std::string_view kin_team(std::size_t ticket, std::string_view field) override {
    const EntitySchema& schema = *ground_.tickets.schema;
    const auto index = schema.index_of(field);
    if (!index) return {};
    const Record& record = ground_.tickets.records[ticket];
    const std::string_view value = psabridge::text_of(record.fields[*index]);
    if (value.empty()) return {};
    const store::Decisions& decisions = ground_.store.decisions();
    if (schema.fields[*index].type == FieldType::ref)
      return keep(decisions.team_by_ref(router_.connection_, view(record.source_id), field, value));
    if (schema.fields[*index].type != FieldType::refs) return {};
    const json::value ids = json::parse(value);
    for (const json::value& id : ids.as_array()) {
      std::string team = decisions.team_by_refs(router_.connection_, view(record.source_id), field,
                                                std::string_view(id.as_string()));
      if (!team.empty()) return keep(std::move(team));
    }
    return {};
  }

  bool at_work(std::size_t ticket, std::string_view team) override {
    const auto opened =
        parse_time(text_in(ground_.tickets.records[ticket], *ground_.tickets.schema, "opened_at"));
    return router_.roster_->at_work(team, opened.value_or(router_.now()));
  }

 private:
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  /// None as long as none is declared: then every name is a team.
  void add_teams() {
    std::map<std::string_view, psabridge_team, std::less<>> teams;
    for (const store::Team& team : router_.roster_->teams())
      teams[team.name] = {borrow(team.name),
                          borrow(team.parent),
                          router_.roster_->standing(team.name) == Standing::takes ? 1U : 0U,
                          0,
                          0,
                          0};
    for (const store::Load& load : ground_.store.decisions().loads())
      if (const auto declared = teams.find(load.team); declared != teams.end()) {
        declared->second.open_tickets = load.open;
        declared->second.all_tickets = load.all;
      }
    teams_.reserve(teams.size());
    for (auto& [name, team] : teams) {
      if (const auto given = router_.given_.find(name); given != router_.given_.end()) {
        team.open_tickets = plus(team.open_tickets, given->second);
        team.all_tickets = plus(team.all_tickets, given->second);
      }
      teams_.push_back(team);
    }
  }
  static std::uint64_t plus(std::uint64_t count, std::int64_t more) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, static_cast<std::int64_t>(count) + more));
  }

  const Router& router_;
  const Ground& ground_;
  const Rule* rule_ = nullptr;
  std::deque<std::string> texts_;
  std::vector<psabridge_team> teams_;
};

Router::Router(std::unique_ptr<RuleSet> rules, std::string connection, plugin::HostServices& services)
    : rules_(std::move(rules)), connection_(std::move(connection)), services_(services) {}

Router::~Router() = default;

SysMilliseconds Router::now() const { return SysMilliseconds(std::chrono::milliseconds(services_.now_ms())); }

void Router::look_around(const store::Reader& store) {
  const std::int64_t generation = store.decisions().generation();
  if (generation == generation_ && roster_) return;
  roster_ = std::make_unique<Roster>(store.teams().all());
  links_ = std::make_unique<LinkTable>(store, connection_);
  const auto unlimited = links_->unlimited();
  plain_links_.clear();
  plain_links_.reserve(unlimited.size());
  for (const auto& [client, team] : unlimited) plain_links_.push_back({borrow(client), borrow(team)});
  generation_ = generation;
}

const Roster& Router::roster(const store::Reader& store) {
  look_around(store);
  return *roster_;
}

std::vector<Ruling> Router::rule(const Batch& tickets, std::span<const std::size_t> which,
                                 const store::Reader& store, const plugin::Stop& stop) {
  look_around(store);
  return judge(Ground(*this, tickets, store), which, stop);
}

std::vector<Ruling> Router::judge(const Ground& ground, std::span<const std::size_t> which,
                                  const plugin::Stop& stop) const {
  Context context(*this, ground);
  std::vector<Ruling> rulings(which.size());
  std::vector<RuleIndex::Matches> matches;
  matches.reserve(which.size());
  for (const std::size_t record : which) matches.push_back(rules_->index().matches(ground.facts, record));
  std::map<std::size_t, std::vector<std::size_t>> asked;  // by rule: positions in `which`
  const auto pass_on = [&](std::size_t position) {
    if (const auto rule = matches[position].next()) asked[*rule].push_back(position);
  };
  for (std::size_t position = 0; position < which.size(); ++position) pass_on(position);
  while (!asked.empty()) {
    const auto next = asked.extract(asked.begin());
    const std::size_t index = next.key();
    std::vector<std::size_t> positions = next.mapped();
    std::ranges::sort(positions);
    const Rule& rule = rules_->rules()[index];
    context.ask(rule);
    std::vector<std::size_t> records;
    records.reserve(positions.size());
    for (const std::size_t position : positions) records.push_back(which[position]);
    const auto take = [&](std::size_t record, std::string_view team, std::string_view reason) {
      const auto position = static_cast<std::size_t>(std::ranges::lower_bound(which, record) - which.begin());
      Ruling& ruling = rulings[position];
      if (roster_->standing(team) != Standing::takes)
        ruling.passed_over.push_back({rule.name, std::string(team), roster_->why(team)});
      else
        ruling.team = team, ruling.rule = rule.name, ruling.reason = reason, ruling.position = index;
    };
    try {
      rule.plugin->decide(ground.tickets, records, context, take, stop);
    } catch (const Error& error) {
      if (error.error_class() == ErrorClass::cancelled) throw;
      for (const std::size_t position : positions)
        rulings[position].passed_over.push_back({rule.name, {}, error.message()});
    }
    for (const std::size_t position : positions)
      if (rulings[position].team.empty()) pass_on(position);
  }
  for (Ruling& ruling : rulings)
    if (ruling.team.empty())
      ruling.reason =
          "No routing rule decided: the pipeline needs a `fallback` rule that takes what is left.";
  return rulings;
}

void Router::decide(Batch& tickets, std::int64_t rules_id, const store::Reader& store,
                    const plugin::Stop& stop) {
  std::vector<std::size_t> which;
  std::vector<store::Whereabouts> places;
  for (std::size_t i = 0; i < tickets.records.size(); ++i) {
    if (tickets.verdicts[i].fate != Fate::write) continue;
    which.push_back(i);
    places.push_back(store.decisions().whereabouts(connection_, view(tickets.records[i].source_id)));
  }
  std::vector<std::size_t> for_rules;
  for (std::size_t i = 0; i < which.size(); ++i)
    if (places[i].pinned_team.empty()) for_rules.push_back(which[i]);
  look_around(store);
  const Ground ground(*this, tickets, store);
  std::vector<Ruling> rulings = judge(ground, for_rules, stop);

  auto ruled = rulings.begin();
  for (std::size_t i = 0; i < which.size(); ++i) {
    const store::Whereabouts& place = places[i];
    Verdict& verdict = tickets.verdicts[which[i]];
    const Ruling ruling =
        place.pinned_team.empty()
            ? std::move(*ruled++)
            : Ruling{place.pinned_team,
                     std::string(kByHand),
                     "Given to the team by " + place.pinned_by + " on " + place.pinned_at + ".",
                     {},
                     {}};
    Arena& arena = *tickets.arena;
    verdict.route = {
        arena.keep(ruling.team),    arena.keep(ruling.rule), arena.keep(ruling.reason), {}, rules_id,
        !ruling.passed_over.empty()};
    if (place.record == 0 || ruling.team != place.team || ruling.rule != place.rule)
      verdict.route.evidence = arena.keep(evidence_of(ground, which[i], ruling));
    if (is_open(tickets.records[which[i]], *tickets.schema)) count(place.team, ruling);
    seal_route(verdict);
  }
}

std::string Router::evidence_of(const Ground& ground, std::size_t ticket, const Ruling& ruling) const {
  json::object evidence;
  if (ruling.position) {
    evidence["conditions"] =
        evidence_json(rules_->conditions()[*ruling.position].explain(ground.facts, ticket));
    json::array also;
    RuleIndex::Matches matches = rules_->index().matches(ground.facts, ticket);
    for (auto rule = matches.next(); rule && also.size() < kAlsoShown; rule = matches.next())
      if (*rule > *ruling.position) also.emplace_back(rules_->rules()[*rule].name);
    evidence["also"] = std::move(also);
  }
  evidence["passed_over"] = passed_over_json(ruling.passed_over);
  return json::serialize(evidence);
}

void Router::count(std::string_view from, const Ruling& ruling) {
  if (ruling.team == from) return;
  if (!from.empty()) --given_.try_emplace(std::string(from)).first->second;
  if (!ruling.team.empty()) ++given_.try_emplace(ruling.team).first->second;
}

std::vector<Opinion> Router::opinions(const Batch& tickets, std::size_t ticket, const store::Reader& store,
                                      const plugin::Stop& stop) {
  look_around(store);
  const Ground ground(*this, tickets, store);
  Context context(*this, ground);
  std::vector<Opinion> opinions(rules_->rules().size());
  for (std::size_t i = 0; i < opinions.size(); ++i) {
    Opinion& opinion = opinions[i];
    const Condition& condition = rules_->conditions()[i];
    opinion.evidence = condition.explain(ground.facts, ticket);
    opinion.holds = condition.holds(ground.facts, ticket);
    if (!opinion.holds) continue;
    const Rule& rule = rules_->rules()[i];
    context.ask(rule);
    const std::size_t records[] = {ticket};
    try {
      rule.plugin->decide(
          tickets, records, context,
          [&](std::size_t, std::string_view team, std::string_view reason) {
            opinion.team = team;
            opinion.reason = reason;
            if (roster_->standing(team) != Standing::takes) opinion.obstacle = roster_->why(team);
          },
          stop);
    } catch (const Error& error) {
      if (error.error_class() == ErrorClass::cancelled) throw;
      opinion.obstacle = error.message();
    }
  }
  return opinions;
}

std::int64_t keep_rules(const Router& router, const std::string& pipeline, store::Writer& writer,
                        const std::string& now) {
  const RuleSet& rules = router.rules();
  const auto newest = writer.decisions().newest_rules(pipeline);
  if (newest && newest->version == rules.version()) return newest->id;
  std::int64_t id = 0;
  writer.in_one([&] {
    id = writer.decisions().add_rules({0, pipeline, rules.version(), rules.text(), now});
  });
  return id;
}

void seal_route(Verdict& verdict) {
  std::string text(reinterpret_cast<const char*>(verdict.content_hash.data()), verdict.content_hash.size());
  text.append(verdict.route.team).append(1, '\0').append(verdict.route.rule);
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(text.data(), text.size()));
  std::copy(std::begin(canonical.digest), std::end(canonical.digest), verdict.content_hash.begin());
}

}  // namespace psabridge::routing
