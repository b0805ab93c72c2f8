#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <memory>
#include <set>

#include "core/app/commands.h"
#include "core/app/dedup_text.h"
#include "core/app/record_choice.h"
#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

struct DedupOptions {
  std::string entity, field, by, note, record_file, connection;
  std::vector<std::string> entities, records;
  std::int64_t step = 0;
  std::uint32_t limit = 20;
  double above = 0;
  bool dry_run = false, rebuild = false, accept = false;
};

dedup::Deduplicator::Person person(const Context& context, const DedupOptions& options) {
  return {context.decider(options.by), options.note};
}

std::vector<std::string> chosen_entities(Context& context, const DedupOptions& options) {
  if (!options.entities.empty()) return options.entities;
  const std::vector<std::string> all = context.deduplicator().entities();
  if (all.empty()) throw Error("PB1704", "No pipeline looks for duplicates: none has a `dedup`.");
  return all;
}

std::vector<dedup::RecordId> record_ids(Context& context, const DedupOptions& options) {
  require_entity(*context.writer(), options.entity);
  std::vector<dedup::RecordId> ids;
  for (const std::string& record : options.records)
    ids.push_back(record_id(*context.writer(), options.entity, record));
  return ids;
}

// ----------------------------------------------------------------------------------------------------
// looking

json::array labels_of(store::Reader& reader, const std::string& entity,
                      const std::vector<dedup::RecordId>& records) {
  json::array labels;
  for (const dedup::RecordId record : records) labels.emplace_back(label_of(reader, entity, record));
  return labels;
}

/// The first so many.
json::array groups_json(store::Reader& reader, const std::string& entity,
                        const std::vector<dedup::Group>& groups, std::size_t limit) {
  json::array list;
  for (std::size_t i = 0; i < std::min(groups.size(), limit); ++i)
    list.push_back(json::object{{"entity_id", groups[i].entity},
                                {"records", labels_of(reader, entity, groups[i].members)}});
  return list;
}

std::string line_of(store::Reader& reader, const std::string& entity, const dedup::Group& group,
                    const std::string& between = " = ") {
  std::string text;
  for (const dedup::RecordId record : group.members)
    text += (text.empty() ? "  " : between) + label_of(reader, entity, record);
  return text + "\n";
}

/// At most `limit` lines.
std::string lines_of(store::Reader& reader, const std::string& entity,
                     const std::vector<dedup::Group>& groups, std::size_t limit,
                     const std::string& between = " = ") {
  std::string text;
  const std::size_t shown = std::min(groups.size(), limit);
  for (std::size_t i = 0; i < shown; ++i) text += line_of(reader, entity, groups[i], between);
  if (shown < groups.size())
    text += "  and " + grouped(groups.size() - shown) + " more: --limit shows them\n";
  return text;
}

std::string scan_text(store::Reader& reader, const std::string& entity, const dedup::Scan& scan,
                      const DedupOptions& options, std::int64_t milliseconds) {
  std::string text = entity + ": " + grouped(scan.records) + " records, " + grouped(scan.entities) +
                     " entities of several records (" + grouped(scan.duplicates) + " duplicates), " +
                     grouped(scan.reviews) + " pairs to review; " + grouped(scan.joined.size()) +
                     (options.dry_run ? " entities would change, " : " entities changed, ") +
                     grouped(scan.parted.size()) + (options.dry_run ? " come apart" : " came apart") +
                     ". Took " + grouped(static_cast<std::uint64_t>(milliseconds)) + " ms and " +
                     grouped(scan.memory / 1'000'000) + " MB.\n";
  return text + lines_of(reader, entity, scan.joined, options.limit) +
         lines_of(reader, entity, scan.parted, options.limit, " <> ");
}

