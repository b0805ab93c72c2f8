#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "core/app/commands.h"
#include "core/app/event_choice.h"
#include "core/app/event_text.h"
#include "core/app/replay_preview.h"
#include "core/app/reread.h"
#include "core/app/terminal.h"
#include "core/base/text.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using store::DeadLetter;
using store::Event;
using store::EventState;

/// As it stands on the command line.
struct DeadOptions {
  std::vector<std::string> letters;  ///< "12" is a record's, "e34" an event's
  std::string entity, code, search, since, until, kind, state = "open", reason = "by an admin";
  std::uint32_t limit = 50;
  bool all = false, dry_run = false;
};

constexpr std::uint32_t kAll = 1'000'000'000;

// ----------------------------------------------------------------------------------------------------
// which ones

/// The numbers of the letters that were named, by kind.
struct Numbers {
  std::vector<std::int64_t> records;
  std::vector<store::EventId> events;
};

Numbers numbers_of(const std::vector<std::string>& letters) {
  Numbers numbers;
  for (const std::string& letter : letters) {
    const bool of_event = letter.starts_with('e');
    const char *first = letter.data() + (of_event ? 1 : 0), *last = letter.data() + letter.size();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(first, last, number);
    if (error != std::errc() || end != last || number <= 0)
      throw Error("PB1601", "\"" + letter +
                                "\" is not the number of a dead letter: a record's looks like 12, an event's "
                                "like e34.");
    (of_event ? numbers.events : numbers.records).push_back(number);
  }
  return numbers;
}

std::string number_of(const DeadLetter& letter) { return std::to_string(letter.id); }
std::string number_of(const Event& event) { return "e" + std::to_string(event.id); }

[[noreturn]] void refuse(const std::string& letter) {
  throw Error("PB1602",
              "There is no dead letter " + letter + ": `psabridge dead list` shows those that there are.");
}

DeadLetter find_letter(const store::Reader& reader, std::int64_t id) {
  if (auto letter = reader.dead_letter(id)) return *std::move(letter);
  refuse(std::to_string(id));
}

Event find_dead_event(store::JournalReader& reader, store::EventId id) {
  auto event = reader.event(id);
  if (event && (event->state == EventState::dead || event->state == EventState::discarded))
    return *std::move(event);
  refuse("e" + std::to_string(id));
}

/// The states of events that a state of letters stands for: an event that was closed is no dead letter any
/// more.
std::vector<EventState> event_states(const std::string& state) {
  if (state == "open") return {EventState::dead};
  if (state == "discarded") return {EventState::discarded};
  if (state == "any") return {EventState::dead, EventState::discarded};
  return {};
}

/// What was asked for, as the store and the journal understand it; nothing when none of that kind is.
struct Questions {
  std::optional<store::DeadQuery> records;
  std::optional<store::EventQuery> events;
};

/// Letters that are named may be in any state.
Questions questions_of(const DeadOptions& options, Clock& clock) {
  const Numbers numbers = numbers_of(options.letters);
  const bool named = !options.letters.empty();
  const std::string state = named ? "any" : options.state;
  const auto since = moment_of("--since", options.since, clock),
             until = moment_of("--until", options.until, clock);
  Questions questions;
  if (options.kind != "event" && !(named && numbers.records.empty()))
    questions.records = store::DeadQuery{.entity = options.entity,
                                         .state = state == "any" ? "" : state,
                                         .code = options.code,
                                         .search = options.search,
                                         .since = since,
                                         .until = until,
                                         .ids = numbers.records,
                                         .limit = kAll};
  const auto states = event_states(state);
  if (options.kind != "record" && !(named && numbers.events.empty()) && !states.empty())
    questions.events = store::EventQuery{.ids = numbers.events,
                                         .entity = options.entity,
                                         .code = options.code,
                                         .states = states,
                                         .search = options.search,
                                         .since = since,
                                         .until = until,
                                         .limit = kAll};
  return questions;
}

