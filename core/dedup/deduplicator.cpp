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

/// The strategies, their settings, and the versions of the plugins that offer them.
std::string model_of(const std::vector<config::RoleUse>& strategies, const plugin::Registry& registry) {
  std::string model = text_of(strategies);
  for (const config::RoleUse& strategy : strategies)
    for (const plugin::PluginInfo& plugin : registry.plugins())
      for (const plugin::RoleInfo& role : plugin.roles)
        if (role.kind == plugin::RoleKind::dedup && role.name == strategy.use)
          model += " " + plugin.id + " " + plugin.version;
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

void Deduplicator::load(const std::string& entity, Engine& engine) {
  store_.writer.duplicates().each_form(
      entity, [&](RecordId record, std::string_view packed) { engine.put(record, packed); });
  declare_steps(entity, engine);
}

/// The word of the latest step that is in force counts for a pair.
void Deduplicator::declare_steps(const std::string& entity, Engine& engine) {
  for (const store::DedupStep& step : store_.writer.duplicates().steps(entity))
    if (!step.undone)
      for (const store::DedupStep::Word& word : step.words) engine.declare({word.a, word.b}, word.same);
}

Engine& Deduplicator::loaded(const std::string& entity) {
  const Plan& its_plan = plan(entity);
  if (const auto known = engines_.find(entity); known != engines_.end()) return known->second;
  bring_forms_up_to_date(entity, {});
  Engine engine = fresh_engine(its_plan);
  load(entity, engine);
  const store::Duplicates& known = store_.writer.duplicates();
  for (const store::FoundMatch& found : known.matches(entity))
    if (engine.has(found.a) && engine.has(found.b)) engine.restore({found.a, found.b}, match_of(found));
  engine.restore(known.members(entity));
  return engines_.insert_or_assign(entity, std::move(engine)).first->second;
}

const Engine& Deduplicator::engine(const std::string& entity) { return loaded(entity); }

void Deduplicator::bring_forms_up_to_date(const std::string& entity, const plugin::Stop& stop) {
  if (store_.writer.state_get(kOwner, entity) != plan(entity).model) rebuild(entity, stop);
}

void Deduplicator::rebuild(const std::string& entity, const plugin::Stop& stop) {
  const Plan& its_plan = plan(entity);
  engines_.erase(entity);
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
          if (!packed[i].empty()) writer.duplicates().keep_form(entity, rows.ids[i], packed[i]);
        after = rows.ids.back();
      }
    }
    writer.state_put(kOwner, entity, its_plan.model);
  });
}

void Deduplicator::forget() { engines_.clear(); }

/// What is in memory is not trusted after a failure: it is loaded again.
template <class Work>
auto Deduplicator::guarded(const std::string& entity, const Work& work) {
  try {
    return work(loaded(entity));
  } catch (...) {
    engines_.erase(entity);
    throw;
  }
}

// --- deciding ---

CaughtUp Deduplicator::catch_up(const std::string& entity, const plugin::Stop& stop) {
  store::Duplicates& known = store_.writer.duplicates();
  if (known.waiting_count(entity) == 0 && store_.writer.state_get(kOwner, entity) == plan(entity).model)
    return {};
  return guarded(entity, [&](Engine& engine) {
    const std::vector<RecordId> waiting = known.waiting(entity);
    for (const RecordId record : waiting) {
      const std::string packed = known.form(entity, record);
      if (packed.empty())
        engine.remove(record);
      else
        engine.put(record, packed);
    }
    const bool together = waiting.size() > std::max(kManyWaiting, engine.size() / 10);
    std::vector<RecordId> touched;
    if (together)
      engine.settle(stop);
    else
      touched = engine.place(waiting, stop);
    store_.writer.in_one([&] {
      if (together)
        write_all(entity, engine);
      else
        write(entity, engine, touched);
      known.stop_waiting(entity, waiting);
    });
    CaughtUp result{waiting.size(), 0, 0};
    std::set<Pair> reviews;
    for (const RecordId record : waiting) {
      result.joined += engine.members(engine.entity_of(record)).size() > 1;
      for (const Pair& pair : engine.matches_of(record))
        if (engine.needs_review(pair)) reviews.insert(pair);
    }
    result.reviews = reviews.size();
    return result;
  });
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
  Engine engine = fresh_engine(its_plan);
  load(entity, engine);
  engine.settle(stop);

  std::map<RecordId, std::vector<RecordId>> before;
  for (const auto& [record, of] : store_.writer.duplicates().members(entity)) before[of].push_back(record);
  Scan scan;
  scan.records = engine.size();
  scan.matches = engine.matches().size();
  scan.reviews = count_reviews(engine);
  scan.memory = engine.bytes();
  for (const RecordId of : engine.joined()) {
    const std::vector<RecordId> members = engine.members(of);
    ++scan.entities;
    scan.duplicates += members.size() - 1;
    const auto known = before.find(of);
    if (known == before.end() || known->second != members) scan.joined.push_back({of, members});
    before.erase(of);
  }
  for (const auto& [of, members] : before) scan.parted.push_back({of, members});
  if (effect == Effect::dry) return scan;
  store_.writer.in_one([&] {
    write_all(entity, engine);
    store_.writer.duplicates().stop_waiting(entity, store_.writer.duplicates().waiting(entity));
  });
  engines_.insert_or_assign(entity, std::move(engine));
  return scan;
}