Outcome scan(Context& context, const DedupOptions& options) {
  json::object data;
  std::string text;
  for (const std::string& entity : chosen_entities(context, options)) {
    const auto writer = context.writer();
    dedup::Deduplicator& deduplicator = context.deduplicator();
    const auto begun = context.clock().monotonic();
    if (options.rebuild) deduplicator.rebuild(entity, {});
    const dedup::Scan found = deduplicator.scan(
        entity, options.dry_run ? dedup::Deduplicator::Effect::dry : dedup::Deduplicator::Effect::kept, {});
    const std::int64_t took = (context.clock().monotonic() - begun).count();
    json::array changed = groups_json(*writer, entity, found.joined, options.limit);
    data[entity] = json::object{{"records", found.records},       {"entities_of_several", found.entities},
                                {"duplicates", found.duplicates}, {"reviews", found.reviews},
                                {"changed", found.joined.size()}, {"parted", found.parted.size()},
                                {"samples", std::move(changed)},  {"milliseconds", took},
                                {"memory_bytes", found.memory}};
    text += scan_text(*writer, entity, found, options, took);
  }
  return {.data = json::object{{"dry_run", options.dry_run}, {"entities", std::move(data)}},
          .text = (options.dry_run ? "Dry run: nothing was changed.\n" : "") + text};
}

Outcome stats(Context& context, const DedupOptions& options) {
  json::object data;
  Table table({"entity", "records", "entities of several", "duplicates", "to review", "waiting"});
  for (const std::string& entity : chosen_entities(context, options)) {
    const auto writer = context.writer();
    const dedup::Engine& engine = context.deduplicator().engine(entity);
    std::uint64_t duplicates = 0;
    const auto joined = engine.joined();
    for (const dedup::RecordId of : joined) duplicates += engine.members(of).size() - 1;
    const std::uint64_t reviews = context.deduplicator().reviews(entity).size();
    const std::uint64_t waiting = context.deduplicator().waiting(entity);
    data[entity] = json::object{{"records", engine.size()},
                                {"entities_of_several", joined.size()},
                                {"duplicates", duplicates},
                                {"reviews", reviews},
                                {"waiting", waiting}};
    table.add({entity, grouped(engine.size()), grouped(joined.size()), grouped(duplicates), grouped(reviews),
               grouped(waiting)});
  }
  return {.data = std::move(data), .text = table.text()};
}

Outcome list(Context& context, const DedupOptions& options) {
  const auto writer = context.writer();
  const auto groups = context.deduplicator().groups(options.entity);
  json::array data = groups_json(*writer, options.entity, groups, options.limit);
  return {.data = json::object{{"total", groups.size()}, {"entities", std::move(data)}},
          .text = groups.empty() ? "No " + options.entity + " consists of several records.\n"
                                 : lines_of(*writer, options.entity, groups, options.limit)};
}

Outcome show(Context& context, const DedupOptions& options) {
  const auto ids = record_ids(context, options);
  const auto writer = context.writer();
  const dedup::Group group = context.deduplicator().group_of(options.entity, ids.front());
  const auto golden = writer->duplicates().golden(options.entity, group.entity);
  const std::string followers = followers_of(*writer, options.entity, group);
  std::string text;
  for (const dedup::RecordId member : group.members)
    text += "#" + std::to_string(member) + "  " + label_of(*writer, options.entity, member) + "\n";
  if (!golden) text += "It is alone: nothing was found or declared to be the same.\n";
  if (!followers.empty()) text += "Refer to it: " + followers + ".\n";
  return {.data = json::object{{"entity_id", group.entity},
                               {"records", labels_of(*writer, options.entity, group.members)},
                               {"golden", golden ? json::parse(golden->fields) : json::value()},
                               {"followers", followers}},
          .text = text + (golden ? "\n" + side_by_side(*writer, options.entity, group) : "")};
}

