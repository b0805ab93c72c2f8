#include <fcntl.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "core/app/commands.h"
#include "core/app/link_file.h"
#include "core/app/link_intake.h"
#include "core/app/terminal.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/routing/link_match.h"
#include "core/routing/link_report.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

/// Of a report that has findings; docs/guide/command-line.md.
constexpr int kFoundSomething = 6;

struct LinksOptions {
  std::string connection, team, file;
  WrittenLink link;
  std::vector<std::int64_t> numbers;
  bool inactive = false, dry_run = false, apply = false;
  double min_score = 0.9;
  std::size_t limit = 20;
};

/// The connection that was asked for, or all.
std::vector<std::string> connections(Context& context, const LinksOptions& options) {
  if (!options.connection.empty()) return {context.connection(options.connection).name};
  std::vector<std::string> names;
  names.reserve(context.config().connections.size());
  for (const config::Connection& connection : context.config().connections) names.push_back(connection.name);
  return names;
}

/// `client 12 "Acme Ltd"`
std::string shown_client(const std::string& id, std::string_view name) {
  return "client " + id + (name.empty() ? "" : " " + in_quotes(name));
}

/// `link 3 (client 12 "Acme Ltd" -> noc for priorities 1)`
std::string shown_link(const store::Link& link, std::string_view client_name) {
  return "link " + std::to_string(link.id) + " (" + shown_client(link.client, client_name) + " -> " +
         link.team + routing::limits_text(link) + ")";
}

// ----------------------------------------------------------------------------------------------------
// list, add, remove, activate, deactivate

bool is_wanted(const store::Link& link, const LinksOptions& options, const std::string& client) {
  return (client.empty() || link.client == client) && (options.team.empty() || link.team == options.team) &&
         (!options.inactive || !link.active);
}

/// A link may outlive its client: then only the source id can name that.
std::string linked_client(const store::Reader& reader, const std::string& connection,
                          const RecordNames& names, const std::string& given) {
  if (given.empty()) return {};
  const std::vector<store::Link> links = reader.teams().links(connection);
  const bool is_id = std::ranges::find(links, given, &store::Link::client) != links.end();
  return is_id ? given : names.id_of(given);
}

Outcome list(Context& context, const LinksOptions& options) {
  const store::Reader& reader = context.reader();
  json::array data;
  Table table({"link", "connection", "client", "name", "team", "limits", "on", "made by"});
  for (const std::string& connection : connections(context, options)) {
    const RecordNames names(reader, "client", connection);
    const std::string client = linked_client(reader, connection, names, options.link.client);
    for (const store::Link& link : reader.teams().links(connection)) {
      if (!is_wanted(link, options, client)) continue;
      const std::string_view name = names.name_of(link.client);
      data.push_back(to_json(link, name));
      table.add({std::to_string(link.id), connection, link.client, std::string(name), link.team,
                 routing::limits_text(link), link.active ? "yes" : "no", link.origin});
    }
  }
  return {.data = std::move(data), .text = table.text()};
}

constexpr const char* kWhenItCounts =
    "Tickets are routed so when they next change, all of them with `psabridge sync --full`.\n";

Outcome add(Context& context, const LinksOptions& options) {
  const auto& connection = context.connection(options.connection).name;
  const auto writer = context.writer();
  LinkIntake intake(*writer, connection, format_time(context.clock().now()));
  WrittenLink written = options.link;
  written.team = options.team;
  store::Link link = intake.read(written, "manual");
  const store::Link* const stored = intake.standing(link);
  writer->in_one([&] {
    if (stored) link.id = stored->id;
    if (stored)
      writer->teams().change_link(link);
    else
      link.id = writer->teams().add_link(link);
  });
  const std::string_view name = intake.clients().name_of(link.client);
  const std::string before =
      stored && stored->team != link.team ? " It was linked to " + in_quotes(stored->team) + "." : "";
  return {.data = to_json(link, name),
          .text = "Client " + link.client + " of " + connection + " is linked to team " +
                  in_quotes(link.team) + routing::limits_text(link) + ": link " + std::to_string(link.id) +
                  "." + before + "\n" + kWhenItCounts};
}

