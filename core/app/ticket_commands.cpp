#include <algorithm>

#include "core/app/commands.h"
#include "core/app/terminal.h"
#include "core/app/write_back.h"
#include "core/base/text.h"
#include "core/store/outbox.h"
#include "core/writeback/wish.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

struct TicketOptions {
  std::string ticket, text, by, connection;
  std::vector<std::string> changes;  ///< "status=In progress"
  bool is_private = false;
};

/// A stored ticket of that number at the source. Throws Error PB1602.
store::StoredRecord find_ticket(const store::Reader& reader, const std::string& connection,
                                const std::string& ticket) {
  const auto entities = reader.entities();
  if (std::ranges::find(entities, "ticket") != entities.end()) {
    auto found = reader.records(
        {.entity = "ticket", .connection = connection, .equals = {{"source_id", ticket}}, .limit = 1});
    if (!found.empty()) return std::move(found.front());
  }
  throw Error("PB1602",
              "No ticket " + ticket + " of " + connection +
                  " is stored. `psabridge records list ticket` lists those that are; a new one comes with "
                  "the next sync.");
}

std::string column_of(const store::StoredRecord& record, std::string_view name) {
  const auto found = std::ranges::find(record.columns, name, &store::FieldText::name);
  return found == record.columns.end() || found->null ? std::string() : found->text;
}

/// The source id of what is given by its id or its name (case ignored). Throws Error PB1602.
std::string value_of(const store::Reader& reader, const writeback::Field& field,
                     const std::string& connection, const std::string& value) {
  if (value.empty()) return value;
  const std::string lookup(field.lookup);
  const auto entities = reader.entities();
  const bool known = std::ranges::find(entities, lookup) != entities.end();
  std::vector<std::pair<std::string, std::string>> all;
  if (known) all = reader.names(lookup, connection);
  std::vector<std::string_view> names;
  names.reserve(all.size());
  for (const auto& [name, id] : all) {
    if (id == value || equals_ignoring_case(name, value)) return id;
    names.push_back(name);
  }
  throw Error("PB1602", "There is no " + lookup + " \"" + value + "\" of " + connection + "." +
                            did_you_mean(value, names));
}

/// The team as the pipeline's table of teams or the source has it. Throws Error PB1602.
std::string team_of(const store::Reader& reader, const config::Pipeline& pipeline, const std::string& value) {
  if (pipeline.write_back.teams.contains(value)) return value;
  const auto entities = reader.entities();
  std::vector<std::pair<std::string, std::string>> all;
  if (std::ranges::find(entities, "team") != entities.end()) all = reader.names("team", pipeline.connection);
  std::vector<std::string_view> names;
  for (const auto& [ours, theirs] : pipeline.write_back.teams) names.push_back(ours);
  for (const auto& [name, id] : all) {
    if (equals_ignoring_case(name, value)) return name;
    names.push_back(name);
  }
  throw Error("PB1602", "There is no team \"" + value + "\" of " + pipeline.connection + "." +
                            did_you_mean(value, names));
}

/// "status=In progress" as the field and its text. Throws Error PB1601.
std::pair<const writeback::Field*, std::string> change_in(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const writeback::Field* field = writeback::find_field(name);
  if (equals != std::string::npos && field && field->entity == "ticket")
    return {field, text.substr(equals + 1)};
  throw Error("PB1601", "\"" + text +
                            "\" is no change: write FIELD=VALUE, with one of the fields team, agent, "
                            "status and priority.");
}

/// What became of each wish: the number of its change, or nothing when none was needed.
struct Noted {
  std::string field, wanted;
  std::optional<std::int64_t> change;
};

Outcome to_outcome(const std::string& ticket, const std::vector<Noted>& noted) {
  json::array data;
  std::string text;
  for (const Noted& one : noted) {
    data.push_back(json::object{{"ticket", ticket},
                                {"field", one.field},
                                {"wanted", one.wanted},
                                {"change", one.change ? json::value(*one.change) : json::value()}});
    text += one.change ? "Change " + std::to_string(*one.change) + ": " + one.field + " of ticket " + ticket +
                             " waits to be written. `psabridge outbox show " + std::to_string(*one.change) +
                             "` says how far it is.\n"
                       : one.field + " of ticket " + ticket + ": nothing to do, that is so or on its way.\n";
  }
  return {.data = std::move(data), .text = std::move(text)};
}

