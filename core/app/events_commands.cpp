#include <algorithm>
#include <iostream>
#include <set>
#include <span>
#include <utility>

#include "core/app/commands.h"
#include "core/app/event_choice.h"
#include "core/app/event_text.h"
#include "core/app/history_text.h"
#include "core/app/replay_preview.h"
#include "core/app/report.h"
#include "core/app/signals.h"
#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using store::Event;
using store::EventState;

struct EventsOptions {
  EventChoice choice;
  store::EventId before = 0;
  std::uint32_t limit = 50;
  std::uint64_t most = 0;  ///< of an export; 0: all
  std::string reason = "by an admin";
  bool dry_run = false;
};

// ----------------------------------------------------------------------------------------------------
// looking

Table table_of(std::span<const Event> events) {
  Table table({"event", "received", "connection", "kind", "object", "state", "result"});
  for (const Event& event : events)
    table.add({std::to_string(event.id), event.received_at, event.connection, event.kind, object_of(event),
               std::string(store::name_of(event.state)), result_of(event)});
  return table;
}

Outcome list(Context& context, const EventsOptions& options) {
  auto query = query_of(context, options.choice);
  query.before = options.before;
  query.limit = options.limit;
  const auto events = context.journal_reader().list(query);
  json::array data;
  for (const Event& event : events) data.push_back(to_json(event));
  const bool more = events.size() == options.limit;
  const std::string last = more ? std::to_string(events.back().id) : "";
  return {.data = json::object{{"events", std::move(data)},
                               {"next", more ? json::value(events.back().id) : json::value()}},
          .text = table_of(events).text() + (more ? "more: add --before " + last + "\n" : "")};
}

/// What the event's run did to its object.
std::vector<store::AuditEntry> changes_by(Context& context, const Event& event) {
  if (event.run == 0 || event.source_id.empty() || !context.has_store()) return {};
  const auto entities = context.reader().entities();
  if (std::ranges::find(entities, event.entity) == entities.end()) return {};
  auto history = context.reader().history(event.entity, event.connection, event.source_id);
  std::erase_if(history, [&](const store::AuditEntry& entry) { return entry.run != event.run; });
  return history;
}

std::string steps_text(const std::vector<store::EventStep>& steps) {
  Table table({"at", "state", "code", "reason"});
  for (const auto& [at, state, code, reason] : steps) table.add({at, state, code, reason});
  return table.text("The event went the ordinary way.");
}

Outcome show(Context& context, const EventsOptions& options) {
  const Event event = find_event(context.journal_reader(), options.choice.ids.front());
  const auto steps = context.journal_reader().history(event.id);
  const auto changes = changes_by(context, event);
  const std::string record = event.source_id.empty()
                                 ? ""
                                 : "psabridge records show " + event.entity + " " + event.source_id +
                                       " --connection " + event.connection;
  return {.data = json::object{{"event", to_json_with_body(event)},
                               {"steps", to_json(steps)},
                               {"changes", history_json(changes)},
                               {"record", record.empty() ? json::value() : json::value(record)}},
          .text = facts_text(event) + (record.empty() ? "" : "the record       `" + record + "`\n") + "\n" +
                  steps_text(steps) + "\n" + history_text(changes, "No change of the record belongs to it.") +
                  "\n" + body_text(event.body)};
}

// ----------------------------------------------------------------------------------------------------
// lines that are written as they come

/// One line to standard output, without secrets.
void write_line(Context& context, json::value data) {
  redact(data, context.redactor());
  std::cout << data << '\n';
}

void flush() {
  std::cout << std::flush;
  if (!std::cout) throw Error("PB1603", "The events could not be written to standard output.");
}

/// Shows each event once it fits: an event that a filter names may come to fit long after it was received.
class Tail {
 public:
  Tail(Context& context, store::EventQuery query) : context_(context), query_(std::move(query)) {
    query_.limit = kWindow;
  }

  /// Writes the newest of what is there.
  void begin() {
    auto events = look();
    if (events.size() == kWindow) query_.after = events.back().id - 1;
    if (events.size() > kAtFirst) events.resize(kAtFirst);
    write(std::move(events));
  }
  void go_on() { write(look()); }

 private:
  static constexpr std::uint32_t kWindow = 10'000;  ///< events that are watched, the newest
  static constexpr std::size_t kAtFirst = 10;

