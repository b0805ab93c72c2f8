#include "core/dedup/deduplicator.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <thread>

#include "core/base/error.h"
#include "core/base/time.h"

namespace psabridge::dedup {
namespace {

namespace json = boost::json;
using plugin::DedupVerdict;

constexpr std::uint32_t kRowsAtOnce = 1000;  // read at once when forms are made anew
/// So many waiting records, or a tenth of all, are decided with everything else: what is rare among the
/// first hundred records is not rare among a hundred thousand.
constexpr std::size_t kManyWaiting = 1000;
constexpr std::string_view kOwner = "dedup";  // of the state that says by which strategies forms were made

store::FoundMatch found_of(const Pair& pair, const Match& match) {
  return {pair.first,
          pair.second,
          static_cast<int>(match.weight.verdict),
          match.weight.veto ? 1 : 0,
          static_cast<int>(match.obstacle),
          match.weight.weight};
}

Match match_of(const store::FoundMatch& found) {
  return {{static_cast<DedupVerdict>(found.verdict), found.veto != 0, found.weight},
          static_cast<Obstacle>(found.obstacle)};
}

std::string text_of(const std::vector<config::RoleUse>& strategies) {
  json::array list;
  for (const config::RoleUse& strategy : strategies)
    list.push_back(json::object{{"use", strategy.use}, {"settings", strategy.settings.values}});
  return json::serialize(list);
}

}  // namespace

struct Deduplicator::Plan {
  const std::vector<config::RoleUse>* strategies;
  SurvivorshipRules golden;
  std::string model;  ///< changes with everything that forms depend on
};

/// What is in memory of one entity.
struct Deduplicator::Held {
  Engine engine;
  std::vector<store::DedupStep> steps;  ///< all that people decided
  RecordId through = 0;                 ///< new records were looked at up to this one
  std::size_t unnoted = 0;              ///< so many of them beyond the one that the store knows of
};

Matcher make_matcher(const std::vector<config::RoleUse>& strategies, const plugin::Registry& registry,
                     plugin::HostServices& host) {
  std::vector<NamedStrategy> named;
  named.reserve(strategies.size());
  for (const config::RoleUse& strategy : strategies)
    named.push_back(
        {strategy.use, registry.make_dedup(strategy.use, json::serialize(strategy.settings.values), host)});
  return Matcher(std::move(named));
}

bool is_alike(const std::vector<config::RoleUse>& one, const std::vector<config::RoleUse>& other) {
  return text_of(one) == text_of(other);
}

namespace {

/// The strategies, their settings, and the plugins that offer them: a form means what the code says that made
/// it, whatever version it calls itself.
std::string model_of(const std::vector<config::RoleUse>& strategies, const plugin::Registry& registry) {
  std::string model = text_of(strategies);
  for (const config::RoleUse& strategy : strategies)
    for (const plugin::PluginInfo& plugin : registry.plugins())
      for (const plugin::RoleInfo& role : plugin.roles)
        if (role.kind == plugin::RoleKind::dedup && role.name == strategy.use)
          model += " " + plugin.id + " " + plugin.sha256;
  return model;
}

}  // namespace

Deduplicator::Deduplicator(const config::Config& config, const plugin::Registry& registry,
                           plugin::HostServices& host, store::SharedWriter& store, Clock& clock)
    : config_(config), registry_(registry), host_(host), store_(store), clock_(clock) {
  for (const config::Pipeline& pipeline : config.pipelines)
    for (const auto& [entity, strategies] : pipeline.dedup) {
      Plan plan{&strategies, {}, model_of(strategies, registry)};
      const auto rules = std::ranges::find(config.golden, entity, &config::GoldenUse::entity);
      if (rules != config.golden.end()) plan.golden = {rules->sources, rules->fields};
      plans_.try_emplace(entity, std::move(plan));
    }
}

Deduplicator::~Deduplicator() = default;

std::vector<std::string> Deduplicator::entities() const {
  std::vector<std::string> entities;
  for (const auto& [entity, plan] : plans_) entities.push_back(entity);
  return entities;
}

bool Deduplicator::covers(std::string_view entity) const { return plans_.contains(entity); }

const Deduplicator::Plan& Deduplicator::plan(const std::string& entity) const {
  const auto found = plans_.find(entity);
  if (found == plans_.end())
    throw Error("PB1704", "No pipeline looks for duplicates of " + entity + ": it has no `dedup: { " +
                              entity + ": [...] }`.");
  return found->second;
}

// --- loading ---

Engine Deduplicator::fresh_engine(const Plan& plan) {
  std::vector<Matcher> matchers;
  const unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
  for (unsigned i = 0; i < threads; ++i) matchers.push_back(make_matcher(*plan.strategies, registry_, host_));
  return Engine(std::move(matchers));
}

void Deduplicator::load(const std::string& entity, Engine& engine, std::span<const store::DedupStep> steps) {
  store_.writer.duplicates().each_form(
      entity, [&](RecordId record, std::string_view packed) { engine.put(record, packed); });
  // The word of the latest step that is in force counts for a pair.
  for (const store::DedupStep& step : steps)
    if (!step.undone)
      for (const store::DedupStep::Word& word : step.words) engine.declare({word.a, word.b}, word.same);
}

Deduplicator::Held& Deduplicator::held(const std::string& entity) {
  const Plan& its_plan = plan(entity);
  if (const auto known = held_.find(entity); known != held_.end()) return known->second;
  bring_forms_up_to_date(entity, {});
  const store::Duplicates& known = store_.writer.duplicates();
  Held held{fresh_engine(its_plan), known.steps(entity), known.looked_through(entity)};
  load(entity, held.engine, held.steps);
  for (const store::FoundMatch& found : known.matches(entity))
    if (held.engine.has(found.a) && held.engine.has(found.b))
      held.engine.restore({found.a, found.b}, match_of(found));
  held.engine.restore(known.members(entity));
  return held_.insert_or_assign(entity, std::move(held)).first->second;
}

const Engine& Deduplicator::engine(const std::string& entity) { return held(entity).engine; }

void Deduplicator::bring_forms_up_to_date(const std::string& entity, const plugin::Stop& stop) {
  if (store_.writer.state_get(kOwner, entity) != plan(entity).model) rebuild(entity, stop);
}

void Deduplicator::rebuild(const std::string& entity, const plugin::Stop& stop) {
  const Plan& its_plan = plan(entity);
  held_.erase(entity);
  store::Writer& writer = store_.writer;
  Matcher matcher = make_matcher(*its_plan.strategies, registry_, host_);
  writer.in_one([&] {
    writer.duplicates().drop_forms(entity);
    for (const std::string& connection : writer.connections_of(entity)) {
      const EntitySchema schema = writer.schema(entity);
      for (RecordId after = 0;;) {
        const store::StoredRows rows = writer.rows_after(schema, connection, after, kRowsAtOnce);
        if (rows.ids.empty()) break;
        const std::vector<std::string> packed = matcher.keyed(rows.batch, stop);
        for (std::size_t i = 0; i < packed.size(); ++i)
          if (!packed[i].empty()) writer.duplicates().add_form(entity, rows.ids[i], packed[i]);
        after = rows.ids.back();
      }
    }
    writer.state_put(kOwner, entity, its_plan.model);
  });
}

void Deduplicator::forget() { held_.clear(); }

/// What is in memory is not trusted after a failure: it is loaded again.
template <class Work>
auto Deduplicator::guarded(const std::string& entity, const Work& work) {
  try {
    return work(held(entity));
  } catch (...) {
    held_.erase(entity);
    throw;
  }
}

// --- deciding ---

void Deduplicator::begin(const std::string& entity) {
  const std::string& model = plan(entity).model;
  if (store_.writer.connections_of(entity).empty() && store_.writer.state_get(kOwner, entity) != model)
    store_.writer.state_put(kOwner, entity, model);
}

std::uint64_t Deduplicator::waiting(const std::string& entity) const {
  const store::Duplicates& known = store_.writer.duplicates();
  const auto held = held_.find(entity);
  return known.waiting_count(entity,
                             held == held_.end() ? known.looked_through(entity) : held->second.through);
}

CaughtUp Deduplicator::catch_up(const std::string& entity, const plugin::Stop& stop) {
  if (!held_.contains(entity) && waiting(entity) == 0 &&
      store_.writer.state_get(kOwner, entity) == plan(entity).model)
    return {};
  return guarded(entity, [&](Held& held) {
    Engine& engine = held.engine;
    std::vector<RecordId> waiting;
    store_.writer.duplicates().each_waiting(entity, held.through,
                                            [&](RecordId record, std::string_view packed) {
                                              waiting.push_back(record);
                                              if (packed.empty())
                                                engine.remove(record);
                                              else
                                                engine.put(record, packed);
                                            });
    CaughtUp result{waiting.size(), 0, 0};
    if (waiting.empty()) return result;
    look_at(entity, held, waiting, stop);
    std::set<Pair> reviews;
    for (const RecordId record : waiting) {
      result.joined += engine.is_joined(record) ? 1 : 0;
      for (const Pair& pair : engine.matches_of(record))
        if (engine.needs_review(pair)) reviews.insert(pair);
    }
    result.reviews = reviews.size();
    return result;
  });
}

void Deduplicator::look_at(const std::string& entity, Held& held, std::span<const RecordId> waiting,
                           const plugin::Stop& stop) {
  const bool together = waiting.size() > std::max(kManyWaiting, held.engine.size() / 10);
  Changes changes;
  if (together) {
    held.engine.settle(stop);
  } else {
    held.engine.place(waiting, stop);
    changes = held.engine.take_changes();
  }
  // Of one new record that is like no other there is nothing to write down. That it was looked at is noted
  // with what comes next; when the process ends before, it is looked at once more.
  const bool is_quiet =
      waiting.size() == 1 && waiting.front() > held.through && changes.empty() && held.unnoted < kManyWaiting;
  held.through = std::max(held.through, waiting.back());
  if (is_quiet) {
    ++held.unnoted;
    return;
  }
  store_.writer.in_one([&] {
    if (together)
      write_all(entity, held);
    else
      write_changes(entity, held, changes, waiting);
    store_.writer.duplicates().stop_waiting(entity, held.through);
  });
  held.unnoted = 0;
}

namespace {

std::uint64_t count_reviews(const Engine& engine) {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      engine.matches(), [&](const auto& entry) { return engine.needs_review(entry.first); }));
}

}  // namespace