Outcome explain(Context& context, const DedupOptions& options) {
  const auto ids = record_ids(context, options);
  const auto writer = context.writer();
  dedup::Deduplicator& deduplicator = context.deduplicator();
  const dedup::ExplainedPair pair = deduplicator.explain(options.entity, ids[0], ids[1]);
  const dedup::Engine& engine = deduplicator.engine(options.entity);
  const bool one = engine.entity_of(ids[0]) == engine.entity_of(ids[1]);
  const auto match = engine.matches().find(dedup::pair_of(ids[0], ids[1]));
  const std::string why_not =
      one || match == engine.matches().end() ? "" : std::string(sentence_of(match->second));
  json::array steps;
  std::string said;
  for (const store::DedupStep& step : writer->duplicates().steps(options.entity))
    for (const auto& word : step.words)
      if (dedup::Pair{word.a, word.b} == dedup::pair_of(ids[0], ids[1])) {
        steps.push_back(to_json(step));
        said += "Step " + std::to_string(step.id) + ": " + step.by + " said on " + step.at +
                " that they are " + (word.same ? "the same" : "not the same") +
                (step.undone ? " (undone)" : "") + ".\n";
      }
  return {.data = json::object{{"a", label_of(*writer, options.entity, ids[0])},
                               {"b", label_of(*writer, options.entity, ids[1])},
                               {"one_entity", one},
                               {"weight", to_json(pair.weight)},
                               {"reasons", to_json(pair.reasons)},
                               {"why_not", why_not.empty() ? json::value() : json::value(why_not)},
                               {"steps", std::move(steps)}},
          .text = label_of(*writer, options.entity, ids[0]) + "\n" +
                  label_of(*writer, options.entity, ids[1]) + "\n" +
                  (one ? "They are one entity.\n" : "They are not one entity.\n") +
                  (why_not.empty() ? "" : "Not joined, because " + why_not + ".\n") + said + "\n" +
                  reasons_text(pair)};
}

Outcome log(Context& context, const DedupOptions& options) {
  const auto writer = context.writer();
  require_entity(*writer, options.entity);
  json::array data;
  Table table({"step", "action", "pairs", "by", "at", "note", "undone"});
  auto steps = writer->duplicates().steps(options.entity);
  std::ranges::reverse(steps);
  for (const store::DedupStep& step : steps) {
    data.push_back(to_json(step));
    const std::string action =
        step.undoes == 0 ? step.action : step.action + " of " + std::to_string(step.undoes);
    table.add({std::to_string(step.id), action, std::to_string(step.words.size()), step.by, step.at,
               step.note, step.undone ? "yes" : ""});
  }
  return {.data = std::move(data), .text = table.text("Nobody decided anything yet.")};
}

// ----------------------------------------------------------------------------------------------------
// review

/// The field whose evidence weighs most.
std::string leading_field(const dedup::ExplainedPair& pair) {
  const auto most = std::ranges::max_element(pair.reasons, {}, &dedup::PairReason::weight);
  return most == pair.reasons.end() ? std::string() : most->field;
}

/// A pair for a person, and how many records refer to either of the two.
struct Case {
  dedup::Review review;
  std::uint64_t followers = 0;
};

/// What it is worth to decide it: how likely the two are one, times what is split between them until then.
double worth_of(const Case& one) {
  const double odds = std::exp2(in_bits(one.review.match.weight.weight));
  return odds / (1 + odds) * static_cast<double>(1 + one.followers);
}

/// Those that the options ask for, the worthiest first.
std::vector<Case> wanted_cases(store::Reader& reader, dedup::Deduplicator& deduplicator,
                               const DedupOptions& options) {
  const auto followers = reader.duplicates().followers(options.entity);
  const auto followers_of = [&](dedup::RecordId record) {
    const auto found = followers.find(record);
    return found == followers.end() ? 0 : found->second;
  };
  std::vector<Case> wanted;
  for (const dedup::Review& review : deduplicator.reviews(options.entity)) {
    if (in_bits(review.match.weight.weight) < options.above) continue;
    if (!options.field.empty() &&
        leading_field(deduplicator.explain(options.entity, review.a, review.b)) != options.field)
      continue;
    wanted.push_back({review, followers_of(review.a) + followers_of(review.b)});
  }
  std::ranges::stable_sort(wanted, std::ranges::greater(), worth_of);
  return wanted;
}