Outcome set(Context& context, const TicketOptions& options) {
  const std::string& connection = context.connection(options.connection).name;
  const auto writer = context.writer();
  const store::StoredRecord ticket = find_ticket(*writer, connection, options.ticket);
  const std::string by = context.decider(options.by);
  std::vector<Noted> noted;
  writer->in_one([&] {
    for (const std::string& text : options.changes) {
      const auto change = change_in(text);
      const writeback::Field& field = *change.first;
      const config::Pipeline& pipeline = writing_pipeline(context, connection, field.name);
      const std::string wanted = field.lookup.empty() ? team_of(*writer, pipeline, change.second)
                                                      : value_of(*writer, field, connection, change.second);
      const std::string present = column_of(ticket, field.canonical);
      noted.push_back({std::string(field.name), wanted,
                       writeback::enqueue(writer->outbox(), pipeline,
                                          {.source_id = options.ticket,
                                           .field = field.name,
                                           .wanted = wanted,
                                           .present = present,
                                           .origin = "person",
                                           .by = by},
                                          context.clock().now())});
    }
  });
  writer->outbox().make_durable();
  return to_outcome(options.ticket, noted);
}

Outcome note(Context& context, const TicketOptions& options) {
  const std::string& connection = context.connection(options.connection).name;
  if (options.text.find_first_not_of(" \t\r\n") == std::string::npos)
    throw Error("PB1601", "A note needs a text.");
  const std::string field = options.is_private ? "private_note" : "note";
  const config::Pipeline& pipeline = writing_pipeline(context, connection, field);
  const auto writer = context.writer();
  find_ticket(*writer, connection, options.ticket);
  const std::string by = context.decider(options.by);
  std::optional<std::int64_t> change;
  writer->in_one([&] {
    change = writeback::enqueue(writer->outbox(), pipeline,
                                {.source_id = options.ticket,
                                 .field = field,
                                 .wanted = options.text,
                                 .present = {},
                                 .origin = "person",
                                 .by = by},
                                context.clock().now());
  });
  writer->outbox().make_durable();
  return to_outcome(options.ticket, {{field, options.text, change}});
}

void add_person(CLI::App& command, const std::shared_ptr<TicketOptions>& options) {
  command.add_option("--by", options->by, "Who decides; your user name when not given");
  command.add_option("--connection", options->connection,
                     "Connection of the ticket; needed when there are several");
}

}  // namespace

void add_ticket_commands(CommandTree& tree) {
  auto& group = tree.add_group("ticket", "Change a ticket here and at its source: set, note");
  const auto options = std::make_shared<TicketOptions>();
  auto& setting = tree.add(group,
                           {"set", "Give a ticket another team, agent, status or priority, at its source",
                            "psabridge ticket set 4711 \"status=In Progress\" team=noc"},
                           [options](Context& context) { return set(context, *options); });
  setting.add_option("TICKET", options->ticket, "Number of the ticket at its source")->required();
  setting
      .add_option("CHANGE", options->changes,
                  "FIELD=VALUE: team, agent, status or priority, by name or source id; agent= unassigns")
      ->required();
  add_person(setting, options);
  auto& noting = tree.add(group,
                          {"note", "Write a note on a ticket, at its source",
                           "psabridge ticket note 4711 \"Disk replaced\" --private"},
                          [options](Context& context) { return note(context, *options); });
  noting.add_option("TICKET", options->ticket, "Number of the ticket at its source")->required();
  noting.add_option("TEXT", options->text, "What the note says")->required();
  noting.add_flag("--private", options->is_private, "Hidden from the customer");
  add_person(noting, options);
}

}  // namespace psabridge::app
