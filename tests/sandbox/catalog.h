// The tenant's configuration: statuses, priorities, types, categories, outcomes and custom field definitions.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "tests/sandbox/row_writer.h"

namespace sandbox {

inline constexpr std::int32_t kStatusNew = 1;
inline constexpr std::int32_t kStatusInProgress = 2;
inline constexpr std::int32_t kStatusClosed = 9;
inline constexpr std::int32_t kUnassignedAgent = 1;

struct Status {
  std::int32_t id;
  std::string_view name;
  std::int32_t type;  // 0 is a ticket status
  std::string_view colour;
};
struct TicketType {
  std::int32_t id;
  std::string_view name;
  std::int32_t itil;
};
struct AssetType {
  std::int32_t id;
  std::string_view name;
  std::string_view group;
};
struct AssetStatus {
  std::int32_t id;
  std::string_view name;
};
struct Category {
  std::int32_t id;
  std::string_view path;
};

std::span<const Status> statuses();
std::span<const TicketType> ticket_types();
std::span<const AssetType> asset_types();
std::span<const AssetStatus> asset_statuses();
std::span<const Category> categories();

// Custom field types as Halo numbers them.
enum class FieldType : std::int32_t {
  text = 0,
  memo = 1,
  single_select = 2,
  multi_select = 3,
  date = 4,
  checkbox = 6
};

struct CustomField {
  std::int32_t id;
  std::string_view name;
  std::string_view label;
  FieldType type;
  std::string_view table;  // "ticket", "client", "contact" or "asset"
};
std::span<const CustomField> custom_fields();

// Empty for a status that is not there.
std::string_view status_name(std::int32_t id);
// The text of a select's lookup value.
std::string_view severity_name(std::int32_t value);

// A GUID made from (seed, number), always the same; without quotes.
void append_guid(TextBuffer& out, std::uint64_t seed, std::int64_t number);
std::string guid_text(std::uint64_t seed, std::int64_t number);

// A resource that answers with a bare array of configuration rows.
struct Lookup {
  std::string_view path;
  std::size_t rows;
  std::function<std::string(std::size_t row)> id;
  // Writes the members; the caller closes the object.
  std::function<void(RowWriter&, std::size_t row)> write;
};

std::span<const Lookup> lookups();

}  // namespace sandbox