Scan Deduplicator::scan(const std::string& entity, Effect effect, const plugin::Stop& stop) {
  const Plan& its_plan = plan(entity);
  bring_forms_up_to_date(entity, stop);
  const store::Duplicates& known = store_.writer.duplicates();
  Held fresh{fresh_engine(its_plan), known.steps(entity)};
  Engine& engine = fresh.engine;
  load(entity, engine, fresh.steps);
  engine.settle(stop);
  known.each_waiting(entity, 0, [&](RecordId record, std::string_view) { fresh.through = record; });

  std::map<RecordId, std::vector<RecordId>> before;
  for (const auto& [record, of] : known.members(entity)) before[of].push_back(record);
  Scan scan;
  scan.records = engine.size();
  scan.matches = engine.matches().size();
  scan.reviews = count_reviews(engine);
  scan.memory = engine.bytes();
  for (const RecordId of : engine.joined()) {
    const std::vector<RecordId> members = engine.members(of);
    ++scan.entities;
    scan.duplicates += members.size() - 1;
    const auto then = before.find(of);
    if (then == before.end() || then->second != members) scan.joined.push_back({of, members});
    before.erase(of);
  }
  for (const auto& [of, members] : before) scan.parted.push_back({of, members});
  if (effect == Effect::dry) return scan;
  store_.writer.in_one([&] {
    write_all(entity, fresh);
    store_.writer.duplicates().stop_waiting(entity, fresh.through);
  });
  held_.insert_or_assign(entity, std::move(fresh));
  return scan;
}