/// Those of the numbers that were given, else the one of the client. Throws Error PB1602, PB1835.
std::vector<store::Link> chosen_links(Context& context, const store::Reader& reader,
                                      const LinksOptions& options) {
  std::vector<store::Link> links;
  links.reserve(options.numbers.size());
  for (const std::int64_t number : options.numbers) {
    const auto link = reader.teams().link(number);
    if (!link)
      throw Error("PB1602", "There is no link " + std::to_string(number) +
                                ": `psabridge links list` shows those that there are.");
    links.push_back(*link);
  }
  if (!options.numbers.empty()) return links;
  if (options.link.client.empty()) throw Error("PB1601", "Give a client, or --link with a number.");
  const auto& connection = context.connection(options.connection).name;
  const RecordNames names(reader, "client", connection);
  const std::string client = linked_client(reader, connection, names, options.link.client);
  std::string all;
  for (const store::Link& link : reader.teams().links(connection))
    if (link.client == client && (options.team.empty() || link.team == options.team)) {
      links.push_back(link);
      all += (all.empty() ? "" : ", ") + shown_link(link, names.name_of(client));
    }
  if (links.empty())
    throw Error("PB1602", "Client " + client + " of " + connection + " is linked to no " +
                              (options.team.empty() ? "team" : "team " + in_quotes(options.team)) +
                              ": `psabridge links list` shows the links.");
  if (links.size() > 1)
    throw Error("PB1835", "Client " + client + " of " + connection + " has several links: " + all + ".");
  return links;
}

/// Does something to each chosen link, in one transaction. `done`: "removed".
template <class Change>
Outcome change(Context& context, const LinksOptions& options, const char* done, const Change& change_one) {
  const auto writer = context.writer();
  std::vector<store::Link> links = chosen_links(context, *writer, options);
  writer->in_one([&] {
    for (store::Link& link : links) change_one(writer->teams(), link);
  });
  json::array data;
  std::string text;
  for (const store::Link& link : links) {
    const std::string name(RecordNames(*writer, "client", link.connection).name_of(link.client));
    data.push_back(to_json(link, name));
    text += "The " + shown_link(link, name) + " is " + done + ".\n";
  }
  return {.data = std::move(data), .text = std::move(text)};
}

Outcome remove(Context& context, const LinksOptions& options) {
  return change(context, options, "removed",
                [](store::Teams& teams, const store::Link& link) { teams.remove_link(link.id); });
}

Outcome activate(Context& context, const LinksOptions& options) {
  return change(context, options, "switched on", [](store::Teams& teams, store::Link& link) {
    link.active = true;
    teams.change_link(link);
  });
}

Outcome deactivate(Context& context, const LinksOptions& options) {
  return change(context, options, "switched off", [](store::Teams& teams, store::Link& link) {
    link.active = false;
    teams.change_link(link);
  });
}

// ----------------------------------------------------------------------------------------------------
// import, export

std::string_view name_of(ImportedLine::Effect effect) {
  switch (effect) {
    case ImportedLine::Effect::fresh:
      return "new";
    case ImportedLine::Effect::same:
      return "same";
    case ImportedLine::Effect::change:
      return "change";
    case ImportedLine::Effect::mistake:
      break;
  }
  return "mistake";
}

/// Lines that change nothing are only counted.
std::string text_of(const std::vector<ImportedLine>& lines) {
  std::string text;
  for (const ImportedLine& line : lines)
    if (line.effect != ImportedLine::Effect::same)
      text += "line " + std::to_string(line.line) + ": " + line.client + " -> " + line.team + ": " +
              (line.effect == ImportedLine::Effect::mistake ? "cannot be used: " : "") + line.what + "\n";
  return text;
}

json::array json_of(const std::vector<ImportedLine>& lines) {
  json::array data;
  for (const ImportedLine& line : lines)
    data.push_back(json::object{{"line", line.line},
                                {"client", line.client},
                                {"team", line.team},
                                {"effect", name_of(line.effect)},
                                {"what", line.what}});
  return data;
}

void apply(store::Writer& writer, const std::vector<ImportedLine>& lines) {
  writer.in_one([&] {
    for (const ImportedLine& line : lines) {
      if (line.effect == ImportedLine::Effect::fresh) writer.teams().add_link(line.link);
      if (line.effect == ImportedLine::Effect::change) writer.teams().change_link(line.link);
    }
  });
}

