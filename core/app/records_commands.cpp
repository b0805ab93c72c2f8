#include <algorithm>
#include <map>

#include "core/app/commands.h"
#include "core/app/history_text.h"
#include "core/app/record_choice.h"
#include "core/app/terminal.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

struct RecordsOptions {
  std::string entity, connection, client, id;
  std::vector<std::string> where, fields;
  std::string search;
  bool deleted = false;
  std::int64_t after = 0;
  std::uint32_t limit = 50;
};

/// Columns that a list shows when none are asked for: the first of these that the entity has.
constexpr std::string_view kTelling[] = {"id",           "source_id",       "summary",     "name",
                                         "client_name",  "email",           "status_name", "agent_name",
                                         "managed_team", "routed_reason",   "ticket_id",   "text",
                                         "domain",       "asset_type_name", "updated_at",  "deleted_at"};
constexpr std::size_t kShownColumns = 8;

const store::FieldText* column(const store::StoredRecord& record, std::string_view name) {
  const auto found = std::ranges::find(record.columns, name, &store::FieldText::name);
  return found == record.columns.end() ? nullptr : &*found;
}

std::vector<std::string> shown_columns(const store::StoredRecord& record, const RecordsOptions& options) {
  std::vector<std::string> names = options.fields;
  for (const auto name : kTelling)
    if (options.fields.empty() && names.size() < kShownColumns && column(record, name) &&
        (name != "deleted_at" || options.deleted))
      names.emplace_back(name);
  for (const auto& name : names)
    if (!column(record, name))
      throw Error("PB1602", "A " + options.entity + " has no field \"" + name + "\".");
  return names;
}

/// Names of referred-to records, for columns such as status_name that the source leaves empty in its lists.
class ReferredNames {
 public:
  explicit ReferredNames(store::Reader& reader) : reader_(reader), entities_(reader.entities()) {}

  /// The column's own text or, when it is an empty "X_name" beside an "X_id", the name of that record.
  std::string text(const store::StoredRecord& record, const std::string& name) {
    const store::FieldText& own = *column(record, name);
    constexpr std::string_view kSuffix = "_name";
    if (!own.null || !name.ends_with(kSuffix)) return own.text;
    const std::string entity = name.substr(0, name.size() - kSuffix.size());
    const store::FieldText* id = column(record, entity + "_id");
    if (!id || id->null || std::ranges::find(entities_, entity) == entities_.end()) return own.text;
    const auto& names = names_of(entity, column(record, "connection")->text);
    const auto found = names.find(id->text);
    return found == names.end() ? std::string() : found->second;
  }

 private:
  using Names = std::map<std::string, std::string>;  // by source id

  const Names& names_of(const std::string& entity, const std::string& connection) {
    const auto [known, is_new] = names_.try_emplace({entity, connection});
    if (is_new)
      for (auto& [name, id] : reader_.names(entity, connection)) known->second.emplace(id, name);
    return known->second;
  }

  store::Reader& reader_;
  const std::vector<std::string> entities_;
  std::map<std::pair<std::string, std::string>, Names> names_;
};

json::object to_json(const store::StoredRecord& record) {
  json::object object;
  for (const auto& [name, text, null] : record.columns)
    object[name] = null ? json::value() : json::value(text);
  return object;
}

store::RecordQuery query_of(Context& context, const RecordsOptions& options) {
  store::RecordQuery query;
  query.entity = options.entity;
  query.connection = options.connection;
  query.search = options.search;
  query.deleted = options.deleted;
  query.after_id = options.after;
  query.limit = options.limit;
  for (const auto& condition : options.where) {
    const auto equals = condition.find('=');
    if (equals == std::string::npos)
      throw Error("PB1601", "--where needs FIELD=VALUE, not \"" + condition + "\".");
    query.equals.emplace_back(condition.substr(0, equals), condition.substr(equals + 1));
  }
  if (!options.client.empty())
    query.equals.emplace_back(options.entity == "client" ? "source_id" : "client_id",
                              client_id(context.reader(), options.connection, options.client));
  return query;
}