// --- writing down ---

/// `records`: those that are not what they were, or of which a person said something.
void Deduplicator::write_changes(const std::string& entity, const Held& held, const Changes& changes,
                                 std::span<const RecordId> records) {
  store::Duplicates& known = store_.writer.duplicates();
  const Engine& engine = held.engine;
  for (const Pair& pair : changes.matches)
    if (const auto match = engine.matches().find(pair); match != engine.matches().end())
      known.keep_match(entity, found_of(pair, match->second));
    else
      known.drop_match(entity, pair.first, pair.second);
  std::set<RecordId> entities, gone;
  for (const Changes::Moved& moved : changes.moved) {
    const RecordId of = engine.entity_of(moved.record);
    const bool joined = engine.is_joined(moved.record);
    known.set_member(entity, moved.record, joined ? std::optional(of) : std::nullopt);
    if (joined) entities.insert(of);
    if (moved.before != 0 && engine.is_joined(moved.before) && engine.entity_of(moved.before) == moved.before)
      entities.insert(moved.before);
    else if (moved.before != 0)
      gone.insert(moved.before);
  }
  for (const RecordId record : records)
    if (engine.is_joined(record)) entities.insert(engine.entity_of(record));
  for (const RecordId of : gone) known.drop_golden(entity, of);
  write_golden(entity, held, std::vector<RecordId>(entities.begin(), entities.end()));
}