Outcome import(Context& context, const LinksOptions& options) {
  const std::string& text = context.input(options.file);
  const auto writer = context.writer();
  LinkImport reading(
      *writer,
      [&](const std::string& given) {
        return context.connection(given.empty() ? options.connection : given).name;
      },
      format_time(context.clock().now()));
  const std::vector<ImportedLine> lines = reading.read(text);
  std::map<std::string_view, std::size_t> counts{{"new", 0}, {"same", 0}, {"change", 0}, {"mistake", 0}};
  for (const ImportedLine& line : lines) ++counts[name_of(line.effect)];
  const bool refused = counts["mistake"] > 0, applied = !refused && !options.dry_run;
  if (applied) apply(*writer, lines);
  std::string sum = grouped(counts["new"]) + " new, " + grouped(counts["change"]) + " changed, " +
                    grouped(counts["same"]) + " the same, " + grouped(counts["mistake"]) +
                    " cannot be used.\n";
  if (refused)
    sum += "Nothing was written, because lines cannot be used (PB1830).\n";
  else
    sum += options.dry_run ? "Dry run: nothing was written.\n" : kWhenItCounts;
  return {.data = json::object{{"applied", applied},
                               {"new", counts["new"]},
                               {"changed", counts["change"]},
                               {"same", counts["same"]},
                               {"mistakes", counts["mistake"]},
                               {"lines", json_of(lines)}},
          .text = text_of(lines) + sum,
          .status = refused ? exit_status(ErrorClass::usage) : 0};
}

void write_file(const std::string& file, const std::string& text) {
  const Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!descriptor || !write_whole(descriptor, text))
    throw Error("PB1603", "The file " + file +
                              " could not be written: " + std::generic_category().message(errno) + ".");
}

Outcome export_links(Context& context, const LinksOptions& options) {
  std::vector<std::pair<store::Link, std::string>> links;
  json::array data;
  for (const std::string& connection : connections(context, options)) {
    const RecordNames names(context.reader(), "client", connection);
    for (store::Link& link : context.reader().teams().links(connection)) {
      std::string name(names.name_of(link.client));
      data.push_back(to_json(link, name));
      links.emplace_back(std::move(link), std::move(name));
    }
  }
  std::string text = links_csv(links);
  if (options.file.empty()) return {.data = std::move(data), .text = std::move(text)};
  write_file(options.file, text);
  return {.data = std::move(data),
          .text = grouped(links.size()) + " links are in " + options.file +
                  "; `psabridge links import` takes them back.\n"};
}

// ----------------------------------------------------------------------------------------------------
// auto

struct Judged {
  std::string connection;
  routing::LinkProposal proposal;
  bool linked = false;  ///< it is, or would be with --apply
};

std::vector<Judged> proposals(Context& context, const store::Reader& reader, const LinksOptions& options) {
  std::vector<Judged> all;
  const routing::Roster roster(reader.teams().all());
  for (const std::string& connection : connections(context, options)) {
    const routing::LinkTable table(reader, connection);
    for (auto& proposal : routing::propose_links(reader.teams().clients(connection), table, roster)) {
      const bool sure = proposal.rival.empty() && proposal.score >= options.min_score;
      all.push_back({connection, std::move(proposal), sure});
    }
  }
  return all;
}

std::string score_text(double score) {
  char text[16];
  std::snprintf(text, sizeof text, "%.2f", score);
  return text;
}

std::string line_of(const Judged& judged, const LinksOptions& options) {
  const routing::LinkProposal& proposal = judged.proposal;
  const std::string verdict = judged.linked ? (options.apply ? "linked" : "would be linked")
                              : !proposal.rival.empty()
                                  ? "not clear, " + in_quotes(proposal.rival) + " fits too"
                                  : "less sure than --min-score";
  return score_text(proposal.score) + "  " + shown_client(proposal.client, proposal.name) + " of " +
         judged.connection + " -> " + proposal.team + " (" + verdict + "): " + proposal.why + "\n";
}

void apply(store::Writer& writer, const std::vector<Judged>& all, const std::string& now) {
  writer.in_one([&] {
    for (const Judged& judged : all) {
      if (!judged.linked) continue;
      store::Link link;
      link.connection = judged.connection;
      link.client = judged.proposal.client;
      link.team = judged.proposal.team;
      link.origin = "auto";
      link.created_at = now;
      writer.teams().add_link(link);
    }
  });
}

Outcome outcome_of(const std::vector<Judged>& all, const LinksOptions& options) {
  json::array data;
  std::string text;
  std::size_t sure = 0;
  for (const Judged& judged : all) {
    const routing::LinkProposal& proposal = judged.proposal;
    data.push_back(
        json::object{{"connection", judged.connection},
                     {"client", proposal.client},
                     {"name", proposal.name},
                     {"team", proposal.team},
                     {"score", proposal.score},
                     {"why", proposal.why},
                     {"rival", proposal.rival.empty() ? json::value() : json::value(proposal.rival)},
                     {"linked", judged.linked && options.apply}});
    text += line_of(judged, options);
    sure += judged.linked ? 1 : 0;
  }
  text += options.apply ? grouped(sure) + " clients were linked. " + kWhenItCounts
                        : grouped(sure) + " clients would be linked: --apply does it.\n";
  return {
      .data = json::object{{"applied", options.apply},
                           {"min_score", options.min_score},
                           {"sure", sure},
                           {"proposals", std::move(data)}},
      .text = all.empty() ? "Nothing speaks for a team of any client without a link.\n" : std::move(text)};
}