// --- writing down ---

void Deduplicator::write(const std::string& entity, const Engine& engine, std::span<const RecordId> touched) {
  store::Duplicates& known = store_.writer.duplicates();
  std::set<Pair> pairs;
  std::set<RecordId> entities;
  for (const RecordId record : touched) {
    for (const Pair& pair : engine.matches_of(record)) pairs.insert(pair);
    const RecordId of = engine.entity_of(record);
    const bool alone = engine.members(of).size() == 1;
    known.set_member(entity, record, alone ? std::nullopt : std::optional(of));
    known.drop_golden(entity, record);
    if (!alone) entities.insert(of);
  }
  std::vector<store::FoundMatch> matches;
  matches.reserve(pairs.size());
  for (const Pair& pair : pairs) matches.push_back(found_of(pair, engine.matches().at(pair)));
  known.replace_matches(entity, touched, matches);
  write_golden(entity, engine, std::vector<RecordId>(entities.begin(), entities.end()));
}

void Deduplicator::write_all(const std::string& entity, const Engine& engine) {
  store::Duplicates& known = store_.writer.duplicates();
  std::vector<store::FoundMatch> matches;
  for (const auto& [pair, match] : engine.matches()) matches.push_back(found_of(pair, match));
  known.replace_all_matches(entity, matches);
  known.drop_members(entity);
  known.drop_all_golden(entity);
  const std::vector<RecordId> joined = engine.joined();
  for (const RecordId of : joined)
    for (const RecordId member : engine.members(of)) known.set_member(entity, member, of);
  write_golden(entity, engine, joined);
}

void Deduplicator::write_golden(const std::string& entity, const Engine& engine,
                                std::span<const RecordId> entities) {
  if (entities.empty()) return;
  const EntitySchema schema = store_.writer.schema(entity);
  const std::vector<store::DedupStep::Pin> pins = pins_of(entity);
  for (const RecordId of : entities) {
    const store::StoredRows rows = store_.writer.rows(schema, engine.members(of));
    store_.writer.duplicates().set_golden(entity, {of, golden_record(rows, plan(entity).golden, pins)});
  }
}

std::vector<store::DedupStep::Pin> Deduplicator::pins_of(const std::string& entity) const {
  std::vector<store::DedupStep::Pin> pins;
  for (const store::DedupStep& step : store_.writer.duplicates().steps(entity))
    if (!step.undone) pins.insert(pins.end(), step.pins.begin(), step.pins.end());
  return pins;
}

// --- what people decide ---

namespace {

std::string text_of(const Pair& pair) {
  return std::to_string(pair.first) + " and " + std::to_string(pair.second);
}

/// The latest step in force that says of the pair that it is not the same; null when there is none.
const store::DedupStep* ban_of(const std::vector<store::DedupStep>& steps, const Pair& pair) {
  for (auto step = steps.rbegin(); step != steps.rend(); ++step)
    for (const store::DedupStep::Word& word : step->words)
      if (!step->undone && Pair{word.a, word.b} == pair) return word.same ? nullptr : &*step;
  return nullptr;
}

}  // namespace

