#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <memory>
#include <optional>

#include "core/app/commands.h"
#include "core/app/config_file.h"
#include "core/app/event_choice.h"
#include "core/app/record_choice.h"
#include "core/app/route_text.h"
#include "core/app/signals.h"
#include "core/app/terminal.h"
#include "core/base/text.h"
#include "core/base/time.h"
#include "core/config/edit.h"
#include "core/pipeline/rerouting.h"
#include "core/pipeline/single_read.h"
#include "core/store/entity_layout.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using pipeline::Moves;
using pipeline::TicketRange;

constexpr std::string_view kTicket = store::kRoutedEntity;
constexpr int kDifferencesFound = 6;

struct RouteOptions {
  std::string version, from_source, ticket, team, by, note, pipeline, connection, rule, since, rules_file,
      ticket_file, figure_by = "rule";
  std::vector<std::string> fields;
  std::uint32_t limit = 20;
  bool trouble = false, all = false;
};

/// The rules of one pipeline, away from any run.
class Desk {
 public:
  Desk(Context& context, const config::Pipeline& pipeline)
      : assembly_(pipeline::assemble(context.config(), pipeline, context.registry(), host_,
                                     context.deduplicator())) {
    if (!assembly_.router)
      throw Error("PB2402", "The pipeline " + pipeline.name +
                                " routes no tickets: it has no `routing`, or does not read tickets.");
    const auto writer = context.writer();
    pipeline::prepare_store(assembly_, *writer);
  }
  pipeline::Assembly& assembly() { return assembly_; }
  routing::Router& router() { return *assembly_.router; }
  const EntitySchema& schema() { return assembly_.find_stage(kTicket)->schema(); }
  const std::string& connection() const { return assembly_.connection->name; }
  plugin::HostServices& host() { return host_; }

 private:
  plugin::OfflineHost host_;
  pipeline::Assembly assembly_;
};

bool routes(const config::Pipeline& pipeline) {
  return !pipeline.routing.empty() &&
         std::ranges::find(pipeline.entities, kTicket, &config::EntityUse::entity) != pipeline.entities.end();
}

/// The pipelines that route, of a name or all.
std::vector<const config::Pipeline*> routing_pipelines(Context& context, const std::string& name) {
  auto pipelines = context.pipelines(name.empty() ? std::vector<std::string>{} : std::vector{name});
  if (name.empty()) std::erase_if(pipelines, [](const auto* pipeline) { return !routes(*pipeline); });
  if (!pipelines.empty()) return pipelines;
  throw Error("PB2402", "No pipeline routes tickets: none has a `routing` and reads the entity ticket.");
}

const config::Pipeline& pipeline_of(Context& context, const std::string& connection) {
  for (const config::Pipeline* const pipeline : routing_pipelines(context, {}))
    if (pipeline->connection == connection) return *pipeline;
  throw Error("PB2402", "No pipeline of the connection " + connection + " routes tickets.");
}

/// A stored ticket with the rules that are about it.
struct Case {
  std::string connection, ticket;
  std::unique_ptr<Desk> desk;
};

Case find_case(Context& context, const RouteOptions& options) {
  Case found;
  {
    const auto writer = context.writer();
    require_entity(*writer, std::string(kTicket));
    const std::int64_t id = record_id(*writer, std::string(kTicket), options.ticket);
    const auto rows = writer->rows(writer->schema(kTicket), {&id, 1});
    if (rows.ids.empty())
      throw Error("PB1602", "The ticket " + options.ticket + " is deleted: it is routed nowhere.");
    found.connection = rows.connections.front();
    found.ticket = view(rows.batch.records.front().source_id);
  }
  found.desk = std::make_unique<Desk>(context, pipeline_of(context, found.connection));
  return found;
}

std::string since_of(Context& context, const RouteOptions& options) {
  const auto since = moment_of("--since", options.since, context.clock());
  return since ? format_time(*since) : std::string();
}

TicketRange range_of(Context& context, const RouteOptions& options) {
  return {options.all || !options.since.empty() ? TicketRange::Which::all : TicketRange::Which::open,
          since_of(context, options)};
}