Outcome show_cases(store::Reader& reader, dedup::Deduplicator& deduplicator, const DedupOptions& options,
                   const std::vector<Case>& wanted) {
  json::array data;
  Table table({"weight", "records", "", "refer to them", "leading", "why a person"});
  for (std::size_t i = 0; i < std::min<std::size_t>(wanted.size(), options.limit); ++i) {
    const auto& [review, followers] = wanted[i];
    const dedup::ExplainedPair pair = deduplicator.explain(options.entity, review.a, review.b);
    const std::string a = label_of(reader, options.entity, review.a),
                      b = label_of(reader, options.entity, review.b);
    data.push_back(json::object{{"a", review.a},
                                {"b", review.b},
                                {"a_label", a},
                                {"b_label", b},
                                {"weight", to_json(review.match.weight)},
                                {"followers", followers},
                                {"leading", leading_field(pair)},
                                {"why", sentence_of(review.match)},
                                {"reasons", to_json(pair.reasons)}});
    table.add({bits(review.match.weight.weight), "#" + std::to_string(review.a) + " " + a,
               "#" + std::to_string(review.b) + " " + b, grouped(followers), leading_field(pair),
               std::string(sentence_of(review.match))});
  }
  std::string text = table.text("Nothing is to be reviewed.");
  if (wanted.size() > options.limit)
    text += grouped(wanted.size() - options.limit) + " more: --limit shows them\n";
  return {.data = json::object{{"total", wanted.size()}, {"pairs", std::move(data)}},
          .text = std::move(text)};
}

Outcome review(Context& context, const DedupOptions& options) {
  const auto writer = context.writer();
  dedup::Deduplicator& deduplicator = context.deduplicator();
  const std::vector<Case> wanted = wanted_cases(*writer, deduplicator, options);
  if (!options.accept || options.dry_run || wanted.empty())
    return show_cases(*writer, deduplicator, options, wanted);
  std::vector<std::vector<dedup::RecordId>> groups;
  groups.reserve(wanted.size());
  for (const Case& each : wanted) groups.push_back({each.review.a, each.review.b});
  const std::int64_t step = deduplicator.merge(options.entity, groups, person(context, options));
  return {.data = json::object{{"step", step}, {"accepted", wanted.size()}},
          .text = grouped(wanted.size()) + " pairs are merged in step " + std::to_string(step) +
                  ": `psabridge dedup undo " + std::to_string(step) + "` takes it back.\n"};
}

// ----------------------------------------------------------------------------------------------------
// check

/// A record in canonical form: {"name": "Acme Ltd", "phone": "..."}; fields that the entity does not have are
/// refused.
Batch batch_of(const EntitySchema& schema, const json::object& record, const std::string& connection) {
  Batch batch;
  batch.connection = connection;
  batch.schema = &schema;
  Value* const values = batch.arena->make_array<Value>(schema.fields.size());
  std::fill_n(values, schema.fields.size(), null_value());
  std::string source_id;
  for (const auto& [name, value] : record) {
    const std::string text = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
    if (name == "source_id") {
      source_id = text;
      continue;
    }
    const auto field = schema.index_of(name);
    if (!field) throw Error("PB1601", "A " + schema.entity + " has no field \"" + std::string(name) + "\".");
    if (!value.is_null()) values[*field] = text_value(batch.arena->keep(text));
  }
  batch.records.push_back(
      {borrow(batch.arena->keep(source_id)), {}, values, schema.fields.size(), borrow("{}"), {}});
  batch.verdicts.emplace_back();
  return batch;
}

std::string_view name_of(dedup::Answer::Is is) {
  switch (is) {
    case dedup::Answer::Is::exists:
      return "exists";
    case dedup::Answer::Is::likely:
      return "likely";
    case dedup::Answer::Is::fresh:
      break;
  }
  return "new";
}

Outcome check(Context& context, const DedupOptions& options) {
  boost::system::error_code error;
  const json::value record = json::parse(context.input(options.record_file), error);
  if (error || !record.is_object())
    throw Error("PB1601",
                "The record must be one JSON object of canonical fields, such as {\"name\": \"Acme Ltd\"}.");
  const auto writer = context.writer();
  require_entity(*writer, options.entity);
  const EntitySchema schema = writer->schema(options.entity);
  dedup::Deduplicator& deduplicator = context.deduplicator();
  const Batch batch = batch_of(schema, record.get_object(), options.connection);
  const dedup::Answer answer = deduplicator.check(options.entity, batch, {}).front();
  json::array data;
  std::string text(name_of(answer.is));
  text += "\n";
  for (const dedup::Likeness& likeness : answer.likenesses) {
    const dedup::ExplainedPair pair = deduplicator.explain_new(options.entity, batch, likeness.record);
    const std::string label = label_of(*writer, options.entity, likeness.record);
    data.push_back(json::object{{"record", likeness.record},
                                {"entity_id", likeness.entity},
                                {"label", label},
                                {"weight", to_json(likeness.weight)},
                                {"reasons", to_json(pair.reasons)}});
    text += "\n" + label + "\n" + reasons_text(pair);
  }
  return {.data = json::object{{"is", name_of(answer.is)}, {"likenesses", std::move(data)}},
          .text = std::move(text)};
}