void Deduplicator::write_all(const std::string& entity, const Held& held) {
  store::Duplicates& known = store_.writer.duplicates();
  const Engine& engine = held.engine;
  std::vector<store::FoundMatch> matches;
  for (const auto& [pair, match] : engine.matches()) matches.push_back(found_of(pair, match));
  known.replace_all_matches(entity, matches);
  known.drop_members(entity);
  known.drop_all_golden(entity);
  const std::vector<RecordId> joined = engine.joined();
  for (const RecordId of : joined)
    for (const RecordId member : engine.members(of)) known.set_member(entity, member, of);
  write_golden(entity, held, joined);
}

void Deduplicator::write_golden(const std::string& entity, const Held& held,
                                std::span<const RecordId> entities) {
  if (entities.empty()) return;
  const EntitySchema schema = store_.writer.schema(entity);
  std::vector<store::DedupStep::Pin> pins;
  for (const store::DedupStep& step : held.steps)
    if (!step.undone) pins.insert(pins.end(), step.pins.begin(), step.pins.end());
  for (const RecordId of : entities) {
    const store::StoredRows rows = store_.writer.rows(schema, held.engine.members(of));
    store_.writer.duplicates().set_golden(entity, {of, golden_record(rows, plan(entity).golden, pins)});
  }
}

// --- what people decide ---

namespace {

std::string text_of(const Pair& pair) {
  return std::to_string(pair.first) + " and " + std::to_string(pair.second);
}

/// The latest step in force that speaks of the pair; there is one.
const store::DedupStep& latest_word(const std::vector<store::DedupStep>& steps, const Pair& pair) {
  const auto speaks = [&](const store::DedupStep& step) {
    return !step.undone && std::ranges::any_of(step.words, [&](const store::DedupStep::Word& word) {
      return Pair{word.a, word.b} == pair;
    });
  };
  return *std::find_if(steps.rbegin(), steps.rend(), speaks);
}

}  // namespace

std::int64_t Deduplicator::merge(const std::string& entity, std::span<const std::vector<RecordId>> groups,
                                 const Person& person) {
  store::DedupStep step{.entity = entity, .action = "merge"};
  const Held& its = held(entity);
  const Engine& engine = its.engine;
  for (const std::vector<RecordId>& records : groups) {
    std::set<RecordId> all;
    for (const RecordId record : records)
      for (const RecordId member : engine.members(engine.entity_of(record))) all.insert(member);
    for (auto one = all.begin(); one != all.end(); ++one)
      for (auto other = std::next(one); other != all.end(); ++other)
        if (engine.is_banned({*one, *other})) {
          const store::DedupStep& ban = latest_word(its.steps, {*one, *other});
          throw Error("PB1702", "Records " + text_of(Pair{*one, *other}) + " of " + entity +
                                    " were declared not the same in step " + std::to_string(ban.id) + " by " +
                                    ban.by + " on " + ban.at + ". Undo that step first.");
        }
    for (std::size_t i = 1; i < records.size(); ++i) {
      const auto [a, b] = pair_of(records.front(), records[i]);
      if (a != b) step.words.push_back({a, b, true});
    }
  }
  return take_step(std::move(step), person);
}

std::int64_t Deduplicator::split(const std::string& entity, std::span<const RecordId> records,
                                 const Person& person) {
  store::DedupStep step{.entity = entity, .action = "split"};
  Engine& engine = held(entity).engine;
  const std::set<RecordId> leaving(records.begin(), records.end());
  for (const RecordId record : leaving)
    for (const RecordId member : engine.members(engine.entity_of(record))) {
      if (leaving.contains(member)) continue;
      const auto [a, b] = pair_of(record, member);
      step.words.push_back({a, b, false});
    }
  if (step.words.empty())
    throw Error("PB1704", "Record " + std::to_string(*leaving.begin()) + " of " + entity +
                              " is alone already: there is nothing to split it from.");
  return take_step(std::move(step), person);
}

std::int64_t Deduplicator::not_same(const std::string& entity, std::span<const Pair> pairs,
                                    const Person& person) {
  store::DedupStep step{.entity = entity, .action = "not-same"};
  for (const Pair& pair : pairs) step.words.push_back({pair.first, pair.second, false});
  return take_step(std::move(step), person);
}

std::int64_t Deduplicator::pin(const std::string& entity, RecordId record, const std::string& field,
                               const Person& person) {
  store::DedupStep step{.entity = entity, .action = "pin"};
  step.pins.push_back({record, field});
  return take_step(std::move(step), person);
}

