// What conditions see of a batch of tickets: the values of the vocabulary's fields, each looked up at most
// once and only when a condition asks for it.
#pragma once
#include <boost/json.hpp>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/time.h"
#include "core/model/batch.h"
#include "core/routing/vocabulary.h"

namespace psabridge::routing {

/// The stored records that tickets refer to.
class RelatedRecords {
 public:
  virtual ~RelatedRecords() = default;
  /// Null when it is not stored. Its fields are in the order of the entity's schema in the vocabulary. It
  /// lives as long as the facts that ask for it.
  virtual const Record* find(std::string_view entity, std::string_view source_id) const = 0;
};

/// Source ids that the tickets refer to in the vocabulary's relations(), by entity, ascending, each once:
/// what RelatedRecords has to bring.
std::map<std::string, std::vector<std::string>> related_ids(const Vocabulary& vocabulary,
                                                            std::span<const Record> tickets);

/// One thread at a time: what was looked up is kept.
class Facts {
 public:
  /// All of it outlives the facts. Every condition has been compiled: the vocabulary does not grow any more.
  Facts(const Vocabulary& vocabulary, std::span<const Record> tickets, const RelatedRecords& related,
        SysMilliseconds now);

  /// None when there is nothing; several for JSON lists, several related records, and a reference, which is
  /// its id and its name. A boolean that the source left empty is false. Custom fields that are no readable
  /// JSON object are none. Lives as long as the facts.
  std::span<const Value> values(std::size_t ticket, FieldId field) const;
  /// That there is a value; for a reference: that it refers to a record at all, known or not.
  bool exists(std::size_t ticket, FieldId field) const;

  SysMilliseconds now() const noexcept { return now_; }
  std::size_t size() const noexcept { return tickets_.size(); }
  const Vocabulary& vocabulary() const noexcept { return vocabulary_; }

 private:
  struct Cell {
    std::span<const Value> values;
    bool known = false, exists = false;
  };

  const Cell& cell(std::size_t ticket, FieldId field) const;
  void look_up(const Record& ticket, const Field& field, std::vector<Value>& values) const;
  void add_reference(const Record& ticket, const Field& field, std::vector<Value>& values) const;
  void add_column(const Record& record, const EntitySchema& schema, std::size_t column,
                  std::vector<Value>& values) const;
  void add_custom(const Record& record, const std::string& name, std::vector<Value>& values) const;
  void add_json(const boost::json::value& value, std::vector<Value>& values) const;
  Value value_of(const boost::json::value& value) const;
  const boost::json::value& parsed(std::string_view text) const;

  const Vocabulary& vocabulary_;
  std::span<const Record> tickets_;
  const RelatedRecords& related_;
  SysMilliseconds now_;
  mutable std::vector<Cell> cells_;  ///< by ticket and field
  mutable Arena arena_;
  mutable std::vector<Value> scratch_;
  mutable std::deque<boost::json::value> documents_;
  mutable std::unordered_map<const char*, const boost::json::value*>
      document_of_;  ///< by where its text lies
};

}  // namespace psabridge::routing