Outcome link_automatically(Context& context, const LinksOptions& options) {
  if (!options.apply) return outcome_of(proposals(context, context.reader(), options), options);
  const auto writer = context.writer();
  const std::vector<Judged> all = proposals(context, *writer, options);
  apply(*writer, all, format_time(context.clock().now()));
  return outcome_of(all, options);
}

// ----------------------------------------------------------------------------------------------------
// report

/// When the last poll of the connection ended; empty: never.
std::string last_sync(Context& context, const std::string& connection) {
  std::string last;
  for (const config::Pipeline& pipeline : context.config().pipelines)
    if (pipeline.connection == connection)
      for (const store::RunInfo& run :
           context.reader().runs({.pipeline = pipeline.name, .without_mode = "events", .limit = 1}))
        last = std::max(last, run.finished_at.empty() ? run.started_at : run.finished_at);
  return last;
}

std::string line_of(const routing::LinkFlaw& flaw) {
  std::string text =
      "  " +
      (flaw.link == 0 ? "" : "link " + std::to_string(flaw.link) + " to " + in_quotes(flaw.team) + ", ") +
      shown_client(flaw.client, flaw.name);
  if (!flaw.name.empty())
    text += " (" + grouped(flaw.tickets) + " tickets, " + grouped(flaw.open_tickets) + " open; " +
            grouped(flaw.assets) + " assets)";
  return text + (flaw.link == 0 ? "" : ": " + flaw.fact) + "\n";
}

/// A heading for each code, and below it at most `limit` lines.
std::string text_of(const std::vector<routing::LinkFlaw>& flaws, std::size_t limit) {
  std::string text;
  for (auto first = flaws.begin(); first != flaws.end();) {
    const auto end =
        std::find_if(first, flaws.end(), [&](const auto& flaw) { return flaw.code != first->code; });
    const auto count = static_cast<std::size_t>(end - first);
    text += "\n" + std::string(find_error(first->code)->title) + ": " + grouped(count) + " (" + first->code +
            ")\n";
    for (std::size_t i = 0; i < std::min(count, limit); ++i)
      text += line_of(*(first + static_cast<std::ptrdiff_t>(i)));
    if (count > limit) text += "  and " + grouped(count - limit) + " more: --limit shows them\n";
    first = end;
  }
  return text;
}

json::array json_of(const std::vector<routing::LinkFlaw>& flaws) {
  json::array data;
  for (const routing::LinkFlaw& flaw : flaws)
    data.push_back(json::object{{"code", flaw.code},
                                {"title", find_error(flaw.code)->title},
                                {"client", flaw.client},
                                {"name", flaw.name},
                                {"link", flaw.link == 0 ? json::value() : json::value(flaw.link)},
                                {"team", flaw.team.empty() ? json::value() : json::value(flaw.team)},
                                {"fact", flaw.fact},
                                {"tickets", flaw.tickets},
                                {"open_tickets", flaw.open_tickets},
                                {"assets", flaw.assets}});
  return data;
}

Outcome report(Context& context, const LinksOptions& options) {
  const store::Reader& reader = context.reader();
  const routing::Roster roster(reader.teams().all());
  json::array data;
  std::string text;
  bool found = false;
  for (const std::string& connection : connections(context, options)) {
    const auto flaws = routing::find_link_flaws(reader, connection, roster);
    const std::string synced = last_sync(context, connection);
    const std::size_t links = reader.teams().links(connection).size();
    found = found || !flaws.empty();
    data.push_back(json::object{{"connection", connection},
                                {"last_sync", synced.empty() ? json::value() : json::value(synced)},
                                {"links", links},
                                {"flaws", json_of(flaws)}});
    text += (text.empty() ? "" : "\n") + connection + ": " + grouped(links) + " links; last sync " +
            (synced.empty() ? "never" : synced) + "\n" + text_of(flaws, options.limit) +
            (flaws.empty() ? "Nothing is wrong with its links.\n" : "");
  }
  if (found) text += "\n`psabridge explain CODE` says what to do.\n";
  return {.data = std::move(data), .text = std::move(text), .status = found ? kFoundSomething : 0};
}

// ----------------------------------------------------------------------------------------------------
// the commands

using Options = std::shared_ptr<LinksOptions>;
using Work = Outcome (*)(Context&, const LinksOptions&);