std::optional<std::int64_t> Deduplicator::undo(std::int64_t id, const Person& person) {
  const std::string entity = store_.writer.duplicates().entity_of_step(id);
  if (entity.empty())
    throw Error("PB1704", "There is no step " + std::to_string(id) + ": `psabridge dedup log` lists them.");
  if (std::ranges::find(held(entity).steps, id, &store::DedupStep::id)->undone) return std::nullopt;
  return take_step({.entity = entity, .action = "undo", .undoes = id}, person);
}

namespace {

/// What the last of these steps is about: of an undo what the undone step was about, and so on.
struct Subject {
  explicit Subject(const std::vector<store::DedupStep>& steps) {
    for (std::int64_t id = steps.back().id; id != 0;) {
      const auto said = std::ranges::lower_bound(steps, id, {}, &store::DedupStep::id);
      for (const store::DedupStep::Word& word : said->words) pairs.insert({word.a, word.b});
      for (const store::DedupStep::Pin& pin : said->pins) records.insert(pin.record);
      id = said->undoes;
    }
    for (const Pair& pair : pairs) records.insert({pair.first, pair.second});
  }
  std::set<Pair> pairs;
  std::set<RecordId> records;
};

}  // namespace

/// Everything that the step says, or takes back, is said anew of the pairs concerned: the latest word in
/// force counts.
std::int64_t Deduplicator::take_step(store::DedupStep step, const Person& person) {
  const std::string entity = step.entity;
  return guarded(entity, [&](Held& held) {
    step.by = person.name;
    step.note = person.note;
    step.at = format_time(clock_.now());
    store_.writer.in_one([&] {
      step.id = store_.writer.duplicates().add_step(step);
      held.steps.push_back(step);
      store::mark_undone(held.steps);
      const Subject subject(held.steps);
      for (const Pair& pair : subject.pairs) held.engine.lift(pair);
      for (const store::DedupStep& each : held.steps)
        if (!each.undone)
          for (const store::DedupStep::Word& word : each.words)
            if (subject.pairs.contains({word.a, word.b})) held.engine.declare({word.a, word.b}, word.same);
      const std::vector<RecordId> records(subject.records.begin(), subject.records.end());
      held.engine.regroup(records);
      write_changes(entity, held, held.engine.take_changes(), records);
    });
    return step.id;
  });
}

// --- looking ---

std::vector<Answer> Deduplicator::check(const std::string& entity, const Batch& batch,
                                        const plugin::Stop& stop) {
  Engine& engine = held(entity).engine;
  const std::vector<std::string> packed = engine.matcher().keyed(batch, stop);
  std::vector<Answer> answers(packed.size());
  for (std::size_t i = 0; i < packed.size(); ++i) {
    Answer& answer = answers[i];
    const auto stored = store_.writer.record(entity, batch.connection, view(batch.records[i].source_id));
    if (!packed[i].empty()) answer.likenesses = engine.likenesses(packed[i], 0, stop);
    const bool known = stored && !view(batch.records[i].source_id).empty();
    const bool same =
        !answer.likenesses.empty() && answer.likenesses.front().weight.verdict == DedupVerdict::same;
    if (known || same)
      answer.is = Answer::Is::exists;
    else if (!answer.likenesses.empty())
      answer.is = Answer::Is::likely;
  }
  return answers;
}

std::vector<Review> Deduplicator::reviews(const std::string& entity) {
  const Engine& engine = held(entity).engine;
  std::vector<Review> reviews;
  for (const auto& [pair, match] : engine.matches())
    if (engine.needs_review(pair)) reviews.push_back({pair.first, pair.second, match});
  std::ranges::stable_sort(reviews, std::ranges::greater(),
                           [](const Review& review) { return review.match.weight.weight; });
  return reviews;
}

ExplainedPair Deduplicator::explain(const std::string& entity, RecordId one, RecordId other) {
  return held(entity).engine.explain(one, other, {});
}

ExplainedPair Deduplicator::explain_new(const std::string& entity, const Batch& batch, RecordId other) {
  Engine& engine = held(entity).engine;
  return engine.explain(engine.matcher().keyed(batch, {}).front(), other, {});
}

Group Deduplicator::group_of(const std::string& entity, RecordId record) {
  const Engine& engine = held(entity).engine;
  const RecordId of = engine.entity_of(record);
  return {of, engine.members(of)};
}

std::vector<Group> Deduplicator::groups(const std::string& entity) {
  const Engine& engine = held(entity).engine;
  std::vector<Group> groups;
  for (const RecordId of : engine.joined()) groups.push_back({of, engine.members(of)});
  return groups;
}

}  // namespace psabridge::dedup