/// For commands that decide: something must be said, and what is named must be there.
Questions decided_questions(Context& context, const store::Reader& reader, const DeadOptions& options) {
  const bool filtered = std::ranges::any_of(
      std::initializer_list<const std::string*>{&options.entity, &options.code, &options.search,
                                                &options.since, &options.until, &options.kind},
      [](const std::string* text) { return !text->empty(); });
  if (options.letters.empty() && !options.all && !filtered)
    throw Error("PB1601", "Say which dead letters: their numbers, a filter such as --entity, or --all.");
  const Numbers numbers = numbers_of(options.letters);
  for (const auto id : numbers.records) find_letter(reader, id);
  for (const auto id : numbers.events) find_dead_event(context.journal_reader(), id);
  return questions_of(options, context.clock());
}

std::vector<DeadLetter> records_of(const store::Reader& reader, const Questions& questions) {
  return questions.records ? reader.dead_letters(*questions.records) : std::vector<DeadLetter>();
}

std::uint64_t count_events(Context& context, const Questions& questions) {
  return questions.events ? context.journal_reader().count(*questions.events) : 0;
}

// ----------------------------------------------------------------------------------------------------
// looking

json::object to_json(const DeadLetter& letter) {
  return {{"letter", number_of(letter)},
          {"kind", "record"},
          {"id", letter.id},
          {"connection", letter.connection},
          {"pipeline", letter.pipeline},
          {"entity", letter.entity},
          {"source_id", letter.source_id},
          {"code", letter.code},
          {"reason", letter.reason},
          {"state", letter.state},
          {"first_seen_at", letter.first_seen_at},
          {"last_seen_at", letter.last_seen_at},
          {"times", letter.times},
          {"run", letter.run}};
}

std::string state_of(const Event& event) { return event.state == EventState::dead ? "open" : "discarded"; }

json::object dead_json(const Event& event) {
  return {{"letter", number_of(event)},
          {"kind", "event"},
          {"id", event.id},
          {"connection", event.connection},
          {"pipeline", nullptr},
          {"entity", event.entity},
          {"source_id", event.source_id},
          {"code", event.code},
          {"reason", event.reason},
          {"state", state_of(event)},
          {"first_seen_at", event.received_at},
          {"last_seen_at", event.finished_at},
          {"times", event.tries},
          {"run", event.run}};
}

/// A row of a list in which both kinds stand.
struct Row {
  std::string last_seen_at;
  json::object data;
  std::vector<std::string> cells;
};

std::vector<Row> rows_of(Context& context, Questions questions, std::uint32_t limit) {
  std::vector<Row> rows;
  if (questions.records) {
    questions.records->limit = limit;
    for (const DeadLetter& letter : context.reader().dead_letters(*questions.records))
      rows.push_back({letter.last_seen_at,
                      to_json(letter),
                      {number_of(letter), letter.entity, letter.source_id, letter.code, letter.reason,
                       letter.state, letter.last_seen_at, grouped(letter.times)}});
  }
  if (questions.events) {
    questions.events->limit = limit;
    for (const Event& event : context.journal_reader().list(*questions.events))
      rows.push_back({event.finished_at,
                      dead_json(event),
                      {number_of(event), event.entity, event.source_id, event.code, event.reason,
                       state_of(event), event.finished_at, grouped(event.tries)}});
  }
  std::ranges::stable_sort(rows, std::greater(), &Row::last_seen_at);
  return rows;
}

Outcome list(Context& context, const DeadOptions& options) {
  auto rows = rows_of(context, questions_of(options, context.clock()), options.limit);
  const bool more = rows.size() >= options.limit;
  if (more) rows.resize(options.limit);
  json::array data;
  Table table({"letter", "entity", "source id", "code", "reason", "state", "last seen", "times"});
  for (Row& row : rows) {
    data.push_back(std::move(row.data));
    table.add(std::move(row.cells));
  }
  return {.data = std::move(data),
          .text = table.text() +
                  (more ? "There may be more: a larger --limit or `psabridge dead groups`.\n" : "")};
}