// ----------------------------------------------------------------------------------------------------
// one ticket

Outcome explain(Context& context, const RouteOptions& options) {
  Case asked = find_case(context, options);
  const auto writer = context.writer();
  const store::Decisions& decisions = writer->decisions();
  const store::Whereabouts place = decisions.whereabouts(asked.connection, asked.ticket);
  const auto history = decisions.find({.connection = asked.connection, .ticket = asked.ticket});
  const auto people = decisions.assignments(asked.connection, asked.ticket, options.limit);
  const store::StoredRows rows = writer->rows_of(asked.desk->schema(), asked.connection, {&asked.ticket, 1});
  const auto opinions = asked.desk->router().opinions(rows.batch, 0, *writer, stop_asked);
  const routing::RuleSet& rules = asked.desk->router().rules();

  json::array past, assignments;
  for (const store::Decision& decision : history) past.push_back(to_json(decision));
  std::string text = "Ticket " + asked.connection + "/" + asked.ticket + " is with " +
                     (place.team.empty() ? "no team" : place.team) + ".\n";
  if (!place.pinned_team.empty())
    text += "A person decided: " + place.pinned_by + " gave it to " + place.pinned_team + " on " +
            place.pinned_at + ". That holds until `psabridge route release " + asked.ticket + "`.\n";
  if (!history.empty()) {
    text += "\nHow it came there (newest first)\n";
    for (const store::Decision& decision : history) text += "  " + line_of(decision) + "\n";
  }
  for (const store::Assignment& one : people)
    assignments.push_back(json::object{{"team", one.team},
                                       {"by", one.by},
                                       {"at", one.at},
                                       {"note", one.note},
                                       {"instead_of_team", one.instead_of_team},
                                       {"instead_of_rule", one.instead_of_rule},
                                       {"released_at", one.released_at},
                                       {"released_by", one.released_by}});
  text += "\nWhat the rules say now (version " + rules.version() + ")\n" + opinions_text(rules, opinions);
  return {.data = json::object{{"connection", asked.connection},
                               {"ticket", asked.ticket},
                               {"team", place.team},
                               {"rule", place.rule},
                               {"by_hand", place.pinned_team},
                               {"history", std::move(past)},
                               {"assignments", std::move(assignments)},
                               {"version", rules.version()},
                               {"rules", opinions_json(rules, opinions)}},
          .text = std::move(text)};
}

/// A value of the command line or of a JSON file for a field.
Value field_value(const FieldSchema& field, const json::value& given, Arena& arena) {
  if (given.is_null()) return null_value();
  switch (field.type) {
    case FieldType::boolean:
      if (given.is_bool()) return bool_value(given.get_bool());
      if (given.is_string() && (given.get_string() == "true" || given.get_string() == "false"))
        return bool_value(given.get_string() == "true");
      break;
    case FieldType::integer:
      if (given.is_int64()) return integer_value(given.get_int64());
      if (given.is_string()) return integer_value(std::stoll(std::string(given.get_string())));
      break;
    case FieldType::real:
      if (given.is_number()) return real_value(given.to_number<double>());
      if (given.is_string()) return real_value(std::stod(std::string(given.get_string())));
      break;
    case FieldType::time:
      if (given.is_string())
        if (const auto time = parse_time(given.get_string()))
          return time_value(arena.keep(format_time(*time)));
      break;
    case FieldType::json:
    case FieldType::refs:
      return json_value(arena.keep(json::serialize(given)));
    case FieldType::text:
    case FieldType::ref:
      return text_value(
          arena.keep(given.is_string() ? std::string(given.get_string()) : json::serialize(given)));
  }
  throw Error("PB1601", "The field " + field.name + " is of type " + std::string(name_of(field.type)) +
                            ", and " + json::serialize(given) + " is none.");
}