std::int64_t Deduplicator::merge(const std::string& entity, std::span<const std::vector<RecordId>> groups,
                                 const Person& person) {
  store::DedupStep step{.entity = entity, .action = "merge"};
  const std::vector<store::DedupStep> steps = store_.writer.duplicates().steps(entity);
  Engine& engine = loaded(entity);
  for (const std::vector<RecordId>& records : groups) {
    std::set<RecordId> all;
    for (const RecordId record : records)
      for (const RecordId member : engine.members(engine.entity_of(record))) all.insert(member);
    for (auto one = all.begin(); one != all.end(); ++one)
      for (auto other = std::next(one); other != all.end(); ++other)
        if (const store::DedupStep* ban = ban_of(steps, {*one, *other}))
          throw Error("PB1702", "Records " + text_of(Pair{*one, *other}) + " of " + entity +
                                    " were declared not the same in step " + std::to_string(ban->id) +
                                    " by " + ban->by + " on " + ban->at + ". Undo that step first.");
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
  Engine& engine = loaded(entity);
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
  const auto before = store_.writer.duplicates().step(id);
  if (!before)
    throw Error("PB1704", "There is no step " + std::to_string(id) + ": `psabridge dedup log` lists them.");
  if (before->undone) return std::nullopt;
  store::DedupStep step{.entity = before->entity, .action = "undo", .undoes = id};
  return take_step(std::move(step), person);
}

/// Everything that the step says, or takes back, is said anew of the pairs concerned: the latest word in
/// force counts.
std::int64_t Deduplicator::take_step(store::DedupStep step, const Person& person) {
  const std::string entity = step.entity;
  return guarded(entity, [&](Engine& engine) {
    step.by = person.name;
    step.note = person.note;
    step.at = format_time(clock_.now());
    store::Duplicates& known = store_.writer.duplicates();
    std::int64_t id = 0;
    store_.writer.in_one([&] {
      id = known.add_step(step);
      const std::vector<store::DedupStep> steps = known.steps(entity);
      std::set<Pair> pairs;
      std::set<RecordId> touched;
      for (std::int64_t about = id; about != 0;) {
        const auto said = std::ranges::find(steps, about, &store::DedupStep::id);
        for (const store::DedupStep::Word& word : said->words) pairs.insert({word.a, word.b});
        for (const store::DedupStep::Pin& pin : said->pins) touched.insert(pin.record);
        about = said->undoes;
      }
      for (const Pair& pair : pairs) {
        engine.lift(pair);
        touched.insert({pair.first, pair.second});
      }
      for (const store::DedupStep& each : steps)
        if (!each.undone)
          for (const store::DedupStep::Word& word : each.words)
            if (pairs.contains({word.a, word.b})) engine.declare({word.a, word.b}, word.same);
      write(entity, engine, engine.regroup(std::vector<RecordId>(touched.begin(), touched.end())));
    });
    return id;
  });
}

// --- looking ---

std::vector<Answer> Deduplicator::check(const std::string& entity, const Batch& batch,
                                        const plugin::Stop& stop) {
  Engine& engine = loaded(entity);
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
  const Engine& engine = loaded(entity);
  std::vector<Review> reviews;
  for (const auto& [pair, match] : engine.matches())
    if (engine.needs_review(pair)) reviews.push_back({pair.first, pair.second, match});
  std::ranges::stable_sort(reviews, std::ranges::greater(),
                           [](const Review& review) { return review.match.weight.weight; });
  return reviews;
}

ExplainedPair Deduplicator::explain(const std::string& entity, RecordId one, RecordId other) {
  return loaded(entity).explain(one, other, {});
}

ExplainedPair Deduplicator::explain_new(const std::string& entity, const Batch& batch, RecordId other) {
  Engine& engine = loaded(entity);
  return engine.explain(engine.matcher().keyed(batch, {}).front(), other, {});
}

Group Deduplicator::group_of(const std::string& entity, RecordId record) {
  const Engine& engine = loaded(entity);
  const RecordId of = engine.entity_of(record);
  return {of, engine.members(of)};
}

std::vector<Group> Deduplicator::groups(const std::string& entity) {
  const Engine& engine = loaded(entity);
  std::vector<Group> groups;
  for (const RecordId of : engine.joined()) groups.push_back({of, engine.members(of)});
  return groups;
}

}  // namespace psabridge::dedup
