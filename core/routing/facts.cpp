#include "core/routing/facts.h"

#include <algorithm>
#include <limits>
#include <set>

namespace psabridge::routing {
namespace {

namespace json = boost::json;

Value field_of(const Record& record, std::size_t column) {
  return column < record.field_count ? record.fields[column] : null_value();
}

/// JSON that stands in a record; null when it cannot be read.
json::value parse(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  return error ? json::value() : value;
}

}  // namespace

std::map<std::string, std::vector<std::string>> related_ids(const Vocabulary& vocabulary,
                                                            std::span<const Record> tickets) {
  std::map<std::string, std::set<std::string>> found;
  for (const Relation* relation : vocabulary.relations()) {
    std::set<std::string>& ids = found[relation->entity];
    for (const Record& ticket : tickets) {
      const Value value = field_of(ticket, relation->column);
      if (value.type == PSABRIDGE_TYPE_TEXT) ids.emplace(text_of(value));
      if (value.type != PSABRIDGE_TYPE_JSON) continue;
      const json::value list = parse(text_of(value));
      if (!list.is_array()) continue;
      for (const json::value& id : list.get_array())
        if (id.is_string()) ids.emplace(id.get_string());
    }
  }
  std::map<std::string, std::vector<std::string>> ordered;
  for (auto& [entity, ids] : found) ordered[entity].assign(ids.begin(), ids.end());
  return ordered;
}

Facts::Facts(const Vocabulary& vocabulary, std::span<const Record> tickets, const RelatedRecords& related,
             SysMilliseconds now)
    : vocabulary_(vocabulary),
      tickets_(tickets),
      related_(related),
      now_(now),
      cells_(tickets.size() * vocabulary.size()) {}

std::span<const Value> Facts::values(std::size_t ticket, FieldId field) const {
  return cell(ticket, field).values;
}

bool Facts::exists(std::size_t ticket, FieldId field) const { return cell(ticket, field).exists; }

const Facts::Cell& Facts::cell(std::size_t ticket, FieldId id) const {
  Cell& cell = cells_[ticket * vocabulary_.size() + id];
  if (cell.known) return cell;
  const Field& field = vocabulary_.field(id);
  scratch_.clear();
  look_up(tickets_[ticket], field, scratch_);
  cell.exists = !scratch_.empty();
  if (field.kind == FieldKind::reference) {
    const Value link = field_of(tickets_[ticket], *field.column);
    cell.exists = !is_null(link) && text_of(link) != "[]";
  }
  Value* const kept = arena_.make_array<Value>(scratch_.size());
  std::ranges::copy(scratch_, kept);
  cell.values = {kept, scratch_.size()};
  cell.known = true;
  return cell;
}

void Facts::look_up(const Record& ticket, const Field& field, std::vector<Value>& values) const {
  if (field.kind == FieldKind::reference) return add_reference(ticket, field, values);
  const auto add_from = [&](const Record& record, const EntitySchema& schema) {
    if (field.column)
      add_column(record, schema, *field.column, values);
    else
      add_custom(record, field.custom, values);
  };
  if (!field.column && field.custom.empty()) {
    values.push_back(time_value(arena_.keep(format_time(now_))));
  } else if (!field.relation) {
    add_from(ticket, vocabulary_.ticket());
  } else {
    std::vector<Value> ids;
    add_column(ticket, vocabulary_.ticket(), field.relation->column, ids);
    for (const Value& id : ids)
      if (const Record* record = related_.find(field.relation->entity, text_of(id)))
        add_from(*record, *field.relation->schema);
  }
}

/// Ids, then the names of the stored records; the name that the ticket itself carries when none is stored.
void Facts::add_reference(const Record& ticket, const Field& field, std::vector<Value>& values) const {
  add_column(ticket, vocabulary_.ticket(), *field.column, values);
  const EntitySchema* const schema = field.relation->schema;
  const auto name = schema ? schema->index_of("name") : std::nullopt;
  const std::size_t ids = values.size();
  for (std::size_t i = 0; name && i < ids; ++i)
    if (const Record* record = related_.find(field.relation->entity, text_of(values[i])))
      add_column(*record, *schema, *name, values);
  if (values.size() == ids && field.own_name)
    add_column(ticket, vocabulary_.ticket(), *field.own_name, values);
}

void Facts::add_column(const Record& record, const EntitySchema& schema, std::size_t column,
                       std::vector<Value>& values) const {
  const Value value = field_of(record, column);
  if (value.type == PSABRIDGE_TYPE_JSON)
    add_json(parsed(text_of(value)), values);
  else if (!is_null(value))
    values.push_back(value);
  else if (schema.fields[column].type == FieldType::boolean)
    values.push_back(bool_value(false));
}

void Facts::add_custom(const Record& record, const std::string& name, std::vector<Value>& values) const {
  const json::value& custom = parsed(view(record.custom));
  if (!custom.is_object()) return;
  if (const json::value* value = custom.get_object().if_contains(name)) add_json(*value, values);
}

void Facts::add_json(const json::value& value, std::vector<Value>& values) const {
  if (value.is_null()) return;
  if (!value.is_array()) return values.push_back(value_of(value));
  for (const json::value& item : value.get_array())
    if (!item.is_null()) values.push_back(value_of(item));
}

Value Facts::value_of(const json::value& value) const {
  switch (value.kind()) {
    case json::kind::bool_:
      return bool_value(value.get_bool());
    case json::kind::int64:
      return integer_value(value.get_int64());
    case json::kind::uint64:
      return real_value(static_cast<double>(value.get_uint64()));
    case json::kind::double_:
      return real_value(value.get_double());
    case json::kind::string:
      return text_value(value.get_string());
    default:  // a list in a list, or a mapping: its JSON
      return text_value(arena_.keep(json::serialize(value)));
  }
}

const json::value& Facts::parsed(std::string_view text) const {
  static const json::value nothing;
  if (text.empty() || text == "{}") return nothing;
  const json::value*& document = document_of_[text.data()];
  if (!document) document = &documents_.emplace_back(parse(text));
  return *document;
}

}  // namespace psabridge::routing