// ----------------------------------------------------------------------------------------------------
// deciding

Outcome decided(std::int64_t step, const std::string& what) {
  return {.data = json::object{{"step", step}},
          .text = what + " Step " + std::to_string(step) + ": `psabridge dedup undo " + std::to_string(step) +
                  "` takes it back.\n"};
}

Outcome merge(Context& context, const DedupOptions& options) {
  const std::vector<std::vector<dedup::RecordId>> groups{record_ids(context, options)};
  if (std::set(groups[0].begin(), groups[0].end()).size() == 1)
    throw Error("PB1601", "That is one and the same record.");
  const auto writer = context.writer();
  return decided(context.deduplicator().merge(options.entity, groups, person(context, options)),
                 "They are one now.");
}

Outcome split(Context& context, const DedupOptions& options) {
  const auto ids = record_ids(context, options);
  const auto writer = context.writer();
  return decided(context.deduplicator().split(options.entity, ids, person(context, options)),
                 "They stand apart now, and stay so.");
}

Outcome not_same(Context& context, const DedupOptions& options) {
  const auto ids = record_ids(context, options);
  if (ids[0] == ids[1]) throw Error("PB1601", "That is one and the same record.");
  const auto writer = context.writer();
  const dedup::Pair pair = dedup::pair_of(ids[0], ids[1]);
  return decided(context.deduplicator().not_same(options.entity, {&pair, 1}, person(context, options)),
                 "They are never taken for the same.");
}

Outcome pin(Context& context, const DedupOptions& options) {
  const auto ids = record_ids(context, options);
  const auto writer = context.writer();
  if (!writer->schema(options.entity).index_of(options.field))
    throw Error("PB1601", "A " + options.entity + " has no field \"" + options.field + "\".");
  return decided(
      context.deduplicator().pin(options.entity, ids.front(), options.field, person(context, options)),
      "Its " + options.field + " counts for the entity.");
}

Outcome undo(Context& context, const DedupOptions& options) {
  const auto writer = context.writer();
  const auto step = context.deduplicator().undo(options.step, person(context, options));
  if (!step)
    return {.data = json::object{{"step", nullptr}},
            .text = "Step " + std::to_string(options.step) + " is undone already: nothing to do.\n"};
  return decided(*step, "Step " + std::to_string(options.step) + " is undone.");
}

// ----------------------------------------------------------------------------------------------------
// the commands

using Options = std::shared_ptr<DedupOptions>;
using Work = Outcome (*)(Context&, const DedupOptions&);

CLI::App& add(CommandTree& tree, CLI::App& group, const CommandWords& words, const Options& options,
              Work work) {
  return tree.add(group, words, [options, work](Context& context) { return work(context, *options); });
}

void add_entity(CLI::App& command, const Options& options) {
  command.add_option("ENTITY", options->entity, "client, contact, asset, ticket, ...")->required();
}

void add_limit(CLI::App& command, const Options& options) {
  command.add_option("--limit", options->limit, "At most so many are shown")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
}

void add_records(CLI::App& command, const Options& options, int at_least, int at_most) {
  command.add_option("RECORD", options->records, "Source id, CONNECTION/SOURCE_ID, or id in the store")
      ->required()
      ->expected(at_least, at_most);
}

void add_person(CLI::App& command, const Options& options) {
  command.add_option("--by", options->by, "Who decides; your user name when not given");
  command.add_option("--note", options->note, "Why; kept with the step");
}

