// A record as strong_id compares it: its ids and, for devices, who made it.
//
// Form: a line for each id, "<kind><scope>\t<value>", sorted; then "!<maker>\t<model>" when known, with "?"
// for "!" when it is a virtual machine. A line of an id is also the key by which candidates are looked for
// and counted.
#pragma once
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dedup/common/identifiers.h"

namespace psabridge::dedup {

/// A field that holds ids, by the settings.
struct IdField {
  std::string name;
  IdKind kind;
};

/// The lines of a record's ids, sorted, each once; at most 768 bytes, of which earlier fields take theirs
/// first.
std::vector<std::string> id_lines(const sdk::Record& record, const std::vector<IdField>& fields);

/// The form of a record with these lines; empty for a record without ids.
std::string id_form(const sdk::Record& record, const std::vector<std::string>& lines);

/// An id in a form; views of it.
struct IdView {
  std::string_view line;
  IdKind kind() const noexcept { return static_cast<IdKind>(line.front()); }
  /// What it is compared with: ids of the same scope only.
  std::string_view scope() const noexcept { return line.substr(0, line.find('\t')); }
  /// The scope as people know it.
  std::string_view label() const noexcept { return scope().substr(1); }
  std::string_view value() const noexcept { return line.substr(line.find('\t') + 1); }
};

/// A form, taken apart; views of it.
struct IdFacts {
  explicit IdFacts(std::string_view form);
  std::vector<IdView> ids;
  std::string_view maker, model;
  bool is_virtual = false;
};

}  // namespace psabridge::dedup