/// What a test says of a ticket that need not exist.
json::object described(Context& context, const RouteOptions& options) {
  json::object ticket;
  if (!options.ticket_file.empty()) {
    boost::system::error_code failed;
    json::value read = json::parse(context.input(options.ticket_file), failed);
    if (failed || !read.is_object())
      throw Error("PB1601", options.ticket_file + " holds no JSON object with the fields of a ticket.");
    ticket = std::move(read.get_object());
  }
  for (const std::string& field : options.fields) {
    const auto equals = field.find('=');
    if (equals == std::string::npos)
      throw Error("PB1601", "A field is given as NAME=VALUE, not \"" + field + "\".");
    ticket[field.substr(0, equals)] = field.substr(equals + 1);
  }
  if (ticket.empty())
    throw Error("PB1601",
                "Nothing is said of the ticket: give fields such as client_id=12, --json-file FILE, or "
                "--from-source ID.");
  return ticket;
}

void fill(Batch& batch, const json::object& ticket, const EntitySchema& schema) {
  Arena& arena = *batch.arena;
  Value* const fields = batch.arena->make_array<Value>(schema.fields.size());
  std::uninitialized_fill_n(fields, schema.fields.size(), null_value());
  json::object custom;
  std::vector<std::string_view> names;
  names.reserve(schema.fields.size());
  for (const FieldSchema& field : schema.fields) names.push_back(field.name);
  for (const auto& [name, value] : ticket) {
    if (name.starts_with("custom.")) {
      custom[name.substr(7)] = value;
    } else if (const auto index = schema.index_of(name)) {
      fields[*index] = field_value(schema.fields[*index], value, arena);
    } else if (name == "custom" && value.is_object()) {
      custom = value.get_object();
    } else {
      throw Error("PB1601",
                  "Tickets have no field \"" + std::string(name) + "\"." + did_you_mean(name, names));
    }
  }
  batch.records.push_back({borrow("(test)"), borrow(""), fields, schema.fields.size(),
                           borrow(arena.keep(json::serialize(custom))), borrow("")});
  batch.verdicts.emplace_back();
}

/// The ticket as the source shows it now, brought into form by `source`, whose schema the batch has.
std::unique_ptr<Batch> read_from_source(pipeline::Assembly& source, const std::string& id) {
  auto batch = pipeline::read_single(source, *source.find_stage(kTicket), id, stop_asked);
  if (batch->records.empty())
    throw Error("PB1602", "The source of " + source.connection->name + " shows no ticket " + id + ".");
  const Verdict& verdict = batch->verdicts.front();
  if (verdict.fate == Fate::dead) throw Error(verdict.dead_code, std::string(verdict.dead_reason));
  return batch;
}

/// What a live pipeline needs to ask its source.
struct Line {
  Line(Context& context, const config::Pipeline& pipeline)
      : premises(context.premises()),
        connection(context.connection(pipeline.connection)),
        memory(premises.store),
        services(connection, premises.installation, memory, connection::Purpose::check,
                 premises.limiter(connection)),
        assembly(pipeline::assemble(premises.config, pipeline, premises.registry, services,
                                    premises.deduplicator)) {}

  const pipeline::Premises& premises;
  const config::Connection& connection;
  connection::StoredMemory memory;
  connection::Services services;
  pipeline::Assembly assembly;
};

Outcome test(Context& context, const RouteOptions& options) {
  const config::Pipeline& pipeline = *routing_pipelines(context, options.pipeline).front();
  Desk desk(context, pipeline);
  std::optional<Line> line;
  std::unique_ptr<Batch> read;
  if (!options.from_source.empty()) {
    line.emplace(context, pipeline);
    read = read_from_source(line->assembly, options.from_source);
  } else {
    const json::object ticket = described(context, options);
    read = std::make_unique<Batch>();
    read->connection = desk.connection();
    read->schema = &desk.schema();
    fill(*read, ticket, desk.schema());
  }
  const Batch& batch = *read;
  const auto writer = context.writer();
  const auto opinions = desk.router().opinions(batch, 0, *writer, stop_asked);
  const std::size_t only[] = {0};
  const routing::Ruling ruling = desk.router().rule(batch, only, *writer, stop_asked).front();
  const routing::RuleSet& rules = desk.router().rules();
  return {.data = json::object{{"team", ruling.team},
                               {"rule", ruling.rule},
                               {"reason", ruling.reason},
                               {"version", rules.version()},
                               {"rules", opinions_json(rules, opinions)}},
          .text = "It would go to " + (ruling.team.empty() ? "no team" : ruling.team) + ". " + ruling.reason +
                  " Nothing was saved.\n\n" + opinions_text(rules, opinions)};
}

