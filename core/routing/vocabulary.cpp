#include "core/routing/vocabulary.h"

#include <algorithm>
#include <cassert>

#include "core/base/text.h"

namespace psabridge::routing {
namespace {

constexpr std::string_view kCustom = "custom.";

bool is_reference(const FieldSchema& field) {
  return field.type == FieldType::ref || field.type == FieldType::refs;
}

/// "client" of "client_id", "asset" of "asset_ids".
std::string relation_name(std::string_view field) {
  for (const std::string_view ending : {"_ids", "_id"})
    if (field.ends_with(ending)) return std::string(field.substr(0, field.size() - ending.size()));
  return std::string(field);
}

FieldKind kind_of(FieldType type) {
  switch (type) {
    case FieldType::integer:
    case FieldType::real:
      return FieldKind::number;
    case FieldType::boolean:
      return FieldKind::boolean;
    case FieldType::time:
      return FieldKind::time;
    case FieldType::json:
    case FieldType::refs:
      return FieldKind::any;
    case FieldType::text:
    case FieldType::ref:
      return FieldKind::text;
  }
  return FieldKind::any;
}

std::string suggestion(std::string_view path, const std::vector<std::string>& names) {
  return did_you_mean(path, std::vector<std::string_view>(names.begin(), names.end()));
}

}  // namespace

Vocabulary::Vocabulary(std::span<const EntitySchema* const> schemas) {
  const auto find = [&](std::string_view entity) -> const EntitySchema* {
    const auto at = std::ranges::find(schemas, entity, &EntitySchema::entity);
    return at == schemas.end() ? nullptr : *at;
  };
  ticket_ = find("ticket");
  assert(ticket_);
  for (std::size_t i = 0; i < ticket_->fields.size(); ++i) {
    const FieldSchema& field = ticket_->fields[i];
    if (is_reference(field))
      relations_.push_back({relation_name(field.name), field.target, i, find(field.target)});
  }
  for (const EntitySchema* schema : schemas)
    if (schema->lookup) lists_.push_back(schema->entity);
  fields_.push_back({.path = "now", .kind = FieldKind::time});
  numbers_.emplace("now", kNow);
}

std::optional<FieldId> Vocabulary::resolve(std::string_view path) {
  if (const auto known = numbers_.find(path); known != numbers_.end()) return known->second;
  if (path.starts_with(kCustom) && path.size() > kCustom.size())
    return number_of({.path = std::string(path), .custom = std::string(path.substr(kCustom.size()))});
  if (const Relation* relation = find_relation(path)) return reference_to(*relation);
  if (const auto column = ticket_->index_of(path)) {
    const FieldSchema& schema = ticket_->fields[*column];
    if (is_reference(schema)) return reference_to(*std::ranges::find(relations_, *column, &Relation::column));
    Field field{.path = schema.name, .kind = kind_of(schema.type), .column = column};
    if (schema.name.starts_with("category_") && std::ranges::find(lists_, "category") != lists_.end())
      field.value_list = "category";
    return number_of(std::move(field));
  }
  const std::size_t dot = path.find('.');
  const Relation* relation = dot == path.npos ? nullptr : find_relation(path.substr(0, dot));
  return relation && relation->schema ? resolve_related(*relation, path.substr(dot + 1)) : std::nullopt;
}

std::optional<FieldId> Vocabulary::resolve_related(const Relation& relation, std::string_view rest) {
  Field field{.path = relation.name + "." + std::string(rest), .relation = &relation};
  if (rest.starts_with(kCustom) && rest.size() > kCustom.size()) {
    field.custom = rest.substr(kCustom.size());
    return number_of(std::move(field));
  }
  field.column = relation.schema->index_of(rest);
  if (!field.column) return std::nullopt;
  field.kind = kind_of(relation.schema->fields[*field.column].type);
  return number_of(std::move(field));
}

FieldId Vocabulary::reference_to(const Relation& relation) {
  if (const auto known = numbers_.find(relation.name); known != numbers_.end()) return known->second;
  const bool has_list = relation.schema && relation.schema->lookup;
  return number_of({.path = relation.name,
                    .kind = FieldKind::reference,
                    .relation = &relation,
                    .column = relation.column,
                    .own_name = ticket_->index_of(relation.name + "_name"),
                    .value_list = has_list ? relation.entity : std::string()});
}

FieldId Vocabulary::number_of(Field field) {
  const auto id = static_cast<FieldId>(fields_.size());
  numbers_.emplace(field.path, id);
  fields_.push_back(std::move(field));
  return id;
}

const Relation* Vocabulary::find_relation(std::string_view name) const {
  const auto at = std::ranges::find(relations_, name, &Relation::name);
  return at == relations_.end() ? nullptr : &*at;
}

std::string Vocabulary::why_unknown(std::string_view path) const {
  const std::size_t dot = path.find('.');
  const Relation* relation = dot == path.npos ? nullptr : find_relation(path.substr(0, dot));
  if (relation && !relation->schema)
    return "the pipeline does not read " + relation->entity + " records, so nothing is known of a ticket's " +
           relation->name + ": add \"" + relation->entity + "\" to its entities.";
  std::vector<std::string> names;
  if (relation) {
    for (const FieldSchema& field : relation->schema->fields)
      names.push_back(relation->name + "." + field.name);
    return "a " + relation->entity + " has no such field." + suggestion(path, names);
  }
  names.emplace_back("now");
  for (const FieldSchema& field : ticket_->fields) names.push_back(field.name);
  for (const Relation& other : relations_) {
    names.push_back(other.name);
    if (dot != path.npos) names.push_back(other.name + std::string(path.substr(dot)));
  }
  if (dot != path.npos) names.push_back("custom" + std::string(path.substr(dot)));
  return "a ticket has no such field." + suggestion(path, names);
}

std::vector<const Relation*> Vocabulary::relations() const {
  std::vector<const Relation*> needed;
  for (const Relation& relation : relations_)
    if (relation.schema && std::ranges::find(fields_, &relation, &Field::relation) != fields_.end())
      needed.push_back(&relation);
  return needed;
}

}  // namespace psabridge::routing