Outcome show_event(const Event& event, const std::vector<store::EventStep>& steps) {
  auto data = dead_json(event);
  data["event"] = to_json_with_body(event);
  data["steps"] = app::to_json(steps);
  return {.data = std::move(data), .text = facts_text(event) + "\n" + body_text(event.body)};
}

Outcome show(Context& context, const DeadOptions& options) {
  const Numbers numbers = numbers_of(options.letters);
  if (!numbers.events.empty()) {
    const auto id = numbers.events.front();
    return show_event(find_dead_event(context.journal_reader(), id), context.journal_reader().history(id));
  }
  const auto letter = find_letter(context.reader(), numbers.records.front());
  auto data = to_json(letter);
  data["payload"] = letter.payload;
  return {.data = std::move(data),
          .text = "dead letter " + std::to_string(letter.id) + ": " + letter.entity + " " + letter.source_id +
                  " of " + letter.connection + ", " + letter.state + "\n" + letter.code + ": " +
                  letter.reason + "\nseen " + grouped(letter.times) + " times from " + letter.first_seen_at +
                  " to " + letter.last_seen_at + "\n\n" + letter.payload + "\n"};
}

// ----------------------------------------------------------------------------------------------------
// groups

/// Letters that died of the same thing.
struct Group {
  std::string kind, code, connection, entity, reason;  ///< reason: of the newest
  std::uint64_t count = 0;
  std::string first_seen_at, last_seen_at, newest;
};

void add_record_groups(store::Reader& reader, const store::DeadQuery& query, std::vector<Group>& groups) {
  std::map<std::tuple<std::string, std::string, std::string, std::string>, Group> alike;
  for (const DeadLetter& letter : reader.dead_letters(query)) {
    const auto [found, is_new] =
        alike.try_emplace({letter.code, letter.connection, letter.entity, without_numbers(letter.reason)});
    Group& group = found->second;
    if (is_new)  // the newest comes first
      group = {"record", letter.code,          letter.connection,   letter.entity,    letter.reason,
               0,        letter.first_seen_at, letter.last_seen_at, number_of(letter)};
    ++group.count;
    group.first_seen_at = std::min(group.first_seen_at, letter.first_seen_at);
  }
  for (auto& [key, group] : alike) groups.push_back(std::move(group));
}

void add_event_groups(store::JournalReader& reader, const store::EventQuery& query,
                      std::vector<Group>& groups) {
  for (const store::EventGroup& group : reader.groups(query))
    groups.push_back({"event", group.code, group.connection, group.entity, group.reason, group.count,
                      group.first_at, group.last_at, "e" + std::to_string(group.newest)});
}

std::string remedy_of(const std::string& code) {
  const ErrorInfo* info = find_error(code);
  return info ? std::string(info->remedy) : std::string();
}

json::object to_json(const Group& group) {
  return {{"kind", group.kind},
          {"code", group.code},
          {"connection", group.connection},
          {"entity", group.entity},
          {"reason", group.reason},
          {"count", group.count},
          {"first_seen_at", group.first_seen_at},
          {"last_seen_at", group.last_seen_at},
          {"newest", group.newest},
          {"remedy", remedy_of(group.code)}};
}

/// What to do about each code, once.
std::string advice_text(const std::vector<Group>& groups) {
  std::set<std::string> codes;
  std::string text;
  for (const Group& group : groups)
    if (codes.insert(group.code).second) text += group.code + ": " + remedy_of(group.code) + "\n";
  return text.empty() ? text : "\nwhat to do\n" + text;
}