  /// Those that fit and did not at the look before, newest first.
  std::vector<Event> look() {
    auto events = context_.journal_reader().list(query_);
    std::set<store::EventId> fitting;
    for (const Event& event : events) fitting.insert(event.id);
    std::erase_if(events, [&](const Event& event) { return known_.contains(event.id); });
    known_ = std::move(fitting);
    return events;
  }

  /// Oldest first.
  void write(std::vector<Event> events) {
    if (events.empty()) return;
    std::ranges::reverse(events);
    if (context_.options().json)
      for (const Event& event : events) write_line(context_, to_json(event));
    else
      write_table(context_.redactor().apply(table_of(events).text()));
    flush();
  }

  /// Under one heading for all.
  void write_table(const std::string& text) {
    std::cout << (headed_ ? text.substr(text.find('\n') + 1) : text);
    headed_ = true;
  }

  Context& context_;
  store::EventQuery query_;
  std::set<store::EventId> known_;
  bool headed_ = false;
};

Outcome tail(Context& context, const EventsOptions& options) {
  constexpr Milliseconds kBetweenLooks{500};
  Tail tail(context, query_of(context, options.choice));
  tail.begin();
  while (!stop_asked()) {
    context.clock().sleep(kBetweenLooks, stop_asked);
    tail.go_on();
  }
  return {.data = nullptr, .text = {}};
}

Outcome export_events(Context& context, const EventsOptions& options) {
  constexpr std::uint64_t kPage = 500;
  auto query = query_of(context, options.choice);
  std::uint64_t written = 0;
  const auto wanted = [&] { return options.most == 0 ? kPage : std::min(kPage, options.most - written); };
  while (!stop_asked() && (query.limit = static_cast<std::uint32_t>(wanted())) > 0) {
    const auto page = context.journal_reader().list(query);
    if (page.empty()) break;
    store::EventQuery whole;  // a question for ids brings the bodies
    whole.limit = query.limit;
    for (const Event& event : page) whole.ids.push_back(event.id);
    for (const Event& event : context.journal_reader().list(whole))
      write_line(context, to_json_with_body(event));
    flush();
    written += page.size();
    query.before = page.back().id;
  }
  return {.data = json::object{{"events", written}},
          .text = {},
          .status = stop_asked() ? 128 + stop_signal() : 0};
}

// ----------------------------------------------------------------------------------------------------
// deciding

/// What an admin may decide about events.
struct Decision {
  const char* name;
  const char* done;    ///< "2 events are ..."
  const char* suited;  ///< "only ... ones can be"
  std::span<const EventState> from;
  std::uint64_t (store::Journal::*take)(const store::EventQuery&, const std::string&);
};

constexpr EventState kOpen[] = {EventState::ready, EventState::waiting};
constexpr EventState kHeld[] = {EventState::held};
constexpr EventState kUnfinished[] = {EventState::ready, EventState::waiting, EventState::held};
constexpr EventState kFinished[] = {EventState::done, EventState::skipped, EventState::dead,
                                    EventState::discarded};

constexpr Decision kHold{"hold", "held", "ready and waiting", kOpen, &store::Journal::hold};
constexpr Decision kRelease{"release", "released", "held", kHeld, &store::Journal::release};
constexpr Decision kSkip{"skip", "skipped", "ready, waiting and held", kUnfinished, &store::Journal::skip};
constexpr Decision kReplay{"replay", "ready again", "done, skipped, dead and discarded", kFinished,
                           &store::Journal::replay};

/// The chosen events, as far as the decision is about such.
store::EventQuery query_for(Context& context, const Decision& decision, const EventChoice& choice) {
  if (!says_which(choice))
    throw Error("PB1601", "Say which events: their numbers, or a filter such as --connection or --since.");
  auto query = query_of(context, choice);
  const auto asked = std::exchange(query.states, {});
  for (const EventState state : decision.from)
    if (asked.empty() || std::ranges::find(asked, state) != asked.end()) query.states.push_back(state);
  if (query.states.empty())
    throw Error("PB1601", std::string("`psabridge events ") + decision.name + "` is about events that are " +
                              decision.suited + ": --state asks for others.");
  return query;
}

Outcome foresee(Context& context, const Decision& decision, const store::EventQuery& query) {
  const auto events = context.journal_reader().count(query);
  return {.data = json::object{{"decision", decision.name}, {"dry_run", true}, {"events", events}},
          .text = "Dry run: nothing was changed.\n" + grouped(events) + " events would be " + decision.done +
                  ".\n"};
}