// ----------------------------------------------------------------------------------------------------
// rules and figures

std::string share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  const std::uint64_t per_mille = part * 1000 / whole;
  return std::to_string(per_mille / 10) + "." + std::to_string(per_mille % 10) + " %";
}

Outcome list(Context& context, const RouteOptions& options) {
  json::array data;
  std::string text;
  for (const config::Pipeline* const pipeline : routing_pipelines(context, options.pipeline)) {
    Desk desk(context, *pipeline);
    const auto writer = context.writer();
    const routing::RuleSet& rules = desk.router().rules();
    const auto newest = writer->decisions().newest_rules(pipeline->name);
    std::map<std::string, std::uint64_t> tickets;
    for (const store::Accuracy& rule : writer->decisions().accuracy(store::Decisions::By::rule, {}))
      tickets[rule.name] = rule.decided;
    Table table({"#", "rule", "use", "conditions", "settings", "tickets so far"});
    json::array listed;
    for (std::size_t i = 0; i < rules.rules().size(); ++i) {
      const config::RuleUse& use = pipeline->routing[i];
      const std::string conditions = use.when ? json::serialize(use.when->values) : "every ticket";
      const std::string settings = json::serialize(use.settings.values);
      table.add({std::to_string(i + 1), use.name, use.use, conditions, settings, grouped(tickets[use.name])});
      listed.push_back(json::object{{"rule", use.name},
                                    {"use", use.use},
                                    {"when", use.when ? json::value(use.when->values) : json::value()},
                                    {"settings", use.settings.values},
                                    {"tickets", tickets[use.name]}});
    }
    const bool in_use = newest && newest->version == rules.version();
    text +=
        "pipeline " + pipeline->name + ", version " + rules.version() +
        (in_use ? ", in use since " + newest->since
                : ", not used yet: the next run routes by it, `psabridge route plan` shows what it moves") +
        "\n\n" + table.text() + "\n";
    data.push_back(json::object{{"pipeline", pipeline->name},
                                {"version", rules.version()},
                                {"in_use", in_use},
                                {"rules", std::move(listed)}});
  }
  return {.data = std::move(data), .text = std::move(text)};
}

Outcome stats(Context& context, const RouteOptions& options) {
  static const std::map<std::string, store::Decisions::By> kinds{{"rule", store::Decisions::By::rule},
                                                                 {"team", store::Decisions::By::team},
                                                                 {"client", store::Decisions::By::client}};
  const std::string since = since_of(context, options);
  const auto writer = context.writer();
  json::array data;
  Table table({options.figure_by, "tickets sent", "corrected by people", "accuracy"});
  for (const store::Accuracy& one : writer->decisions().accuracy(kinds.at(options.figure_by), since)) {
    if (one.name == routing::kByHand) continue;
    const std::uint64_t right = one.decided - std::min(one.decided, one.corrected);
    table.add({one.name, grouped(one.decided), grouped(one.corrected), share(right, one.decided)});
    data.push_back(json::object{{"name", one.name}, {"decided", one.decided}, {"corrected", one.corrected}});
  }
  json::array loads;
  Table teams({"team", "open tickets", "all tickets"});
  for (const store::Load& load : writer->decisions().loads()) {
    teams.add({load.team, grouped(load.open), grouped(load.all)});
    loads.push_back(json::object{{"team", load.team}, {"open", load.open}, {"all", load.all}});
  }
  return {.data = json::object{{"by", options.figure_by},
                               {"since", since},
                               {"figures", std::move(data)},
                               {"teams", std::move(loads)}},
          .text = table.text() + "\n" + teams.text()};
}