Outcome list(Context& context, const RecordsOptions& options) {
  require_entity(context.reader(), options.entity);
  const auto records = context.reader().records(query_of(context, options));
  if (records.empty())
    return {.data = json::object{{"records", json::array()}, {"next", nullptr}}, .text = "none\n"};
  const auto names = shown_columns(records.front(), options);
  json::array data;
  Table table(names);
  ReferredNames referred(context.reader());
  for (const auto& record : records) {
    data.push_back(to_json(record));
    std::vector<std::string> cells;
    cells.reserve(names.size());
    for (const auto& name : names) cells.push_back(referred.text(record, name));
    table.add(std::move(cells));
  }
  const auto last = column(records.back(), "id")->text;
  const bool more = records.size() == options.limit;
  return {
      .data = json::object{{"records", std::move(data)}, {"next", more ? json::value(last) : json::value()}},
      .text = table.text() + (more ? "more: add --after " + last + "\n" : "")};
}

Outcome show(Context& context, const RecordsOptions& options) {
  require_entity(context.reader(), options.entity);
  const auto record = context.reader().record(options.entity, options.connection, options.id);
  if (!record)
    throw Error("PB1602", "There is no " + options.entity + " with the id or source id \"" + options.id +
                              "\". `psabridge records list " + options.entity +
                              " --search TEXT` finds records.");
  const auto history = context.reader().history(options.entity, column(*record, "connection")->text,
                                                column(*record, "source_id")->text);
  std::string text;
  for (const auto& [name, value, null] : record->columns)
    if (!null) text += name + std::string(name.size() < 24 ? 24 - name.size() : 1, ' ') + value + "\n";
  return {.data = json::object{{"record", to_json(*record)}, {"history", history_json(history)}},
          .text = text + "\n" + history_text(history, "no history")};
}

Outcome count(Context& context, const RecordsOptions& options) {
  auto entities = context.reader().entities();
  if (!options.entity.empty()) {
    require_entity(context.reader(), options.entity);
    entities = {options.entity};
  }
  json::object data;
  Table table({"entity", options.deleted ? "records, deleted ones too" : "records"});
  for (const auto& entity : entities) {
    const auto records = context.reader().count(entity, options.connection, options.deleted);
    data[entity] = records;
    table.add({entity, grouped(records)});
  }
  return {.data = std::move(data),
          .text = table.text("Nothing is stored yet: `psabridge sync` brings the first records.")};
}

void add_connection_option(CLI::App& command, RecordsOptions& options) {
  command.add_option("--connection", options.connection, "Only records of this connection");
}

}  // namespace

void add_records_commands(CommandTree& tree) {
  auto& group = tree.add_group("records", "Stored records: list, show, count");
  const auto options = std::make_shared<RecordsOptions>();
  auto& listing = tree.add(
      group,
      {"list", "List records of an entity",
       "psabridge records list ticket --client \"Acme Ltd\" --where closed=0 --fields source_id,summary"},
      [options](Context& context) { return list(context, *options); });
  listing.add_option("ENTITY", options->entity, "client, site, contact, ticket, ...")->required();
  listing.add_option("--client", options->client, "Only those of this client (name or source id)");
  listing
      .add_option("--where", options->where,
                  "Only those whose field has this value: FIELD=VALUE; may be repeated")
      ->allow_extra_args(false);
  listing.add_option("--search", options->search, "Only those with this text in any field");
  listing.add_option("--fields", options->fields, "Columns to show, separated by commas")
      ->delimiter(',')
      ->allow_extra_args(false);
  listing.add_flag("--deleted", options->deleted, "Deleted ones too");
  listing.add_option("--limit", options->limit, "At most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  listing.add_option("--after", options->after, "Go on after the record with this id");
  add_connection_option(listing, *options);
  auto& showing =
      tree.add(group, {"show", "Show one record with its history", "psabridge records show ticket 4711"},
               [options](Context& context) { return show(context, *options); });
  showing.add_option("ENTITY", options->entity, "client, site, contact, ticket, ...")->required();
  showing.add_option("ID", options->id, "Id in the store or in the source")->required();
  add_connection_option(showing, *options);
  auto& counting = tree.add(group, {"count", "Count the records of each entity", "psabridge records count"},
                            [options](Context& context) { return count(context, *options); });
  counting.add_option("ENTITY", options->entity, "Only this entity");
  counting.add_flag("--deleted", options->deleted, "Deleted ones too");
  add_connection_option(counting, *options);
}

}  // namespace psabridge::app