Outcome groups(Context& context, const DeadOptions& options) {
  const Questions questions = questions_of(options, context.clock());
  std::vector<Group> groups;
  if (questions.records) add_record_groups(context.reader(), *questions.records, groups);
  if (questions.events) add_event_groups(context.journal_reader(), *questions.events, groups);
  std::ranges::stable_sort(groups, std::greater(), &Group::count);
  json::array data;
  Table table({"letters", "kind", "entity", "code", "reason", "first seen", "last seen", "newest"});
  for (const Group& group : groups) {
    data.push_back(to_json(group));
    table.add({grouped(group.count), group.kind, group.entity, group.code, group.reason, group.first_seen_at,
               group.last_seen_at, group.newest});
  }
  return {.data = std::move(data), .text = table.text() + advice_text(groups)};
}

// ----------------------------------------------------------------------------------------------------
// deciding

/// Letters without a source id cannot be fetched.
RereadWork work_of(const std::vector<DeadLetter>& letters) {
  RereadWork work;
  for (const DeadLetter& letter : letters)
    if (!letter.source_id.empty()) work[letter.pipeline][letter.entity].insert(letter.source_id);
  return work;
}

std::uint64_t count_without_id(const std::vector<DeadLetter>& letters) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(letters, [](const DeadLetter& letter) { return letter.source_id.empty(); }));
}

std::string trial_text(const std::vector<TrialEffect>& effects, std::size_t not_tried) {
  Table table({"pipeline", "entity", "source id", "a read now"});
  for (const TrialEffect& effect : effects)
    table.add({effect.pipeline, effect.entity, effect.source_id, to_text(effect)});
  return table.text("No record can be read again.") +
         (not_tried ? "and " + grouped(not_tried) + " more records, which were not read\n" : "");
}

Outcome foresee_replay(Context& context, const DeadOptions& options) {
  const Questions questions = decided_questions(context, *context.writer(), options);
  const auto letters = records_of(*context.writer(), questions);
  const RereadWork work = work_of(letters);
  const auto effects = reread_on_trial(context, first_of(work, kMostTrials));
  json::array records;
  for (const TrialEffect& effect : effects) records.push_back(app::to_json(effect));
  json::object data{{"dry_run", true},
                    {"record_count", letters.size()},
                    {"without_id", count_without_id(letters)},
                    {"records", std::move(records)},
                    {"events", nullptr}};
  std::string text = "Dry run: nothing was changed.\n";
  if (questions.records)
    text += grouped(letters.size()) + " records would be read again.\n\n" +
            trial_text(effects, size_of(work) - effects.size());
  if (questions.events) {
    const ReplayPreview preview = preview_replay(context, *questions.events);
    data["events"] = app::to_json(preview);
    text += to_text(preview);
  }
  return {.data = std::move(data), .text = std::move(text)};
}

using JournalStep = std::uint64_t (store::Journal::*)(const store::EventQuery&, const std::string&);

/// Decides about the events, if there are any; how many were changed.
std::uint64_t decide_events(Context& context, JournalStep step, const Questions& questions,
                            const std::string& reason) {
  if (count_events(context, questions) == 0) return 0;
  const auto changed = (context.journal().*step)(*questions.events, reason);
  if (auto* daemon = context.daemon()) daemon->reload_events();
  return changed;
}

std::uint64_t count_closed(const store::Reader& reader, const std::vector<DeadLetter>& letters) {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      letters, [&](const DeadLetter& letter) { return find_letter(reader, letter.id).state != "open"; }));
}

Outcome replay(Context& context, const DeadOptions& options) {
  if (options.dry_run) return foresee_replay(context, options);
  const Questions questions = decided_questions(context, *context.writer(), options);
  const auto letters = records_of(*context.writer(), questions);
  const auto events = decide_events(context, &store::Journal::replay, questions, options.reason);
  std::string talk = reread(context, work_of(letters));
  const auto closed = count_closed(*context.writer(), letters), still_open = letters.size() - closed,
             without_id = count_without_id(letters);
  std::string text =
      grouped(closed) + " of " + grouped(letters.size()) + " dead letters are closed, " +
      grouped(still_open) + " stay open" +
      (without_id ? " (" + grouped(without_id) + " have no source id: only a full sync can bring them again)"
                  : "") +
      ".\n";
  if (events) text += grouped(events) + " events are ready again.\n";
  return {.data = json::object{{"tried", letters.size()},
                               {"closed", closed},
                               {"open", still_open},
                               {"without_id", without_id},
                               {"events", events}},
          .text = std::move(text),
          .status = still_open ? exit_status(ErrorClass::data) : 0,
          .talk = std::move(talk)};
}