Outcome log(Context& context, const RouteOptions& options) {
  store::DecisionQuery query;
  query.connection = options.connection;
  query.team = options.team;
  query.rule = options.rule;
  query.since = since_of(context, options);
  query.troubled = options.trouble;
  query.latest = options.trouble;
  query.limit = options.limit;
  json::array data;
  std::string text;
  const auto writer = context.writer();
  for (const store::Decision& decision : writer->decisions().find(query)) {
    data.push_back(to_json(decision));
    text += decision.connection + "/" + decision.ticket + "  " + line_of(decision) + "\n";
    const json::value* const passed =
        data.back().as_object()["evidence"].is_object()
            ? data.back().as_object()["evidence"].as_object().if_contains("passed_over")
            : nullptr;
    if (!passed) continue;
    for (const json::value& rule : passed->as_array())
      text += "    passed over " + std::string(rule.at("rule").as_string()) + ": " +
              std::string(rule.at("why").as_string()) + "\n";
  }
  if (text.empty()) text = options.trouble ? "No ticket is without a team, and no rule failed.\n" : "none\n";
  return {.data = std::move(data), .text = std::move(text)};
}

/// One rule a text, in the flow style of YAML.
std::vector<std::string> items_of(const store::RuleVersion& version) {
  std::vector<std::string> items;
  const json::value rules = json::parse(version.text);
  items.reserve(rules.as_array().size());
  for (const json::value& rule : rules.as_array()) items.push_back(json::serialize(rule));
  return items;
}

/// The newest of that hash, of one of the pipelines.
std::pair<const config::Pipeline*, store::RuleVersion> find_version(Context& context,
                                                                    const RouteOptions& options) {
  std::vector<std::string> known;
  const auto pipelines = routing_pipelines(context, options.pipeline);
  const auto writer = context.writer();
  for (const config::Pipeline* const pipeline : pipelines)
    for (const store::RuleVersion& version : writer->decisions().rule_versions(pipeline->name)) {
      if (version.version == options.version) return {pipeline, version};
      known.push_back(version.version);
    }
  throw Error("PB2404",
              "No pipeline ever used rules of the version " + options.version + "." +
                  did_you_mean(options.version, std::vector<std::string_view>(known.begin(), known.end())));
}

Outcome show_version(Context& context, const RouteOptions& options) {
  const auto [pipeline, version] = find_version(context, options);
  std::string text = "routing:\n";
  for (const std::string& item : items_of(version)) text += "  - " + item + "\n";
  return {.data = json::object{{"pipeline", pipeline->name},
                               {"version", version.version},
                               {"since", version.since},
                               {"rules", json::parse(version.text)}},
          .text = std::move(text)};
}

Outcome rollback(Context& context, const RouteOptions& options) {
  const auto found = find_version(context, options);
  const config::Pipeline* const pipeline = found.first;
  const store::RuleVersion& version = found.second;
  const std::vector<std::string> items = items_of(version);
  const FileChange change = change_file(pipeline->at.file, [&](const std::optional<std::string>& present) {
    return config::with_items(present.value_or(""), "pipelines", pipeline->name, "routing", items);
  });
  return {.data = json::object{{"pipeline", pipeline->name},
                               {"version", version.version},
                               {"file", change.file.string()},
                               {"backup", change.backup ? change.backup->string() : ""}},
          .text = "The rules of " + version.since + " stand in " + change.file.string() + " again" +
                  (change.backup ? "; what stood there is in " + change.backup->string() : "") +
                  ". `psabridge route plan` shows which open tickets they move; a daemon takes them when "
                  "its configuration is reloaded.\n"};
}

Outcome versions(Context& context, const RouteOptions& options) {
  if (!options.version.empty()) return show_version(context, options);
  json::array data;
  Table table({"pipeline", "version", "in use since", "rules"});
  const auto pipelines = routing_pipelines(context, options.pipeline);
  const auto writer = context.writer();
  for (const config::Pipeline* const pipeline : pipelines)
    for (const store::RuleVersion& version : writer->decisions().rule_versions(pipeline->name)) {
      const json::value rules = json::parse(version.text);
      table.add({pipeline->name, version.version, version.since, std::to_string(rules.as_array().size())});
      data.push_back(json::object{{"pipeline", pipeline->name},
                                  {"version", version.version},
                                  {"since", version.since},
                                  {"rules", rules}});
    }
  return {.data = std::move(data), .text = table.text("none: nothing was routed yet")};
}

