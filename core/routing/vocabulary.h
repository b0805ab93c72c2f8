// What conditions of routing rules may test: fields of the ticket, of the records that it refers to, and
// custom fields.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/entity_schema.h"

namespace psabridge::routing {

/// Number of a field that some condition tests, from 0.
using FieldId = std::uint32_t;

/// The moment of the decision, as a field: `now: { during: ... }`.
inline constexpr FieldId kNow = 0;

enum class FieldKind : std::uint8_t {
  text,
  number,
  boolean,
  time,
  reference,  ///< another record: its source id or its name
  any         ///< what a custom field or a JSON field holds
};

/// A way from a ticket to other records.
struct Relation {
  std::string name;                      ///< of the ref without _id or _ids: "client", "asset"
  std::string entity;                    ///< of the records
  std::size_t column = 0;                ///< field of the ticket that holds their source ids
  const EntitySchema* schema = nullptr;  ///< of the records; null when the pipeline does not read them
};

/// One field that conditions test.
struct Field {
  std::string path;  ///< "priority", "client.name", "custom.CFfloor"
  FieldKind kind = FieldKind::any;
  /// Whose records hold it; for a reference: which it is. Null: the ticket holds it.
  const Relation* relation = nullptr;
  /// Of the ticket's or the related schema. Nothing for a custom field and for `now`.
  std::optional<std::size_t> column = {};
  std::string custom = {};  ///< name of the custom field
  /// For a reference: field of the ticket with the record's name as the source gave it.
  std::optional<std::size_t> own_name = {};
  /// Entity whose names are the only sensible values: the target of a reference to a lookup, and `category`
  /// for category_1 to category_4. Empty: none.
  std::string value_list = {};
};

/// Fields are numbered as conditions name them; afterwards threads may share it.
class Vocabulary {
 public:
  /// Schemas of the entities that the pipeline reads; they outlive the vocabulary. One of them is "ticket"
  /// (asserted).
  explicit Vocabulary(std::span<const EntitySchema* const> schemas);
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

  /// Nothing when no such field exists; why_unknown() says more. Different paths of one field
  /// ("priority_id", "priority") give one number.
  std::optional<FieldId> resolve(std::string_view path);
  /// A sentence for a path that resolve() refused, with the nearest one that exists.
  std::string why_unknown(std::string_view path) const;

  const Field& field(FieldId id) const { return fields_[id]; }
  /// How many fields have a number.
  std::size_t size() const noexcept { return fields_.size(); }
  const EntitySchema& ticket() const noexcept { return *ticket_; }
  /// Those whose records the fields with a number need, in the order of the ticket's schema.
  std::vector<const Relation*> relations() const;

 private:
  FieldId number_of(Field field);
  std::optional<FieldId> resolve_related(const Relation& relation, std::string_view rest);
  FieldId reference_to(const Relation& relation);
  const Relation* find_relation(std::string_view name) const;

  const EntitySchema* ticket_ = nullptr;
  std::vector<Relation> relations_;                      ///< every ref of the ticket
  std::vector<std::string> lists_;                       ///< lookup entities
  std::deque<Field> fields_;                             ///< by number; a reference to one stays valid
  std::map<std::string, FieldId, std::less<>> numbers_;  ///< by path
};

}  // namespace psabridge::routing