/// Every command has options of its own: positions and flags of one never reach another.
std::pair<CLI::App&, Options> add_command(CommandTree& tree, CLI::App& group, const CommandWords& words,
                                          Work work,
                                          const char* connection = "Only those of this connection") {
  const auto options = std::make_shared<LinksOptions>();
  auto& command =
      tree.add(group, words, [options, work](Context& context) { return work(context, *options); });
  command.add_option("--connection", options->connection, connection);
  return {command, options};
}

constexpr const char* kOneConnection = "Connection of the client; needed when there are several";

void add_limits(CLI::App& command, WrittenLink& link) {
  const auto values = [&](const char* name, std::vector<std::string>& to, const char* help) {
    command.add_option(name, to, help)->allow_extra_args(false);
  };
  values("--types", link.types, "Only tickets of this type (name or source id); may be repeated");
  values("--boards", link.boards, "Only tickets of this board, a team at the source; may be repeated");
  values("--priorities", link.priorities, "Only tickets of this priority; may be repeated");
  values("--sites", link.sites, "Only tickets of this site; may be repeated");
  command.add_option("--since", link.since, "Only tickets opened at or after this time (RFC 3339 or a date)");
  command.add_option("--until", link.until, "Only tickets opened before this time");
}

void add_choosing(CommandTree& tree, CLI::App& group, const CommandWords& words, Work work) {
  const auto [command, options] = add_command(tree, group, words, work, kOneConnection);
  command.add_option("CLIENT", options->link.client, "Name or source id of the client");
  command.add_option("--team", options->team, "Of several links of the client the one to this team");
  command
      .add_option("--link", options->numbers, "Number of the link, in place of the client; may be repeated")
      ->allow_extra_args(false);
}

void add_single(CommandTree& tree, CLI::App& group) {
  const auto [listing, listed] =
      add_command(tree, group, {"list", "List links", "psabridge links list --client \"Acme Ltd\""}, list);
  listing.add_option("--client", listed->link.client, "Only those of this client (name or source id)");
  listing.add_option("--team", listed->team, "Only those to this team");
  listing.add_flag("--inactive", listed->inactive, "Only those that are switched off");
  const auto [adding, added] = add_command(
      tree, group,
      {"add", "Link a client to a team, or to another one; a link with limits stands beside one without",
       "psabridge links add \"Acme Ltd\" night-shift --priorities Critical"},
      add, kOneConnection);
  adding.add_option("CLIENT", added->link.client, "Name or source id of the client")->required();
  adding.add_option("TEAM", added->team, "Managed team")->required();
  add_limits(adding, added->link);
  add_choosing(tree, group, {"remove", "Remove a link", "psabridge links remove \"Acme Ltd\""}, remove);
  add_choosing(tree, group,
               {"activate", "Switch a link on that was switched off", "psabridge links activate --link 3"},
               activate);
  add_choosing(tree, group,
               {"deactivate", "Switch a link off and keep it", "psabridge links deactivate \"Acme Ltd\""},
               deactivate);
}

void add_bulk(CommandTree& tree, CLI::App& group) {
  const auto [importing, imported] = add_command(
      tree, group,
      {"import", "Take links from a CSV file, all of them or none; says of each line what it does",
       "psabridge links import links.csv --dry-run"},
      import, "Connection of lines that name none");
  importing.add_option("FILE", imported->file, "Columns client,team and more; - reads it from stdin")
      ->required();
  importing.add_flag("--dry-run", imported->dry_run, "Only say what each line would do");
  const auto [exporting, exported] = add_command(
      tree, group,
      {"export", "Write all links as CSV, as `links import` takes it", "psabridge links export links.csv"},
      export_links);
  exporting.add_option("FILE", exported->file, "File to write; stdout when not given");
  const auto [guessing, guessed] = add_command(
      tree, group,
      {"auto", "Teams for clients without a link, by names and domains, with the reason and how sure it is",
       "psabridge links auto --min-score 0.95 --apply"},
      link_automatically);
  guessing.add_flag("--apply", guessed->apply, "Link those that are sure and clear");
  guessing.add_option("--min-score", guessed->min_score, "What is sure, from 0 to 1")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  const auto [reporting, reported] = add_command(
      tree, group,
      {"report",
       "Clients without a link and what is wrong with links, with tickets, assets and the last sync",
       "psabridge links report"},
      report);
  reporting.add_option("--limit", reported->limit, "At most so many lines of a kind")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
}

}  // namespace

void add_links_commands(CommandTree& tree) {
  auto& group = tree.add_group(
      "links",
      "Ties of clients to managed teams: by hand, from files, by guess; and what is wrong with them");
  add_single(tree, group);
  add_bulk(tree, group);
}

}  // namespace psabridge::app