// ----------------------------------------------------------------------------------------------------
// changes of rules

/// The rules of a file, ready to be compared.
std::unique_ptr<routing::Router> other_router(Context& context, Desk& desk, const RouteOptions& options) {
  const auto rules = config::load_rules(context.input(options.rules_file), options.rules_file,
                                        {context.options().allow_plain});
  return pipeline::make_router(desk.assembly(), rules, context.registry(), desk.host());
}

Outcome compared(const Moves& moves, const std::string& what) {
  std::string text = what + moves_text(moves, "would go elsewhere");
  if (moves.corrected > 0)
    text += "\nOf " + grouped(moves.corrected) +
            " tickets that people gave to another team, these rules agree with the person in " +
            grouped(moves.agreed) + " (" + share(moves.agreed, moves.corrected) + ").\n";
  return {.data = to_json(moves), .text = std::move(text), .status = moves.moved > 0 ? kDifferencesFound : 0};
}

Outcome backtest(Context& context, const RouteOptions& options) {
  Desk desk(context, *routing_pipelines(context, options.pipeline).front());
  const auto router = other_router(context, desk, options);
  pipeline::Rerouting rerouting(desk.assembly(), context.shared_writer(), context.clock());
  const Moves moves = rerouting.compare(*router, {TicketRange::Which::all, since_of(context, options)},
                                        options.limit, stop_asked);
  return compared(
      moves, "The rules of " + options.rules_file + " against where tickets are now. Nothing was changed.\n");
}

Outcome shadow(Context& context, const RouteOptions& options) {
  Desk desk(context, *routing_pipelines(context, options.pipeline).front());
  if (!desk.assembly().shadow)
    throw Error("PB2402", "The pipeline " + desk.assembly().pipeline->name +
                              " has no rules on trial: write them under `shadow`, as under `routing`.");
  pipeline::Rerouting rerouting(desk.assembly(), context.shared_writer(), context.clock());
  const Moves moves =
      rerouting.compare(*desk.assembly().shadow, range_of(context, options), options.limit, stop_asked);
  return compared(moves, "The rules on trial against where tickets are now. Nothing was changed.\n");
}

Outcome plan(Context& context, const RouteOptions& options) {
  Desk desk(context, *routing_pipelines(context, options.pipeline).front());
  pipeline::Rerouting rerouting(desk.assembly(), context.shared_writer(), context.clock());
  const Moves moves =
      options.rules_file.empty()
          ? rerouting.send(range_of(context, options), pipeline::Effect::dry, options.limit, stop_asked)
          : rerouting.compare(*other_router(context, desk, options), range_of(context, options),
                              options.limit, stop_asked);
  return compared(moves, "What `psabridge route apply` would do. Nothing was changed.\n");
}

Outcome apply(Context& context, const RouteOptions& options) {
  Desk desk(context, *routing_pipelines(context, options.pipeline).front());
  pipeline::Rerouting rerouting(desk.assembly(), context.shared_writer(), context.clock());
  const Moves moves =
      rerouting.send(range_of(context, options), pipeline::Effect::kept, options.limit, stop_asked);
  return {.data = to_json(moves), .text = moves_text(moves, "moved")};
}

// ----------------------------------------------------------------------------------------------------
// people

Outcome assign(Context& context, const RouteOptions& options) {
  Case asked = find_case(context, options);
  const auto writer = context.writer();
  const routing::Roster& roster = asked.desk->router().roster(*writer);
  if (roster.standing(options.team) != routing::Standing::takes)
    throw Error("PB2403", roster.why(options.team));
  const store::Whereabouts place = writer->decisions().whereabouts(asked.connection, asked.ticket);
  store::Assignment assignment;
  assignment.connection = asked.connection;
  assignment.ticket = asked.ticket;
  assignment.team = options.team;
  assignment.by = context.decider(options.by);
  assignment.note = options.note;
  assignment.at = format_time(context.clock().now());
  if (place.pinned_team.empty()) {
    assignment.instead_of_team = place.team;
    assignment.instead_of_rule = place.rule;
  }
  pipeline::Rerouting rerouting(asked.desk->assembly(), context.shared_writer(), context.clock());
  writer->in_one([&] {
    writer->decisions().assign(assignment);
    rerouting.send_one(asked.ticket, stop_asked);
  });
  const bool corrects = !assignment.instead_of_rule.empty() && assignment.instead_of_team != options.team;
  return {.data = json::object{{"connection", asked.connection},
                               {"ticket", asked.ticket},
                               {"team", options.team},
                               {"instead_of_team", assignment.instead_of_team},
                               {"instead_of_rule", assignment.instead_of_rule}},
          .text = "Ticket " + asked.ticket + " is with " + options.team +
                  " now, and stays there until `psabridge route release " + asked.ticket + "`." +
                  (corrects ? " That counts against the rule " + assignment.instead_of_rule + "." : "") +
                  "\n"};
}