Outcome discard(Context& context, const DeadOptions& options) {
  const Questions questions = decided_questions(context, *context.writer(), options);
  const auto letters = records_of(*context.writer(), questions);
  auto events = count_events(context, questions);
  if (!options.dry_run) {
    events = decide_events(context, &store::Journal::discard, questions, options.reason);
    for (const DeadLetter& letter : letters) context.writer()->set_dead_state(letter.id, "discarded");
  }
  const std::string number = grouped(letters.size() + events);
  return {.data = json::object{{"dry_run", options.dry_run},
                               {"discarded", letters.size() + events},
                               {"records", letters.size()},
                               {"events", events}},
          .text = options.dry_run
                      ? "Dry run: nothing was changed.\n" + number + " dead letters would be discarded.\n"
                      : number + " dead letters discarded.\n"};
}

// ----------------------------------------------------------------------------------------------------
// the commands

void add_filters(CLI::App& command, DeadOptions& options) {
  command.add_option("--entity", options.entity, "Only of this entity");
  command.add_option("--code", options.code, "Only with this error code");
  command.add_option("--search", options.search,
                     "Only with this text in the id, the reason or what the source sent");
  command.add_option("--since", options.since, "Only seen since: 2h, 7d, 2026-01-31T00:00:00Z");
  command.add_option("--until", options.until, "Only seen before: 2h, 7d, 2026-01-31T00:00:00Z");
  command.add_option("--kind", options.kind, "Only records, or only events")
      ->check(CLI::IsMember({"record", "event"}));
}

void add_decision_options(CLI::App& command, DeadOptions& options) {
  auto* letters =
      command.add_option("LETTER", options.letters, "Numbers of dead letters: 12 (record), e34 (event)");
  add_filters(command, options);
  command.add_flag("--all", options.all, "All open ones")->excludes(letters);
  command.add_option("--reason", options.reason, "Why; kept in the history of each event")
      ->capture_default_str();
  command.add_flag("--dry-run", options.dry_run, "Only say what would become of them");
}

}  // namespace

void add_dead_commands(CommandTree& tree) {
  auto& group = tree.add_group(
      "dead", "Records and events that could not be used: groups, list, show, replay, discard");
  const auto options = std::make_shared<DeadOptions>();
  add_filters(tree.add(group,
                       {"groups", "Open dead letters that died of the same thing, and what to do about it",
                        "psabridge dead groups"},
                       [options](Context& context) { return groups(context, *options); }),
              *options);
  auto& listing =
      tree.add(group, {"list", "List dead letters, newest first", "psabridge dead list --entity ticket"},
               [options](Context& context) { return list(context, *options); });
  add_filters(listing, *options);
  listing.add_option("--state", options->state, "open, retried, discarded, resolved or any")
      ->capture_default_str()
      ->check(CLI::IsMember({"open", "retried", "discarded", "resolved", "any"}));
  listing.add_option("--limit", options->limit, "At most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  auto& showing =
      tree.add(group, {"show", "Show one dead letter with what the source sent", "psabridge dead show e34"},
               [options](Context& context) { return show(context, *options); });
  showing.add_option("LETTER", options->letters, "Number of the dead letter")->required()->expected(1);
  add_decision_options(
      tree.add(group,
               {"replay", "Fetch the records again from the source, process the events again",
                "psabridge dead replay 3 e4"},
               [options](Context& context) { return replay(context, *options); }),
      *options);
  add_decision_options(tree.add(group,
                                {"discard", "Close dead letters without their records",
                                 "psabridge dead discard --entity asset"},
                                [options](Context& context) { return discard(context, *options); }),
                       *options);
}

}  // namespace psabridge::app
