// Cuts a list answer of Halo into the texts of its records, without a document tree: one walk over the bytes
// that knows strings and brackets. What stands inside a record is parsed once, by the host. Never reads
// outside of the body, whatever it holds.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge::halo {

/// What to look for in a list answer and in each of its records.
struct RowForm {
  std::string_view list_key;                       ///< member of the envelope that holds the records
  std::span<const std::string_view> id_keys;       ///< members that make the id, joined by '/'
  std::span<const std::string_view> version_keys;  ///< members with the time of the last change, best first
  std::string_view deleted_key = {};               ///< member that is true in a deleted record; empty: none
};

/// One record. Views the body.
struct Row {
  std::string_view text;
  std::string id;       ///< empty: no object, or no usable id
  std::string version;  ///< RFC 3339, UTC, milliseconds; empty when the record carries none
  bool deleted = false;
};

enum class BodyKind {
  rows,    ///< a list, or for slice_record one record
  html,    ///< a page for people: a login form, a gateway's error
  broken,  ///< cut short, or not JSON at all
  no_list  ///< sound JSON in which there is no list of records
};

struct Slicing {
  BodyKind kind = BodyKind::broken;
  std::vector<Row> rows;
  std::optional<std::int64_t> record_count;  ///< as the envelope says
};

/// A list: a bare array; else the envelope's `list_key`; else its first array that is not `columns`.
/// An element that is a bare number or text stands for the id itself.
Slicing slice_list(std::string_view body, const RowForm& form);
/// A single record: an object, or (some versions) an array that holds just that.
Slicing slice_record(std::string_view body, const RowForm& form);

/// The one form of an id, of a JSON value: Halo writes 21, 21.0, "21" and "21.0" for the same record. Empty
/// when the value cannot be an id.
std::string id_of(std::string_view value);

/// The value of an object's member, untouched; of several with that name, the last. Empty: there is none, or
/// the text is no object.
std::string_view member_text(std::string_view object, std::string_view name);

/// True when the body is a page for people.
bool is_html(std::string_view body) noexcept;

}  // namespace psabridge::halo