Outcome release(Context& context, const RouteOptions& options) {
  Case asked = find_case(context, options);
  const auto writer = context.writer();
  pipeline::Rerouting rerouting(asked.desk->assembly(), context.shared_writer(), context.clock());
  bool released = false;
  writer->in_one([&] {
    released = writer->decisions().release(asked.connection, asked.ticket, context.decider(options.by),
                                           format_time(context.clock().now()));
    if (released) rerouting.send_one(asked.ticket, stop_asked);
  });
  const store::Whereabouts place = writer->decisions().whereabouts(asked.connection, asked.ticket);
  return {.data = json::object{{"released", released}, {"team", place.team}, {"rule", place.rule}},
          .text = released ? "The rules decide again: ticket " + asked.ticket + " is with " +
                                 (place.team.empty() ? "no team" : place.team) + ".\n"
                           : "Nobody had given ticket " + asked.ticket + " to a team: nothing to release.\n"};
}

// ----------------------------------------------------------------------------------------------------
// the commands

using Options = std::shared_ptr<RouteOptions>;
using Work = Outcome (*)(Context&, const RouteOptions&);

CLI::App& add(CommandTree& tree, CLI::App& group, const CommandWords& words, const Options& options,
              Work work) {
  return tree.add(group, words, [options, work](Context& context) { return work(context, *options); });
}