void add_looking(CommandTree& tree, CLI::App& group, const Options& options) {
  auto& scanning =
      add(tree, group,
          {"scan", "Look at all records anew: what is joined, what is to be reviewed, what it costs",
           "psabridge dedup scan client --dry-run"},
          options, &scan);
  scanning.add_option("ENTITY", options->entities, "Only these entities");
  scanning.add_flag("--dry-run", options->dry_run, "Only say what would change");
  scanning.add_flag("--rebuild", options->rebuild, "Make what is compared anew from the records");
  add_limit(scanning, options);
  auto& statistics = add(tree, group, {"stats", "Duplicates by entity, in figures", "psabridge dedup stats"},
                         options, &stats);
  statistics.add_option("ENTITY", options->entities, "Only these entities");
  auto& listing =
      add(tree, group, {"list", "Entities that consist of several records", "psabridge dedup list client"},
          options, &list);
  add_entity(listing, options);
  add_limit(listing, options);
  auto& showing = add(tree, group,
                      {"show", "The golden record beside the records of its entity, and what refers to it",
                       "psabridge dedup show client 12"},
                      options, &show);
  add_entity(showing, options);
  add_records(showing, options, 1, 1);
  auto& explaining =
      add(tree, group,
          {"explain", "Why two records are one, or not: weights that add up, and what people said of them",
           "psabridge dedup explain client 12 31"},
          options, &explain);
  add_entity(explaining, options);
  add_records(explaining, options, 2, 2);
  auto& checking = add(tree, group,
                       {"check", "Whether a record exists already, before it is made",
                        "psabridge dedup check client new-client.json"},
                       options, &check);
  add_entity(checking, options);
  checking
      .add_option("FILE", options->record_file, "One JSON object of canonical fields; - reads it from stdin")
      ->required();
  checking.add_option("--connection", options->connection, "Connection that it would belong to");
  auto& logging = add(tree, group, {"log", "What people decided, newest first", "psabridge dedup log client"},
                      options, &log);
  add_entity(logging, options);
}

void add_deciding(CommandTree& tree, CLI::App& group, const Options& options) {
  auto& reviewing =
      add(tree, group,
          {"review", "Pairs that a person should look at, the worthiest first; accepts many at once",
           "psabridge dedup review client --field domain --above 5 --accept --dry-run"},
          options, &review);
  add_entity(reviewing, options);
  reviewing.add_option("--field", options->field, "Only pairs whose strongest evidence is this field");
  reviewing.add_option("--above", options->above, "Only pairs of at least this weight, in bits");
  reviewing.add_flag("--accept", options->accept, "Merge all that are chosen, in one step");
  reviewing.add_flag("--dry-run", options->dry_run, "With --accept: only show them");
  add_limit(reviewing, options);
  add_person(reviewing, options);
  auto& merging = add(tree, group,
                      {"merge", "Say that records are the same; the sources are not changed",
                       "psabridge dedup merge client 12 31"},
                      options, &merge);
  add_entity(merging, options);
  add_records(merging, options, 2, 1000);
  add_person(merging, options);
  auto& splitting = add(
      tree, group, {"split", "Take records out of their entity, for ever", "psabridge dedup split client 31"},
      options, &split);
  add_entity(splitting, options);
  add_records(splitting, options, 1, 1000);
  add_person(splitting, options);
  auto& parting = add(tree, group,
                      {"not-same", "Say that two records are not the same, whatever is found",
                       "psabridge dedup not-same client 12 31"},
                      options, &not_same);
  add_entity(parting, options);
  add_records(parting, options, 2, 2);
  add_person(parting, options);
  auto& pinning = add(tree, group,
                      {"pin", "Say that a record's value of a field counts for its entity",
                       "psabridge dedup pin client phone 31"},
                      options, &pin);
  add_entity(pinning, options);
  pinning.add_option("FIELD", options->field, "Field of the entity")->required();
  add_records(pinning, options, 1, 1);
  add_person(pinning, options);
  auto& undoing =
      add(tree, group, {"undo", "Take back a step of a person, an undo too", "psabridge dedup undo 7"},
          options, &undo);
  undoing.add_option("STEP", options->step, "Number of the step, as `dedup log` shows it")->required();
  add_person(undoing, options);
}

}  // namespace

void add_dedup_commands(CommandTree& tree) {
  auto& group = tree.add_group("dedup", "Duplicates: scan, review, explain, merge, split, undo, push");
  const auto options = std::make_shared<DedupOptions>();
  add_looking(tree, group, options);
  add_deciding(tree, group, options);
  add_dedup_push_command(tree, group);
}

}  // namespace psabridge::app