Outcome foresee_replay(Context& context, const store::EventQuery& query) {
  const auto preview = preview_replay(context, query);
  auto data = to_json(preview);
  data["decision"] = kReplay.name;
  data["dry_run"] = true;
  return {.data = std::move(data), .text = "Dry run: nothing was changed.\n" + to_text(preview)};
}

Outcome decide(Context& context, const Decision& decision, const EventsOptions& options) {
  const auto query = query_for(context, decision, options.choice);
  const auto changed = (context.journal().*decision.take)(query, options.reason);
  if (auto* daemon = context.daemon()) daemon->reload_events();
  std::string text = grouped(changed) + " events are " + decision.done + ".\n";
  if (query.ids.size() > changed)
    text += grouped(query.ids.size() - changed) + " stay as they are: only " + decision.suited +
            " ones can be.\n";
  return {.data = json::object{{"decision", decision.name}, {"dry_run", false}, {"events", changed}},
          .text = std::move(text)};
}

// ----------------------------------------------------------------------------------------------------
// the commands

using Options = std::shared_ptr<EventsOptions>;

void add_looking(CommandTree& tree, CLI::App& group, const Options& options) {
  auto& listing =
      tree.add(group, {"list", "List events, newest first", "psabridge events list --state dead --since 24h"},
               [options](Context& context) { return list(context, *options); });
  add_event_filters(listing, options->choice);
  listing.add_option("--before", options->before, "Page: only events with a smaller number");
  listing.add_option("--limit", options->limit, "At most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  auto& showing = tree.add(
      group,
      {"show", "Show one event: its facts, its way, what it changed, its body", "psabridge events show 34"},
      [options](Context& context) { return show(context, *options); });
  showing.add_option("EVENT", options->choice.ids, "Number of the event")->required()->expected(1);
  auto& tailing =
      tree.add(group,
               {"tail", "Show the last events, and new ones as they come, until Ctrl-C (--json: a line each)",
                "psabridge events tail --entity ticket"},
               [options](Context& context) { return tail(context, *options); });
  add_event_filters(tailing, options->choice);
}

void add_export(CommandTree& tree, CLI::App& group, const Options& options) {
  auto& exporting = tree.add(
      group,
      {"export",
       "Write events with their bodies, newest first, a line of JSON each (--json: the answer follows)",
       "psabridge events export --since 24h >events.jsonl"},
      [options](Context& context) { return export_events(context, *options); });
  add_event_filters(exporting, options->choice);
  exporting.add_option("--limit", options->most, "At most so many; all when not given")
      ->check(CLI::PositiveNumber);
}

void add_decision(CommandTree& tree, CLI::App& group, const CommandWords& words, const Options& options,
                  Action action) {
  auto& command = tree.add(group, words, std::move(action));
  add_event_filters(command, options->choice);
  command.add_option("--reason", options->reason, "Why; kept in the history of each event")
      ->capture_default_str();
  command.add_flag("--dry-run", options->dry_run, "Only say what would be done");
}

/// A decision whose dry run only counts.
Action plain(const Options& options, const Decision& decision) {
  return [options, &decision](Context& context) {
    if (options->dry_run) return foresee(context, decision, query_for(context, decision, options->choice));
    return decide(context, decision, *options);
  };
}

}  // namespace

void add_events_commands(CommandTree& tree) {
  auto& group = tree.add_group(
      "events", "What the source announced: list, show, tail, replay, hold, release, skip, export");
  const auto options = std::make_shared<EventsOptions>();
  add_looking(tree, group, options);
  add_decision(tree, group,
               {"replay", "Process finished events again",
                "psabridge events replay --state dead --since 2h --dry-run"},
               options, [options](Context& context) {
                 if (options->dry_run)
                   return foresee_replay(context, query_for(context, kReplay, options->choice));
                 return decide(context, kReplay, *options);
               });
  add_decision(
      tree, group,
      {"hold", "Keep events back", "psabridge events hold --entity ticket --reason \"Halo is moved\""},
      options, plain(options, kHold));
  add_decision(tree, group, {"release", "Let held events go on", "psabridge events release --entity ticket"},
               options, plain(options, kRelease));
  add_decision(tree, group,
               {"skip", "Finish events without processing them",
                "psabridge events skip 34 --reason \"the ticket was a test\""},
               options, plain(options, kSkip));
  add_export(tree, group, options);
}

}  // namespace psabridge::app