void add_ticket(CLI::App& command, const Options& options) {
  command.add_option("TICKET", options->ticket, "Source id, CONNECTION/SOURCE_ID, or id in the store")
      ->required();
}
void add_pipeline(CLI::App& command, const Options& options) {
  command.add_option("--pipeline", options->pipeline, "Only this pipeline");
}
void add_limit(CLI::App& command, const Options& options) {
  command.add_option("--limit", options->limit, "At most so many are shown")
      ->capture_default_str()
      ->check(CLI::Range(0, 100'000));
}
void add_since(CLI::App& command, const Options& options, const std::string& what) {
  command.add_option("--since", options->since, what + ": 2h, 90d, 2026-01-31T00:00:00Z");
}
void add_rules(CLI::App& command, const Options& options) {
  command.add_option("--rules", options->rules_file, "YAML file with a `routing:` list; - is standard input");
}
void add_range(CLI::App& command, const Options& options) {
  command.add_flag("--all", options->all, "Closed tickets, too");
  add_since(command, options, "Tickets opened since, closed ones too");
}
void add_person(CLI::App& command, const Options& options) {
  command.add_option("--by", options->by, "Who decides; your user name when not given");
}

void add_looking(CommandTree& tree, CLI::App& group, const Options& options) {
  auto& explaining = add(tree, group,
                         {"explain", "Why a ticket is with its team, and what every rule says of it",
                          "psabridge route explain 2001"},
                         options, &explain);
  add_ticket(explaining, options);
  add_limit(explaining, options);
  auto& testing = add(tree, group,
                      {"test", "Where a ticket would go that you describe; nothing is saved",
                       "psabridge route test client_id=12 priority_id=1"},
                      options, &test);
  testing.add_option("FIELD=VALUE", options->fields, "Fields of the ticket; custom.NAME for custom ones");
  testing.add_option("--json-file", options->ticket_file, "JSON object with the fields; - is standard input");
  testing.add_option("--from-source", options->from_source,
                     "Source id of a ticket to read at the source, now");
  add_pipeline(testing, options);
  add_pipeline(add(tree, group, {"list", "The rules in their order", "psabridge route list"}, options, &list),
               options);
  auto& figures =
      add(tree, group,
          {"stats", "How often rules, teams or clients were right", "psabridge route stats --since 30d"},
          options, &stats);
  figures.add_option("--by", options->figure_by, "rule, team or client")
      ->check(CLI::IsMember({"rule", "team", "client"}))
      ->capture_default_str();
  add_since(figures, options, "Only decisions since");
  auto& logging = add(tree, group,
                      {"log", "Decisions, newest first; --trouble: tickets without a team, rules that failed",
                       "psabridge route log --trouble"},
                      options, &log);
  logging.add_flag("--trouble", options->trouble,
                   "Only decisions that hold and left a ticket without a team, or in which a rule failed or "
                   "named a team that takes no tickets");
  logging.add_option("--team", options->team, "Only to this team");
  logging.add_option("--rule", options->rule, "Only by this rule");
  logging.add_option("--connection", options->connection, "Only of this connection");
  add_since(logging, options, "Only decisions since");
  add_limit(logging, options);
  auto& rule_versions =
      add(tree, group, {"versions", "The rules that were in use, newest first", "psabridge route versions"},
          options, &versions);
  rule_versions.add_option("--show", options->version, "Print the rules of this version as YAML");
  add_pipeline(rule_versions, options);
}

void add_changing(CommandTree& tree, CLI::App& group, const Options& options) {
  auto& testing = add(tree, group,
                      {"backtest", "What other rules would have done with past tickets",
                       "psabridge route backtest --rules new.yaml --since 90d"},
                      options, &backtest);
  add_rules(testing, options);
  testing.get_option("--rules")->required();
  add_since(testing, options, "Only tickets opened since");
  add_pipeline(testing, options);
  add_limit(testing, options);
  auto& trying =
      add(tree, group,
          {"shadow", "Where the rules on trial (`shadow:`) differ from what is", "psabridge route shadow"},
          options, &shadow);
  add_range(trying, options);
  add_pipeline(trying, options);
  add_limit(trying, options);
  auto& planning =
      add(tree, group, {"plan", "How many open tickets the rules would move now", "psabridge route plan"},
          options, &plan);
  add_rules(planning, options);
  add_range(planning, options);
  add_pipeline(planning, options);
  add_limit(planning, options);
  auto& applying =
      add(tree, group, {"apply", "Send open tickets where the rules say now", "psabridge route apply"},
          options, &apply);
  add_range(applying, options);
  add_pipeline(applying, options);
  add_limit(applying, options);
}

void add_rollback(CommandTree& tree, CLI::App& group, const Options& options) {
  auto& going_back = add(tree, group,
                         {"rollback", "Put rules that were in use into the configuration again",
                          "psabridge route rollback 6f1d2c0b9e3a4577"},
                         options, &rollback);
  going_back.add_option("VERSION", options->version, "As `route versions` shows it")->required();
  add_pipeline(going_back, options);
}

void add_people(CommandTree& tree, CLI::App& group, const Options& options) {
  auto& giving = add(
      tree, group,
      {"assign", "Give a ticket to a team, whatever the rules say; counts against the rule that was wrong",
       "psabridge route assign 2001 noc --note \"network again\""},
      options, &assign);
  add_ticket(giving, options);
  giving.add_option("TEAM", options->team, "Managed team")->required();
  giving.add_option("--note", options->note, "Why; kept with the decision");
  add_person(giving, options);
  auto& releasing = add(
      tree, group, {"release", "Let the rules decide about a ticket again", "psabridge route release 2001"},
      options, &release);
  add_ticket(releasing, options);
  add_person(releasing, options);
}

}  // namespace

void add_route_commands(CommandTree& tree) {
  auto& group =
      tree.add_group("route", "Which team each ticket goes to, and why: rules, tests, people's word");
  const auto options = std::make_shared<RouteOptions>();
  add_looking(tree, group, options);
  add_changing(tree, group, options);
  add_rollback(tree, group, options);
  add_people(tree, group, options);
}

}  // namespace psabridge::app
